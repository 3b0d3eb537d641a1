import AMQP
import NIOCore

/// Cuts octets into frames where they lie (AMQP 0-9-1 §4.2.3).
///
/// Says what `AMQP.FrameDecoder` says, but hands out pointers into the socket's buffer instead of slices of it: no
/// reference is counted for a frame, and the buffer can be read into again. At most one unfinished frame is copied and
/// held back.
struct FrameScanner {
    private var held = ByteBuffer()

    /// Takes all of `bytes`. `frameMax` is the largest frame in octets, its framing included. `body` gets each whole
    /// frame, and says whether to go on; its pointer is valid for the call.
    mutating func feed(
        _ bytes: inout ByteBuffer, frameMax: Int,
        body: (FrameType, UInt16, UnsafeRawBufferPointer) -> Bool, failed: (AMQPError) -> Void
    ) {
        if held.readableBytes == 0 {
            FrameScanner.scan(&bytes, frameMax, body, failed)
            if bytes.readableBytes > 0 {
                held.clear()
                held.writeBuffer(&bytes)
            }
            return
        }
        var joined = held
        held = ByteBuffer()
        joined.writeBuffer(&bytes)
        FrameScanner.scan(&joined, frameMax, body, failed)
        if joined.readableBytes > 0 || joined.storageCapacity < 1 << 20 {
            joined.discardReadBytes()
            held = joined
        }
    }

    private static func scan(
        _ buffer: inout ByteBuffer, _ frameMax: Int, _ body: (FrameType, UInt16, UnsafeRawBufferPointer) -> Bool,
        _ failed: (AMQPError) -> Void
    ) {
        var failure: AMQPError?
        let used = buffer.withUnsafeReadableBytes { bytes in
            var at = 0
            while at < bytes.count {
                guard let type = FrameType(rawValue: bytes[at]) else {
                    failure = .fail(.frameError, "no frame type has the number \(bytes[at])")
                    return bytes.count
                }
                guard bytes.count - at >= 7 else { return at }
                let channel = bytes.loadUnaligned(fromByteOffset: at + 1, as: UInt16.self).bigEndian
                let size = Int(bytes.loadUnaligned(fromByteOffset: at + 3, as: UInt32.self).bigEndian)
                guard size <= frameMax - AMQPLimits.frameOverhead else {
                    failure = .fail(
                        .frameError,
                        "a frame of \(size + AMQPLimits.frameOverhead) octets, of which at most \(frameMax) are allowed"
                    )
                    return bytes.count
                }
                guard bytes.count - at >= size + AMQPLimits.frameOverhead else { return at }
                guard bytes[at + 7 + size] == Frame.end else {
                    failure = .fail(
                        .frameError, "a frame ends with octet \(bytes[at + 7 + size]) instead of \(Frame.end)")
                    return bytes.count
                }
                let payload = UnsafeRawBufferPointer(rebasing: bytes[(at + 7)..<(at + 7 + size)])
                at += size + AMQPLimits.frameOverhead
                guard body(type, channel, payload) else { return bytes.count }
            }
            return at
        }
        buffer.moveReaderIndex(forwardBy: used)
        if let failure { failed(failure) }
    }
}

extension UnsafeRawBufferPointer {
    /// Class and method at the head of a method frame's payload; zeros if it is too short.
    var methodIDs: (UInt16, UInt16) {
        guard count >= 4 else { return (0, 0) }
        return (loadUnaligned(as: UInt16.self).bigEndian, loadUnaligned(fromByteOffset: 2, as: UInt16.self).bigEndian)
    }
}

extension AMQPMethod {
    /// From a method frame's payload.
    init(_ payload: UnsafeRawBufferPointer) throws(AMQPError) {
        var buffer = ByteBuffer(bytes: payload)
        try self.init(decoding: &buffer)
    }
}
