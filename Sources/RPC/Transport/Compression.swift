import CZlib
import NIOCore

/// A `grpc-encoding` that we know.
package enum MessageEncoding: String, Sendable, CaseIterable {
    case identity
    case gzip

    /// The value of `grpc-accept-encoding`.
    static let accepted = "identity,gzip"
}

/// gzip (RFC 1952) by zlib.
enum Gzip {
    private static let windowBits: Int32 = 15 + 16
    private static let chunk = 16 << 10

    /// nil if zlib has no memory.
    static func compress(_ bytes: ByteBuffer) -> ByteBuffer? {
        var stream = z_stream()
        guard
            deflateInit2_(
                &stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, windowBits, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
                Int32(MemoryLayout<z_stream>.size)) == Z_OK
        else { return nil }
        defer { deflateEnd(&stream) }
        let bound = Int(deflateBound(&stream, UInt(bytes.readableBytes)))
        var output = ByteBufferAllocator().buffer(capacity: bound)
        let done = step(&stream, from: bytes, to: &output, minimum: bound) { deflate(&$0, Z_FINISH) }
        return done == Z_STREAM_END ? output : nil
    }

    /// The bytes behind `compressed`.
    /// - Parameter limit: stops as soon as there would be more, whatever the ratio.
    static func decompress(_ compressed: ByteBuffer, limit: Int) throws(MessageError) -> ByteBuffer {
        var stream = z_stream()
        guard
            inflateInit2_(&stream, windowBits, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
        else { throw .malformedCompression }
        defer { inflateEnd(&stream) }
        var output = ByteBufferAllocator().buffer(capacity: min(limit + 1, max(compressed.readableBytes * 3, 256)))
        var rest = compressed
        while true {
            // One byte more than allowed shows that there is more.
            let room = min(chunk, limit + 1 - output.readableBytes)
            let result = step(&stream, from: rest, to: &output, minimum: room, maximum: room) {
                inflate(&$0, Z_NO_FLUSH)
            }
            rest.moveReaderIndex(forwardBy: rest.readableBytes - Int(stream.avail_in))
            guard output.readableBytes <= limit else { throw .tooLarge(length: output.readableBytes, limit: limit) }
            switch result {
            case Z_STREAM_END:
                guard rest.readableBytes == 0 else { throw .malformedCompression }
                return output
            case Z_OK: continue
            // Z_BUF_ERROR: the input ended too early.
            default: throw .malformedCompression
            }
        }
    }

    private static func step(
        _ stream: inout z_stream, from input: ByteBuffer, to output: inout ByteBuffer, minimum: Int,
        maximum: Int = .max, _ run: (inout z_stream) -> Int32
    ) -> Int32 {
        var result = Z_OK
        input.withUnsafeReadableBytes { source in
            // zlib does not write to its input; its type is from before const.
            stream.next_in = UnsafeMutablePointer(
                mutating: source.baseAddress?.assumingMemoryBound(to: UInt8.self))
            stream.avail_in = UInt32(source.count)
            output.writeWithUnsafeMutableBytes(minimumWritableBytes: minimum) { target in
                let room = min(target.count, maximum)
                stream.next_out = target.baseAddress?.assumingMemoryBound(to: UInt8.self)
                stream.avail_out = UInt32(room)
                result = run(&stream)
                return room - Int(stream.avail_out)
            }
        }
        return result
    }
}
