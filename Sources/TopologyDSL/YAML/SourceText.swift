import ClusterModel

/// A stretch of a file, as offsets in Unicode scalars (what libyaml counts); the end is one past the last.
struct Span: Sendable, Hashable {
    var start: Int
    var end: Int

    init(_ start: Int, _ end: Int) {
        self.start = start
        self.end = max(start, end)
    }
}

/// A file's text, and where its lines are.
struct SourceText: Sendable {
    /// As the user named it; it opens every diagnostic.
    let file: String
    private let bytes: [UInt8]
    /// Scalar and byte offset of each line's start.
    private let lines: [(scalar: Int, byte: Int)]
    /// The byte offset of every 256th scalar.
    private let checkpoints: [Int]
    let scalarCount: Int

    /// - Parameter bytes: valid UTF-8 without a byte order mark.
    init(file: String, bytes: [UInt8]) {
        self.file = file
        self.bytes = bytes
        var lines = [(scalar: 0, byte: 0)]
        var checkpoints: [Int] = []
        checkpoints.reserveCapacity(bytes.count / Self.stride + 1)
        var scalar = 0
        for (index, byte) in bytes.enumerated() where byte & 0xC0 != 0x80 {
            if scalar % Self.stride == 0 { checkpoints.append(index) }
            scalar += 1
            let isBreak =
                byte == Self.lineFeed
                || byte == Self.carriageReturn && !(index + 1 < bytes.count && bytes[index + 1] == Self.lineFeed)
            if isBreak { lines.append((scalar, index + 1)) }
        }
        self.lines = lines
        self.checkpoints = checkpoints
        scalarCount = scalar
    }

    private static let stride = 256
    private static let lineFeed = UInt8(ascii: "\n")
    private static let carriageReturn = UInt8(ascii: "\r")
    /// Columns in longer lines count scalars instead of characters, so that finding one stays cheap.
    private static let longLine = 4_000

    /// Where the scalar stands. Past the end: the end.
    func location(at offset: Int) -> SourceLocation {
        let offset = min(max(offset, 0), scalarCount)
        let index = lineIndex(of: offset)
        let inLine = offset - lines[index].scalar
        guard inLine <= Self.longLine else {
            return SourceLocation(file: file, line: index + 1, column: inLine + 1)
        }
        let before = String(decoding: bytes[lines[index].byte..<byteOffset(of: offset)], as: UTF8.self)
        return SourceLocation(file: file, line: index + 1, column: before.count + 1)
    }

    func text(_ span: Span) -> String {
        let start = min(max(span.start, 0), scalarCount)
        let end = min(max(span.end, start), scalarCount)
        return String(decoding: bytes[byteOffset(of: start)..<byteOffset(of: end)], as: UTF8.self)
    }

    /// The line that holds the scalar, without its line break.
    func line(at offset: Int) -> String { text(lineSpan(at: offset)) }

    func lineSpan(at offset: Int) -> Span { lineSpan(index: lineIndex(of: min(max(offset, 0), scalarCount))) }

    /// - Parameter line: from 1; the nearest there is.
    func lineSpan(ofLine line: Int) -> Span { lineSpan(index: min(max(line - 1, 0), lines.count - 1)) }

    private func lineSpan(index: Int) -> Span {
        let start = lines[index].scalar
        var end = byteOffset(of: index + 1 < lines.count ? lines[index + 1].scalar : scalarCount)
        var scalars = index + 1 < lines.count ? lines[index + 1].scalar : scalarCount
        while scalars > start, bytes[end - 1] == Self.lineFeed || bytes[end - 1] == Self.carriageReturn {
            scalars -= 1
            end -= 1
        }
        return Span(start, scalars)
    }

    func scalarOffset(ofByte target: Int) -> Int {
        let target = min(max(target, 0), bytes.count)
        var low = 0
        var high = lines.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if lines[middle].byte <= target { low = middle } else { high = middle }
        }
        return lines[low].scalar + bytes[lines[low].byte..<target].count { $0 & 0xC0 != 0x80 }
    }

    private func lineIndex(of offset: Int) -> Int {
        var low = 0
        var high = lines.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if lines[middle].scalar <= offset { low = middle } else { high = middle }
        }
        return low
    }

    private func byteOffset(of offset: Int) -> Int {
        guard offset < scalarCount else { return bytes.count }
        var byte = checkpoints[offset / Self.stride]
        var rest = offset % Self.stride
        while rest > 0 {
            byte += 1
            while byte < bytes.count, bytes[byte] & 0xC0 == 0x80 { byte += 1 }
            rest -= 1
        }
        return byte
    }
}
