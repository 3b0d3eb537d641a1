import ClusterModel

/// What a client asks of a server of feeds. Pure.
package enum FeedRequest: Sendable, Equatable {
    case list
    case items(feed: String, ItemsQuery)
    /// Server-sent events, of the items after this one.
    case stream(feed: String, after: UInt64)
    case item(feed: String, number: UInt64)
    case append(feed: String, key: String?)

    package struct ItemsQuery: Sendable, Equatable {
        package var after: UInt64 = 0
        package var limit = FeedRequest.usualLimit
        /// `nil`: the answer comes at once.
        package var wait: Duration?

        package init(after: UInt64 = 0, limit: Int = FeedRequest.usualLimit, wait: Duration? = nil) {
            self.after = after
            self.limit = limit
            self.wait = wait
        }
    }

    /// What is asked for, as HTTP has it.
    package struct Head: Sendable {
        package var method: String
        /// The target: `/feeds/news?after=41`.
        package var target: String
        /// The header's values, by its name in lower case.
        package var values: @Sendable (String) -> [String]

        package init(method: String, target: String, values: @escaping @Sendable (String) -> [String]) {
            self.method = method
            self.target = target
            self.values = values
        }
    }

    /// Items of an answer, where the request does not say, and the most that it may say.
    package static let usualLimit = 1_000
    package static let greatestLimit = 10_000
    package static let longestKey = 255

    package init(_ head: Head) throws(Problem) {
        let (path, query) = Self.split(head.target)
        guard path.first == "feeds", path.count <= 3 else {
            throw Problem(404, "There is nothing here; GET /feeds lists the feeds.")
        }
        let isRead = head.method == "GET" || head.method == "HEAD"
        switch path.count {
        case 1:
            guard isRead else { throw Self.notAllowed(head.method, "GET, HEAD") }
            try Self.checkJSON(head)
            self = .list
        case 2 where isRead:
            let wantsStream = try Self.wantsStream(head)
            var items = try Self.itemsQuery(query)
            // Whoever comes back asks with the address that it first used: what it has seen since stands in the header.
            if let id = head.values("last-event-id").first, !id.isEmpty {
                guard let number = UInt64(id) else { throw Problem(400, "Last-Event-ID must be an item's number.") }
                items.after = number
            }
            self = wantsStream ? .stream(feed: path[1], after: items.after) : .items(feed: path[1], items)
        case 2 where head.method == "POST":
            self = .append(feed: path[1], key: try Self.key(head))
        case 2: throw Self.notAllowed(head.method, "GET, HEAD, POST")
        default:
            guard isRead else { throw Self.notAllowed(head.method, "GET, HEAD") }
            try Self.checkJSON(head)
            guard let number = UInt64(path[2]), number > 0 else {
                throw Problem(404, "'\(path[2])' is not an item's number.")
            }
            self = .item(feed: path[1], number: number)
        }
    }

    private static func notAllowed(_ method: String, _ allowed: String) -> Problem {
        Problem(405, "\(method) is not for this resource.", headers: ["allow": allowed])
    }

    // MARK: - The target

    /// - Returns: the path's parts and the query's, percent signs resolved.
    private static func split(_ target: String) -> ([String], [(name: String, value: String)]) {
        var rest = Substring(target)
        // The absolute form (RFC 9112 §3.2.2) counts as well.
        for scheme in ["http://", "https://"] where rest.lowercased().hasPrefix(scheme) {
            rest = rest.dropFirst(scheme.count).drop { $0 != "/" && $0 != "?" }
        }
        let mark = rest.firstIndex(of: "?")
        let path = rest[..<(mark ?? rest.endIndex)].split(separator: "/").map { decoded($0) }
        guard let mark else { return (path, []) }
        let query = rest[rest.index(after: mark)...].split(separator: "&").map { part in
            let sides = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (decoded(sides[0]), sides.count > 1 ? decoded(sides[1]) : "")
        }
        return (path, query)
    }

    private static func decoded(_ text: Substring) -> String {
        guard text.utf8.contains(UInt8(ascii: "%")) else { return String(text) }
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            let digits = rest.prefix(2)
            if byte == UInt8(ascii: "%"), digits.count == 2,
                let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
            {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Names that nobody knows are left alone: some clients add some to get past caches.
    private static func itemsQuery(_ query: [(name: String, value: String)]) throws(Problem) -> ItemsQuery {
        var items = ItemsQuery()
        for (name, value) in query {
            switch name {
            case "after":
                guard let number = UInt64(value) else { throw Problem(400, "after= must be an item's number, or 0.") }
                items.after = number
            case "limit":
                guard let number = Int(value), number >= 0 else {
                    throw Problem(400, "limit= must be a number of items.")
                }
                items.limit = min(number, greatestLimit)
            case "wait":
                guard let time = duration(value) else {
                    throw Problem(400, "wait= must be a time such as 30s, 500ms or 30 (seconds), up to a day.")
                }
                items.wait = time
            default: break
            }
        }
        return items
    }

    /// `30s`, `500ms`, `2m`, `30`.
    static func duration(_ text: String) -> Duration? {
        let number = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        let units: [Substring: Double] = ["": 1e9, "s": 1e9, "ms": 1e6, "us": 1e3, "m": 60e9]
        guard let unit = units[text[number.endIndex...]], let value = Double(number), value * unit <= 86_400e9 else {
            return nil
        }
        return .nanoseconds(Int64(value * unit))
    }

    // MARK: - Headers

    private static func wantsStream(_ head: Head) throws(Problem) -> Bool {
        let ranges = accepted(head)
        let stream = ranges.first { $0.type == "text/event-stream" }?.quality ?? 0
        let json = quality(of: "application/json", in: ranges)
        guard stream > 0 || json > 0 else { throw notAcceptable("application/json and text/event-stream") }
        return stream >= json
    }

    private static func checkJSON(_ head: Head) throws(Problem) {
        guard quality(of: "application/json", in: accepted(head)) > 0 else { throw notAcceptable("application/json") }
    }

    private static func notAcceptable(_ types: String) -> Problem { Problem(406, "This resource comes as \(types).") }

    /// `Accept` (RFC 9110 §12.5.1), in lower case; what is no number counts as 1.
    private static func accepted(_ head: Head) -> [(type: String, quality: Double)] {
        let ranges = head.values("accept").flatMap { $0.split(separator: ",").prefix(100) }
        guard !ranges.isEmpty else { return [("*/*", 1)] }
        return ranges.map { range in
            let parts = range.lowercased().split(separator: ";").map { trimmed($0) }
            let quality = parts.dropFirst().first { $0.hasPrefix("q=") }.map { Double($0.dropFirst(2)) ?? 1 }
            return (parts.first ?? "", quality ?? 1)
        }
    }

    private static func quality(of type: String, in ranges: [(type: String, quality: Double)]) -> Double {
        let main = type.prefix { $0 != "/" } + "/*"
        let match =
            ranges.first { $0.type == type } ?? ranges.first { $0.type == main } ?? ranges.first { $0.type == "*/*" }
        return match?.quality ?? 0
    }

    private static func key(_ head: Head) throws(Problem) -> String? {
        guard let key = head.values("idempotency-key").first else { return nil }
        guard !key.isEmpty, key.utf8.count <= longestKey else {
            throw Problem(400, "An Idempotency-Key is 1 to \(longestKey) octets long.")
        }
        return key
    }

    /// Whether an item may be sent as this: text in UTF-8. `application/x-www-form-urlencoded` is what curl calls any
    /// text that it is not told about, and is taken as it is.
    package static func isText(contentType: String?) -> Bool {
        guard let contentType else { return true }
        let parts = contentType.lowercased().split(separator: ";").map { trimmed($0) }
        guard let type = parts.first else { return false }
        let charset = parts.dropFirst().first { $0.hasPrefix("charset=") }?.dropFirst(8).filter { $0 != "\"" }
        guard charset == nil || charset == "utf-8" || charset == "us-ascii" else { return false }
        return type.hasPrefix("text/") || type == "application/json" || type == "application/x-www-form-urlencoded"
    }

    /// Whether `If-None-Match` (RFC 9110 §13.1.2) names this tag.
    package static func matches(_ values: [String], tag: String) -> Bool {
        values.flatMap { $0.split(separator: ",") }.contains {
            let value = trimmed($0)
            return value == "*" || value == tag || value == "W/\(tag)"
        }
    }

    private static func trimmed(_ text: Substring) -> String {
        let blank: (Character) -> Bool = { $0 == " " || $0 == "\t" }
        var text = text.drop(while: blank)
        while let last = text.last, blank(last) { text.removeLast() }
        return String(text)
    }
}
