import AMQP

/// An exchange: its table, and who is bound to whom. Confined to the core's event loop.
final class MessageExchange {
    let name: String
    let type: ExchangeType
    let isDurable: Bool
    let isAutoDelete: Bool
    let isInternal: Bool
    let arguments: FieldTable
    /// Takes what this exchange cannot route.
    let alternate: String?
    /// The nameless exchange: routes to the queue that the key names. Its table stays empty.
    let isDefault: Bool

    private var table: any ExchangeTable
    private(set) var bindings: [BindingSignature: Binding] = [:]
    /// Bindings whose destination this is.
    var incoming: [Binding] = []
    /// The last route computation that came by; see `VirtualHost.route`.
    var visit: UInt64 = 0
    /// Messages published to it by clients.
    var published: UInt64 = 0

    init(
        name: String, type: ExchangeType, isDurable: Bool, isAutoDelete: Bool = false, isInternal: Bool = false,
        arguments: FieldTable = [:]
    ) {
        self.name = name
        self.type = type
        self.isDurable = isDurable
        self.isAutoDelete = isAutoDelete
        self.isInternal = isInternal
        self.arguments = arguments
        alternate = arguments["alternate-exchange"]?.stringValue
        isDefault = name.isEmpty
        table = type.makeTable()
    }

    /// Whether the result of `match` depends on the routing key alone.
    var routesByKey: Bool { type != .headers }

    /// False if there is such a binding already.
    func insert(_ binding: Binding) -> Bool {
        guard bindings[binding.signature] == nil else { return false }
        bindings[binding.signature] = binding
        table.insert(binding)
        return true
    }

    func remove(_ signature: BindingSignature) -> Binding? {
        guard let binding = bindings.removeValue(forKey: signature) else { return nil }
        table.remove(binding)
        return binding
    }

    func match(_ input: RoutingInput, _ visit: (Binding) -> Void) { table.match(input, visit) }
}
