import NIOCore

/// The kinds of frame (AMQP 0-9-1 §4.2.3).
package enum FrameType: UInt8, Sendable {
    case method = 1
    case header = 2
    case body = 3
    case heartbeat = 8
}

/// One frame without its framing.
package struct Frame: Equatable, Sendable {
    package var type: FrameType
    package var channel: UInt16
    package var payload: ByteBuffer

    /// The octet that ends every frame.
    package static let end: UInt8 = 0xCE

    package init(type: FrameType, channel: UInt16, payload: ByteBuffer) {
        self.type = type
        self.channel = channel
        self.payload = payload
    }

    package static let heartbeat = Frame(type: .heartbeat, channel: 0, payload: ByteBuffer())

    /// The octets that the frame takes on the wire.
    package var encodedSize: Int { payload.readableBytes + AMQPLimits.frameOverhead }
}
