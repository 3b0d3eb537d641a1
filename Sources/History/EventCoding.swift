import ClusterModel

/// Walks the fields of an event, to write them, to read them or to print them: each event names its fields once.
package protocol EventCoder {
    mutating func bool(_ name: StaticString, _ value: inout Bool)
    mutating func number<T: FixedWidthInteger>(_ name: StaticString, _ value: inout T)
    /// A text that seldom repeats.
    mutating func text(_ name: StaticString, _ value: inout String)
    /// A text that repeats: written once a file.
    mutating func word(_ name: StaticString, _ value: inout String)
    mutating func bytes(_ name: StaticString, _ value: inout [UInt8])
    mutating func words(_ name: StaticString, _ value: inout [String])
    mutating func choice<T: RawRepresentable>(_ name: StaticString, _ value: inout T) where T.RawValue == UInt8
}

extension EventCoder {
    mutating func state(_ name: StaticString, _ value: inout NodeState) {
        var raw = value.rawValue
        word(name, &raw)
        value = NodeState(rawValue: raw) ?? value
    }

    package mutating func words(_ name: StaticString, _ value: inout [String]) {
        var count = UInt32(value.count)
        number(name, &count)
        // A damaged count reads as far as the bytes go and no further: the reader yields empty words after its end.
        for index in 0..<min(Int(count), 10_000) {
            var item = index < value.count ? value[index] : ""
            word("item", &item)
            if index >= value.count { value.append(item) }
        }
    }

    mutating func reference(_ value: inout DeliveryReference) {
        number("port", &value.port)
        number("channel", &value.channel)
        number("tag", &value.tag)
    }
}

protocol CodedEvent {
    init()
    mutating func code<C: EventCoder>(_ c: inout C)
}

extension Publish: CodedEvent {
    mutating func code<C: EventCoder>(_ c: inout C) {
        c.text("message", &message)
        c.word("exchange", &exchange)
        c.word("key", &key)
        c.number("attempt", &attempt)
    }
}

extension PublishResult: CodedEvent {
    mutating func code<C: EventCoder>(_ c: inout C) {
        c.text("message", &message)
        c.choice("type", &type)
        c.word("reason", &reason)
    }
}

extension Handle: CodedEvent {
    mutating func code<C: EventCoder>(_ c: inout C) {
        c.reference(&reference)
        c.text("message", &message)
        c.word("queue", &queue)
        c.bool("redelivered", &redelivered)
    }
}

extension HandleResult: CodedEvent {
    mutating func code<C: EventCoder>(_ c: inout C) {
        c.reference(&reference)
        c.choice("type", &type)
        c.word("reason", &reason)
    }
}

extension ConnectionOpened: CodedEvent {
    mutating func code<C: EventCoder>(_ c: inout C) {
        c.number("connection", &connection)
        c.word("client", &client)
        c.word("server", &server)
        c.number("ordinal", &ordinal)
        c.number("port", &port)
    }
}

extension ConnectionClosed: CodedEvent {
    mutating func code<C: EventCoder>(_ c: inout C) {
        c.number("connection", &connection)
        c.bool("orderly", &orderly)
        c.word("by", &by)
    }
}

extension Transmission: CodedEvent {
    mutating func code<C: EventCoder>(_ c: inout C) {
        c.number("stamp", &stamp)
        c.bool("stamped", &stamped)
        c.number("connection", &connection)
        c.number("channel", &channel)
        c.number("n", &n)
        c.text("message", &message)
        c.word("exchange", &exchange)
        c.word("key", &key)
        c.bytes("headers", &headers)
        c.number("bodyHash", &bodyHash)
        c.number("size", &size)
        c.bool("confirming", &confirming)
        c.bool("mandatory", &mandatory)
        c.bool("persistent", &persistent)
        c.choice("fate", &fate)
    }
}

extension TransmissionResult: CodedEvent {
    mutating func code<C: EventCoder>(_ c: inout C) {
        c.number("stamp", &stamp)
        c.choice("outcome", &outcome)
        c.choice("fate", &fate)
    }
}

extension Delivery: CodedEvent {
    mutating func code<C: EventCoder>(_ c: inout C) {
        c.number("connection", &connection)
        c.number("channel", &channel)
        c.number("tag", &tag)
        c.number("stamp", &stamp)
        c.text("message", &message)
        c.word("queue", &queue)
        c.word("exchange", &exchange)
        c.word("key", &key)
        c.bool("redelivered", &redelivered)
        c.bool("autoAck", &autoAck)
        c.number("bodyHash", &bodyHash)
        c.number("n", &n)
        c.choice("fate", &fate)
    }
}

