import NIOCore

/// Cuts a stream of octets into frames (AMQP 0-9-1 §4.2.3).
///
/// Append what arrives, then call `next()` until it gives nil; used like this the cost is linear in the octets, however
/// they are cut. Payloads are slices of the appended buffers: who keeps one for long should copy it. At most one
/// unfinished frame is held back, so memory is bounded by `maxFrameSize` and the last append.
package struct FrameDecoder: Sendable {
    private(set) var buffer = ByteBuffer()
    private var failure: AMQPError?
    private var limit: Int

    /// `maxFrameSize` as in the property of this name.
    package init(maxFrameSize: Int = AMQPLimits.defaultFrameMax) {
        limit = FrameDecoder.effective(maxFrameSize)
    }

    /// The largest frame taken, in octets with its framing, as `frame-max` counts it. 0 is no limit of the protocol's;
    /// then, and above it, `AMQPLimits.frameCeiling` holds.
    package var maxFrameSize: Int {
        get { limit }
        set { limit = FrameDecoder.effective(newValue) }
    }

    /// Octets received and not yet given out.
    package var bufferedBytes: Int { buffer.readableBytes }

    /// After a failure: the octets from the frame at fault on, for whoever passes on what it cannot read.
    package private(set) var undecoded = ByteBuffer()

    package mutating func append(_ bytes: ByteBuffer) {
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

    /// The next frame, or nil if its end has not arrived.
    ///
    /// Throws FRAME_ERROR (501), a hard error, for an unknown type, a frame above `maxFrameSize`, a heartbeat with a
    /// channel or a payload, and a wrong end octet, each as soon as it can be seen; and the same error ever after.
    package mutating func next() throws(AMQPError) -> Frame? {
        if let failure { throw failure }
        do {
            return try decode()
        } catch {
            failure = error
            undecoded = buffer
            buffer = ByteBuffer()
            throw error
        }
    }

    private mutating func decode() throws(AMQPError) -> Frame? {
        let start = buffer.readerIndex
        guard let octet = buffer.getInteger(at: start, as: UInt8.self) else { return nil }
        guard let type = FrameType(rawValue: octet) else {
            throw AMQPError(.frameError, "no frame type has the number \(octet)")
        }
        guard let channel = buffer.getInteger(at: start + 1, as: UInt16.self),
            let declared = buffer.getInteger(at: start + 3, as: UInt32.self)
        else { return nil }
        let size = Int(declared)
        guard size <= limit - AMQPLimits.frameOverhead else {
            throw AMQPError(
                .frameError, "a frame of \(size + AMQPLimits.frameOverhead) octets where \(limit) are allowed")
        }
        if type == .heartbeat, channel != 0 || size != 0 {
            throw AMQPError(.frameError, "a heartbeat on channel \(channel) with \(size) octets of payload")
        }
        guard let end = buffer.getInteger(at: start + 7 + size, as: UInt8.self) else { return nil }
        guard end == Frame.end else {
            throw AMQPError(.frameError, "a frame ends with octet \(end) instead of \(Frame.end)")
        }
        guard let payload = buffer.getSlice(at: start + 7, length: size) else { return nil }
        buffer.moveReaderIndex(forwardBy: size + AMQPLimits.frameOverhead)
        if buffer.readableBytes == 0 { buffer = ByteBuffer() }
        return Frame(type: type, channel: channel, payload: payload)
    }

    private static func effective(_ maxFrameSize: Int) -> Int {
        guard maxFrameSize > 0 else { return AMQPLimits.frameCeiling }
        return min(max(maxFrameSize, AMQPLimits.frameOverhead), AMQPLimits.frameCeiling)
    }
}
