import ClusterModel
import Synchronization

/// A fault that is on, and what it has done so far.
package final class ActiveFault: Sendable {
    /// Unique in the run, in the order of activation.
    package let id: Int
    package let name: String
    package let spec: FaultSpec
    private let counters = Counters()

    package init(id: Int, name: String, spec: FaultSpec) {
        self.id = id
        self.name = name
        self.spec = spec
    }

    /// Whether its `only:` includes a message. Without `only:` it touches what carries data.
    /// - Parameter n: the message's ordinal in its stream, from 1.
    func matches(_ kind: MessageKind, key: String, n: Int) -> Bool {
        let only = spec.only
        if only.kinds.isEmpty ? !kind.carriesData : !only.kinds.contains(kind) { return false }
        if let nth = only.nth, n != nth { return false }
        if let first = only.first, n > first { return false }
        if let pattern = only.key, !KeyPattern.matches(pattern, key) { return false }
        return true
    }

    var onlyDelays: Bool { if case .delay = spec.fault { true } else { false } }
    var isDuplicate: Bool { if case .duplicate = spec.fault { true } else { false } }

    func count(_ kind: MessageKind, affected: Bool) { counters.add(kind, affected: affected) }

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

        func add(_ kind: MessageKind, affected: Bool) {
            let index = Self.index(kind)
            values.withLock {
                $0[index].seen += 1
                if affected { $0[index].affected += 1 }
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

/// The faults on one link, by direction, in the order of activation.
package struct LinkFaults: Sendable {
    package var toServer: [ActiveFault] = []
    package var toClient: [ActiveFault] = []

    package init() {}

    subscript(direction: Direction) -> [ActiveFault] {
        get { direction == .toServer ? toServer : toClient }
        set { if direction == .toServer { toServer = newValue } else { toClient = newValue } }
    }

    func contains(_ fault: Int) -> Bool {
        toServer.contains { $0.id == fault } || toClient.contains { $0.id == fault }
    }
}
