/// `inbound:` of a node — who may open a connection to it (of datagrams: send the first one), as a firewall would have
/// it. What comes back on a connection that the node has opened itself always passes.
package struct InboundRule: Sendable, Hashable, Codable {
    package enum Policy: String, Sendable, Codable, CaseIterable { case allow, deny }

    package var policy: Policy
    /// Those for whom the opposite holds; `outside` is a name here.
    package var except: [NodeSelector]

    package init(_ policy: Policy = .allow, except: [NodeSelector] = []) {
        self.policy = policy
        self.except = except
    }

    package static let allow = InboundRule()
}

extension Topology {
    /// Whether the server's `inbound:` lets the client open a connection to it.
    /// - Parameters: processes; the client may be `outside`.
    package func mayOpen(from client: String, to server: String) -> Bool {
        guard let rule = node(ofInstance: server)?.inbound else { return true }
        let isExcepted = rule.except.contains { selector in
            if case .named(client) = selector { return true }
            return instances(selector, seed: 0, for: "inbound").contains(client)
        }
        return (rule.policy == .allow) != isExcepted
    }
}
