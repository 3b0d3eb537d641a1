import NIOCore

/// What is wrong with a message on the wire.
package enum MessageError: Error, Hashable, Sendable {
    /// Bytes announced, or found by decompression so far.
    case tooLarge(length: Int, limit: Int)
    /// The compressed-flag is neither 0 nor 1.
    case badFlag(UInt8)
    /// Compressed, but `grpc-encoding` names no compression.
    case compressedWithoutEncoding
    case malformedCompression
    /// The stream ended within a message.
    case truncated
    /// All calls of the connection together have too much of messages that are not whole yet.
    case tooManyBytes

    package var status: GRPCStatus {
        switch self {
        case .tooLarge(let length, let limit):
            GRPCStatus(.resourceExhausted, "message of \(length) bytes or more exceeds the limit of \(limit) bytes")
        case .badFlag(let flag): GRPCStatus(.internalError, "malformed message: compressed-flag \(flag)")
        case .compressedWithoutEncoding:
            GRPCStatus(.internalError, "malformed message: compressed, but grpc-encoding names no compression")
        case .malformedCompression: GRPCStatus(.internalError, "malformed message: not valid gzip")
        case .tooManyBytes:
            GRPCStatus(.resourceExhausted, "too many bytes of unfinished messages on the connection")
        case .truncated: GRPCStatus(.internalError, "malformed message: the stream ended within it")
        }
    }
}

/// The messages of one direction of a call: takes bytes in any portions, gives whole messages, and says how many bytes of
/// flow-control credit the sender has earned back.
///
/// Credit is earned when all messages there are have been taken. A message that is not whole yet earns credit as well, or one
/// larger than the window would never become whole; its size is limited. So memory is bounded by `maximumSize` plus the window,
/// however slow the reader.
///
/// Source: gRPC over HTTP/2, "Length-Prefixed-Message".
struct InboundMessages {
    enum Event: Equatable {
        case message(ByteBuffer)
        /// No more messages: the last event.
        case end
        /// The last event.
        case failed(MessageError)
    }

    var encoding = MessageEncoding.identity
    private let maximumSize: Int
    private var buffer = ByteBuffer()
    /// Whether `buffer` is ours, not a slice of what was read from the socket.
    private var ownsBuffer = false
    private var hasEnded = false
    private var isDone = false
    /// Bytes that wait to become a message, or to be taken.
    var bufferedBytes: Int { buffer.readableBytes }
    /// Flow-controlled bytes received and not given back.
    private(set) var uncredited = 0

    init(maximumSize: Int) { self.maximumSize = maximumSize }

    /// - Parameter padding: bytes that count for flow control only.
    mutating func receive(_ bytes: ByteBuffer, padding: Int = 0, end: Bool) {
        uncredited += bytes.readableBytes + padding
        if end { hasEnded = true }
        guard !isDone, bytes.readableBytes > 0 else { return }
        if buffer.readableBytes == 0 {
            buffer = bytes
            ownsBuffer = false
        } else {
            own()
            // Or a stream whose portions never end with a message would grow for ever.
            if buffer.readerIndex > buffer.readableBytes { buffer.discardReadBytes() }
            buffer.writeImmutableBuffer(bytes)
        }
    }

    /// Throws away what there is and what will come.
    mutating func discard() {
        isDone = true
        buffer = ByteBuffer()
    }

    /// The next event; nil until more is received.
    mutating func next() -> Event? {
        guard !isDone else { return nil }
        do throws(MessageError) {
            if let message = try nextMessage() { return .message(message) }
            guard hasEnded else {
                // What waits for its rest must not hold the socket's whole buffer in memory.
                if buffer.readableBytes > 0 { own() }
                return nil
            }
            guard buffer.readableBytes == 0 else { throw .truncated }
            discard()
            return .end
        } catch {
            discard()
            return .failed(error)
        }
    }

    private mutating func nextMessage() throws(MessageError) -> ByteBuffer? {
        guard buffer.readableBytes >= 5, let flag: UInt8 = buffer.getInteger(at: buffer.readerIndex),
            let length: UInt32 = buffer.getInteger(at: buffer.readerIndex + 1)
        else { return nil }
        guard flag <= 1 else { throw .badFlag(flag) }
        guard flag == 0 || encoding != .identity else { throw .compressedWithoutEncoding }
        guard Int(length) <= maximumSize else { throw .tooLarge(length: Int(length), limit: maximumSize) }
        guard buffer.readableBytes >= 5 + Int(length) else { return nil }
        buffer.moveReaderIndex(forwardBy: 5)
        guard let message = buffer.readSlice(length: Int(length)) else { return nil }
        if buffer.readableBytes == 0 { buffer = ByteBuffer() }
        return flag == 0 ? message : try Gzip.decompress(message, limit: maximumSize)
    }

    /// The credit earned, once: call it when `next` has returned nil.
    mutating func takeCredit() -> Int {
        defer { uncredited = 0 }
        return uncredited
    }

    private mutating func own() {
        guard !ownsBuffer else { return }
        var copy = ByteBufferAllocator().buffer(capacity: buffer.readableBytes)
        copy.writeImmutableBuffer(buffer)
        buffer = copy
        ownsBuffer = true
    }
}
