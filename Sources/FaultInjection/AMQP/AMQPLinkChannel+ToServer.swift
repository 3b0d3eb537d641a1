import AMQP
import ClusterModel
import History
import NIOCore

/// What the client sends.
extension AMQPLinkChannel {
    func receivePublish(_ message: AMQPLinkMessage, now: Int64, _ link: inout AMQPLink) {
        guard case .basicPublish(let publish) = message.method else {
            pass(.frames(message.frames), .toServer, delay: 0, now: now, &link)
            return
        }
        let n = dice.next(.publish)
        // A transaction has no way to say of one publish that it is missing, or there twice: those faults pass it by.
        let faults = transaction == nil ? link.faults.toServer : link.faults.toServer.filter(\.onlyDelays)
        let fate = dice.roll(.publish, key: publish.routingKey, n: n, faults: faults)

        var event = Transmission()
        event.stamp = link.nextStamp()
        event.connection = link.facts.id
        event.channel = id
        event.n = UInt64(n)
        event.message = message.messageID
        event.exchange = publish.exchange
        event.key = publish.routingKey
        event.headers = HeaderStamp.encodedHeaders(of: message.header.properties)
        event.size = UInt32(clamping: message.header.bodySize)
        event.confirming = confirms != nil
        event.mandatory = publish.mandatory
        event.persistent = HeaderStamp.deliveryMode(of: message.header.properties) == 2
        event.fate = fate.fate

        var message = message
        if let stamped = stamp(message.header, event.stamp, link) {
            message.frames[1].payload = stamped
        } else {
            event.stamped = false
            event.bodyHash = message.bodyHash
        }
        link.events.append(.transmission(event))
        transaction?.append(event.stamp)

        let tag = confirms?.publish(stamp: event.stamp)
        if let fault = fate.droppedBy {
            if let tag { swallow(.publish(tag), by: fault, now: now) }
            return
        }
        if fate.copies > 1 { duplicated.insert(event.stamp) }
        message.corrupt(fate.corruptions, .publish)
        let unit = PublishUnit(
            frames: message.frames, confirmTag: tag, stamp: event.stamp, copies: fate.copies, n: n)
        pass(.publish(unit), .toServer, fate, now: now, &link)
    }

    func emit(_ unit: PublishUnit, _ link: inout AMQPLink) {
        for _ in 0..<unit.copies {
            if let tag = unit.confirmTag { confirms?.forward(tag) }
            for frame in unit.frames { link.output.toServer.writeFrame(frame) }
            link.passed.publishes += 1
        }
    }

    /// The header's payload with the stamp, if there is one to put on and the result still fits a frame.
    private func stamp(_ header: ContentHeader, _ stamp: Int64, _ link: AMQPLink) -> ByteBuffer? {
        guard let key = link.facts.stampKey,
            let properties = HeaderStamp.insert(key: key, int64: stamp, into: header.properties)
        else { return nil }
        var payload = ByteBuffer()
        payload.reserveCapacity(12 + properties.readableBytes)
        ContentHeader(classID: header.classID, bodySize: header.bodySize, properties: properties).encode(into: &payload)
        return payload.readableBytes + AMQPLimits.frameOverhead <= link.frameMax ? payload : nil
    }

    func receiveFromClient(_ method: AMQPMethod, _ frame: Frame, now: Int64, _ link: inout AMQPLink) {
        switch method {
        case .basicAck(let ack):
            settle(ack.deliveryTag, multiple: ack.multiple, .ack, frame, now: now, &link)
            return
        case .basicNack(let nack):
            settle(nack.deliveryTag, multiple: nack.multiple, .nack(requeue: nack.requeue), frame, now: now, &link)
            return
        case .basicReject(let reject):
            settle(reject.deliveryTag, multiple: false, .reject(requeue: reject.requeue), frame, now: now, &link)
            return
        case .basicRecover, .basicRecoverAsync:
            deliveries.recover()
            swallowed.removeAll { if case .delivery = $0.what { true } else { false } }
        case .txSelect: if transaction == nil { transaction = [] }
        case .confirmSelect: if confirms == nil { confirms = ConfirmTracker() }
        case .basicGet(let get):
            gets.append(Consumer(queue: get.queue.isEmpty ? lastQueue : get.queue, autoAck: get.noAck))
        case .channelCloseOk: reset(&link, isAsked: false)
        case .channelClose: break
        default: noteDeclaration(method, now: now, &link)
        }
        pass(.frames([frame]), .toServer, delay: 0, now: now, &link)
    }

    // MARK: - Settlements

    private func settle(
        _ tag: UInt64, multiple: Bool, _ method: SettlementMethod, _ frame: Frame, now: Int64, _ link: inout AMQPLink
    ) {
        guard let settled = deliveries.settle(tag, multiple: multiple) else {
            // The broker shall refuse it, as it would without a link.
            emitUnknown(deliveries.unknown(tag), multiple: multiple, method, now: now, &link)
            return
        }
        var tags: [UInt64] = []
        var delay: Int64 = 0
        for delivery in settled {
            let n = dice.next(.ack)
            let fate = dice.roll(.ack, key: "", n: n, faults: link.faults.toServer)
            var event = Settlement()
            event.connection = link.facts.id
            event.channel = id
            event.tag = delivery.tag
            event.stamp = delivery.stamp
            event.outcome = method.outcome
            event.fate = fate.fate
            link.events.append(.settlement(event))
            guard delivery.isFirst else { continue }
            if let fault = fate.droppedBy {
                swallow(.delivery(delivery.brokerTag, stamp: delivery.stamp), by: fault, now: now)
            } else {
                tags.append(delivery.brokerTag)
                delay = max(delay, fate.delay)
            }
        }
        if !tags.isEmpty {
            pass(.settlements(tags, multiple: multiple, method), .toServer, delay: delay, now: now, &link)
        }
    }

    func emit(_ tags: [UInt64], multiple: Bool, method: SettlementMethod, _ link: inout AMQPLink) {
        for tag in tags { deliveries.reveal(tag) }
        for frame in deliveries.frames(for: tags, multiple: multiple) {
            link.output.toServer.writeFrame(method: method.method(frame.tag, multiple: frame.multiple), channel: id)
        }
        link.passed.acks += tags.count
    }

    private func emitUnknown(
        _ tag: UInt64, multiple: Bool, _ method: SettlementMethod, now: Int64, _ link: inout AMQPLink
    ) {
        var payload = ByteBuffer()
        method.method(tag, multiple: multiple).encode(into: &payload)
        let frame = Frame(type: .method, channel: id, payload: payload)
        pass(.frames([frame]), .toServer, delay: 0, now: now, &link)
    }
}

extension SettlementMethod {
    var outcome: SettlementOutcome {
        switch self {
        case .ack: .acked
        case .nack(let requeue), .reject(let requeue): requeue ? .requeued : .rejected
        }
    }

    func method(_ tag: UInt64, multiple: Bool) -> AMQPMethod {
        switch self {
        case .ack: .basicAck(.init(deliveryTag: tag, multiple: multiple))
        case .nack(let requeue): .basicNack(.init(deliveryTag: tag, multiple: multiple, requeue: requeue))
        case .reject(let requeue): .basicReject(.init(deliveryTag: tag, requeue: requeue))
        }
    }
}
