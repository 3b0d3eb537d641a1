extension CallAttempt: CodedEvent {
    mutating func code<C: EventCoder>(_ c: inout C) {
        c.text("call", &call)
        c.word("method", &method)
        c.word("target", &target)
        c.number("attempt", &attempt)
        c.number("late", &late)
    }
}

extension CallResult: CodedEvent {
    mutating func code<C: EventCoder>(_ c: inout C) {
        c.text("call", &call)
        c.choice("type", &type)
        c.bool("executed", &executed)
        c.number("code", &code)
        c.word("reason", &reason)
        c.bool("unexpected", &unexpected)
    }
}

extension Execution: CodedEvent {
    mutating func code<C: EventCoder>(_ c: inout C) {
        c.number("number", &number)
        c.text("call", &call)
        c.number("stamp", &stamp)
        c.word("method", &method)
        c.number("attempt", &attempt)
        c.bool("durable", &durable)
        c.word("object", &object)
        c.number("epoch", &epoch)
    }
}

extension ExecutionResult: CodedEvent {
    mutating func code<C: EventCoder>(_ c: inout C) {
        c.number("number", &number)
        c.choice("type", &type)
        c.number("code", &code)
    }
}

extension DuplicateCall: CodedEvent {
    mutating func code<C: EventCoder>(_ c: inout C) {
        c.text("call", &call)
        c.number("stamp", &stamp)
        c.word("method", &method)
        c.number("attempt", &attempt)
        c.choice("action", &action)
    }
}

extension CallRequest: CodedEvent {
    mutating func code<C: EventCoder>(_ c: inout C) {
        c.number("stamp", &stamp)
        c.number("connection", &connection)
        c.number("n", &n)
        c.word("method", &method)
        c.text("call", &call)
        c.number("attempt", &attempt)
        c.number("copies", &copies)
        c.choice("fate", &fate)
    }
}

extension CallReply: CodedEvent {
    mutating func code<C: EventCoder>(_ c: inout C) {
        c.number("stamp", &stamp)
        c.number("copy", &copy)
        c.choice("outcome", &outcome)
        c.number("code", &code)
        c.word("note", &note)
        c.choice("fate", &fate)
    }
}
