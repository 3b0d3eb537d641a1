import Control

/// A question to several hosts at once: who has answered what, and who can answer no more.
package struct HostPoll<Answer: Sendable>: Sendable {
    package private(set) var open: Set<String>
    package private(set) var answers: [String: Answer] = [:]
    /// Those that ended before they had answered.
    package private(set) var lost: [String] = []

    package init(_ hosts: some Sequence<String>) { open = Set(hosts) }

    package mutating func answered(_ host: String, _ answer: Answer) {
        guard open.remove(host) != nil else { return }
        answers[host] = answer
    }

    package mutating func gone(_ host: String) { if open.remove(host) != nil { lost.append(host) } }

    package var isOver: Bool { open.isEmpty }
}

extension HostPoll<MigrationAnswer> {
    /// The answer of the one that owns the object, as soon as it is there; all others can only say that it is not theirs.
    package var verdict: MigrationAnswer? {
        if let answer = answers.values.first(where: { $0 != .notHere }) { return answer }
        guard isOver else { return nil }
        guard !lost.isEmpty else { return .failed(reason: "no host owns it") }
        return .failed(reason: "\(lost.sorted().joined(separator: ", ")) ended before it answered")
    }
}

/// What hosts tell of their objects, in parts.
package struct ObjectPoll: Sendable {
    private var poll: HostPoll<[ObjectDescription]>
    private var parts: [String: [ObjectDescription]] = [:]

    package init(_ hosts: some Sequence<String>) { poll = HostPoll(hosts) }

    /// - Parameter more: whether it has more to tell.
    package mutating func answered(_ host: String, _ part: [ObjectDescription], more: Bool) {
        parts[host, default: []] += part
        if !more { poll.answered(host, parts.removeValue(forKey: host) ?? []) }
    }

    package mutating func gone(_ host: String) { poll.gone(host) }

    package var isOver: Bool { poll.isOver }

    /// Of the hosts that have told everything.
    package var answers: [String: [ObjectDescription]] { poll.answers }
}
