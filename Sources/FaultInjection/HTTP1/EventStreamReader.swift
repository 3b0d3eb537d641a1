import NIOCore

/// Cuts a stream of server-sent events into blocks, each with the empty line that ends it (WHATWG HTML §9.2.6).
struct EventStreamReader {
    /// Octets of a block; what is longer is no message.
    static let limit = 1 << 20

    private var stored = ByteBuffer()
    /// Octets of the block so far.
    private var count = 0
    private var isLineEmpty = true
    private var endedWithReturn = false
    private var isFirst = true
    private var isForgotten = false

    /// Nothing of the next block has come.
    var isEmpty: Bool { count == 0 }
    var isTooLong: Bool { stored.readableBytes > Self.limit }

    /// Takes octets up to the end of a block.
    /// - Returns: the block, or `nil` where all has been taken and its end has not come.
    mutating func next(_ bytes: inout ByteBuffer) -> EventBlock? {
        let view = bytes.readableBytesView
        var index = view.startIndex
        var isComplete = false
        while index < view.endIndex, !isComplete {
            let octet = view[index]
            index += 1
            if endedWithReturn, octet == .lineFeed {
                endedWithReturn = false
                continue
            }
            endedWithReturn = octet == .carriageReturn
            isComplete = octet.isLineEnd && isLineEmpty
            isLineEmpty = octet.isLineEnd
        }
        if isComplete, endedWithReturn, index < view.endIndex, view[index] == .lineFeed {
            // The second half of a line end; where it comes later it begins the next block, and says nothing there.
            index += 1
            endedWithReturn = false
        }
        let length = index - view.startIndex
        count += length
        if let taken = bytes.readSlice(length: length), !isForgotten { stored.writeImmutableBuffer(taken) }
        guard isComplete else { return nil }
        defer {
            stored = ByteBuffer()
            count = 0
            isForgotten = false
            isFirst = false
        }
        return isForgotten ? EventBlock() : EventBlock(stored, isFirst: isFirst)
    }

    /// The block so far. It is not kept, and the block will be no message.
    mutating func takeStored() -> ByteBuffer {
        defer {
            stored = ByteBuffer()
            isForgotten = true
        }
        return stored
    }

    var storedBytes: Int { stored.readableBytes }
}

/// An event, a comment or nothing at all, as it came.
struct EventBlock {
    private(set) var bytes = ByteBuffer()
    /// Its `id:`, cut to 256 letters.
    private(set) var id = ""
    /// Where the values of its data lines are, from its first octet on; `nil` where it has none and is no message.
    private(set) var data: [Range<Int>]?

    init() {}

    /// - Parameter isFirst: a byte order mark may come before it.
    init(_ bytes: ByteBuffer, isFirst: Bool) {
        self.bytes = bytes
        let octets = Array(bytes.readableBytesView)
        var index = isFirst && octets.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        while index < octets.count {
            let end = octets[index...].firstIndex(where: \.isLineEnd) ?? octets.count
            read(index..<end, octets)
            index = end + 1
        }
    }

    private mutating func read(_ line: Range<Int>, _ octets: [UInt8]) {
        let colon = octets[line].firstIndex(of: .colon) ?? line.upperBound
        var value = min(colon + 1, line.upperBound)..<line.upperBound
        if let first = value.first, octets[first] == .space { value = (first + 1)..<value.upperBound }
        let name = octets[line.lowerBound..<colon]
        if name.elementsEqual("data".utf8) {
            data = (data ?? []) + [value]
        } else if name.elementsEqual("id".utf8), !octets[value].contains(0) {
            id = String(String(decoding: octets[value], as: UTF8.self).prefix(256))
        }
    }

    /// Octets of its data.
    var size: Int { data?.reduce(0) { $0 + $1.count } ?? 0 }

    /// Flips one bit of its data; no line begins or ends by it.
    /// - Parameter position: from 0 up to 1.
    /// - Returns: false where there is none.
    mutating func flip(at position: Double) -> Bool {
        guard size > 0 else { return false }
        let place = min(Int(Double(size * 8) * position), size * 8 - 1)
        var distance = place / 8
        for range in data ?? [] {
            guard distance >= range.count else {
                let index = bytes.readerIndex + range.lowerBound + distance
                guard let octet = bytes.getInteger(at: index, as: UInt8.self) else { return false }
                let bit = UInt8(place % 8)
                // CR and LF differ in three bits: the next one leads to neither.
                return bytes.flip((octet ^ (1 << bit)).isLineEnd ? (bit + 1) % 8 : bit, at: index)
            }
            distance -= range.count
        }
        return false
    }
}
