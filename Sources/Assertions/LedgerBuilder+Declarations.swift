import ClusterModel
import History

/// Management methods: what the oracle is told, who consumes from what, and what purges took.
extension LedgerBuilder {
    mutating func add(_ event: Declaration, _ time: Int64) {
        let connection = event.connection == 0 ? -1 : seen(event.connection, time)
        if event.operation == .cancel, event.type == .ok, connection >= 0 { cancelled(event, on: connection, time) }
        guard time < ledger.timeline.closing else { return }
        let lane = Int(lane(connection, event.channel))
        let key = OperationKey(
            connection: event.connection, broker: event.connection == 0 ? event.broker : "", sequence: event.sequence)
        if event.type == .invoke {
            let whole = named(event, lane)
            sent[key] = (time, whole)
            ledger.oracle.sent(whole, at: time)
            if connection >= 0 { lanes[lane].open.append(key) }
            return
        }
        if connection >= 0 {
            // A channel answers in order: what was asked before, without wanting an answer, has happened.
            while let first = lanes[lane].open.first, first.sequence <= event.sequence {
                lanes[lane].open.removeFirst()
                if first.sequence < event.sequence, event.type == .ok, var earlier = sent.removeValue(forKey: first) {
                    earlier.declaration.type = .ok
                    answered(earlier.declaration, asked: earlier.declaration.name, sent: earlier.time, at: time)
                }
            }
        }
        guard event.type != .info else { return }
        let operation = sent.removeValue(forKey: key)
        if connection >= 0 { lanes[lane].answers.append((operation?.time ?? time, time)) }
        // The answer may name only what the broker chose.
        var whole = operation?.declaration ?? named(event, lane)
        let asked = whole.name
        if !event.name.isEmpty { whole.name = event.name }
        if whole.operation == .consume, !event.other.isEmpty { whole.other = event.other }
        whole.count = event.count
        whole.type = event.type
        if operation == nil { ledger.oracle.sent(whole, at: time) }
        answered(whole, asked: asked, sent: operation?.time ?? time, at: time)
        if whole.operation == .declareQueue, whole.type == .ok { lanes[lane].lastQueue = whole.name }
    }

    /// A consumer is no more. Where its client asked for that, and nothing else on the channel consumes from the queue,
    /// what it got until then has been taken over in order.
    private mutating func cancelled(_ event: Declaration, on connection: Int32, _ time: Int64) {
        let number = lane(connection, event.channel)
        guard let consumer = lanes[Int(number)].consumers.removeValue(forKey: event.other), event.name.isEmpty,
            !lanes[Int(number)].consumers.values.contains(where: { $0.queue == consumer.queue })
        else { return }
        ledger.takenOver[Ledger.Consumption(lane: number, queue: consumer.queue), default: []].append(
            consumer.since...max(consumer.since, time))
    }

    /// An empty queue name stands for the channel's last declared queue (AMQP 0-9-1, `queue.bind`).
    private func named(_ event: Declaration, _ lane: Int) -> Declaration {
        var whole = event
        guard event.name.isEmpty else { return whole }
        switch event.operation {
        case .bindQueue:
            whole.name = lanes[lane].lastQueue
            if event.key.isEmpty { whole.key = whole.name }
        case .unbindQueue, .purge, .deleteQueue, .consume: whole.name = lanes[lane].lastQueue
        default: break
        }
        return whole
    }

    private mutating func answered(_ event: Declaration, asked: String, sent: Int64, at time: Int64) {
        ledger.oracle.answered(event, sent: sent, at: time)
        guard event.type == .ok else { return }
        switch event.operation {
        case .declareQueue:
            let queue = queue(event.broker, event.name)
            if asked.isEmpty || event.name.hasPrefix("amq.gen") { ledger.anonymous.insert(queue) }
        case .consume:
            guard let connection = connectionIndex[event.connection] else { return }
            let queue = queue(event.broker, event.name)
            consumed(queue, by: ledger.connections[Int(connection)].client)
            lanes[Int(lane(connection, event.channel))].consumers[event.other] = (queue, time)
        case .purge, .deleteQueue:
            guard event.count > 0 else { return }
            ledger.purges.append(
                PurgeFact(queue: queue(event.broker, event.name), time: time, count: Int(event.count)))
        default: break
        }
    }
}
