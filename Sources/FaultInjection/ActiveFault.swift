import ClusterModel
import Synchronization

/// A fault that is on, and what it has done so far.
package final class ActiveFault: Sendable {
    /// Unique in the run, in the order of activation.
    package let id: Int
    package let name: String
    package let spec: FaultSpec
    /// `spec.text`, which every roll of its dice asks for.
    let text: String
    private let counters = Counters()
    private let passedBy = Counters()
    private let method: MethodPattern?
    private let path: PathPattern?

    package init(id: Int, name: String, spec: FaultSpec) {
        self.id = id
        self.name = name
        self.spec = spec
        text = spec.text
        method = spec.only.method.map(MethodPattern.init)
        path = spec.only.path.map(PathPattern.init)
    }

    /// Whether its `only:` includes a message. Without `only:` it touches what carries data.
    /// - Parameters:
    ///   - method: of a call: `Calculator/suma`; of a request over HTTP/1.1: `GET`; other messages have none.
    ///   - path: of a request over HTTP, without its query.
    ///   - n: the message's ordinal in its stream, from 1.
    func matches(_ kind: MessageKind, key: String, method: String, path: String, n: Int) -> Bool {
        if let nth = spec.only.nth, n != nth { return false }
        if let first = spec.only.first, n > first { return false }
        return concerns(kind, key: key, method: method, path: path)
    }

    /// The same, whatever the ordinal.
    func concerns(_ kind: MessageKind, key: String, method: String, path: String) -> Bool {
        let only = spec.only
        if only.kinds.isEmpty ? !kind.carriesData : !only.kinds.contains(kind) { return false }
        if let pattern = only.key, !KeyPattern.matches(pattern, key) { return false }
        return (self.method?.matches(method) ?? true) && (self.path?.matches(path) ?? true)
    }

    /// Whether its `only: method:` says this one: that is what it takes to touch a management method.
    func names(_ method: String) -> Bool { self.method?.matches(method) ?? false }

    var onlyDelays: Bool { if case .delay = spec.fault { true } else { false } }
    /// It takes more than one message that somebody waits for.
    var needsOthers: Bool {
        switch spec.fault {
        case .duplicate, .reorder: true
        default: false
        }
    }

    func count(_ kind: MessageKind, affected: Bool) { counters.add(kind, seen: 1, affected: affected ? 1 : 0) }

    /// One of the messages that it has seen is touched after all.
    func countAffected(_ kind: MessageKind) { counters.add(kind, seen: 0, affected: 1) }

    /// A message went where it is on, and it is not about such.
    func pass(_ kind: MessageKind) { passedBy.add(kind, seen: 1, affected: 0) }

    /// What went where it is on and was none of its business, by kind.
    package var others: [MessageKind: Int] {
        var result: [MessageKind: Int] = [:]
        for kind in MessageKind.allCases {
            let count = passedBy.value(kind).seen
            if count > 0 { result[kind] = count }
        }
        return result
    }

    /// Messages that it looked at and messages that it touched, by kind; kinds that it never saw are left out.
    package var counts: [MessageKind: FaultCount] {
        var result: [MessageKind: FaultCount] = [:]
        for kind in MessageKind.allCases {
            let count = counters.value(kind)
            if count.seen > 0 { result[kind] = count }
        }
        return result
    }

    /// Counters that several event loops add to.
    private final class Counters: Sendable {
        private let values = Mutex<[FaultCount]>(Array(repeating: FaultCount(), count: MessageKind.allCases.count))

        func add(_ kind: MessageKind, seen: Int, affected: Int) {
            let index = Self.index(kind)
            values.withLock {
                $0[index].seen += seen
                $0[index].affected += affected
            }
        }

        func value(_ kind: MessageKind) -> FaultCount { values.withLock { $0[Self.index(kind)] } }

        private static func index(_ kind: MessageKind) -> Int {
            switch kind {
            case .publish: 0
            case .deliver: 1
            case .ack: 2
            case .confirm: 3
            case .request: 4
            case .reply: 5
            case .datagram: 6
            case .event: 7
            }
        }
    }
}

package struct FaultCount: Sendable, Equatable {
    package var seen = 0
    package var affected = 0
    package init() {}
}

/// `key:` of a filter: a routing key, or a topic pattern with `*` (one word) and `#` (zero or more).
enum KeyPattern {
    static func matches(_ pattern: String, _ key: String) -> Bool {
        guard pattern.contains(where: { $0 == "*" || $0 == "#" }) else { return pattern == key }
        return match(
            pattern.split(separator: ".", omittingEmptySubsequences: false)[...],
            key.split(separator: ".", omittingEmptySubsequences: false)[...])
    }

    private static func match(_ pattern: ArraySlice<Substring>, _ words: ArraySlice<Substring>) -> Bool {
        guard let head = pattern.first else { return words.isEmpty }
        let tail = pattern.dropFirst()
        if head == "#" {
            // Either it takes no word, or one more.
            return match(tail, words) || (!words.isEmpty && match(pattern, words.dropFirst()))
        }
        guard let word = words.first, head == "*" || head == word else { return false }
        return match(tail, words.dropFirst())
    }
}

/// `path:` of a filter: word for word, or with `*` for any letters.
struct PathPattern {
    private let octets: [UInt8]

    init(_ text: String) { octets = Array(text.utf8) }

    func matches(_ path: String) -> Bool {
        let path = Array(path.utf8)
        var (index, place) = (0, 0)
        // Where the last `*` is, and what it has taken so far: only that one need ever be tried again.
        var star: (index: Int, place: Int)?
        while place < path.count {
            if index < octets.count, octets[index] == UInt8(ascii: "*") {
                star = (index, place)
                index += 1
            } else if index < octets.count, octets[index] == path[place] {
                index += 1
                place += 1
            } else if let last = star {
                star = (last.index, last.place + 1)
                (index, place) = (last.index + 1, last.place + 1)
            } else {
                return false
            }
        }
        return octets[index...].allSatisfy { $0 == UInt8(ascii: "*") }
    }
}

/// `method:` of a filter: `Calculator.suma`, `Calculator/suma`, a whole path, or `Calculator.*`. A service may leave its
/// package out.
struct MethodPattern {
    private let path: String
    private let service: Substring
    /// `nil`: any.
    private let name: Substring?

    init(_ text: String) {
        path = text.first == "/" ? String(text.dropFirst()) : text
        guard let cut = path.lastIndex(of: "/") ?? path.lastIndex(of: ".") else {
            service = ""
            name = path[...]
            return
        }
        let last = path[path.index(after: cut)...]
        service = path[..<cut]
        name = last == "*" ? nil : last
    }

    /// - Parameter method: `shop.v1.Calculator/suma`.
    func matches(_ method: String) -> Bool {
        if method == path { return true }
        guard !service.isEmpty, let slash = method.lastIndex(of: "/") else { return false }
        let theirs = method[..<slash]
        return (name == nil || method[method.index(after: slash)...] == name)
            && (theirs == service || (theirs.hasSuffix(service) && theirs.dropLast(service.count).last == "."))
    }
}

/// The faults on one link, by direction, in the order of activation.
package struct LinkFaults: Sendable {
    package var toServer: [ActiveFault] = []
    package var toClient: [ActiveFault] = []

    package init() {}

    subscript(direction: Direction) -> [ActiveFault] {
        get { direction == .toServer ? toServer : toClient }
        set { if direction == .toServer { toServer = newValue } else { toClient = newValue } }
    }

    /// A fault on both directions is in it twice.
    var all: [ActiveFault] { toServer + toClient }

    func contains(_ fault: Int) -> Bool { all.contains { $0.id == fault } }
}
