import AMQP
import ClusterModel
import History
import NIOCore

/// What the broker sends.
extension AMQPLinkChannel {
    func receiveContent(_ message: AMQPLinkMessage, now: Int64, _ link: inout AMQPLink) {
        switch message.method {
        case .basicDeliver(let deliver):
            let consumer = consumers[deliver.consumerTag] ?? Consumer(queue: "", autoAck: false)
            receiveDelivery(
                message, tag: deliver.deliveryTag, key: deliver.routingKey, consumer, now: now, &link)
        case .basicGetOk(let get):
            let consumer = gets.popFirst() ?? Consumer(queue: "", autoAck: false)
            receiveDelivery(message, tag: get.deliveryTag, key: get.routingKey, consumer, now: now, &link)
        case .basicReturn: receiveReturn(message, now: now, &link)
        default: pass(.frames(message.frames), .toClient, delay: 0, now: now, &link)
        }
    }

    private func receiveDelivery(
        _ message: AMQPLinkMessage, tag: UInt64, key: String, _ consumer: Consumer, now: Int64,
        _ link: inout AMQPLink
    ) {
        let n = dice.next(.deliver)
        // A client asks for one message by get and waits for it: there is no second one, to come or to overtake.
        let isGet = if case .basicGetOk = message.method { true } else { false }
        let faults = isGet ? link.faults.toClient.filter { !$0.needsOthers } : link.faults.toClient
        let fate = dice.roll(.deliver, key: key, n: n, faults: faults)
        var message = message
        let stamp = takeStamp(off: &message, link)
        var unit = DeliveryUnit(
            message: message, brokerTag: tag, stamp: stamp, consumer: consumer, copies: fate.copies, n: n,
            fate: fate.fateOfOne, bodyHash: stamp == 0 ? message.bodyHash : 0)
        guard let fault = fate.droppedBy else {
            unit.message.corrupt(fate.corruptions, .deliver)
            pass(.delivery(unit), .toClient, fate, now: now, &link)
            return
        }
        unit.copies = 0
        link.events.append(.delivery(event(for: unit, tag: 0, fate: .dropped, link)))
        if !consumer.autoAck { swallow(.delivery(tag, stamp: stamp), by: fault, now: now) }
        if isGet {
            var payload = ByteBuffer()
            AMQPMethod.basicGetEmpty(.init()).encode(into: &payload)
            let empty = Frame(type: .method, channel: id, payload: payload)
            pass(.frames([empty]), .toClient, delay: 0, now: now, &link)
        }
    }

    func emit(_ unit: DeliveryUnit, _ link: inout AMQPLink) {
        let autoAck = unit.consumer.autoAck
        if !autoAck { deliveries.reveal(unit.brokerTag) }
        for copy in 0..<unit.copies {
            let tag = deliveries.hand(
                unit.brokerTag, stamp: unit.stamp, autoAck: autoAck, isCopied: unit.copies > 1)
            let fate: Fate = copy > 0 ? .duplicated : unit.fate
            link.events.append(.delivery(event(for: unit, tag: tag, fate: fate, link)))
            link.output.toClient.writeFrame(method: unit.message.method.with(deliveryTag: tag), channel: id)
            for frame in unit.message.frames.dropFirst() { link.output.toClient.writeFrame(frame) }
            link.passed.deliveries += 1
        }
    }

    private func event(for unit: DeliveryUnit, tag: UInt64, fate: Fate, _ link: AMQPLink) -> Delivery {
        var event = Delivery()
        event.connection = link.facts.id
        event.channel = id
        event.tag = tag
        event.stamp = unit.stamp
        event.message = unit.message.messageID
        event.queue = unit.consumer.queue
        switch unit.message.method {
        case .basicDeliver(let deliver):
            event.exchange = deliver.exchange
            event.key = deliver.routingKey
            event.redelivered = deliver.redelivered
        case .basicGetOk(let get):
            event.exchange = get.exchange
            event.key = get.routingKey
            event.redelivered = get.redelivered
        default: break
        }
        event.autoAck = unit.consumer.autoAck
        event.bodyHash = unit.bodyHash
        event.n = UInt64(unit.n)
        event.fate = fate
        return event
    }

