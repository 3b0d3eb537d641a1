import ClusterModel
import History

/// When the run's phases began, what happened to its processes, and which faults were on.
struct RunTimeline: Sendable {
    struct Change: Sendable {
        var time: Int64
        var change: NodeChange
    }

    struct FaultSpan: Sendable {
        var name: String
        var text: String
        var link: String
        var from: Int64
        var to: Int64
        /// Directed pairs of processes that it kept apart: `a>b`.
        var cut: [String] = []
    }

    /// The first event.
    var begin: Int64 = 0
    /// The last event.
    var end: Int64 = 0
    /// The workloads start.
    var run: Int64?
    var drain: Int64?
    var drained: Int64?
    var stop: Int64?
    var undrained: Set<String> = []
    /// It is judged while it goes on: what has not come may still come.
    var isLive = false
    var changes: [Change] = []
    var faults: [FaultSpan] = []

    /// What examples count their times from.
    var origin: Int64 { run ?? begin }

    /// What happens from here on is the work of the run's own end.
    var closing: Int64 { stop ?? Int64.max }

    mutating func add(_ phase: Phase, at time: Int64) {
        switch phase.name {
        case .run: run = run ?? time
        case .drain: drain = drain ?? time
        case .drained:
            drained = drained ?? time
            undrained.formUnion(phase.undrained)
        case .stop: stop = stop ?? time
        }
    }

    mutating func add(_ fault: FaultChange, at time: Int64) {
        if fault.on {
            faults.append(
                FaultSpan(
                    name: fault.name, text: fault.text, link: fault.link, from: time, to: .max, cut: fault.cut))
        } else if let index = faults.lastIndex(where: {
            $0.to == .max && $0.name == fault.name && (fault.link.isEmpty || $0.link == fault.link)
                && (fault.text.isEmpty || $0.text == fault.text)
        }) {
            faults[index].to = time
        }
    }

    /// What a link did with a message, and the faults that may have made it do so; empty where it passed.
    func fateText(
        _ fate: Fate, kind: MessageKind, from sender: String, to receiver: String, at time: Int64
    ) -> String {
        func by(_ keywords: [String]) -> String {
            let faults = faults(keywords, kind: kind, from: sender, to: receiver, at: time)
            return faults.isEmpty ? "" : " by \(faults.joined(separator: " or "))"
        }
        return switch fate {
        case .passed: ""
        case .dropped: "; dropped on the link\(by(["drop", "blackhole"]))"
        case .duplicated: "; duplicated on the link\(by(["duplicate"]))"
        case .delayed: "; delayed on the link\(by(["delay", "latency"]))"
        case .undeliverable: "; the link had no peer left to give it to"
        case .reordered: "; overtaken on the link\(by(["reorder"]))"
        case .corrupted: "; corrupted on the link\(by(["corrupt"]))"
        case .answered: "; answered by the link\(by(["error"]))"
        case .truncated: "; cut short on the link\(by(["truncate"]))"
        }
    }

    /// The faults whose text opens with one of the keywords and that may have been, at that time, on what one process
    /// sends another. A little room is left around a fault's time, as links and orchestrator take their own. The end
    /// of a fault is noted before it takes effect: where none was on, it was the one that had ended last.
    private func faults(
        _ keywords: [String], kind: MessageKind, from sender: String, to receiver: String, at time: Int64
    ) -> [String] {
        let slack: Int64 = 5_000_000
        let able = faults.filter { fault in
            fault.from.subtractingSaturated(slack) <= time && keywords.contains { fault.text.hasPrefix($0) }
                && Self.isAbout(kind, fault.text) && Self.leads(fault.link, from: sender, to: receiver)
        }
        let last = min(able.map(\.to).max() ?? time, time)
        var found: [String] = []
        for fault in able where fault.to.addingSaturated(slack) >= last && !found.contains(fault.text) {
            found.append(fault.text)
        }
        return found
    }

    /// Whether a fault's text names no kinds of message (`only request reply`), or this one.
    static func isAbout(_ kind: MessageKind, _ text: String) -> Bool {
        guard let only = text.ranges(of: " only ").last else { return true }
        let kinds = text[only.upperBound...].split(separator: " ").compactMap { MessageKind(rawValue: String($0)) }
        return kinds.isEmpty || kinds.contains(kind)
    }

    private static func leads(_ link: String, from sender: String, to receiver: String) -> Bool {
        guard let (first, second, ways) = ends(of: link) else { return true }
        return (ways.forward && means(first, sender) && means(second, receiver))
            || (ways.backward && means(second, sender) && means(first, receiver))
    }

    /// The two ends of a link's text, and the directions that it means; `nil` where it has no arrow.
    static func ends(of link: String) -> (first: String, second: String, ways: (forward: Bool, backward: Bool))? {
        for (arrow, isForward, isBackward) in [("<->", true, true), ("->", true, false), ("<-", false, true)] {
            let ends = link.split(separator: arrow).map { $0.trimmed }
            if ends.count == 2 { return (ends[0], ends[1], (isForward, isBackward)) }
        }
        return nil
    }

    /// Whether one end of a link's text may mean a process: by its name, its node's, or a choice among several.
    static func means(_ end: String, _ process: String) -> Bool {
        if end == process || end.contains(" of ") || end.hasPrefix("label:") { return true }
        guard let dash = process.lastIndex(of: "-"), Int(process[process.index(after: dash)...]) != nil else {
            return false
        }
        return end == process[..<dash]
    }

    /// The changes of one process, in order.
    func changes(of process: String) -> [Change] { changes.filter { $0.change.name == process } }
}

extension Int64 {
    func addingSaturated(_ other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}

extension Substring {
    /// Without spaces at either end.
    fileprivate var trimmed: String {
        var rest = self
        while rest.first == " " { rest.removeFirst() }
        while rest.last == " " { rest.removeLast() }
        return String(rest)
    }
}
