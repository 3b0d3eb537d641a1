import NIOCore

/// Writing whole frames (AMQP 0-9-1 §4.2.3), in one pass and without buffers of their own.
extension ByteBuffer {
    package mutating func writeFrame(method: AMQPMethod, channel: UInt16) {
        writeFrame(.method, channel: channel) { method.encode(into: &$0) }
    }

    /// A frame with a payload that is passed on as it is.
    package mutating func writeFrame(_ frame: Frame) {
        reserveCapacity(minimumWritableBytes: frame.encodedSize)
        writeFrame(frame.type, channel: frame.channel) { $0.writeImmutableBuffer(frame.payload) }
    }

    /// A method and its message: header, then the body in as few frames as `frameMax` allows, none for an empty body.
    ///
    /// `frameMax` counts a whole frame in octets as negotiated, 0 for no limit. The body size on the wire is that of
    /// `body`, whatever `header` says. The method and the header are not split (the protocol has no way to), so
    /// properties larger than a frame must be refused before.
    package mutating func writeContent(
        method: AMQPMethod, channel: UInt16, header: ContentHeader, body: ByteBuffer, frameMax: Int
    ) {
        let size = body.readableBytes
        let limit = frameMax <= 0 ? AMQPLimits.frameCeiling : min(frameMax, AMQPLimits.frameCeiling)
        let payloadMax = Swift.max(limit - AMQPLimits.frameOverhead, 1)
        let frames = (size + payloadMax - 1) / payloadMax
        reserveCapacity(
            minimumWritableBytes: size + frames * AMQPLimits.frameOverhead + header.properties.readableBytes + 256)

        writeFrame(method: method, channel: channel)
        writeFrame(.header, channel: channel) { buffer in
            buffer.putUInt16(header.classID)
            buffer.putUInt16(0)
            buffer.putUInt64(UInt64(size))
            buffer.writeImmutableBuffer(header.properties)
        }
        body.withUnsafeReadableBytes { bytes in
            var start = 0
            while start < size {
                let end = Swift.min(start + payloadMax, size)
                writeInteger(FrameType.body.rawValue)
                writeInteger(channel)
                writeInteger(UInt32(end - start))
                writeBytes(UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
                writeInteger(Frame.end)
                start = end
            }
        }
    }

    /// A method and its message; see `writeContent(method:channel:header:body:frameMax:)`.
    package mutating func writeContent(method: AMQPMethod, channel: UInt16, content: Content, frameMax: Int) {
        writeContent(method: method, channel: channel, header: content.header, body: content.body, frameMax: frameMax)
    }

    package mutating func writeHeartbeat() {
        writeFrame(.heartbeat, channel: 0) { _ in }
    }

    @inline(__always)
    private mutating func writeFrame(_ type: FrameType, channel: UInt16, payload: (inout ByteBuffer) -> Void) {
        writeInteger(type.rawValue)
        writeInteger(channel)
        putLengthPrefixed(payload)
        writeInteger(Frame.end)
    }
}
