import ClusterModel

/// What names of objects and their types mean.
extension Checker {
    var hostNodes: [Node] { topology.nodes.filter { $0.host != nil } }

    func processNames(of nodes: [Node]) -> [String] { nodes.flatMap(\.instances) }

    /// The nodes that host a type.
    func hosts(of type: ObjectType) -> [Node] {
        topology.nodes.filter { $0.host?.types.contains(type.name) == true }
    }

    /// By its full name, or by its short name where that is enough. `nil` after an error.
    func objectType(_ name: String, at span: Span) -> ObjectType? {
        if let type = topology.objectType(named: name) { return type }
        let types = topology.objects.filter { $0.service.shortName == name }
        if types.count == 1 { return types[0] }
        if types.count > 1 {
            reading.error("'\(name)' could be \(types.map(\.name).listed()): expected the full name", at: span)
        } else if topology.services.contains(where: { $0.name == name || $0.shortName == name }) {
            reading.error("'\(name)' is a service, not an object type", at: span, advice: "serve: \(name)")
        } else {
            missing("object type", name, among: topology.objects.map(\.name), at: span)
        }
        return nil
    }

    /// An object that the file names. `nil` after an error.
    func instance(_ name: String, at span: Span) -> (instance: ObjectInstance, type: ObjectType)? {
        if let type = topology.objectType(of: name), let instance = type.instances.first(where: { $0.name == name }) {
            return (instance, type)
        }
        guard !name.isEmpty else { return nil }
        if let type = type(called: name) {
            let names = type.instances.prefix(12).map(\.name)
            reading.error(
                "'\(name)' is an object type: expected an object's name", at: span,
                advice: names.isEmpty ? nil : "there \(names.count == 1 ? "is" : "are") \(names.listed("and"))")
        } else {
            missing("object", name, among: instanceNames, at: span)
        }
        return nil
    }

    var instanceNames: [String] { topology.objects.flatMap { $0.instances.map(\.name) } }

    private func type(called name: String) -> ObjectType? {
        topology.objects.first { $0.name == name || $0.service.shortName == name }
    }

    /// An object that the file names, or a type; then all its objects are meant. `nil` after an error.
    func objectOrType(_ name: String, at span: Span) -> ObjectType? {
        if let type = topology.objectType(of: name) ?? topology.objectType(named: name) { return type }
        if type(called: name) != nil { return objectType(name, at: span) }
        if !name.isEmpty {
            let types = topology.objects.map(\.name)
            missing("object or object type", name, among: instanceNames + types, at: span)
        }
        return nil
    }

    /// Whether a node can take an object of a type (`nil`: of any).
    /// - Parameter name: the node's, or its process's, as it is written.
    func checkHost(_ node: Node, _ name: String, of type: ObjectType?, at span: Span) -> Bool {
        if reading.isBroken(["nodes", node.name]) { return false }
        guard let host = node.host else {
            let names = processNames(of: type.map(hosts) ?? hostNodes)
            reading.error(
                "'\(name)' hosts no objects: expected a node with 'host'", at: span,
                advice: names.isEmpty
                    ? nil : "there \(names.count == 1 ? "is" : "are") \(names.prefix(12).listed("and"))")
            return false
        }
        guard let type, !host.types.contains(type.name) else { return true }
        let names = processNames(of: hosts(of: type))
        reading.error(
            "'\(name)' does not host '\(type.name)'", at: span,
            advice: names.isEmpty ? nil : "\(names.prefix(12).listed("and")) \(names.count == 1 ? "does" : "do")")
        return false
    }
}
