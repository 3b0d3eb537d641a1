/// Reads what comes out of a link as a strict peer would. It shares no code with the link.
struct HTTP1Reader {
    struct Message: Equatable {
        var start = ""
        var headers: [String: String] = [:]
        var body: [UInt8] = []
        /// Sizes of its chunks.
        var chunks: [Int] = []

        var text: String { String(decoding: body, as: UTF8.self) }
        var status: Int { Int(start.split(separator: " ").dropFirst().first ?? "") ?? 0 }
        var isInterim: Bool { (100..<200).contains(status) }
    }

    private(set) var messages: [Message] = []
    /// What is left over: the beginning of another message.
    private(set) var rest: ArraySlice<UInt8>
    /// The message that is not complete.
    private(set) var partial: Message?
    private(set) var problem: String?

    /// - Parameters:
    ///   - methods: of the requests that the replies answer, in order; `nil`: these are requests.
    ///   - hasEnded: the connection has.
    init(_ octets: [UInt8], methods: [String]? = nil, hasEnded: Bool = false) {
        rest = octets[...]
        var methods = methods
        while !rest.isEmpty, problem == nil {
            guard let (head, after) = Self.head(rest) else { return }
            var message = head
            var method: String?
            if methods != nil {
                method = methods!.first ?? "none"
                if !message.isInterim, !methods!.isEmpty { methods!.removeFirst() }
            }
            guard let end = body(&message, method, after, hasEnded) else {
                partial = message
                return
            }
            messages.append(message)
            rest = rest[end...]
        }
    }

    private static func head(_ octets: ArraySlice<UInt8>) -> (Message, Int)? {
        let all = Array(octets)
        guard let end = (0..<max(0, all.count - 3)).first(where: { Array(all[$0..<($0 + 4)]) == [13, 10, 13, 10] })
        else { return nil }
        var lines = String(decoding: all[..<end], as: UTF8.self).split(
            separator: "\r\n", omittingEmptySubsequences: false)
        var message = Message()
        message.start = String(lines.removeFirst())
        for line in lines {
            let parts = line.split(separator: ":", maxSplits: 1)
            message.headers[parts[0].lowercased()] = parts.count > 1 ? String(parts[1].drop { $0 == " " }) : ""
        }
        return (message, octets.startIndex + end + 4)
    }

    /// - Returns: where the message ends; `nil` where it goes on.
    private mutating func body(_ message: inout Message, _ method: String?, _ start: Int, _ hasEnded: Bool) -> Int? {
        if let method, method == "HEAD" || message.isInterim || [204, 304].contains(message.status) { return start }
        if message.headers["transfer-encoding"] == "chunked" { return chunks(&message, start) }
        if let length = message.headers["content-length"].flatMap({ Int($0) }) {
            message.body = Array(rest[start...].prefix(length))
            return message.body.count == length ? start + length : nil
        }
        guard method != nil else { return start }
        message.body = Array(rest[start...])
        return hasEnded ? rest.endIndex : nil
    }

    private mutating func chunks(_ message: inout Message, _ start: Int) -> Int? {
        var index = start
        while true {
            guard let end = rest[index...].firstIndex(of: 10) else { return nil }
            let line = rest[index..<end]
            let digits = String(decoding: line.prefix { $0 != 13 && $0 != 59 }, as: UTF8.self)
            guard line.last == 13, let size = Int(digits, radix: 16) else {
                problem = "a chunk of '\(String(decoding: line, as: UTF8.self))'"
                return nil
            }
            index = end + 1
            if size == 0 { break }
            let left = rest.endIndex - index
            message.body += rest[index..<(index + min(size, left))]
            guard left >= size + 2 else { return nil }
            guard rest[index + size] == 13, rest[index + size + 1] == 10 else {
                problem = "a chunk without its end"
                return nil
            }
            message.chunks.append(size)
            index += size + 2
        }
        // Trailers.
        while let end = rest[index...].firstIndex(of: 10) {
            let isEmpty = end == index + 1
            index = end + 1
            if isEmpty { return index }
        }
        return nil
    }
}

/// The events of a stream: what an `EventSource` would dispatch.
func dispatched(_ body: [UInt8]) -> [String] {
    var events: [String] = []
    var data: [Substring] = []
    var id = ""
    let text = String(decoding: body, as: UTF8.self).replacing("\r\n", with: "\n").replacing("\r", with: "\n")
    for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
        if line.isEmpty {
            if !data.isEmpty { events.append("\(id):\(data.joined(separator: "/"))") }
            data = []
            id = ""
        } else if line.hasPrefix("data:") {
            data.append(line.dropFirst(line.hasPrefix("data: ") ? 6 : 5))
        } else if line.hasPrefix("id:") {
            id = String(line.dropFirst(line.hasPrefix("id: ") ? 4 : 3))
        }
    }
    return events
}