    /// A returned message; of a duplicated publish the client sees one return at most.
    private func receiveReturn(_ message: AMQPLinkMessage, now: Int64, _ link: inout AMQPLink) {
        var message = message
        let stamp = takeStamp(off: &message, link)
        if duplicated.contains(stamp), !returned.insert(stamp).inserted { return }
        link.events.append(.transmissionResult(.init(stamp: stamp, outcome: .returned)))
        pass(.frames(message.frames), .toClient, delay: 0, now: now, &link)
    }

    /// Takes the stamp off, so that the client sees the message as it was published. 0 where there is none of ours.
    private func takeStamp(off message: inout AMQPLinkMessage, _ link: AMQPLink) -> Int64 {
        guard let (stamp, properties) = HeaderStamp.remove(key: "x-orch-id", from: message.header.properties) else {
            return 0
        }
        message.header.properties = properties
        var payload = ByteBuffer()
        message.header.encode(into: &payload)
        message.frames[1].payload = payload
        return stamp & ~((1 << 50) - 1) == link.facts.stampBase ? stamp : 0
    }

    func receiveFromServer(_ method: AMQPMethod, _ frame: Frame, now: Int64, _ link: inout AMQPLink) {
        switch method {
        case .basicAck(let ack) where confirms != nil:
            answer(ack.deliveryTag, multiple: ack.multiple, nack: false, now: now, &link)
            return
        case .basicNack(let nack) where confirms != nil:
            answer(nack.deliveryTag, multiple: nack.multiple, nack: true, now: now, &link)
            return
        case .basicGetEmpty: _ = gets.popFirst()
        case .txCommitOk: endTransaction(.acked, &link)
        case .txRollbackOk: endTransaction(.nacked, &link)
        case .basicCancel(let cancel): consumers[cancel.consumerTag] = nil
        case .channelCloseOk: reset(&link, isAsked: true)
        case .channelClose: failPending(&link)
        default: noteAnswer(method, &link)
        }
        pass(.frames([frame]), .toClient, delay: 0, now: now, &link)
    }

    /// The broker has taken a transaction's publishes, or thrown them away.
    private func endTransaction(_ outcome: TransmissionOutcome, _ link: inout AMQPLink) {
        for stamp in transaction ?? [] {
            link.events.append(.transmissionResult(.init(stamp: stamp, outcome: outcome)))
        }
        if transaction != nil { transaction = [] }
    }

    // MARK: - Confirms

    private func answer(_ brokerTag: UInt64, multiple: Bool, nack: Bool, now: Int64, _ link: inout AMQPLink) {
        var tags: [UInt64] = []
        var delay: Int64 = 0
        for answer in confirms!.answer(brokerTag, multiple: multiple, nack: nack) {
            let n = dice.next(.confirm)
            let fate = dice.roll(.confirm, key: "", n: n, faults: link.faults.toClient)
            var event = TransmissionResult()
            event.stamp = answer.stamp
            event.outcome = nack ? .nacked : .acked
            event.fate = fate.fate
            link.events.append(.transmissionResult(event))
            if let fault = fate.droppedBy {
                confirms!.reopen(answer.tag)
                swallow(.publish(answer.tag), by: fault, now: now)
            } else {
                tags.append(answer.tag)
                delay = max(delay, fate.delay)
            }
        }
        if !tags.isEmpty { pass(.confirms(tags, nack: nack), .toClient, delay: delay, now: now, &link) }
    }

    func emit(confirms tags: [UInt64], nack: Bool, _ link: inout AMQPLink) {
        // Two copies answered at once, or answers that changed places behind a delay, are told in order.
        for frame in confirms?.frames(for: tags.sorted()) ?? [] {
            let method: AMQPMethod =
                nack
                ? .basicNack(.init(deliveryTag: frame.tag, multiple: frame.multiple, requeue: false))
                : .basicAck(.init(deliveryTag: frame.tag, multiple: frame.multiple))
            link.output.toClient.writeFrame(method: method, channel: id)
        }
        link.passed.confirms += tags.count
    }
}

extension AMQPMethod {
    /// The same delivery under another tag.
    func with(deliveryTag tag: UInt64) -> AMQPMethod {
        switch self {
        case .basicDeliver(var deliver):
            deliver.deliveryTag = tag
            return .basicDeliver(deliver)
        case .basicGetOk(var get):
            get.deliveryTag = tag
            return .basicGetOk(get)
        default: return self
        }
    }
}