extension Settlement: CodedEvent {
    mutating func code<C: EventCoder>(_ c: inout C) {
        c.number("connection", &connection)
        c.number("channel", &channel)
        c.number("tag", &tag)
        c.number("stamp", &stamp)
        c.choice("outcome", &outcome)
        c.choice("fate", &fate)
    }
}

extension Declaration: CodedEvent {
    mutating func code<C: EventCoder>(_ c: inout C) {
        c.number("connection", &connection)
        c.number("channel", &channel)
        c.number("sequence", &sequence)
        c.choice("type", &type)
        c.choice("operation", &operation)
        c.word("broker", &broker)
        c.word("name", &name)
        c.word("other", &other)
        c.word("key", &key)
        c.bytes("arguments", &arguments)
        c.bool("durable", &durable)
        c.bool("exclusive", &exclusive)
        c.bool("autoDelete", &autoDelete)
        c.bool("internal", &isInternal)
        c.bool("passive", &passive)
        c.bool("autoAck", &autoAck)
        c.word("alternate", &alternate)
        c.number("count", &count)
    }
}

extension NodeChange: CodedEvent {
    mutating func code<C: EventCoder>(_ c: inout C) {
        c.word("name", &name)
        c.number("incarnation", &incarnation)
        c.number("pid", &pid)
        c.state("state", &state)
        c.word("detail", &detail)
        c.bool("intended", &intended)
    }
}

extension FaultChange: CodedEvent {
    mutating func code<C: EventCoder>(_ c: inout C) {
        c.word("name", &name)
        c.word("text", &text)
        c.word("link", &link)
        c.bool("on", &on)
        c.words("cut", &cut)
    }
}

extension Phase: CodedEvent {
    mutating func code<C: EventCoder>(_ c: inout C) {
        c.choice("name", &name)
        c.words("undrained", &undrained)
    }
}

extension QueueDepth: CodedEvent {
    mutating func code<C: EventCoder>(_ c: inout C) {
        c.word("broker", &broker)
        c.word("queue", &queue)
        c.number("ready", &ready)
        c.number("consumers", &consumers)
    }
}

extension Leftover: CodedEvent {
    mutating func code<C: EventCoder>(_ c: inout C) {
        c.word("broker", &broker)
        c.word("queue", &queue)
        c.number("stamp", &stamp)
        c.text("message", &message)
        c.number("bodyHash", &bodyHash)
    }
}

extension Event {
    /// The number that stands for the event's kind in a file. Numbers are never used again.
    var code: UInt8 {
        switch self {
        case .publish: 1
        case .publishResult: 2
        case .handle: 3
        case .handleResult: 4
        case .call: 5
        case .callResult: 6
        case .execution: 7
        case .executionResult: 8
        case .duplicateCall: 9
        case .connection: 10
        case .connectionClosed: 11
        case .transmission: 12
        case .transmissionResult: 13
        case .delivery: 14
        case .settlement: 15
        case .declaration: 16
        case .callRequest: 17
        case .callReply: 18
        case .node: 20
        case .fault: 21
        case .phase: 22
        case .queueDepth: 23
        case .leftover: 24
        case .objectInvocation: 30
        case .objectReply: 31
        case .objectChange: 32
        case .referenceChange: 33
        case .objectState: 34
        case .feedAppend: 40
        case .feedWatch: 41
        case .feedView: 42
        case .appendAttempt: 43
        case .appendResult: 44
        case .streamEvent: 45
        case .memberChange: 50
        case .peerSend: 51
        case .peerSendResult: 52
        case .peerReceipt: 53
        case .lookup: 54
        case .lookupMessage: 55
        case .lookupResult: 56
        case .resourceChange: 57
        case .datagram: 58
        }
    }

    /// The word that names the event's kind in JSON.
    package var kind: String {
        switch self {
        case .publish: "publish"
        case .publishResult: "publish-result"
        case .handle: "handle"
        case .handleResult: "handle-result"
        case .call: "call"
        case .callResult: "call-result"
        case .execution: "execution"
        case .executionResult: "execution-result"
        case .duplicateCall: "duplicate-call"
        case .connection: "connection"
        case .connectionClosed: "connection-closed"
        case .transmission: "transmission"
        case .transmissionResult: "transmission-result"
        case .delivery: "delivery"
        case .settlement: "settlement"
        case .declaration: "declaration"
        case .callRequest: "call-request"
        case .callReply: "call-reply"
        case .node: "node"
        case .fault: "fault"
        case .phase: "phase"
        case .queueDepth: "queue-depth"
        case .leftover: "leftover"
        case .objectInvocation: "object-invocation"
        case .objectReply: "object-reply"
        case .objectChange: "object-change"
        case .referenceChange: "reference-change"
        case .objectState: "object-state"
        case .feedAppend: "feed-append"
        case .feedWatch: "feed-watch"
        case .feedView: "feed-view"
        case .appendAttempt: "append-attempt"
        case .appendResult: "append-result"
        case .streamEvent: "stream-event"
        case .memberChange: "member-change"
        case .peerSend: "peer-send"
        case .peerSendResult: "peer-send-result"
        case .peerReceipt: "peer-receipt"
        case .lookup: "lookup"
        case .lookupMessage: "lookup-message"
        case .lookupResult: "lookup-result"
        case .resourceChange: "resource-change"
        case .datagram: "datagram"
        }
    }

