import AMQP

/// Short forms for the errors of the virtual host, worded like RabbitMQ's so that what people know and what they find
/// on the web applies.
extension AMQPError {
    static func fail(_ code: ReplyCode, _ message: String) -> AMQPError { AMQPError(code: code, message: message) }

    static func noQueue(_ name: String, in vhost: String) -> AMQPError {
        .fail(.notFound, "no queue '\(name)' in vhost '\(vhost)'")
    }

    static func noExchange(_ name: String, in vhost: String) -> AMQPError {
        .fail(.notFound, "no exchange '\(name)' in vhost '\(vhost)'")
    }

    static func inequivalent(_ argument: String, _ label: String, received: String, current: String) -> AMQPError {
        .fail(
            .preconditionFailed,
            "inequivalent arg '\(argument)' for \(label): received \(received) but current is \(current)")
    }

    static var defaultExchange: AMQPError {
        .fail(.accessRefused, "operation not permitted on the default exchange")
    }
}

extension FieldTable {
    /// The first key among those that `self` and `other` do not agree on, with RabbitMQ's words for both sides.
    func firstDifference(
        _ other: FieldTable, where isCompared: (String) -> Bool
    ) -> (key: String, mine: String, theirs: String)? {
        for key in Set(keys + other.keys).sorted() where isCompared(key) && !same(self[key], other[key]) {
            return (key, describe(self[key]), describe(other[key]))
        }
        return nil
    }

    private func same(_ a: FieldValue?, _ b: FieldValue?) -> Bool {
        if let left = a?.intValue, let right = b?.intValue { return left == right }
        return a == b
    }

    private func describe(_ value: FieldValue?) -> String {
        guard let value else { return "none" }
        if let text = value.stringValue { return "the value '\(text)' of type 'longstr'" }
        if let number = value.intValue { return "the value '\(number)' of type 'long'" }
        if let flag = value.boolValue { return "the value '\(flag)' of type 'bool'" }
        return "another value"
    }
}
