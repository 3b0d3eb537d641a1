import AMQP

/// The methods of an open channel, but for basic.publish.
extension SessionChannel {
    /// Throws the error to close the channel or the connection with.
    func receive(_ method: AMQPMethod) throws(AMQPError) {
        guard content == .none else { throw unexpected("\(method.name) method") }
        switch method {
        case .channelOpen: throw .fail(.channelError, "second 'channel.open' seen")
        case .channelFlow(let flow):
            setFlow(flow.active)
            reply(.channelFlowOk(Channel.FlowOk(active: flow.active)))
        case .exchangeDeclare(let declare):
            try vhost.declareExchange(declare)
            if !declare.noWait { replyOnceStored(.exchangeDeclareOk(Exchange.DeclareOk())) }
        case .exchangeDelete(let delete):
            try vhost.deleteExchange(delete)
            if !delete.noWait { replyOnceStored(.exchangeDeleteOk(Exchange.DeleteOk())) }
        case .exchangeBind(let bind):
            try vhost.bind(
                source: bind.source, destination: .exchange(exchange(bind.destination)), routingKey: bind.routingKey,
                arguments: bind.arguments)
            if !bind.noWait { replyOnceStored(.exchangeBindOk(Exchange.BindOk())) }
        case .exchangeUnbind(let unbind):
            try vhost.unbind(
                source: unbind.source, destination: .exchange(exchange(unbind.destination)),
                routingKey: unbind.routingKey, arguments: unbind.arguments)
            if !unbind.noWait { replyOnceStored(.exchangeUnbindOk(Exchange.UnbindOk())) }
        case .queueDeclare, .queueBind, .queueUnbind, .queuePurge, .queueDelete: try receiveQueue(method)
        case .basicQos(let qos): try receive(qos)
        case .basicConsume(let consume): try receive(consume)
        case .basicCancel(let cancel):
            if let consumer = consumers[cancel.consumerTag] {
                remove(consumer)
                vhost.deleteIfAbandoned(consumer.queue)
            }
            if !cancel.noWait { reply(.basicCancelOk(Basic.CancelOk(consumerTag: cancel.consumerTag))) }
        case .basicGet(let get):
            let queue = try vhost.queue(named(get.queue), for: session)
            if let entry = queue.take() {
                deliverGet(entry, from: queue, noAck: get.noAck)
            } else {
                reply(.basicGetEmpty(Basic.GetEmpty()))
            }
        case .basicAck(let ack): try settle(ack.deliveryTag, multiple: ack.multiple, .ack)
        case .basicNack(let nack):
            try settle(nack.deliveryTag, multiple: nack.multiple, nack.requeue ? .requeue : .drop)
        case .basicReject(let reject):
            try settle(reject.deliveryTag, multiple: false, reject.requeue ? .requeue : .drop)
        case .basicRecoverAsync(let recover): try self.recover(requeue: recover.requeue)
        case .basicRecover(let recover):
            try self.recover(requeue: recover.requeue)
            reply(.basicRecoverOk(Basic.RecoverOk()))
        case .confirmSelect(let select):
            guard transaction == nil else { throw .fail(.preconditionFailed, "cannot switch from tx to confirm mode") }
            if confirms == nil { confirms = ConfirmLedger() }
            if !select.noWait { reply(.confirmSelectOk(Confirm.SelectOk())) }
        case .txSelect:
            guard confirms == nil else { throw .fail(.preconditionFailed, "cannot switch from confirm to tx mode") }
            if transaction == nil { transaction = Transaction() }
            reply(.txSelectOk(Tx.SelectOk()))
        case .txCommit: try commit()
        case .txRollback:
            guard transaction != nil else { throw .fail(.preconditionFailed, "channel is not transactional") }
            rollBack()
            reply(.txRollbackOk(Tx.RollbackOk()))
        default:
            throw .fail(.commandInvalid, "\(method.name) is not for a server's open channel")
        }
    }

    private func exchange(_ name: String) throws(AMQPError) -> MessageExchange {
        guard !name.isEmpty else { throw .defaultExchange }
        return try vhost.exchange(name)
    }

    /// An empty name stands for the queue declared last on this channel.
    private func named(_ name: String) throws(AMQPError) -> String {
        guard name.isEmpty else { return name }
        guard let lastQueue else { throw .fail(.notFound, "no previously declared queue") }
        return lastQueue
    }

    // MARK: Queues

    private func receiveQueue(_ method: AMQPMethod) throws(AMQPError) {
        switch method {
        case .queueDeclare(var declare):
            if declare.passive { declare.queue = try named(declare.queue) }
            let queue = try vhost.declareQueue(declare, for: session)
            lastQueue = queue.name
            guard !declare.noWait else { return }
            replyOnceStored(
                .queueDeclareOk(
                    Queue.DeclareOk(
                        queue: queue.name, messageCount: UInt32(clamping: queue.ready.count),
                        consumerCount: UInt32(clamping: queue.consumers.count))))
        case .queueBind(let bind):
            let queue = try vhost.queue(named(bind.queue), for: session)
            try vhost.bind(
                source: bind.exchange, destination: .queue(queue), routingKey: key(bind.routingKey, bind.queue),
                arguments: bind.arguments)
            if !bind.noWait { replyOnceStored(.queueBindOk(Queue.BindOk())) }
        case .queueUnbind(let unbind):
            let queue = try vhost.queue(named(unbind.queue), for: session)
            try vhost.unbind(
                source: unbind.exchange, destination: .queue(queue), routingKey: key(unbind.routingKey, unbind.queue),
                arguments: unbind.arguments)
            replyOnceStored(.queueUnbindOk(Queue.UnbindOk()))
        case .queuePurge(let purge):
            let count = try vhost.queue(named(purge.queue), for: session).purge()
            if !purge.noWait {
                replyOnceStored(.queuePurgeOk(Queue.PurgeOk(messageCount: UInt32(clamping: count))))
            }
        case .queueDelete(var delete):
            delete.queue = try named(delete.queue)
            let count = try vhost.deleteQueue(delete, for: session)
            if !delete.noWait {
                replyOnceStored(.queueDeleteOk(Queue.DeleteOk(messageCount: UInt32(clamping: count))))
            }
        default: break
        }
    }

