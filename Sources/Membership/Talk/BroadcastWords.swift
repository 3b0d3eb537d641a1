/// A datagram of broadcasters.
enum BroadcastWords: Equatable {
    /// - Parameters:
    ///   - isRepair: they answer a digest; else they are news, to be passed on.
    ///   - hasMore: the receiver lacks others, too: it says what it has now, and gets them.
    case items([BroadcastItem], isRepair: Bool, hasMore: Bool)
    case digest(BroadcastDigest)

    /// A datagram's payload: what fits in a packet on most networks.
    static let packet = 1_300

    init?(_ payload: [UInt8]) {
        var reader = PeerReader(payload)
        switch reader.byte() {
        case 1:
            guard let flags = reader.byte(), flags < 4 else { return nil }
            var items: [BroadcastItem] = []
            while !reader.isAtEnd {
                guard let stream = reader.stream(), let number = reader.number(),
                    (1...NumberRanges.largest).contains(number), let body = reader.blob(limit: Broadcaster.bodyLimit)
                else { return nil }
                items.append(BroadcastItem(stream: stream, number: number, body: body))
            }
            self = .items(items, isRepair: flags & 1 != 0, hasMore: flags & 2 != 0)
        case 2:
            guard let digest = BroadcastDigest(&reader), reader.isAtEnd else { return nil }
            self = .digest(digest)
        default: return nil
        }
    }

    var encoded: [UInt8] {
        var writer = PeerWriter()
        switch self {
        case .items(let items, let isRepair, let hasMore):
            writer.byte(1)
            writer.byte((isRepair ? 1 : 0) | (hasMore ? 2 : 0))
            for item in items {
                writer.stream(item.stream)
                writer.number(item.number)
                writer.blob(item.body)
            }
        case .digest(let digest):
            writer.byte(2)
            digest.write(&writer)
        }
        return writer.bytes
    }

    /// Puts items into as few datagrams as hold them in `packet` octets each; one that is larger is alone.
    static func packets(of items: [BroadcastItem]) -> [[BroadcastItem]] {
        var packets: [[BroadcastItem]] = []
        var size = packet
        for item in items {
            if size + item.size > packet {
                packets.append([])
                size = 0
            }
            packets[packets.count - 1].append(item)
            size += item.size
        }
        return packets
    }
}

/// What a peer has, or a part of it: all about the streams from `start` to the last that is listed (to the end of all
/// streams, if it says so). A stream in between that is not listed is one of which it has nothing.
struct BroadcastDigest: Equatable {
    struct Entry: Equatable {
        var stream: BroadcastStream
        var numbers: NumberRanges
        /// Nothing is said of numbers beyond it.
        var horizon = NumberRanges.largest
    }

    /// Of one stream; the rest is behind the horizon.
    static let rangeLimit = 64

    /// Over the whole set.
    var hash: UInt64
    /// It answers another: no answer is wanted.
    var isAnswer: Bool
    /// `nil`: from the first stream on.
    var start: BroadcastStream?
    var isToEnd: Bool
    /// Sorted.
    var entries: [Entry]

    init(hash: UInt64, isAnswer: Bool, start: BroadcastStream?, isToEnd: Bool, entries: [Entry]) {
        self.hash = hash
        self.isAnswer = isAnswer
        self.start = start
        self.isToEnd = isToEnd
        self.entries = entries
    }

    /// As much as fits in a packet, at least one stream.
    init(_ store: BroadcastStore, from start: BroadcastStream?, isAnswer: Bool) {
        self.init(hash: store.digest, isAnswer: isAnswer, start: start, isToEnd: true, entries: [])
        var size = 0
        for stream in store.streams(from: start) {
            guard let numbers = store.streams[stream]?.numbers else { continue }
            var entry = Entry(stream: stream, numbers: NumberRanges())
            for range in numbers.ranges.prefix(Self.rangeLimit) { _ = entry.numbers.append(range) }
            if numbers.ranges.count > Self.rangeLimit {
                entry.horizon = entry.numbers.ranges.last?.upperBound ?? NumberRanges.largest
            }
            size += stream.origin.utf8.count + 12 + entry.numbers.ranges.count * 4
            if size > BroadcastWords.packet, !entries.isEmpty {
                isToEnd = false
                return
            }
            entries.append(entry)
        }
    }

    func covers(_ stream: BroadcastStream) -> Bool {
        if let start, stream < start { return false }
        return isToEnd || entries.last.map { stream <= $0.stream } ?? false
    }

    fileprivate init?(_ reader: inout PeerReader) {
        guard let flags = reader.byte(), flags < 8, let hash = reader.number() else { return nil }
        var start: BroadcastStream?
        if flags & 2 != 0 {
            guard let stream = reader.stream() else { return nil }
            start = stream
        }
        self.init(hash: hash, isAnswer: flags & 1 != 0, start: start, isToEnd: flags & 4 != 0, entries: [])
        while !reader.isAtEnd {
            guard let stream = reader.stream(), start.map({ $0 <= stream }) ?? true,
                entries.last.map({ $0.stream < stream }) ?? true, let horizon = reader.number(),
                horizon <= NumberRanges.largest, let count = reader.number(), count <= UInt64(reader.remaining)
            else { return nil }
            var entry = Entry(stream: stream, numbers: NumberRanges())
            if horizon > 0 { entry.horizon = horizon }
            var last: UInt64 = 0
            for _ in 0..<count {
                guard let gap = reader.number(), let length = reader.number(),
                    (1...NumberRanges.largest).contains(gap), length < NumberRanges.largest,
                    last <= NumberRanges.largest, last + gap + length <= NumberRanges.largest
                else { return nil }
                let lower = last + gap
                guard entry.numbers.append(lower...(lower + length)) else { return nil }
                last = lower + length
            }
            entries.append(entry)
        }
    }

    fileprivate func write(_ writer: inout PeerWriter) {
        writer.byte((isAnswer ? 1 : 0) | (start == nil ? 0 : 2) | (isToEnd ? 4 : 0))
        writer.number(hash)
        if let start { writer.stream(start) }
        for entry in entries {
            writer.stream(entry.stream)
            writer.number(entry.horizon == NumberRanges.largest ? 0 : entry.horizon)
            writer.number(UInt64(entry.numbers.ranges.count))
            var last: UInt64 = 0
            for range in entry.numbers.ranges {
                writer.number(range.lowerBound - last)
                writer.number(range.upperBound - range.lowerBound)
                last = range.upperBound
            }
        }
    }
}

extension PeerReader {
    fileprivate mutating func stream() -> BroadcastStream? {
        guard let origin = text(limit: PeerDatagram.nameLimit), let life = number(), life >= 1 else { return nil }
        return BroadcastStream(origin: origin, life: life)
    }
}

extension PeerWriter {
    fileprivate mutating func stream(_ stream: BroadcastStream) {
        text(stream.origin)
        number(stream.life)
    }
}
