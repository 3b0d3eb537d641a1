/// Reads server-sent events (HTML Living Standard §9.2.6) from octets as they come, cut anywhere. Pure.
package struct EventStreamParser: Sendable {
    package enum Output: Sendable, Equatable {
        case event(Event)
        /// A line that begins with a colon, without it.
        case comment(String)
        /// Milliseconds to wait before coming back.
        case retry(Int)
    }

    package struct Event: Sendable, Equatable {
        /// `message` where the stream does not say.
        package var type: String
        package var data: String
        /// The last id that the stream has set, by this event or an earlier one.
        package var id: String

        package init(type: String = "message", data: String, id: String = "") {
            self.type = type
            self.data = data
            self.id = id
        }
    }

    /// A line, or the data of an event, is longer than may be.
    package struct TooLong: Error, Equatable {}

    /// Octets of one line and of one event's data.
    private let limit: Int
    private var line: [UInt8] = []
    private var data: [UInt8] = []
    private var hasData = false
    private var type = ""
    private var id = ""
    /// Octets of a byte order mark that have come, at the very beginning; nil: there was one, or something else.
    private var mark: Int? = 0
    /// The last octet was a carriage return: a line feed now belongs to it.
    private var isAfterReturn = false

    private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

    package init(limit: Int = 8 << 20) { self.limit = limit }

    package mutating func read(_ bytes: some Sequence<UInt8>) throws(TooLong) -> [Output] {
        var outputs: [Output] = []
        for byte in bytes { try read(byte, &outputs) }
        return outputs
    }

    private mutating func read(_ byte: UInt8, _ outputs: inout [Output]) throws(TooLong) {
        if let seen = mark {
            if byte == Self.byteOrderMark[seen] {
                mark = seen == 2 ? nil : seen + 1
                return
            }
            mark = nil
            line.append(contentsOf: Self.byteOrderMark[..<seen])
        }
        let wasAfterReturn = isAfterReturn
        isAfterReturn = byte == UInt8(ascii: "\r")
        switch byte {
        case UInt8(ascii: "\n") where wasAfterReturn: break
        case UInt8(ascii: "\n"), UInt8(ascii: "\r"): try endLine(&outputs)
        default:
            guard line.count < limit else { throw TooLong() }
            line.append(byte)
        }
    }

    private mutating func endLine(_ outputs: inout [Output]) throws(TooLong) {
        defer { line.removeAll(keepingCapacity: line.capacity <= 65_536) }
        guard !line.isEmpty else { return dispatch(&outputs) }
        let colon = line.firstIndex(of: UInt8(ascii: ":"))
        if colon == 0 { return outputs.append(.comment(String(decoding: line.dropFirst(), as: UTF8.self))) }
        var value = colon.map { line[($0 + 1)...] } ?? []
        if value.first == UInt8(ascii: " ") { value = value.dropFirst() }
        switch String(decoding: line[..<(colon ?? line.count)], as: UTF8.self) {
        case "data":
            guard data.count + value.count < limit else { throw TooLong() }
            if hasData { data.append(UInt8(ascii: "\n")) }
            hasData = true
            data.append(contentsOf: value)
        case "event": type = String(decoding: value, as: UTF8.self)
        case "id": if !value.contains(0) { id = String(decoding: value, as: UTF8.self) }
        case "retry":
            let isNumber = value.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            if isNumber, let time = Int(String(decoding: value, as: UTF8.self)) { outputs.append(.retry(time)) }
        default: break
        }
    }

    private mutating func dispatch(_ outputs: inout [Output]) {
        defer {
            data.removeAll(keepingCapacity: data.capacity <= 65_536)
            hasData = false
            type = ""
        }
        guard hasData else { return }
        outputs.append(
            .event(Event(type: type.isEmpty ? "message" : type, data: String(decoding: data, as: UTF8.self), id: id)))
    }
}