    /// Walks the fields of the event.
    package func walk<C: EventCoder>(_ c: inout C) {
        switch self {
        case .publish(var e): e.code(&c)
        case .publishResult(var e): e.code(&c)
        case .handle(var e): e.code(&c)
        case .handleResult(var e): e.code(&c)
        case .call(var e): e.code(&c)
        case .callResult(var e): e.code(&c)
        case .execution(var e): e.code(&c)
        case .executionResult(var e): e.code(&c)
        case .duplicateCall(var e): e.code(&c)
        case .connection(var e): e.code(&c)
        case .connectionClosed(var e): e.code(&c)
        case .transmission(var e): e.code(&c)
        case .transmissionResult(var e): e.code(&c)
        case .delivery(var e): e.code(&c)
        case .settlement(var e): e.code(&c)
        case .declaration(var e): e.code(&c)
        case .callRequest(var e): e.code(&c)
        case .callReply(var e): e.code(&c)
        case .node(var e): e.code(&c)
        case .fault(var e): e.code(&c)
        case .phase(var e): e.code(&c)
        case .queueDepth(var e): e.code(&c)
        case .leftover(var e): e.code(&c)
        case .objectInvocation(var e): e.code(&c)
        case .objectReply(var e): e.code(&c)
        case .objectChange(var e): e.code(&c)
        case .referenceChange(var e): e.code(&c)
        case .objectState(var e): e.code(&c)
        case .feedAppend(var e): e.code(&c)
        case .feedWatch(var e): e.code(&c)
        case .feedView(var e): e.code(&c)
        case .appendAttempt(var e): e.code(&c)
        case .appendResult(var e): e.code(&c)
        case .streamEvent(var e): e.code(&c)
        case .memberChange(var e): e.code(&c)
        case .peerSend(var e): e.code(&c)
        case .peerSendResult(var e): e.code(&c)
        case .peerReceipt(var e): e.code(&c)
        case .lookup(var e): e.code(&c)
        case .lookupMessage(var e): e.code(&c)
        case .lookupResult(var e): e.code(&c)
        case .resourceChange(var e): e.code(&c)
        case .datagram(var e): e.code(&c)
        }
    }

    /// `nil` for a number that this version does not know.
    static func read(code: UInt8, from reader: inout EventReader) -> Event? {
        func fields<T: CodedEvent>(_ wrap: (T) -> Event) -> Event {
            var value = T()
            value.code(&reader)
            return wrap(value)
        }
        return switch code {
        case 1: fields(Event.publish)
        case 2: fields(Event.publishResult)
        case 3: fields(Event.handle)
        case 4: fields(Event.handleResult)
        case 5: fields(Event.call)
        case 6: fields(Event.callResult)
        case 7: fields(Event.execution)
        case 8: fields(Event.executionResult)
        case 9: fields(Event.duplicateCall)
        case 10: fields(Event.connection)
        case 11: fields(Event.connectionClosed)
        case 12: fields(Event.transmission)
        case 13: fields(Event.transmissionResult)
        case 14: fields(Event.delivery)
        case 15: fields(Event.settlement)
        case 16: fields(Event.declaration)
        case 17: fields(Event.callRequest)
        case 18: fields(Event.callReply)
        case 20: fields(Event.node)
        case 21: fields(Event.fault)
        case 22: fields(Event.phase)
        case 23: fields(Event.queueDepth)
        case 24: fields(Event.leftover)
        case 30: fields(Event.objectInvocation)
        case 31: fields(Event.objectReply)
        case 32: fields(Event.objectChange)
        case 33: fields(Event.referenceChange)
        case 34: fields(Event.objectState)
        case 40: fields(Event.feedAppend)
        case 41: fields(Event.feedWatch)
        case 42: fields(Event.feedView)
        case 43: fields(Event.appendAttempt)
        case 44: fields(Event.appendResult)
        case 45: fields(Event.streamEvent)
        case 50: fields(Event.memberChange)
        case 51: fields(Event.peerSend)
        case 52: fields(Event.peerSendResult)
        case 53: fields(Event.peerReceipt)
        case 54: fields(Event.lookup)
        case 55: fields(Event.lookupMessage)
        case 56: fields(Event.lookupResult)
        case 57: fields(Event.resourceChange)
        case 58: fields(Event.datagram)
        default: nil
        }
    }
}
