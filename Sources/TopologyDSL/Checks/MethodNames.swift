import ClusterModel

/// What names of services and methods mean.
extension Checker {
    /// Where a service stands in the file: its key is its name, alone or with its package.
    func path(of service: Service) -> Path {
        let full: Path = ["services", service.name]
        return reading.has(full) ? full : ["services", service.shortName]
    }

    /// By its full name, or by its short name where that is enough. `nil` after an error.
    func service(_ name: String, at span: Span) -> Service? {
        switch match(name) {
        case .one(let service): return service
        case .several(let services):
            reading.error(
                "'\(name)' could be \(services.map(\.name).listed()): expected the full name", at: span)
        case .broken: break
        case .none:
            missing("service", name, among: topology.services.map(\.name), at: span)
        }
        return nil
    }

    private enum Match {
        case one(Service)
        case several([Service])
        /// It is there, and nothing could be made of it.
        case broken
        case none
    }

    private func match(_ name: String) -> Match {
        if let service = topology.service(named: name) { return .one(service) }
        let services = topology.services.filter { $0.shortName == name }
        if services.count == 1 { return .one(services[0]) }
        if services.count > 1 { return .several(services) }
        return reading.has(["services", name]) ? .broken : .none
    }

    /// `Calculator.suma` or `shop.v1.Calculator.suma`. `nil` after an error.
    func method(_ text: String, at span: Span) -> (service: Service, method: MethodDefinition)? {
        let name = text.dropPrefix("/").split(separator: "/", omittingEmptySubsequences: false).joined(separator: ".")
        guard let dot = name.lastIndex(of: "."), name == text else {
            let all = topology.services.flatMap { service in
                service.definition?.methods.map { "\(service.shortName).\($0.name)" } ?? []
            }
            let wanted = name == text ? ".\(text)" : name
            let near = all.first { $0.hasSuffix(wanted) || $0 == wanted }.map { ", did you mean '\($0)'?" } ?? ""
            reading.error(
                "expected a service and its method, as in Calculator.suma, found '\(shortened(text))'\(near)", at: span)
            return nil
        }
        guard let service = service(String(name[..<dot]), at: span) else { return nil }
        let method = String(name[name.index(after: dot)...])
        if let definition = service.method(named: method) { return (service, definition) }
        if !reading.isBroken(path(of: service)) {
            let names = service.definition?.methods.map(\.name) ?? []
            let near = Suggestion.phrase(method, among: names)
            reading.error(
                "'\(service.name)' has no method '\(shortened(method))'\(near)", at: span,
                advice: near.isEmpty && !names.isEmpty ? "it has \(names.prefix(12).listed("and"))" : nil)
        }
        return nil
    }

    /// A method, or a service for all of its methods; orch's own and gRPC's own go unchecked.
    func checkMethodOrService(_ text: String, at span: Span) {
        if ["grpc.", "orch."].contains(where: text.hasPrefix) { return }
        switch match(text) {
        case .one, .broken: return
        case .several: _ = service(text, at: span)
        case .none:
            if topology.services.isEmpty, !reading.isBroken(["services"]) {
                reading.error("there is no method '\(shortened(text))': the topology declares no services", at: span)
            } else if text.contains(".") || text.contains("/")
                || topology.services.contains(where: { $0.method(named: text) != nil })
            {
                _ = method(text, at: span)
            } else {
                missing("service", text, among: topology.services.map(\.name), at: span)
            }
        }
    }
}
