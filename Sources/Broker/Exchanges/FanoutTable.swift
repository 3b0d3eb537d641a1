/// Fanout exchange: every binding matches (AMQP 0-9-1 §3.1.3.2).
struct FanoutTable: ExchangeTable {
    private var bindings: [ObjectIdentifier: Binding] = [:]

    mutating func insert(_ binding: Binding) { bindings[ObjectIdentifier(binding)] = binding }
    mutating func remove(_ binding: Binding) { bindings[ObjectIdentifier(binding)] = nil }

    func match(_ input: RoutingInput, _ visit: (Binding) -> Void) {
        for binding in bindings.values { visit(binding) }
    }
}
