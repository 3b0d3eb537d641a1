import ClusterModel

extension Checker {
    // MARK: Filling in

    /// Fills in which types nodes host, and where named objects are.
    mutating func assignHosts() {
        for index in topology.nodes.indices {
            let node = topology.nodes[index]
            guard let draft = roles[node.name]?.host else { continue }
            let path: Path = ["nodes", node.name, "host"]
            var role = draft.role
            role.types = types(draft.types, path)
            topology.nodes[index].host = role
        }
        for index in topology.objects.indices {
            let type = topology.objects[index]
            for (number, instance) in type.instances.enumerated() {
                let path: Path = ["objects", type.name, "instances", instance.name]
                topology.objects[index].instances[number].host = host(of: instance, type, path)
            }
        }
    }

    private func types(_ names: [String]?, _ path: Path) -> [String] {
        guard let names else {
            if topology.objects.isEmpty, !reading.isBroken(["objects"]) {
                reading.error(
                    "'host', and the topology declares no object types", at: reading.keyPlace(path),
                    advice: "objects: { Account: { state: …, methods: … } }")
            }
            return topology.objects.map(\.name)
        }
        var found: [String] = []
        for (index, name) in names.enumerated() {
            let places = [path / "types" / index, path / index]
            let span = reading.place(places.first(where: reading.has) ?? path)
            guard let type = objectType(name, at: span) else { continue }
            if found.contains(type.name) {
                reading.error("'\(name)' twice", at: span)
            } else {
                found.append(type.name)
            }
        }
        if names.isEmpty, !reading.isBroken(path) {
            reading.error("no object type: expected at least one, or nothing for all", at: reading.place(path))
        }
        return found
    }

    /// The process that is written, or the only one there is.
    private func host(of instance: ObjectInstance, _ type: ObjectType, _ path: Path) -> String {
        let hosts = processNames(of: hosts(of: type))
        guard reading.has(path / "host") else {
            if hosts.count > 1 {
                reading.error(
                    "\(hosts.count) processes host '\(type.name)': expected 'host' to say which",
                    at: reading.keyPlace(path), advice: "host: \(hosts.prefix(12).listed())")
            }
            // That nobody hosts it at all is told at the type.
            return hosts.first ?? ""
        }
        let span = reading.place(path / "host")
        let name = instance.host
        if reading.isBroken(path / "host") { return name }
        guard let node = topology.node(ofInstance: name) else {
            missing("node", name, among: hosts.isEmpty ? processNames(of: hostNodes) : hosts, at: span)
            return name
        }
        guard checkHost(node, name, of: type, at: span) else { return name }
        if node.name == name, node.replicas != nil {
            if node.instances.count == 1 { return node.instances[0] }
            reading.error(
                "'\(name)' is \(node.instances.count) processes: expected one of them", at: span,
                advice: node.instances.isEmpty ? nil : "host: \(node.instances[0])")
        }
        return name
    }

    // MARK: Checks

    /// Whether objects have hosts and a directory, and names of their own.
    func checkObjects() {
        checkDirectory()
        checkObjectNames()
        for type in topology.objects where !reading.isBroken(path(of: type.service)) { checkHosts(of: type) }
    }

    private func checkDirectory() {
        let directories = topology.nodes.filter { $0.directory != nil }
        if let first = directories.first {
            for other in directories.dropFirst() {
                reading.error(
                    "a second directory: one keeps who owns what",
                    at: reading.keyPlace(["nodes", other.name, "directory"]),
                    related: (reading.keyPlace(["nodes", first.name, "directory"]), "the first is here"))
            }
            if hostNodes.isEmpty, !reading.isBroken(["nodes"]) {
                reading.error(
                    "a directory, and no node hosts objects", at: reading.keyPlace(["nodes", first.name, "directory"]),
                    advice: "add 'host' to a node")
            }
        } else if let host = hostNodes.first,
            !topology.nodes.contains(where: { reading.has(["nodes", $0.name, "directory"]) })
        {
            reading.error(
                "'\(host.name)' hosts objects, and no node is a directory, which keeps who owns what",
                at: reading.keyPlace(["nodes", host.name, "host"]),
                advice: "add a node with a directory: nodes: { directory: { directory: {} } }")
        }
    }

