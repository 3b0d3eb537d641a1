extension ObjectInvocation: CodedEvent {
    mutating func code<C: EventCoder>(_ c: inout C) {
        c.text("call", &call)
        c.word("object", &object)
        c.word("type", &type)
        c.word("method", &method)
        c.bytes("arguments", &arguments)
    }
}

extension ObjectReply: CodedEvent {
    mutating func code<C: EventCoder>(_ c: inout C) {
        c.text("call", &call)
        c.bytes("result", &result)
        c.word("exception", &exception)
    }
}

extension ObjectChange: CodedEvent {
    mutating func code<C: EventCoder>(_ c: inout C) {
        c.text("object", &object)
        c.word("type", &type)
        c.choice("change", &change)
        c.number("epoch", &epoch)
        c.word("incarnation", &incarnation)
        c.word("peer", &peer)
        c.word("reason", &reason)
    }
}

extension ReferenceChange: CodedEvent {
    mutating func code<C: EventCoder>(_ c: inout C) {
        c.text("object", &object)
        c.word("holder", &holder)
        c.choice("change", &change)
    }
}

extension ObjectState: CodedEvent {
    mutating func code<C: EventCoder>(_ c: inout C) {
        c.text("object", &object)
        c.word("type", &type)
        c.word("host", &host)
        c.number("epoch", &epoch)
        c.text("state", &state)
        c.number("holders", &holders)
    }
}
