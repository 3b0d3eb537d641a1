import AMQP

/// What a message is routed by.
struct RoutingInput {
    var routingKey: String
    /// The message's headers, empty if it has none.
    var headers: FieldTable
}

/// The bindings of one exchange, arranged for its type. A binding is inserted once and removed once; the exchange sees
/// to that.
protocol ExchangeTable {
    mutating func insert(_ binding: Binding)
    mutating func remove(_ binding: Binding)
    /// Visits each binding that `input` fulfils, in no particular order. A destination may come more than once.
    func match(_ input: RoutingInput, _ visit: (Binding) -> Void)
}

package enum ExchangeType: String, Sendable, CaseIterable {
    case direct, fanout, topic, headers

    func makeTable() -> any ExchangeTable {
        switch self {
        case .direct: DirectTable()
        case .fanout: FanoutTable()
        case .topic: TopicTable()
        case .headers: HeadersTable()
        }
    }
}
