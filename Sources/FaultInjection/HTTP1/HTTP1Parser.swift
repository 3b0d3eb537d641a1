import NIOCore

/// Cuts what one side of an HTTP/1.x connection says into heads and bodies. Every octet comes out again, in order and as
/// it was: in a part, or in `takeRest`.
struct HTTP1Parser {
    enum Part {
        /// `begin` must say next what body it has.
        case head(HTTP1Head)
        /// Octets of the body.
        case data(ByteBuffer)
        /// The line before a chunk, and the size that it names.
        case chunk(ByteBuffer, size: Int)
        /// The line end behind a chunk.
        case chunkEnd(ByteBuffer)
        /// A piece of what ends a chunked body: the line of the last chunk, trailers, the empty line.
        case trailer(ByteBuffer)
        /// The message is complete.
        case end
        /// What follows is not HTTP/1.x, or could be read in two ways: `takeRest` has it.
        case malformed
    }

    private enum State {
        case head
        case length(Int)
        case chunkLine
        case chunk(Int)
        case chunkEnd
        case trailer
        case untilClose
        case end
        case malformed
    }

    /// Octets of the line before a chunk.
    private static let chunkLineLimit = 4 << 10

    private var state = State.head
    private var buffer = ByteBuffer()
    /// Octets from the reader index on in which a head has been sought.
    private var scanned = 0

    mutating func append(_ bytes: ByteBuffer) {
        if buffer.readableBytes == 0 { buffer = bytes } else { buffer.writeImmutableBuffer(bytes) }
    }

    /// Between two messages.
    var isIdle: Bool { if case .head = state { buffer.readableBytes == 0 } else { false } }

    /// Octets that have come in and not gone out.
    var count: Int { buffer.readableBytes }

    mutating func begin(_ body: HTTP1Body) {
        state =
            switch body {
            case .none: .end
            case .length(let length): length > 0 ? .length(length) : .end
            case .chunked: .chunkLine
            case .untilClose: .untilClose
            }
    }

    /// What it has not handed out, when nobody is to read on.
    mutating func takeRest() -> ByteBuffer {
        defer {
            buffer = ByteBuffer()
            scanned = 0
        }
        return buffer
    }

    /// Its side has ended.
    /// - Returns: whether that is the end of a body.
    mutating func finish() -> Bool {
        guard case .untilClose = state else { return false }
        state = .head
        return true
    }

    /// - Returns: `nil` until more has come.
    mutating func next() -> Part? {
        switch state {
        case .head: return head()
        case .length(let left):
            guard let bytes = data(left) else { return nil }
            state = left == bytes.readableBytes ? .end : .length(left - bytes.readableBytes)
            return .data(bytes)
        case .untilClose: return data(.max).map { .data($0) }
        case .chunkLine: return chunkLine()
        case .chunk(let left):
            guard let bytes = data(left) else { return nil }
            state = left == bytes.readableBytes ? .chunkEnd : .chunk(left - bytes.readableBytes)
            return .data(bytes)
        case .chunkEnd:
            guard buffer.readableBytes >= 2 || buffer.readableBytesView.first.map({ $0 != .carriageReturn }) == true
            else { return nil }
            guard buffer.readableBytesView.prefix(2).elementsEqual([.carriageReturn, .lineFeed]),
                let bytes = buffer.readSlice(length: 2)
            else { return malformed() }
            state = .chunkLine
            return .chunkEnd(bytes)
        case .trailer: return trailer()
        case .end:
            state = .head
            return .end
        case .malformed: return nil
        }
    }

    private mutating func malformed() -> Part {
        state = .malformed
        return .malformed
    }

    private mutating func data(_ limit: Int) -> ByteBuffer? {
        guard buffer.readableBytes > 0 else { return nil }
        return buffer.readSlice(length: min(limit, buffer.readableBytes))
    }

    // MARK: - Heads

    private mutating func head() -> Part? {
        let length = buffer.withUnsafeReadableBytes { Self.headLength($0, &scanned) }
        guard let length else { return buffer.readableBytes > HTTP1Head.limit ? malformed() : nil }
        scanned = 0
        guard length <= HTTP1Head.limit, let octets = buffer.getBytes(at: buffer.readerIndex, length: length),
            let head = HTTP1Head(octets)
        else { return malformed() }
        buffer.moveReaderIndex(forwardBy: length)
        // Until `begin` says otherwise.
        state = .end
        return .head(head)
    }

    /// The head that was read last shall not have been read: it comes out with the rest.
    mutating func reject(_ head: HTTP1Head) {
        var whole = ByteBuffer(bytes: head.octets)
        whole.writeBuffer(&buffer)
        buffer = whole
        state = .malformed
    }

    /// Octets up to the empty line behind the first line that is not empty.
    /// - Parameter scanned: octets that need not be looked at again.
    private static func headLength(_ bytes: UnsafeRawBufferPointer, _ scanned: inout Int) -> Int? {
        var index = scanned
        if index == 0 {
            while index < bytes.count, bytes[index].isLineEnd { index += 1 }
            // Empty lines before a message are no head (RFC 9112 §2.2).
            guard index < bytes.count else { return nil }
        }
        while index < bytes.count {
            if bytes[index] == .lineFeed {
                if index + 1 < bytes.count, bytes[index + 1] == .lineFeed { return index + 2 }
                if index + 2 < bytes.count, bytes[index + 1] == .carriageReturn, bytes[index + 2] == .lineFeed {
                    return index + 3
                }
                // What follows may complete it.
                if index + 2 >= bytes.count { break }
            }
            index += 1
        }
        scanned = index
        return nil
    }

    // MARK: - Chunks

    /// The next line, with its end; `nil` and malformed are told apart by the state.
    private mutating func line(limit: Int) -> ByteBuffer? {
        guard let end = buffer.readableBytesView.prefix(limit).firstIndex(of: .lineFeed) else {
            if buffer.readableBytes >= limit { state = .malformed }
            return nil
        }
        let length = end - buffer.readerIndex + 1
        let octets = buffer.readableBytesView.prefix(length)
        // Ends that one reader sees and another does not are how requests are smuggled (RFC 9112 §11.2).
        guard length >= 2, octets.dropLast().last == .carriageReturn,
            !octets.dropLast(2).contains(where: { $0 == .carriageReturn || $0 == 0 })
        else {
            state = .malformed
            return nil
        }
        return buffer.getSlice(at: buffer.readerIndex, length: length)
    }

    private var malformedOrMore: Part? { if case .malformed = state { .malformed } else { nil } }

    private mutating func chunkLine() -> Part? {
        guard let line = line(limit: Self.chunkLineLimit) else { return malformedOrMore }
        let octets = line.readableBytesView.dropLast(2)
        let digits = octets.prefix { $0.hexDigit != nil }
        let rest = octets.dropFirst(digits.count).drop(while: \.isBlank)
        guard (1...15).contains(digits.count), rest.first.map({ $0 == UInt8(ascii: ";") }) ?? true else {
            return malformed()
        }
        let size = digits.reduce(0) { $0 << 4 | ($1.hexDigit ?? 0) }
        buffer.moveReaderIndex(forwardBy: line.readableBytes)
        guard size > 0 else {
            state = .trailer
            return .trailer(line)
        }
        state = .chunk(size)
        return .chunk(line, size: size)
    }

    private mutating func trailer() -> Part? {
        guard let line = line(limit: HTTP1Head.limit) else { return malformedOrMore }
        buffer.moveReaderIndex(forwardBy: line.readableBytes)
        if line.readableBytes == 2 { state = .end }
        return .trailer(line)
    }
}
