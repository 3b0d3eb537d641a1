import NIOCore

/// The properties of a message (AMQP 0-9-1 §4.2.6.1): nil is absent, which differs from empty.
package struct BasicProperties: Equatable, Sendable {
    package var contentType: String?
    package var contentEncoding: String?
    package var headers: FieldTable?
    /// 1 transient, 2 persistent.
    package var deliveryMode: UInt8?
    package var priority: UInt8?
    package var correlationID: String?
    package var replyTo: String?
    /// Milliseconds, in decimal, by RabbitMQ's reading.
    package var expiration: String?
    package var messageID: String?
    /// Seconds since 1970.
    package var timestamp: UInt64?
    package var type: String?
    package var userID: String?
    package var appID: String?
    /// Reserved in 0-9-1; RabbitMQ carries it.
    package var clusterID: String?

    package init(
        contentType: String? = nil, contentEncoding: String? = nil, headers: FieldTable? = nil,
        deliveryMode: UInt8? = nil, priority: UInt8? = nil, correlationID: String? = nil, replyTo: String? = nil,
        expiration: String? = nil, messageID: String? = nil, timestamp: UInt64? = nil, type: String? = nil,
        userID: String? = nil, appID: String? = nil, clusterID: String? = nil
    ) {
        self.contentType = contentType
        self.contentEncoding = contentEncoding
        self.headers = headers
        self.deliveryMode = deliveryMode
        self.priority = priority
        self.correlationID = correlationID
        self.replyTo = replyTo
        self.expiration = expiration
        self.messageID = messageID
        self.timestamp = timestamp
        self.type = type
        self.userID = userID
        self.appID = appID
        self.clusterID = clusterID
    }
}

/// The flag of each property, the highest bit for the first (AMQP 0-9-1 §4.2.6.1).
struct PropertyFlags: OptionSet {
    var rawValue: UInt16

    static let contentType = PropertyFlags(rawValue: 1 << 15)
    static let contentEncoding = PropertyFlags(rawValue: 1 << 14)
    static let headers = PropertyFlags(rawValue: 1 << 13)
    static let deliveryMode = PropertyFlags(rawValue: 1 << 12)
    static let priority = PropertyFlags(rawValue: 1 << 11)
    static let correlationID = PropertyFlags(rawValue: 1 << 10)
    static let replyTo = PropertyFlags(rawValue: 1 << 9)
    static let expiration = PropertyFlags(rawValue: 1 << 8)
    static let messageID = PropertyFlags(rawValue: 1 << 7)
    static let timestamp = PropertyFlags(rawValue: 1 << 6)
    static let type = PropertyFlags(rawValue: 1 << 5)
    static let userID = PropertyFlags(rawValue: 1 << 4)
    static let appID = PropertyFlags(rawValue: 1 << 3)
    static let clusterID = PropertyFlags(rawValue: 1 << 2)
    /// Bit 1 names no property; bit 0 announces a further word of flags, for which class basic has no use.
    static let undefined = PropertyFlags(rawValue: 0b11)
}

extension BasicProperties {
    /// Reads flags and values, all of `buffer`. SYNTAX_ERROR if they are malformed, or anything is left over.
    package init(decoding buffer: inout ByteBuffer) throws(AMQPError) {
        let flags = PropertyFlags(rawValue: try buffer.takeUInt16())
        guard flags.isDisjoint(with: .undefined) else {
            throw AMQPError(.syntaxError, "undefined property flags \(String(flags.rawValue, radix: 16))")
        }
        if flags.contains(.contentType) { contentType = try buffer.takeShortString() }
        if flags.contains(.contentEncoding) { contentEncoding = try buffer.takeShortString() }
        if flags.contains(.headers) { headers = try buffer.takeTable() }
        if flags.contains(.deliveryMode) { deliveryMode = try buffer.takeUInt8() }
        if flags.contains(.priority) { priority = try buffer.takeUInt8() }
        if flags.contains(.correlationID) { correlationID = try buffer.takeShortString() }
        if flags.contains(.replyTo) { replyTo = try buffer.takeShortString() }
        if flags.contains(.expiration) { expiration = try buffer.takeShortString() }
        if flags.contains(.messageID) { messageID = try buffer.takeShortString() }
        if flags.contains(.timestamp) { timestamp = try buffer.takeUInt64() }
        if flags.contains(.type) { type = try buffer.takeShortString() }
        if flags.contains(.userID) { userID = try buffer.takeShortString() }
        if flags.contains(.appID) { appID = try buffer.takeShortString() }
        if flags.contains(.clusterID) { clusterID = try buffer.takeShortString() }
        guard buffer.readableBytes == 0 else {
            throw AMQPError(.syntaxError, "\(buffer.readableBytes) octets after the properties")
        }
    }

    package func encode(into buffer: inout ByteBuffer) {
        let flagsIndex = buffer.writerIndex
        buffer.putUInt16(0)
        var flags: PropertyFlags = []

        func text(_ value: String?, _ flag: PropertyFlags) {
            guard let value else { return }
            flags.insert(flag)
            buffer.putShortString(value)
        }
        func integer(_ value: (some FixedWidthInteger)?, _ flag: PropertyFlags) {
            guard let value else { return }
            flags.insert(flag)
            buffer.writeInteger(value)
        }

        text(contentType, .contentType)
        text(contentEncoding, .contentEncoding)
        if let headers {
            flags.insert(.headers)
            headers.encode(into: &buffer)
        }
        integer(deliveryMode, .deliveryMode)
        integer(priority, .priority)
        text(correlationID, .correlationID)
        text(replyTo, .replyTo)
        text(expiration, .expiration)
        text(messageID, .messageID)
        integer(timestamp, .timestamp)
        text(type, .type)
        text(userID, .userID)
        text(appID, .appID)
        text(clusterID, .clusterID)
        buffer.setInteger(flags.rawValue, at: flagsIndex)
    }
}
