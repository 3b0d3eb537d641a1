/// A small table: the first column to the left, numbers to the right.
struct TextTable {
    var header: [String]
    var rows: [[String]]

    private var widths: [Int] {
        header.indices.map { column in
            ([header] + rows).map { $0[column].count }.max() ?? 0
        }
    }

    var width: Int { widths.reduce(0, +) + 2 * max(0, widths.count - 1) }

    /// - Parameter cell: decorates a cell that is already padded; row -1 is the header.
    func lines(_ cell: (_ row: Int, _ column: Int, _ text: String) -> String) -> [String] {
        let widths = widths
        return ([header] + rows).enumerated().map { row, cells in
            cells.enumerated().map { column, text in
                let padding = String(repeating: " ", count: widths[column] - text.count)
                return cell(row - 1, column, column == 0 ? text + padding : padding + text)
            }.joined(separator: "  ")
        }
    }
}

/// Breaks a text at spaces into lines of at most `width` characters; a longer word has a line of its own.
func wrapped(_ text: String, width: Int) -> [String] {
    guard width > 0, text.count > width else { return [text] }
    var lines: [String] = []
    var line = ""
    for word in text.split(separator: " ") {
        if line.isEmpty {
            line = String(word)
        } else if line.count + 1 + word.count <= width {
            line += " " + word
        } else {
            lines.append(line)
            line = String(word)
        }
    }
    if !line.isEmpty { lines.append(line) }
    return lines
}
