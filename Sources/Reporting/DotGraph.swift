/// A graph in the language of Graphviz.
struct DotGraph {
    private let graph: GraphModel

    init(_ graph: GraphModel) { self.graph = graph }

    var lines: [String] {
        var lines = [
            "digraph \(Self.quoted(graph.topology.name)) {",
            "  rankdir=LR;",
            "  node [fontname=\"sans-serif\", fontsize=11];",
            "  edge [fontname=\"sans-serif\", fontsize=9];",
        ]
        for (index, broker) in graph.vertices.filter({ $0.kind == .broker }).enumerated() {
            lines.append("  subgraph cluster_\(index) {")
            lines.append("    label=\(Self.quoted(broker.name + AsciiGraph.parentheses(broker.details)));")
            // Programs of which nobody knows where they publish point at the broker itself.
            let isPointedAt = graph.edges.contains { $0.to == broker.id }
            let shape = isPointedAt ? "box3d" : "point, style=invis"
            lines.append("    \(Self.quoted(broker.id)) [label=\(Self.quoted(broker.name)), shape=\(shape)];")
            lines += graph.vertices.filter { $0.broker == broker.name }.map { "    " + self.shape($0) }
            lines.append("  }")
        }
        let brokers = Set(graph.vertices.filter { $0.kind == .broker }.map(\.name))
        for vertex in graph.vertices where vertex.kind != .broker && !brokers.contains(vertex.broker ?? "") {
            lines.append("  " + shape(vertex))
        }
        lines += graph.edges.map(arrow)
        lines.append("}")
        return lines
    }

    private func shape(_ vertex: GraphModel.Vertex) -> String {
        let label = Self.quoted(([vertex.name] + vertex.details).joined(separator: "\n"))
        let shape =
            switch vertex.kind {
            case .exchange: "hexagon"
            case .queue: "cylinder"
            case .anonymous: "cylinder, style=dashed"
            case .program: "parallelogram"
            case .cloud: "ellipse, style=dashed"
            case .node, .broker: "box, style=rounded"
            }
        return "\(Self.quoted(vertex.id)) [label=\(label), shape=\(shape)];"
    }

    private func arrow(_ edge: GraphModel.Edge) -> String {
        var attributes: [String] = []
        let label = ([edge.label] + edge.faults).filter { !$0.isEmpty }.joined(separator: "\n")
        if !label.isEmpty { attributes.append("label=\(Self.quoted(label))") }
        if edge.isGuess { attributes.append("style=dashed") }
        if !edge.faults.isEmpty { attributes += ["color=red", "fontcolor=red"] }
        let list = attributes.isEmpty ? "" : " [\(attributes.joined(separator: ", "))]"
        return "  \(Self.quoted(edge.from)) -> \(Self.quoted(edge.to))\(list);"
    }

    static func quoted(_ value: String) -> String {
        let escaped = value.map { character in
            switch character {
            case "\"": "\\\""
            case "\\": "\\\\"
            case "\n", "\r\n": "\\n"
            default: String(character)
            }
        }.joined()
        return "\"\(escaped)\""
    }
}
