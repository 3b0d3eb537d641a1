/// Text in aligned columns.
struct Table {
    private var rows: [[String]] = []
    private let header: [String]
    /// Columns that align to the right.
    private let right: Set<Int>

    init(_ header: [String], right: Set<Int> = []) {
        self.header = header
        self.right = right
    }

    mutating func add(_ row: [String]) { rows.append(row) }

    func text(_ terminal: Terminal) -> String {
        let widths = header.indices.map { column in
            ([header] + rows).map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
        }
        func line(_ row: [String]) -> String {
            var text = ""
            for (column, cell) in row.enumerated() {
                let padding = String(repeating: " ", count: max(0, widths[column] - cell.count))
                text += right.contains(column) ? padding + cell : cell + padding
                if column < row.count - 1 { text += "  " }
            }
            while text.last == " " { text.removeLast() }
            return text
        }
        return ([terminal.styled(line(header), .bold)] + rows.map(line)).joined(separator: "\n")
    }
}