    private func checkObjectNames() {
        var owners: [String: ObjectType] = [:]
        for type in topology.objects {
            if let service = topology.services.first(where: { $0.name == type.name }) {
                reading.error(
                    "'\(type.name)' is a service, and an object type", at: reading.keyPlace(["objects", type.name]),
                    related: (reading.keyPlace(path(of: service)), "the service is here"))
            }
            for instance in type.instances {
                let span = reading.keyPlace(["objects", type.name, "instances", instance.name])
                if let owner = owners.updateValue(type, forKey: instance.name) {
                    let first = reading.keyPlace(["objects", owner.name, "instances", instance.name])
                    reading.error(
                        "'\(instance.name)' is an object of '\(owner.name)' already", at: span,
                        related: (first, "it is here"))
                }
                if topology.objects.contains(where: {
                    instance.name == $0.name || instance.name == $0.service.shortName
                }) {
                    reading.error("'\(instance.name)' is an object type: an object needs another name", at: span)
                }
            }
        }
    }

    private func checkHosts(of type: ObjectType) {
        let path = path(of: type.service)
        let hosts = processNames(of: hosts(of: type))
        if hosts.isEmpty {
            guard !reading.isBroken(["nodes"]) else { return }
            if type.instances.isEmpty {
                reading.warning("no node hosts '\(type.name)'", at: reading.keyPlace(path))
            } else {
                reading.error(
                    "no node hosts '\(type.name)'", at: reading.keyPlace(path),
                    advice: "a node with host: \(type.name)")
            }
            return
        }
        guard hosts.count == 1, let only = hosts.first, !reading.isBroken(["nodes"]) else { return }
        func needsAnother(_ key: String, _ what: String) {
            reading.error(
                "'\(key)' needs a second host, and only '\(only)' hosts '\(type.name)'",
                at: reading.keyPlace(path / what))
        }
        if type.restore != .no { needsAnother("restore: \(type.restore)", "restore") }
        if type.follow != nil { needsAnother("follow", "follow") }
        if type.onStop == .migrate { needsAnother("on_stop: migrate", "on_stop") }
    }

    /// Assertions on objects.
    func checkOfObjects(_ assertion: Assertion, _ path: Path) {
        func place(_ key: String) -> Span { reading.place(path / key) }
        if topology.objects.isEmpty {
            guard !reading.isBroken(["objects"]) else { return }
            let span = reading.place(path)
            return reading.error(
                "the topology declares no objects: there is nothing to judge", at: Span(span.start, span.start + 1))
        }
        switch assertion {
        case .linearizable(let name, let model):
            if let type = objectOrType(name, at: place("linearizable")) { check(model, of: type, path) }
        case .owner(let name?): _ = objectOrType(name, at: place("object"))
        case .pause(let name?, _): _ = objectOrType(name, at: place("object"))
        case .alive(let name?): _ = objectOrType(name, at: place("alive"))
        case .collected(let name?, _): _ = objectType(name, at: reading.place(path / "collected" / "type"))
        case .state(let name, let fields):
            guard let (_, type) = instance(name, at: place("state")) else { return }
            for field in fields.keys.sorted() where type.state[field] == nil {
                let near = Suggestion.phrase(field, among: type.state.keys.sorted())
                reading.warning(
                    "'\(shortened(field))' is no field that '\(name)' starts with\(near)",
                    at: reading.keyPlace(path / "is" / field))
            }
        default: break
        }
    }

    private func check(_ model: ObjectModel, of type: ObjectType, _ path: Path) {
        let names = Set(type.service.definition?.methods.map(\.name) ?? [])
        let needs: [[String]] =
            switch model {
            case .methods, .counter: []
            case .register: [["read", "get"], ["write", "set"]]
            case .queue: [["enqueue", "put"], ["dequeue", "take"]]
            }
        for words in needs where names.isDisjoint(with: words) && !reading.isBroken(self.path(of: type.service)) {
            reading.error(
                "'\(type.name)' is no \(model): it has no method \(words.map { "'\($0)'" }.listed())",
                at: reading.place(path / "model"))
        }
    }
}
