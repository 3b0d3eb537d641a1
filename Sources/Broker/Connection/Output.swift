import AMQP
import NIOCore

/// Writing what is written most, in one pass without intermediate values. The layout of the frames is that of AMQP 0-9-1
/// §4.2.3 and §4.2.6; everything else goes through `ByteBuffer.writeFrame(method:channel:)`.
extension ByteBuffer {
    /// basic.deliver with its message, the body in frames of at most `frameMax` octets.
    mutating func writeDelivery(
        channel: UInt16, consumerTag: [UInt8], deliveryTag: UInt64, isRedelivered: Bool, message: Message, frameMax: Int
    ) {
        let methodSize = 4 + consumerTag.count + 9 + message.routing.count
        let total = methodSize + 8 + Output.contentSize(message, frameMax)
        writeWithUnsafeMutableBytes(minimumWritableBytes: total) { space in
            var out = Output(space.baseAddress!)
            out.frame(1, channel, methodSize)
            out.put(UInt32(60 << 16 | 60))
            consumerTag.withUnsafeBytes { out.put($0) }
            out.put(deliveryTag)
            out.put(UInt8(isRedelivered ? 1 : 0))
            out.put(message.routing)
            out.put(Frame.end)
            out.content(message, channel, frameMax)
            return total
        }
    }

    /// basic.get-ok with its message.
    mutating func writeGetOk(
        channel: UInt16, deliveryTag: UInt64, isRedelivered: Bool, message: Message, messageCount: Int, frameMax: Int
    ) {
        let methodSize = 4 + 9 + message.routing.count + 4
        let total = methodSize + 8 + Output.contentSize(message, frameMax)
        writeWithUnsafeMutableBytes(minimumWritableBytes: total) { space in
            var out = Output(space.baseAddress!)
            out.frame(1, channel, methodSize)
            out.put(UInt32(60 << 16 | 71))
            out.put(deliveryTag)
            out.put(UInt8(isRedelivered ? 1 : 0))
            out.put(message.routing)
            out.put(UInt32(clamping: messageCount))
            out.put(Frame.end)
            out.content(message, channel, frameMax)
            return total
        }
    }

    /// basic.return with its message. `text` is ASCII.
    mutating func writeReturn(channel: UInt16, code: UInt16, text: StaticString, message: Message, frameMax: Int) {
        let methodSize = 4 + 2 + 1 + text.utf8CodeUnitCount + message.routing.count
        let total = methodSize + 8 + Output.contentSize(message, frameMax)
        writeWithUnsafeMutableBytes(minimumWritableBytes: total) { space in
            var out = Output(space.baseAddress!)
            out.frame(1, channel, methodSize)
            out.put(UInt32(60 << 16 | 50))
            out.put(code)
            out.put(UInt8(text.utf8CodeUnitCount))
            text.withUTF8Buffer { out.put(UnsafeRawBufferPointer($0)) }
            out.put(message.routing)
            out.put(Frame.end)
            out.content(message, channel, frameMax)
            return total
        }
    }

    /// basic.ack, or basic.nack from the broker: the answers to a publisher.
    mutating func writeConfirm(channel: UInt16, tag: UInt64, multiple: Bool, isAck: Bool) {
        writeWithUnsafeMutableBytes(minimumWritableBytes: 21) { space in
            var out = Output(space.baseAddress!)
            out.frame(1, channel, 13)
            out.put(UInt32(60 << 16 | (isAck ? 80 : 120)))
            out.put(tag)
            out.put(UInt8(multiple ? 1 : 0))
            out.put(Frame.end)
            return 21
        }
    }
}

/// A place in memory that moves on as it is written to. Whoever makes one has counted the octets before.
private struct Output {
    private var at: UnsafeMutableRawPointer

    init(_ start: UnsafeMutableRawPointer) { at = start }

    /// Octets of header and body frames.
    static func contentSize(_ message: Message, _ frameMax: Int) -> Int {
        let size = message.bodyLength
        let part = frameMax - AMQPLimits.frameOverhead
        let frames = size <= part ? (size == 0 ? 0 : 1) : (size + part - 1) / part
        return 8 + 12 + message.properties.count + size + frames * AMQPLimits.frameOverhead
    }

    @inline(__always)
    mutating func put<Value: FixedWidthInteger>(_ value: Value) {
        at.storeBytes(of: value.bigEndian, as: Value.self)
        at += MemoryLayout<Value>.size
    }

    @inline(__always)
    mutating func put(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count > 0 else { return }
        at.copyMemory(from: bytes.baseAddress!, byteCount: bytes.count)
        at += bytes.count
    }

    @inline(__always)
    mutating func frame(_ type: UInt8, _ channel: UInt16, _ size: Int) {
        put(type)
        put(channel)
        put(UInt32(truncatingIfNeeded: size))
    }

    mutating func content(_ message: Message, _ channel: UInt16, _ frameMax: Int) {
        let properties = message.properties
        frame(2, channel, 12 + properties.count)
        put(UInt32(60 << 16))
        put(UInt64(message.bodyLength))
        put(properties)
        put(Frame.end)
        let body = message.body
        let part = frameMax - AMQPLimits.frameOverhead
        var start = 0
        while start < body.count {
            let size = min(part, body.count - start)
            frame(3, channel, size)
            put(UnsafeRawBufferPointer(start: body.baseAddress! + start, count: size))
            put(Frame.end)
            start += size
        }
    }
}
