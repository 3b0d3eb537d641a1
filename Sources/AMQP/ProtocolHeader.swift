import NIOCore

/// The eight octets with which a client opens a connection, and with which a server refuses another version (AMQP 0-9-1
/// §4.2.2).
package enum ProtocolHeader {
    /// "AMQP", 0, 0, 9, 1
    package static let bytes: [UInt8] = [0x41, 0x4D, 0x51, 0x50, 0, 0, 9, 1]

    package enum Match: Equatable, Sendable {
        /// The whole header, which has been read off the buffer.
        case complete
        /// A beginning of it; nothing was read.
        case needsMoreBytes
        /// Something else, seen at the first octet that differs; nothing was read. A server answers with its own header
        /// and closes.
        case other
    }

    package static func parse(_ buffer: inout ByteBuffer) -> Match {
        let view = buffer.readableBytesView.prefix(bytes.count)
        guard bytes.starts(with: view) else { return .other }
        guard view.count == bytes.count else { return .needsMoreBytes }
        buffer.moveReaderIndex(forwardBy: bytes.count)
        return .complete
    }

    package static func encode(into buffer: inout ByteBuffer) {
        buffer.writeBytes(bytes)
    }
}
