extension MemberChange: CodedEvent {
    mutating func code<C: EventCoder>(_ c: inout C) {
        c.word("group", &group)
        c.word("member", &member)
        c.number("incarnation", &incarnation)
        c.choice("status", &status)
    }
}

extension PeerSend: CodedEvent {
    mutating func code<C: EventCoder>(_ c: inout C) {
        c.word("group", &group)
        c.text("message", &message)
        c.choice("form", &kind)
        c.word("to", &to)
    }
}

extension PeerSendResult: CodedEvent {
    mutating func code<C: EventCoder>(_ c: inout C) {
        c.text("message", &message)
        c.choice("type", &type)
        c.number("attempts", &attempts)
        c.word("reason", &reason)
    }
}

extension PeerReceipt: CodedEvent {
    mutating func code<C: EventCoder>(_ c: inout C) {
        c.word("group", &group)
        c.text("message", &message)
        c.choice("form", &kind)
        c.word("from", &from)
        c.word("via", &via)
    }
}

extension Lookup: CodedEvent {
    mutating func code<C: EventCoder>(_ c: inout C) {
        c.word("group", &group)
        c.text("lookup", &lookup)
        c.word("resource", &resource)
        c.number("way", &way)
    }
}

extension LookupMessage: CodedEvent {
    mutating func code<C: EventCoder>(_ c: inout C) {
        c.text("lookup", &lookup)
        c.word("to", &to)
    }
}

extension LookupResult: CodedEvent {
    mutating func code<C: EventCoder>(_ c: inout C) {
        c.text("lookup", &lookup)
        c.choice("type", &type)
        c.word("holder", &holder)
        c.number("hops", &hops)
    }
}

extension ResourceChange: CodedEvent {
    mutating func code<C: EventCoder>(_ c: inout C) {
        c.word("group", &group)
        c.word("resource", &resource)
        c.bool("shared", &shared)
    }
}

extension Datagram: CodedEvent {
    mutating func code<C: EventCoder>(_ c: inout C) {
        c.word("client", &client)
        c.word("server", &server)
        c.bool("back", &back)
        c.number("n", &n)
        c.number("size", &size)
        c.number("hash", &hash)
        c.choice("fate", &fate)
    }
}
