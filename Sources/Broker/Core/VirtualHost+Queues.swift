import AMQP

extension VirtualHost {
    /// Arguments that would change what happens to messages, and are not implemented: refused, not ignored in silence.
    private static let refusedArguments: Set<String> = [
        "x-message-ttl", "x-expires", "x-max-length", "x-max-length-bytes", "x-overflow", "x-dead-letter-exchange",
        "x-dead-letter-routing-key", "x-max-priority", "x-single-active-consumer", "x-delivery-limit",
        "x-dead-letter-strategy",
    ]

    func declareQueue(_ method: Queue.Declare, for session: Session) throws(AMQPError) -> MessageQueue {
        if method.passive { return try queue(method.queue, for: session) }
        try VirtualHost.checkArguments(method.arguments)
        if !method.queue.isEmpty, queues[method.queue] != nil {
            let existing = try queue(method.queue, for: session)
            try checkEquivalent(existing, method)
            return existing
        }
        guard !method.queue.hasPrefix("amq.") else { throw reserved("queue", method.queue) }
        let queueName = method.queue.isEmpty ? core.makeName(prefix: "amq.gen-") : method.queue
        let isStored = method.durable && !method.exclusive
        let storeID = isStored ? core.takeQueueID() : 0
        let queue = MessageQueue(
            name: queueName, vhost: self, isDurable: method.durable, isAutoDelete: method.autoDelete,
            arguments: method.arguments, owner: method.exclusive ? session : nil, storeID: storeID,
            mark: core.resetMark(storeID))
        insert(queue)
        if method.exclusive { session.exclusiveQueues.append(queue) }
        if storeID != 0 { core.record(.declareQueue(StoredQueue(queue))) }
        return queue
    }

    private static func checkArguments(_ arguments: FieldTable) throws(AMQPError) {
        for (key, value) in arguments {
            if refusedArguments.contains(key) {
                throw .fail(.notImplemented, "queue argument '\(key)' is not implemented")
            }
            if key == "x-queue-type", value.stringValue != "classic" {
                throw .fail(
                    .notImplemented, "x-queue-type '\(value.stringValue ?? "?")' is not implemented, only 'classic'")
            }
        }
    }

    private func checkEquivalent(_ existing: MessageQueue, _ method: Queue.Declare) throws(AMQPError) {
        func check(_ argument: String, _ received: Bool, _ current: Bool) throws(AMQPError) {
            guard received != current else { return }
            throw .inequivalent(argument, existing.label, received: "'\(received)'", current: "'\(current)'")
        }
        try check("durable", method.durable, existing.isDurable)
        try check("exclusive", method.exclusive, existing.owner != nil)
        try check("auto_delete", method.autoDelete, existing.isAutoDelete)
        if let (key, received, current) = method.arguments.firstDifference(
            existing.arguments, where: { $0.hasPrefix("x-") && $0 != "x-queue-type" })
        {
            throw .inequivalent(key, existing.label, received: received, current: current)
        }
    }

    /// Gives the number of messages deleted. Deleting what does not exist succeeds.
    func deleteQueue(_ method: Queue.Delete, for session: Session) throws(AMQPError) -> Int {
        guard queues[method.queue] != nil else { return 0 }
        let queue = try queue(method.queue, for: session)
        if method.ifUnused, !queue.consumers.isEmpty {
            throw .fail(.preconditionFailed, "\(queue.label) in use")
        }
        if method.ifEmpty, !queue.ready.isEmpty {
            throw .fail(.preconditionFailed, "\(queue.label) not empty")
        }
        return delete(queue)
    }

    /// Cancels its consumers, tells their clients, unbinds it and drops its messages. Unacknowledged deliveries go when
    /// their channels settle them. Gives the number of ready messages dropped.
    @discardableResult
    func delete(_ queue: MessageQueue) -> Int {
        guard !queue.isDeleted else { return 0 }
        queue.markDeleted()
        removeFromTable(queue)
        queue.owner?.exclusiveQueues.removeAll { $0 === queue }
        for binding in queue.bindings { unlink(binding) }
        for consumer in queue.consumers { consumer.channel.cancelledByServer(consumer) }
        let count = queue.purge()
        topologyChanged()
        if queue.storeID != 0 { core.record(.deleteQueue(id: queue.storeID)) }
        return count
    }

    /// To be called when a consumer has left.
    func deleteIfAbandoned(_ queue: MessageQueue) {
        if queue.isAutoDelete, queue.consumers.isEmpty { delete(queue) }
    }
}
