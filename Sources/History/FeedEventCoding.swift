extension FeedAppend: CodedEvent {
    mutating func code<C: EventCoder>(_ c: inout C) {
        c.word("feed", &feed)
        c.number("item", &item)
        c.text("message", &message)
    }
}

extension FeedWatch: CodedEvent {
    mutating func code<C: EventCoder>(_ c: inout C) {
        c.word("feed", &feed)
        c.number("after", &after)
        c.number("way", &way)
    }
}

extension FeedView: CodedEvent {
    mutating func code<C: EventCoder>(_ c: inout C) {
        c.word("feed", &feed)
        c.number("item", &item)
    }
}

extension AppendAttempt: CodedEvent {
    mutating func code<C: EventCoder>(_ c: inout C) {
        c.word("feed", &feed)
        c.text("message", &message)
        c.number("attempt", &attempt)
    }
}

extension AppendResult: CodedEvent {
    mutating func code<C: EventCoder>(_ c: inout C) {
        c.text("message", &message)
        c.choice("type", &type)
        c.number("item", &item)
        c.word("reason", &reason)
    }
}

extension StreamEvent: CodedEvent {
    mutating func code<C: EventCoder>(_ c: inout C) {
        c.number("stamp", &stamp)
        c.number("n", &n)
        c.text("id", &id)
        c.number("size", &size)
        c.choice("fate", &fate)
    }
}
