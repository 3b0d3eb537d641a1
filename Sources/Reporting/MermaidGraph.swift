/// A graph in Mermaid's flowchart language, which GitHub and editors draw.
struct MermaidGraph {
    private let graph: GraphModel
    private let numbers: [String: String]

    init(_ graph: GraphModel) {
        self.graph = graph
        numbers = Dictionary(
            uniqueKeysWithValues: graph.vertices.enumerated().map { ($0.element.id, "v\($0.offset)") })
    }

    var lines: [String] {
        var lines = ["flowchart LR"]
        for broker in graph.vertices where broker.kind == .broker {
            let inside = graph.vertices.filter { $0.broker == broker.name }
            let title = Self.text(broker.name + AsciiGraph.parentheses(broker.details))
            if inside.isEmpty {
                lines.append("  \(numbers[broker.id]!)[[\"\(title)\"]]")
                continue
            }
            lines.append("  subgraph \(numbers[broker.id]!) [\"\(title)\"]")
            lines += inside.map { "    " + shape($0) }
            lines.append("  end")
        }
        let brokers = Set(graph.vertices.filter { $0.kind == .broker }.map(\.name))
        for vertex in graph.vertices where vertex.kind != .broker && !brokers.contains(vertex.broker ?? "") {
            lines.append("  " + shape(vertex))
        }
        lines += graph.edges.map(arrow)
        for (index, edge) in graph.edges.enumerated() where !edge.faults.isEmpty {
            lines.append("  linkStyle \(index) stroke:#c33,stroke-width:2px")
        }
        return lines
    }

    private func shape(_ vertex: GraphModel.Vertex) -> String {
        let number = numbers[vertex.id]!
        let details = vertex.details.map { "<br>\(Self.text($0))" }.joined()
        let text = "\"\(Self.text(vertex.name))\(details)\""
        return switch vertex.kind {
        case .exchange: "\(number){{\(text)}}"
        case .queue, .anonymous: "\(number)[(\(text))]"
        case .cloud: "\(number)((\(text)))"
        case .program: "\(number)[/\(text)/]"
        case .node, .broker: "\(number)[\(text)]"
        }
    }

    private func arrow(_ edge: GraphModel.Edge) -> String {
        let line = edge.isGuess ? "-.->" : "-->"
        let label = ([edge.label] + edge.faults).filter { !$0.isEmpty }.map(Self.text).joined(separator: "<br>")
        let middle = label.isEmpty ? "" : "|\"\(label)\"|"
        return "  \(numbers[edge.from]!) \(line)\(middle) \(numbers[edge.to]!)"
    }

    /// Mermaid reads HTML and its own entities in quoted text.
    static func text(_ value: String) -> String {
        value.map { character in
            switch character {
            case "\"": "#quot;"
            case "#": "#35;"
            case "<": "#lt;"
            case ">": "#gt;"
            case "&": "#amp;"
            case "\n", "\r\n": " "
            // A leading star or underscore would begin Markdown.
            case "*": "#42;"
            case "`": "#96;"
            default: String(character)
            }
        }.joined()
    }
}
