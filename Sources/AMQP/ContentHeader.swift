import NIOCore

/// A content header frame's payload (AMQP 0-9-1 §4.2.6.1), with the properties as they came: brokers and links pass them
/// on undecoded.
package struct ContentHeader: Equatable, Sendable {
    /// The class of the method before it; 60 (basic) in practice.
    package var classID: UInt16
    /// Octets of the whole body, over all its frames.
    package var bodySize: UInt64
    /// Property flags and property list; at least the two octets of the flags.
    package var properties: ByteBuffer

    /// `properties` must hold encoded properties; to encode them use `init(bodySize:properties:)`.
    package init(classID: UInt16 = Basic.Publish.classID, bodySize: UInt64, properties: ByteBuffer) {
        self.classID = classID
        self.bodySize = bodySize
        self.properties = properties
    }

    package init(bodySize: Int, properties: BasicProperties) {
        var buffer = ByteBuffer()
        properties.encode(into: &buffer)
        self.init(bodySize: UInt64(bodySize), properties: buffer)
    }

    /// Reads all of `payload`; the properties are a slice of it. SYNTAX_ERROR if it is too short, FRAME_ERROR if the
    /// weight is not 0.
    package init(decoding payload: inout ByteBuffer) throws(AMQPError) {
        classID = try payload.takeUInt16()
        guard try payload.takeUInt16() == 0 else {
            throw AMQPError(.frameError, "the weight of a content header is not 0")
        }
        bodySize = try payload.takeUInt64()
        guard payload.readableBytes >= 2, let rest = payload.readSlice(length: payload.readableBytes) else {
            throw .truncated
        }
        properties = rest
    }

    package func encode(into buffer: inout ByteBuffer) {
        buffer.putUInt16(classID)
        buffer.putUInt16(0)
        buffer.putUInt64(bodySize)
        buffer.writeImmutableBuffer(properties)
    }

    /// The properties as values; errors as in `BasicProperties.init(decoding:)`.
    package func decodeProperties() throws(AMQPError) -> BasicProperties {
        var buffer = properties
        return try BasicProperties(decoding: &buffer)
    }
}

/// A message as it travels: header and whole body.
package struct Content: Equatable, Sendable {
    package var header: ContentHeader
    package var body: ByteBuffer

    package init(header: ContentHeader, body: ByteBuffer) {
        self.header = header
        self.body = body
    }

    package init(properties: BasicProperties = BasicProperties(), body: ByteBuffer) {
        self.init(header: ContentHeader(bodySize: body.readableBytes, properties: properties), body: body)
    }
}
