import NIOCore

/// Frames onto the wire (RFC 9113 §6). Lengths are the caller's to keep within the peer's `SETTINGS_MAX_FRAME_SIZE`.
extension ByteBuffer {
    /// The nine octets before a payload.
    mutating func writeHTTP2Header(length: Int, _ type: HTTP2FrameType, _ flags: HTTP2Flags = [], stream: UInt32) {
        let head =
            UInt64(length) << 40 | UInt64(type.rawValue) << 32 | UInt64(flags.rawValue) << 24 | UInt64(stream >> 8)
        writeMultipleIntegers(head, UInt8(truncatingIfNeeded: stream))
    }

    mutating func writeHTTP2Data(_ bytes: ByteBuffer, endStream: Bool, stream: UInt32) {
        writeHTTP2Header(length: bytes.readableBytes, .data, endStream ? .endStream : [], stream: stream)
        writeImmutableBuffer(bytes)
    }

    mutating func writeHTTP2Reset(_ code: HTTP2ErrorCode, stream: UInt32) {
        writeHTTP2Header(length: 4, .reset, stream: stream)
        writeInteger(code.rawValue)
    }

    mutating func writeHTTP2WindowUpdate(_ increment: Int, stream: UInt32) {
        writeHTTP2Header(length: 4, .windowUpdate, stream: stream)
        writeInteger(UInt32(clamping: increment))
    }

    mutating func writeHTTP2Settings(_ values: [(HTTP2Settings.Key, UInt32)]) {
        writeHTTP2Header(length: values.count * 6, .settings, stream: 0)
        for (key, value) in values { writeMultipleIntegers(key.rawValue, value) }
    }

    mutating func writeHTTP2SettingsAck() { writeHTTP2Header(length: 0, .settings, .ack, stream: 0) }

    mutating func writeHTTP2GoAway(last: UInt32, _ code: HTTP2ErrorCode, debug: ByteBuffer = ByteBuffer()) {
        writeHTTP2Header(length: 8 + debug.readableBytes, .goAway, stream: 0)
        writeMultipleIntegers(last, code.rawValue)
        writeImmutableBuffer(debug)
    }
}
