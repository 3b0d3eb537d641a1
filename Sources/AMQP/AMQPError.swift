/// A violation of the protocol or of one of our limits, with the reply code to close the channel or connection with.
///
/// Whoever receives it answers with `connection.close` when `code.isHard`, with `channel.close` otherwise (AMQP 0-9-1
/// §4.8.1). `classID` and `methodID` name the method at fault, or are both 0 where none is (a malformed frame).
package struct AMQPError: Error, Equatable, Sendable {
    package var code: ReplyCode
    package var message: String
    package var classID: UInt16
    package var methodID: UInt16

    package init(code: ReplyCode, message: String, classID: UInt16 = 0, methodID: UInt16 = 0) {
        self.code = code
        self.message = message
        self.classID = classID
        self.methodID = methodID
    }

    init(_ code: ReplyCode, _ message: String, classID: UInt16 = 0, methodID: UInt16 = 0) {
        self.init(code: code, message: message, classID: classID, methodID: methodID)
    }

    /// The same error, blamed on a method unless it already blames one.
    package func blaming(classID: UInt16, methodID: UInt16) -> AMQPError {
        guard self.classID == 0, self.methodID == 0 else { return self }
        return AMQPError(code: code, message: message, classID: classID, methodID: methodID)
    }

    /// The text for `reply-text` in a close method, as RabbitMQ words it: `NOT_FOUND - no queue 'a'`. Encoding cuts it
    /// to the 255 octets that a short string holds.
    package var replyText: String { "\(code.name) - \(message)" }
}

extension AMQPError: CustomStringConvertible {
    package var description: String { "\(code.rawValue) \(replyText)" }
}
