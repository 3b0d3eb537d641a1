import ClusterModel

extension Checker {
    /// Fills in what nodes serve, and how calls reach them.
    mutating func assignServers() {
        for index in topology.nodes.indices {
            let node = topology.nodes[index]
            guard let draft = roles[node.name]?.serve else { continue }
            let path: Path = ["nodes", node.name, "serve"]
            var role = draft.role
            role.services = services(role.services, path)
            if draft.via.kind == .queue { role.via = queue(draft.via, of: role.services, path) }
            topology.nodes[index].serve = role
        }
    }

    private func services(_ names: [String], _ path: Path) -> [String] {
        var found: [String] = []
        for (index, name) in names.enumerated() {
            let places = [path / "service" / index, path / "services" / index, path / index]
            let span = reading.place(places.first(where: reading.has) ?? path)
            guard let service = service(name, at: span) else { continue }
            if topology.objectType(named: service.name) != nil {
                reading.error(
                    "'\(name)' is an object type, not a service", at: span, advice: "host: \(service.name)")
            } else if found.contains(service.name) {
                reading.error("'\(name)' twice", at: span)
            } else {
                found.append(service.name)
            }
        }
        return found
    }

    /// The queue that calls go through. It need not be declared; then it is as if it were.
    private mutating func queue(_ via: ServeKey.Via, of services: [String], _ path: Path) -> ServeRole.Via {
        guard let name = via.queue ?? services.first else { return .queue("", broker: via.broker) }
        let declared = queue(named: name)
        let brokers = topology.brokers.map(\.name)
        let broker = resolve(
            via.broker, inferred: declared?.broker ?? (brokers.count == 1 ? brokers[0] : nil), path / "via", brokers,
            "via: queue")
        if let declared, !declared.broker.isEmpty, !broker.isEmpty, declared.broker != broker {
            reading.error(
                "queue '\(name)' is on broker '\(declared.broker)', not on '\(broker)'",
                at: reading.place(path / "via" / "broker"))
        }
        if declared == nil, !broker.isEmpty {
            topology.queues.append(Queue(name: name, broker: broker, location: reading.location(reading.place(path))))
        }
        return .queue(name, broker: broker)
    }

    // MARK: Services

    /// Whether each service is there for somebody, and answers.
    func checkServices() {
        checkCollisions()
        for service in topology.services where !reading.isBroken(path(of: service)) {
            let path = path(of: service)
            let servers = topology.nodes.filter { $0.serve?.services.contains(service.name) == true }
            guard !servers.isEmpty else {
                if !reading.isBroken(["nodes"]) {
                    reading.warning("no node serves '\(service.name)'", at: reading.keyPlace(path))
                }
                continue
            }
            if let native = servers.first(where: { $0.command == nil }) {
                checkHandlers(of: service, servedBy: native.name, path)
            } else if let handler = service.handlers.first {
                reading.error(
                    "a handler, and only '\(servers[0].name)' serves '\(service.name)': its program answers",
                    at: handlerPlace(handler, path), advice: "leave the handler out, or add a node without 'command'")
            }
        }
    }

    private func checkHandlers(of service: Service, servedBy node: String, _ path: Path) {
        let methods = service.definition?.methods.map(\.name) ?? []
        let bare = methods.filter { service.handler(of: $0) == nil }
        guard let first = bare.first else { return }
        let place =
            reading.has(path / "methods" / first) ? reading.keyPlace(path / "methods" / first) : reading.keyPlace(path)
        if bare.count == methods.count {
            reading.error(
                "no method of '\(service.name)' has a handler, and '\(node)' has no program that answers", at: place,
                advice: "handler: return { … }")
        } else {
            reading.warning(
                "\(bare.prefix(12).map { "'\($0)'" }.listed("and")) \(bare.count == 1 ? "has" : "have") no handler: "
                    + "'\(node)' will answer UNIMPLEMENTED", at: place)
        }
    }

    private func handlerPlace(_ handler: ServiceHandler, _ path: Path) -> Span {
        let places = [path / "handlers" / handler.method, path / "methods" / handler.method / "handler"]
        return reading.keyPlace(places.first(where: reading.has) ?? path)
    }

    /// What a full name stands for, to tell whether two services mean the same by it.
    private enum Symbol: Equatable {
        case message(MessageDefinition)
        case enumeration(EnumDefinition)
        case value(of: String)
        case service(String)
    }

    private func symbols(of service: Service) -> [(name: String, symbol: Symbol)] {
        let schema = service.schema
        let values = schema.enums.filter { $0.file == nil }.flatMap { enumeration in
            let outer = enumeration.name.lastIndex(of: ".").map { enumeration.name[...$0] } ?? ""
            return enumeration.values.map { ("\(outer)\($0.name)", Symbol.value(of: enumeration.name)) }
        }
        return schema.messages.map { ($0.name, .message($0)) } + schema.enums.map { ($0.name, .enumeration($0)) }
            + values + schema.services.map { ($0.name, .service($0.name)) }
    }

    /// Everything that one server offers is one space of names, where a package keeps services apart. The same thing
    /// may be in it twice.
    private func checkCollisions() {
        var owners: [String: (service: Service, symbol: Symbol)] = [:]
        for service in callables where !reading.isBroken(path(of: service)) {
            var isTold = false
            for (name, symbol) in symbols(of: service) {
                guard let owner = owners[name] else {
                    owners[name] = (service, symbol)
                    continue
                }
                if isTold || symbol == owner.symbol { continue }
                isTold = true
                reading.error(
                    "'\(name)' of '\(service.name)' is not what it is in '\(owner.service.name)': two things with one name",
                    at: reading.keyPlace(path(of: service)),
                    advice: topology.objectType(named: service.name) == nil
                        ? "give one of the services a 'package'"
                        : "give one of them a package: the name x.\(service.shortName)",
                    related: (reading.keyPlace(path(of: owner.service)), "'\(owner.service.name)' is here"))
            }
        }
    }
}