    /// An empty key with an empty queue name stands for the name of the last queue (AMQP 0-9-1, queue.bind).
    private func key(_ routingKey: String, _ queue: String) throws(AMQPError) -> String {
        routingKey.isEmpty && queue.isEmpty ? try named("") : routingKey
    }

    // MARK: Consuming

    /// RabbitMQ's meaning: global=false is for each consumer to come, global=true for the channel.
    private func receive(_ qos: Basic.Qos) throws(AMQPError) {
        guard qos.prefetchSize == 0 else { throw .fail(.notImplemented, "prefetch_size!=0 (\(qos.prefetchSize))") }
        if qos.global {
            channelPrefetch = Int(qos.prefetchCount)
            wakeAll()
        } else {
            prefetch = Int(qos.prefetchCount)
        }
        reply(.basicQosOk(Basic.QosOk()))
    }

    private func receive(_ consume: Basic.Consume) throws(AMQPError) {
        let queue = try vhost.queue(named(consume.queue), for: session)
        guard consumers[consume.consumerTag] == nil else {
            throw .fail(.notAllowed, "attempt to reuse consumer tag '\(consume.consumerTag)'")
        }
        if queue.consumers.contains(where: \.isExclusive) || (consume.exclusive && !queue.consumers.isEmpty) {
            throw .fail(.accessRefused, "\(queue.label) in exclusive use")
        }
        let tag = consume.consumerTag.isEmpty ? core.makeName(prefix: "amq.ctag-") : consume.consumerTag
        let consumer = Consumer(
            tag: tag, queue: queue, channel: self, noAck: consume.noAck, isExclusive: consume.exclusive,
            prefetch: prefetch)
        add(consumer)
        if !consume.noWait { reply(.basicConsumeOk(Basic.ConsumeOk(consumerTag: tag))) }
        queue.add(consumer)
    }

    // MARK: Settling

    /// basic.ack of one delivery: what comes most.
    func settle(_ tag: UInt64, multiple: Bool, _ settlement: Transaction.Settlement) throws(AMQPError) {
        if !multiple, transaction == nil, settlement == .ack {
            guard let delivery = unacked.take(tag) else { throw unknownTag(tag) }
            release(delivery)
            core.settle(delivery.entry, of: delivery.queue)
            wake(after: delivery)
            return
        }
        let deliveries: [UnackedLedger.Delivery]
        if multiple {
            guard let taken = unacked.take(upTo: tag) else { throw unknownTag(tag) }
            deliveries = taken
        } else {
            guard let taken = unacked.take(tag) else { throw unknownTag(tag) }
            deliveries = [taken]
        }
        if transaction != nil {
            guard transaction?.isFull == false else {
                throw .fail(.resourceError, "a transaction holds more than this broker keeps")
            }
            transaction?.append(.settle(deliveries, settlement))
        } else {
            settle(deliveries, settlement)
        }
    }

    private func settle(_ deliveries: [UnackedLedger.Delivery], _ settlement: Transaction.Settlement) {
        if settlement == .requeue { return requeue(deliveries) }
        for delivery in deliveries {
            release(delivery)
            core.settle(delivery.entry, of: delivery.queue)
        }
        for delivery in deliveries { delivery.consumer?.wakeIfCredit() }
        if channelPrefetch > 0 { wakeAll() }
    }

    private func unknownTag(_ tag: UInt64) -> AMQPError { .fail(.preconditionFailed, "unknown delivery tag \(tag)") }

    private func recover(requeue: Bool) throws(AMQPError) {
        guard requeue else { throw .fail(.notImplemented, "recover with requeue=false") }
        self.requeue(unacked.take(upTo: 0) ?? [])
    }

    // MARK: Transactions

    private func commit() throws(AMQPError) {
        guard let steps = transaction?.takeSteps() else {
            throw .fail(.preconditionFailed, "channel is not transactional")
        }
        for (index, step) in steps.enumerated() {
            switch step {
            case .publish(let message, let isMandatory, let headers):
                do throws(AMQPError) {
                    send(message, to: try checkedRoute(message, headers), isMandatory: isMandatory)
                } catch {
                    // The exchange was deleted meanwhile. Deliveries not yet settled go back with the channel's others.
                    for case .settle(let deliveries, _) in steps[(index + 1)...] { requeue(deliveries) }
                    throw error
                }
            case .settle(let deliveries, let settlement): settle(deliveries, settlement)
            }
        }
        replyOnceStored(.txCommitOk(Tx.CommitOk()))
    }

    /// Publishes are forgotten; deliveries wait for a settlement again.
    private func rollBack() {
        guard let steps = transaction?.takeSteps() else { return }
        var deliveries = unacked.take(upTo: 0) ?? []
        for case .settle(let settled, _) in steps { deliveries += settled }
        for delivery in deliveries.sorted(by: { $0.tag < $1.tag }) { unacked.append(delivery) }
    }
}
