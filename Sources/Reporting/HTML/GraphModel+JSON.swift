import ClusterModel

/// The drawing for pages.
extension GraphModel {
    func write(to json: inout JSONText) {
        json.object { json in
            json.key("vertices")
            json.list(vertices) { json, vertex in
                json.object { json in
                    json.key("id")
                    json.value(vertex.id)
                    json.key("kind")
                    json.value("\(vertex.kind)")
                    json.key("name")
                    json.value(vertex.name)
                    json.key("details")
                    json.list(vertex.details) { $0.value($1) }
                }
            }
            json.key("edges")
            json.list(edges) { json, edge in
                json.object { json in
                    json.key("from")
                    json.value(edge.from)
                    json.key("to")
                    json.value(edge.to)
                    json.key("label")
                    json.value(edge.label)
                    json.key("faults")
                    json.list(edge.faults) { $0.value($1) }
                    json.key("guess")
                    json.value(edge.isGuess)
                    guard let way = edge.way else { return }
                    json.key("way")
                    write(way, to: &json)
                }
            }
        }
    }

    private func write(_ way: Way, to json: inout JSONText) {
        json.object { json in
            json.key("clients")
            json.list(topology.instances(named: way.client)) { $0.value($1) }
            json.key("servers")
            json.list(way.servers) { $0.value($1) }
            json.key("kinds")
            json.list(way.kinds) { $0.value($1.rawValue) }
            json.key("sends")
            json.value(way.sends.rawValue)
            json.key("links")
            json.list(selectors(of: way)) { $0.value($1) }
        }
    }

    /// What `--link` may say of it, the likeliest first.
    private func selectors(of way: Way) -> [String] {
        let servers = way.servers.compactMap { topology.node(ofInstance: $0)?.name }
        let nodes = servers.reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
        return nodes.flatMap { server in
            let up = "\(way.client) -> \(server)"
            let down = "\(server) -> \(way.client)"
            let both = "\(way.client) <-> \(server)"
            if way.client == server { return [both] }
            return switch way.sends {
            case .client: [up, both, down]
            case .server: [down, both, up]
            case .both: [both, up, down]
            }
        }
    }
}

/// The drawing of a topology as JSON, for the live page.
package enum PageGraph {
    package static func json(_ topology: Topology) -> String {
        var json = JSONText()
        GraphModel(topology).write(to: &json)
        return json.text
    }
}
