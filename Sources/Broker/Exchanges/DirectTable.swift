/// Direct exchange: the routing key equals the binding's (AMQP 0-9-1 §3.1.3.1).
struct DirectTable: ExchangeTable {
    private var bindings: [String: [Binding]] = [:]

    mutating func insert(_ binding: Binding) { bindings[binding.routingKey, default: []].append(binding) }

    mutating func remove(_ binding: Binding) {
        bindings[binding.routingKey]?.removeAll { $0 === binding }
        if bindings[binding.routingKey]?.isEmpty == true { bindings[binding.routingKey] = nil }
    }

    func match(_ input: RoutingInput, _ visit: (Binding) -> Void) {
        for binding in bindings[input.routingKey] ?? [] { visit(binding) }
    }
}
