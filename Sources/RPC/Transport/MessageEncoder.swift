import NIOCore

/// Puts gRPC's prefix in front of a message.
enum MessageEncoder {
    /// Up to this size, copying is cheaper than a second write.
    private static let copied = 4_096

    /// The prefix and the message: in one buffer, or in two for a long message.
    /// - Parameter compress: with gzip; a message that gets no smaller is sent as it is.
    static func encode(_ message: ByteBuffer, compress: Bool) -> (first: ByteBuffer, second: ByteBuffer?) {
        if compress, message.readableBytes > 0, let compressed = Gzip.compress(message),
            compressed.readableBytes < message.readableBytes
        {
            return frame(compressed, flag: 1)
        }
        return frame(message, flag: 0)
    }

    private static func frame(_ message: ByteBuffer, flag: UInt8) -> (ByteBuffer, ByteBuffer?) {
        let isCopied = message.readableBytes <= copied
        var first = ByteBufferAllocator().buffer(capacity: isCopied ? 5 + message.readableBytes : 5)
        first.writeInteger(flag)
        first.writeInteger(UInt32(truncatingIfNeeded: message.readableBytes))
        guard isCopied else { return (first, message) }
        first.writeImmutableBuffer(message)
        return (first, nil)
    }
}
