import NIOCore

/// Cuts a stream of octets into frames (RFC 9113 §4.1).
///
/// Append what arrives, then call `next()` until it gives nil; the cost is linear in the octets, however they are cut.
/// Payloads are slices of the appended buffers: who keeps one for long should copy it. At most one unfinished frame is
/// held back, so memory is bounded by `maxSize` and the last append.
struct HTTP2FrameDecoder {
    /// The largest payload taken.
    let maxSize: Int
    /// What has arrived and not been given out.
    private(set) var buffer = ByteBuffer()

    init(maxSize: Int = HTTP2Frame.defaultMaxSize) { self.maxSize = maxSize }

    mutating func append(_ bytes: ByteBuffer) {
        if buffer.readableBytes == 0 {
            buffer = bytes
        } else if buffer.readerIndex > 0 {
            // The remainder of an earlier append, whose storage we may share with payloads: move just the remainder.
            var joined = ByteBuffer()
            joined.reserveCapacity(buffer.readableBytes + bytes.readableBytes)
            joined.writeImmutableBuffer(buffer)
            joined.writeImmutableBuffer(bytes)
            buffer = joined
        } else {
            buffer.writeImmutableBuffer(bytes)
        }
    }

    /// The next frame, or nil if its end has not arrived. A payload above `maxSize` is an error as soon as its length
    /// can be seen.
    mutating func next() throws(HTTP2Error) -> HTTP2Frame? {
        guard buffer.readableBytes >= HTTP2Frame.headerLength,
            let head = buffer.getInteger(at: buffer.readerIndex, as: UInt64.self),
            let last = buffer.getInteger(at: buffer.readerIndex + 8, as: UInt8.self)
        else { return nil }
        let length = Int(head >> 40)
        guard length <= maxSize else {
            throw HTTP2Error(.frameSizeError, "a frame of \(length) octets, \(maxSize) are allowed")
        }
        guard buffer.readableBytes >= HTTP2Frame.headerLength + length else { return nil }
        buffer.moveReaderIndex(forwardBy: HTTP2Frame.headerLength)
        guard let payload = buffer.readSlice(length: length) else { return nil }
        return HTTP2Frame(
            type: HTTP2FrameType(rawValue: UInt8(truncatingIfNeeded: head >> 32)),
            flags: HTTP2Flags(rawValue: UInt8(truncatingIfNeeded: head >> 24)),
            stream: (UInt32(truncatingIfNeeded: head) << 8 | UInt32(last)) & HTTP2Frame.streamMask, payload: payload)
    }
}
