/// A graph for a terminal, in plain characters: publishers, exchanges, queues, consumers from left to right, one path a
/// line; what a line shares with the one above is left blank.
struct AsciiGraph {
    private let graph: GraphModel

    init(_ graph: GraphModel) { self.graph = graph }

    var lines: [String] {
        let description = graph.topology.description
        var lines = [graph.topology.name + (description.isEmpty ? "" : ": \(description)")]
        for vertex in graph.vertices where vertex.kind == .broker {
            lines.append("broker \(vertex.name)" + Self.parentheses(vertex.details))
        }
        let rows = paths.map { cells($0) }
        if !rows.isEmpty { lines.append("") }
        lines += draw(rows)
        let lonely = graph.vertices.filter { vertex in
            vertex.kind != .broker && !graph.edges.contains { $0.from == vertex.id || $0.to == vertex.id }
        }
        if !lonely.isEmpty {
            lines += ["", "on their own: " + lonely.map { shape($0) }.joined(separator: ", ")]
        }
        return lines
    }

    static func parentheses(_ details: [String]) -> String {
        details.isEmpty ? "" : " (\(details.joined(separator: ", ")))"
    }

    private func shape(_ vertex: GraphModel.Vertex) -> String {
        let text = vertex.name + Self.parentheses(vertex.details)
        return switch vertex.kind {
        case .exchange: "<\(text)>"
        case .queue, .anonymous: "[\(text)]"
        case .broker: "{\(vertex.name)}"
        case .cloud: "((\(text)))"
        case .node, .program: text
        }
    }

    // MARK: - Paths

    /// Every way from where messages come from to where they end.
    private var paths: [[GraphModel.Edge]] {
        let targets = Set(graph.edges.map(\.to))
        var sources: [String] = []
        for edge in graph.edges where !sources.contains(edge.from) {
            // A node that both publishes and consumes starts paths, too.
            if !targets.contains(edge.from) || edge.from.hasPrefix("node:") { sources.append(edge.from) }
        }
        var paths: [[GraphModel.Edge]] = []
        for source in sources { walk(source, [], &paths) }
        // Exchanges that only lead to one another in a circle.
        for edge in graph.edges {
            let isDrawn = paths.contains { $0.contains { $0.from == edge.from && $0.to == edge.to } }
            if !isDrawn { paths.append([edge]) }
        }
        return paths
    }

    private func walk(_ vertex: String, _ path: [GraphModel.Edge], _ paths: inout [[GraphModel.Edge]]) {
        let next = graph.edges.filter { $0.from == vertex }
        let isEnd = path.count > 0 && vertex.hasPrefix("node:")
        if next.isEmpty || isEnd || path.dropLast().contains(where: { $0.from == vertex }) {
            if !path.isEmpty { paths.append(path) }
            return
        }
        for edge in next { walk(edge.to, path + [edge], &paths) }
    }

    /// Shapes and arrows in turn.
    private func cells(_ path: [GraphModel.Edge]) -> [String] {
        guard let first = path.first else { return [] }
        var cells = [graph.vertex(first.from).map { shape($0) } ?? ""]
        for edge in path {
            cells.append(arrow(edge))
            cells.append(graph.vertex(edge.to).map { shape($0) } ?? "")
        }
        return cells
    }

    private func arrow(_ edge: GraphModel.Edge) -> String {
        let line: Character = edge.isGuess ? "." : "-"
        var text = edge.label
        if !edge.faults.isEmpty {
            text += (text.isEmpty ? "" : " ") + "~ " + edge.faults.joined(separator: ", ") + " ~"
        }
        return text.isEmpty ? "\(line)\(line)\(line)>" : "\(line)\(line) \(text) \(line)\(line)>"
    }

    private func draw(_ rows: [[String]]) -> [String] {
        let columns = rows.map(\.count).max() ?? 0
        let widths = (0..<columns).map { column in
            rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
        }
        var last: [String] = []
        return rows.map { row in
            var line = ""
            var isSame = true
            for (column, cell) in row.enumerated() {
                // Odd columns are arrows: they are drawn up to the next shape.
                isSame = isSame && column < last.count && last[column] == cell
                let isArrow = column % 2 == 1
                let shown = isSame ? "" : cell
                let fill: Character = isArrow && !shown.isEmpty ? cell.first! : " "
                let missing = widths[column] - shown.count
                if isArrow, !shown.isEmpty {
                    line += " " + String(repeating: fill, count: missing) + shown + " "
                } else if isArrow {
                    line += " " + String(repeating: " ", count: missing) + " "
                } else {
                    line += shown + String(repeating: " ", count: missing)
                }
            }
            last = row
            while line.last == " " { line.removeLast() }
            return line
        }
    }
}
