import AMQP

extension VirtualHost {
    func declareExchange(_ method: Exchange.Declare) throws(AMQPError) {
        guard !method.exchange.isEmpty else { throw .defaultExchange }
        if method.passive {
            _ = try exchange(method.exchange)
            return
        }
        guard let type = ExchangeType(rawValue: method.type) else {
            throw .fail(.commandInvalid, "unknown exchange type '\(method.type)'")
        }
        if let existing = exchanges[method.exchange] {
            try checkEquivalent(existing, method, type)
            return
        }
        guard !method.exchange.hasPrefix("amq.") else { throw reserved("exchange", method.exchange) }
        if let alternate = method.arguments["alternate-exchange"], alternate.stringValue == nil {
            throw .fail(.preconditionFailed, "invalid arg 'alternate-exchange' for exchange '\(method.exchange)'")
        }
        let exchange = MessageExchange(
            name: method.exchange, type: type, isDurable: method.durable, isAutoDelete: method.autoDelete,
            isInternal: method.internal, arguments: method.arguments)
        insert(exchange)
        if exchange.isDurable { core.record(.declareExchange(StoredExchange(exchange, vhost: name))) }
    }

    private func checkEquivalent(
        _ existing: MessageExchange, _ method: Exchange.Declare, _ type: ExchangeType
    ) throws(AMQPError) {
        let label = "exchange '\(existing.name)' in vhost '\(name)'"
        func check(_ argument: String, _ received: String, _ current: String) throws(AMQPError) {
            guard received != current else { return }
            throw .inequivalent(argument, label, received: "'\(received)'", current: "'\(current)'")
        }
        try check("type", type.rawValue, existing.type.rawValue)
        try check("durable", "\(method.durable)", "\(existing.isDurable)")
        try check("auto_delete", "\(method.autoDelete)", "\(existing.isAutoDelete)")
        try check("internal", "\(method.internal)", "\(existing.isInternal)")
        if let (key, received, current) = method.arguments.firstDifference(
            existing.arguments, where: { $0 == "alternate-exchange" })
        {
            throw .inequivalent(key, label, received: received, current: current)
        }
    }

    /// Deleting what does not exist succeeds.
    func deleteExchange(_ method: Exchange.Delete) throws(AMQPError) {
        guard !method.exchange.isEmpty else { throw .defaultExchange }
        guard !method.exchange.hasPrefix("amq.") else { throw reserved("exchange", method.exchange) }
        guard let exchange = exchanges[method.exchange] else { return }
        if method.ifUnused, !exchange.bindings.isEmpty {
            throw .fail(.preconditionFailed, "exchange '\(exchange.name)' in vhost '\(name)' in use")
        }
        remove(exchange)
    }

    func reserved(_ kind: String, _ name: String) -> AMQPError {
        .fail(.accessRefused, "\(kind) name '\(name)' contains reserved prefix 'amq.*'")
    }

    private func remove(_ exchange: MessageExchange) {
        guard exchanges[exchange.name] === exchange else { return }
        removeFromTable(exchange)
        for binding in Array(exchange.bindings.values) { unlink(binding) }
        for binding in exchange.incoming { unlink(binding) }
        topologyChanged()
        if exchange.isDurable { core.record(.deleteExchange(vhost: name, name: exchange.name)) }
    }

    // MARK: Bindings

    func bind(
        source: String, destination: Destination, routingKey: String, arguments: FieldTable
    ) throws(AMQPError) {
        let source = try exchange(source)
        guard !source.isDefault else { throw .defaultExchange }
        if source.type == .headers, !HeadersTable.isValidMode(arguments) {
            throw .fail(
                .preconditionFailed, "Invalid x-match field value; expected all, any, all-with-x or any-with-x")
        }
        let binding = Binding(
            source: source, destination: destination, routingKey: routingKey, arguments: arguments)
        guard link(binding) else { return }
        if binding.isStored { core.record(.bind(StoredBinding(binding, vhost: name))) }
    }

    /// False if there is such a binding already.
    func link(_ binding: Binding) -> Bool {
        guard binding.source.insert(binding) else { return false }
        switch binding.destination {
        case .queue(let queue): queue.bindings.append(binding)
        case .exchange(let exchange): exchange.incoming.append(binding)
        }
        topologyChanged()
        return true
    }

    /// Removing what does not exist succeeds.
    func unbind(
        source: String, destination: Destination, routingKey: String, arguments: FieldTable
    ) throws(AMQPError) {
        let source = try exchange(source)
        guard !source.isDefault else { throw .defaultExchange }
        let signature = BindingSignature(
            isQueue: destination.isQueue, destination: destination.name, routingKey: routingKey, arguments: arguments)
        if let binding = source.bindings[signature] { unlink(binding) }
    }

    /// Removes a binding everywhere, and its source if that is auto-delete and has none left.
    func unlink(_ binding: Binding) {
        guard binding.source.remove(binding.signature) != nil else { return }
        switch binding.destination {
        case .queue(let queue): queue.bindings.removeAll { $0 === binding }
        case .exchange(let exchange): exchange.incoming.removeAll { $0 === binding }
        }
        topologyChanged()
        if binding.isStored { core.record(.unbind(StoredBinding(binding, vhost: name))) }
        if binding.source.isAutoDelete, binding.source.bindings.isEmpty { remove(binding.source) }
    }
}
