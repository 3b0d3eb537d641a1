import ClusterModel
import History

/// Which members the faults on the network kept apart, and when any of them touched what members say to each other.
struct NetworkCuts: Sendable {
    enum Cut: Sendable {
        /// Datagrams still pass, or some of them.
        case nothing
        /// These directed pairs, as `key` has them, and from how many others each member is cut.
        case pairs(Set<UInt64>, [Int32: Int])
        /// Somebody is cut off, and the evidence does not tell who.
        case unknown
    }

    struct Fault: Sendable {
        var text: String
        var from: Int64
        var to: Int64
        var cut: Cut
    }

    private(set) var faults: [Fault] = []

    init() {}

    /// - Parameter names: the numbers of the members.
    init(_ timeline: RunTimeline, members: [String], names: Interner<String>) {
        for span in timeline.faults where Self.isFelt(span.text) {
            let isPartition = span.text.hasPrefix("partition")
            // Only a partition names no link.
            let ends = isPartition ? Ends() : Self.ends(of: span.link, members: members)
            guard isPartition || !ends.forward.isEmpty else { continue }
            let cut = Self.cut(span, ends, names)
            // A partition of others is nothing to them.
            if case .nothing = cut, isPartition { continue }
            faults.append(Fault(text: span.text, from: span.from, to: span.to, cut: cut))
        }
    }

    static func key(_ from: Int32, _ to: Int32) -> UInt64 {
        UInt64(UInt32(bitPattern: from)) << 32 | UInt64(UInt32(bitPattern: to))
    }

    /// Whether datagrams feel it.
    private static func isFelt(_ text: String) -> Bool {
        let felt = ["partition", "blackhole", "latency", "drop", "duplicate", "delay", "reorder", "corrupt"]
        return felt.contains { text.hasPrefix($0) } && RunTimeline.isAbout(.datagram, text)
    }

    private struct Ends {
        /// Pairs of ends, in the directions that the link's text means; members at each.
        var forward: [(from: [String], to: [String])] = []
        /// One end is a choice among several.
        var isVague = false
    }

    private static func ends(of link: String, members: [String]) -> Ends {
        if link == "all" { return Ends(forward: [(members, members)]) }
        guard let (first, second, ways) = RunTimeline.ends(of: link) else { return Ends(forward: [(members, members)]) }
        let from = members.filter { RunTimeline.means(first, $0) }
        let to = members.filter { RunTimeline.means(second, $0) }
        guard !from.isEmpty, !to.isEmpty else { return Ends() }
        var ends = Ends(isVague: [first, second].contains { $0.contains(" of ") || $0.hasPrefix("label:") })
        if ways.forward { ends.forward.append((from, to)) }
        if ways.backward { ends.forward.append((to, from)) }
        return ends
    }

    private static func cut(_ span: RunTimeline.FaultSpan, _ ends: Ends, _ names: Interner<String>) -> Cut {
        var pairs: Set<UInt64> = []
        var involved: [Int32: Int] = [:]
        func add(_ from: String, _ to: String) {
            guard from != to, let from = names.known(from), let to = names.known(to) else { return }
            guard pairs.insert(key(from, to)).inserted, !pairs.contains(key(to, from)) else { return }
            involved[from, default: 0] += 1
            involved[to, default: 0] += 1
        }
        if span.text.hasPrefix("partition") {
            // A list that is as long as a record may be is not whole.
            guard !span.cut.isEmpty, span.cut.count < 10_000 else { return .unknown }
            for pair in span.cut {
                let ends = pair.split(separator: ">", maxSplits: 1)
                if ends.count == 2 { add(String(ends[0]), String(ends[1])) }
            }
            return pairs.isEmpty ? .nothing : .pairs(pairs, involved)
        }
        guard span.text == "blackhole" || span.text == "drop 100%" else { return .nothing }
        if ends.isVague { return .unknown }
        for (from, to) in ends.forward { for a in from { for b in to { add(a, b) } } }
        return .pairs(pairs, involved)
    }

    // MARK: - Asking

    /// The directed pairs that are cut at a time; `nil` where that is not known.
    func pairs(at time: Int64) -> Set<UInt64>? {
        var all: Set<UInt64> = []
        for fault in faults where fault.from <= time && time < fault.to {
            switch fault.cut {
            case .nothing: break
            case .pairs(let pairs, _): all.formUnion(pairs)
            case .unknown: return nil
            }
        }
        return all
    }

    /// From how many others a member was cut, one way or both, at some moment of an interval; at most, where faults
    /// overlap. `Int.max` where that is not known.
    func others(cutFrom member: Int32, _ from: Int64, _ to: Int64) -> Int {
        var count = 0
        for fault in faults where fault.from <= to && fault.to >= from {
            switch fault.cut {
            case .nothing: break
            case .pairs(_, let involved): count += involved[member] ?? 0
            case .unknown: return .max
            }
        }
        return count
    }
}
