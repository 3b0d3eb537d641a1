/// The messages by publisher and message id.
///
/// Ids that end in a number, after something that is neither letter nor digit, are taken as members of a series
/// (`producer.1.17`): their prefix is kept once, and the messages of a series in an array.
struct MessageTable: Sendable {
    /// How a message's id is kept.
    struct Name: Sendable, Equatable {
        /// -1: it has none; -2: it is `others[number]`.
        var series: Int32 = -1
        var number: UInt64 = 0
    }

    private struct Series: Sendable {
        var publisher: Int32
        var prefix: [UInt8]
        var messages = NumberTable()
    }

    private struct Key: Hashable {
        var publisher: Int32
        var text: [UInt8]
    }

    private var series: [Series] = []
    private var index: [Key: Int32] = [:]
    /// The series that was last found for a hash of publisher and prefix.
    private var recent = [Int32](repeating: -1, count: 256)
    private var others: [String] = []
    private var otherIndex: [Key: Int32] = [:]

    func text(_ name: Name) -> String {
        switch name.series {
        case -1: ""
        case -2: others[Int(name.number)]
        default: String(decoding: series[Int(name.series)].prefix, as: UTF8.self) + "\(name.number)"
        }
    }

    /// The message of that id, or -1.
    mutating func known(_ publisher: Int32, _ id: UnsafeRawBufferPointer) -> Int32 {
        if let (count, number) = Self.split(id) {
            let place = find(publisher, UnsafeRawBufferPointer(rebasing: id[..<count]))
            return place < 0 ? -1 : series[Int(place)].messages[number]
        }
        return otherIndex[Key(publisher: publisher, text: Array(id))] ?? -1
    }

    /// Gives an id that is not known yet to a message.
    mutating func add(_ message: Int32, _ publisher: Int32, _ id: UnsafeRawBufferPointer) -> Name {
        guard let (count, number) = Self.split(id) else {
            otherIndex[Key(publisher: publisher, text: Array(id))] = message
            others.append(String(decoding: id, as: UTF8.self))
            return Name(series: -2, number: UInt64(others.count - 1))
        }
        let prefix = UnsafeRawBufferPointer(rebasing: id[..<count])
        var place = find(publisher, prefix)
        if place < 0 {
            place = Int32(series.count)
            series.append(Series(publisher: publisher, prefix: Array(prefix)))
            index[Key(publisher: publisher, text: Array(prefix))] = place
        }
        series[Int(place)].messages[number] = message
        return Name(series: place, number: number)
    }

    private mutating func find(_ publisher: Int32, _ prefix: UnsafeRawBufferPointer) -> Int32 {
        var hash = UInt32(truncatingIfNeeded: prefix.count) &* 31 &+ UInt32(bitPattern: publisher)
        for byte in prefix { hash = hash &* 31 &+ UInt32(byte) }
        let slot = Int((hash ^ hash >> 8) & 255)
        let candidate = recent[slot]
        if candidate >= 0, isSeries(candidate, publisher, prefix) { return candidate }
        guard let place = index[Key(publisher: publisher, text: Array(prefix))] else { return -1 }
        recent[slot] = place
        return place
    }

    private func isSeries(_ place: Int32, _ publisher: Int32, _ prefix: UnsafeRawBufferPointer) -> Bool {
        series[Int(place)].publisher == publisher
            && series[Int(place)].prefix.withUnsafeBytes { $0.count == prefix.count && $0.elementsEqual(prefix) }
    }

    /// The bytes before an id's number, and the number; `nil` where it has none that reads back as it was.
    private static func split(_ id: UnsafeRawBufferPointer) -> (prefix: Int, number: UInt64)? {
        var start = id.count
        while start > 0, id.count - start < 18, isDigit(id[start - 1]) { start -= 1 }
        guard start > 0, start < id.count, id[start] != UInt8(ascii: "0"), !isWord(id[start - 1]) else { return nil }
        var number: UInt64 = 0
        for place in start..<id.count { number = number * 10 + UInt64(id[place] - UInt8(ascii: "0")) }
        return (start, number)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }

    private static func isWord(_ byte: UInt8) -> Bool {
        isDigit(byte) || (byte | 0x20) &- UInt8(ascii: "a") < 26 || byte >= 0x80
    }
}
