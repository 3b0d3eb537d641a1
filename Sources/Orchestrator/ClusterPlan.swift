import ClusterModel

/// What a topology comes down to: processes, the links between them, and the order in which they start.
package struct ClusterPlan: Sendable, Codable {
    package struct Instance: Sendable, Codable {
        package var name: String
        package var node: String
        /// From 1.
        package var replica: Int
        /// Instances that must be ready first.
        package var after: [String]
        /// Brokers that it may talk to, each through a link of its own.
        package var brokers: [String]
        /// Servers that it calls, the directory and the hosts of objects that it invokes, each replica through a link of
        /// its own. Others are linked at first use.
        package var servers: [String]
        /// Programs that it may send datagrams to, each replica through a link of its own.
        package var datagramServers: [String]
    }

    package var instances: [Instance]

    package init(_ topology: Topology) {
        instances = topology.nodes.flatMap { node in
            let isProgram = node.command != nil
            let brokers = topology.brokersUsed(by: node)
            let servers = topology.serversUsed(by: node)
            // Only programs choose their words: native peers go through the mesh.
            let datagramServers = isProgram ? topology.datagramServers.map(\.name) : []
            // Everything needs its brokers, whether or not the file says so, and a program that is no server itself
            // needs its servers. A native caller waits for them by itself, so that two nodes may call each other.
            let needed =
                (node.broker == nil ? brokers : []) + (isProgram && node.serve == nil ? servers + datagramServers : [])
                + node.dependsOn
            let after = needed.flatMap { topology.instances(named: $0) }
            return node.instances.enumerated().map { index, name in
                Instance(
                    name: name, node: node.name, replica: index + 1, after: after.filter { $0 != name },
                    brokers: brokers.flatMap { topology.instances(named: $0) },
                    servers: Set(servers.flatMap { topology.instances(named: $0) } + topology.objectServers(of: node))
                        .subtracting([name]).sorted(),
                    datagramServers: datagramServers.flatMap { topology.instances(named: $0) }.filter { $0 != name })
            }
        }
    }

    /// Instances in the order in which they can be stopped: who is needed by others comes after them. Two that need
    /// each other, as hosts of objects do, stop together.
    package var stopLayers: [[String]] {
        var rank: [String: Int] = [:]
        let all = Dictionary(instances.map { ($0.name, Set($0.after + $0.servers + $0.datagramServers)) }) { first, _ in
            first
        }
        func depth(_ name: String, _ seen: Set<String>) -> Int {
            if let known = rank[name] { return known }
            guard !seen.contains(name), let needs = all[name] else { return 0 }
            let needed = needs.filter { all[$0]?.contains(name) != true }
            let value = (needed.map { depth($0, seen.union([name])) + 1 }.max()) ?? 0
            rank[name] = value
            return value
        }
        let depths = instances.map { ($0.name, depth($0.name, [])) }
        return Set(depths.map(\.1)).sorted(by: >).map { level in depths.filter { $0.1 == level }.map(\.0) }
    }
}

extension Topology {
    /// The processes that host each type of object, by the type's name.
    var hostsByType: [String: [String]] {
        nodes.reduce(into: [:]) { hosts, node in
            for type in node.host?.types ?? [] { hosts[type, default: []] += node.instances }
        }
    }

    /// The processes that a node is sure to need for objects: a host the directory, who invokes all hosts too.
    func objectServers(of node: Node) -> [String] {
        guard node.hasToDoWithObjects else { return [] }
        let isCaller = node.call.contains { $0.object != nil }
        return nodes.filter { $0.directory != nil || (isCaller && $0.host != nil) }.flatMap(\.instances)
    }
}

extension Topology {
    /// The node that serves each feed, by the feed's name.
    var feedServers: [String: String] {
        nodes.reduce(into: [:]) { servers, node in
            for feed in node.feed?.feeds ?? [] where servers[feed] == nil { servers[feed] = node.name }
        }
    }

    /// The nodes that a node watches, appends to, or joins its group through.
    func followed(by node: Node) -> Set<String> {
        let names = node.peer.flatMap { group(named: $0.group)?.names }
        return Set(node.watch.map(\.to) + node.append.map(\.to) + [names].compactMap { $0 })
    }
}

extension Node {
    /// It serves feeds, follows any, or may append to them.
    var hasToDoWithFeeds: Bool { feed != nil || !watch.isEmpty || !append.isEmpty || serve != nil }

    /// It hosts, invokes, or is the directory.
    var hasToDoWithObjects: Bool { host != nil || directory != nil || call.contains { $0.object != nil } }
}
