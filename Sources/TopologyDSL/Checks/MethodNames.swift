import ClusterModel

/// What names of services and methods mean. The methods of object types are methods like any other.
extension Checker {
    /// Services, and object types as the services that they are on the wire.
    var callables: [Service] { topology.services + topology.objects.map(\.service) }

    /// The methods of HTTP (RFC 9110 §9.3, RFC 5789) that a file may name.
    static let verbs = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"]

    /// Where a service, or an object type, stands in the file: its key is its name, alone or with its package.
    func path(of service: Service) -> Path {
        if topology.service(named: service.name) == nil, topology.objectType(named: service.name) != nil {
            return ["objects", service.name]
        }
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
        case .none: missingService(name, at: span)
        }
        return nil
    }

    private func missingService(_ name: String, at span: Span) {
        let what =
            topology.objects.isEmpty ? "service" : topology.services.isEmpty ? "object type" : "service or object type"
        missing(what, name, among: callables.map(\.name), at: span)
    }

    private enum Match {
        case one(Service)
        case several([Service])
        /// It is there, and nothing could be made of it.
        case broken
        case none
    }

    private func match(_ name: String) -> Match {
        if let service = callables.first(where: { $0.name == name }) { return .one(service) }
        let services = callables.filter { $0.shortName == name }
        if services.count == 1 { return .one(services[0]) }
        if services.count > 1 { return .several(services) }
        return reading.has(["services", name]) || reading.has(["objects", name]) ? .broken : .none
    }

    /// `Calculator.suma` or `shop.v1.Calculator.suma`. `nil` after an error.
    func method(_ text: String, at span: Span) -> (service: Service, method: MethodDefinition)? {
        let name = text.dropPrefix("/").split(separator: "/", omittingEmptySubsequences: false).joined(separator: ".")
        guard let dot = name.lastIndex(of: "."), name == text else {
            let all = callables.flatMap { service in
                service.definition?.methods.map { "\(service.shortName).\($0.name)" } ?? []
            }
            let wanted = name == text ? ".\(text)" : name
            let near = all.first { $0.hasSuffix(wanted) || $0 == wanted }.map { ", did you mean '\($0)'?" } ?? ""
            reading.error(
                "expected a service and its method, as in Calculator.suma, found '\(shortened(text))'\(near)", at: span)
            return nil
        }
        guard let service = service(String(name[..<dot]), at: span) else { return nil }
        return method(named: String(name[name.index(after: dot)...]), of: service, at: span).map { (service, $0) }
    }

    /// `nil` after an error.
    func method(named method: String, of service: Service, at span: Span) -> MethodDefinition? {
        if let definition = service.method(named: method) { return definition }
        if !reading.isBroken(path(of: service)) {
            let names = service.definition?.methods.map(\.name) ?? []
            let near = Suggestion.phrase(method, among: names)
            reading.error(
                "'\(service.name)' has no method '\(shortened(method))'\(near)", at: span,
                advice: near.isEmpty && !names.isEmpty ? "it has \(names.prefix(12).listed("and"))" : nil)
        }
        return nil
    }

    /// A method, or a service for all of its methods; orch's own and gRPC's own go unchecked. Of programs that speak HTTP
    /// also `GET`, `/health` and `GET /health`: what there is they alone know.
    func checkMethodOrService(_ text: String, at span: Span) {
        if ["grpc.", "orch."].contains(where: text.hasPrefix) { return }
        let servesHTTP = topology.nodes.contains { $0.command != nil && $0.serve?.speaks == .http }
        let verb = String(text.prefix { $0 != " " })
        if servesHTTP, text.hasPrefix("/") || Self.verbs.contains(verb) { return }
        switch match(text) {
        case .one, .broken: return
        case .several: _ = service(text, at: span)
        case .none:
            if callables.isEmpty, !reading.isBroken(["services"]), !reading.isBroken(["objects"]) {
                reading.error("there is no method '\(shortened(text))': the topology declares no services", at: span)
            } else if text.contains(".") || text.contains("/")
                || callables.contains(where: { $0.method(named: text) != nil })
            {
                _ = method(text, at: span)
            } else {
                missingService(text, at: span)
            }
        }
    }
}
