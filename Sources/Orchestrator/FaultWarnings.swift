import ClusterModel
import FaultInjection

/// What a report says of faults that did nothing: whoever wrote them believes that they tested something.
package struct FaultWarnings: Sendable {
    /// One entry of the file, or one that a step or a person started, with what it saw in all its rounds.
    private struct Row {
        var spec: FaultSpec
        var seen = 0
        var affected = 0
        /// Messages in its place and time that it is not about.
        var others: [MessageKind: Int] = [:]
    }

    private var rows: [Row] = []
    private var unbegun: [FaultSpec]

    /// - Parameter planned: the file's faults; those with a failpoint are not its concern.
    package init(planned: [FaultSpec] = []) { unbegun = planned.filter { $0.failpoint == nil } }

    package mutating func add(_ fault: ActiveFault) {
        unbegun.removeAll { $0 == fault.spec }
        guard fault.spec.fault.level == .message else { return }
        let index = rows.firstIndex { $0.spec == fault.spec } ?? rows.count
        if index == rows.count { rows.append(Row(spec: fault.spec)) }
        for count in fault.counts.values {
            rows[index].seen += count.seen
            rows[index].affected += count.affected
        }
        rows[index].others.merge(fault.others) { $0 + $1 }
    }

    package var texts: [String] {
        unbegun.map { spec in
            let due = spec.at.map { "the run ended before \($0.text)" } ?? "the run ended before its time"
            return "\(Self.name(spec)) never began: \(due)"
        } + rows.filter { $0.affected == 0 }.map(text)
    }

    private static func name(_ spec: FaultSpec) -> String {
        let line = spec.location.line > 0 ? " (line \(spec.location.line))" : ""
        return "the fault '\(spec.text)'\(spec.place.isEmpty ? "" : " on \(spec.place)")\(line)"
    }

    private func text(_ row: Row) -> String {
        let name = Self.name(row.spec)
        guard row.seen == 0 else { return "\(name) saw \(Self.counted(row.seen)) and touched none" }
        let others = MessageKind.allCases.compactMap { kind in
            row.others[kind].map { "\($0) \(Self.word(kind, $0))" }
        }
        guard !others.isEmpty else { return "\(name) touched nothing: no message passed there while it was on" }
        return "\(name) touched nothing: it saw 0 messages of its kinds; \(others.joined(separator: ", ")) passed there"
            + Self.advice(row.spec, Array(row.others.keys))
    }

    /// Where nothing but answers went that way, the other way was meant, or they were.
    private static func advice(_ spec: FaultSpec, _ others: [MessageKind]) -> String {
        guard spec.only.text.isEmpty, others.allSatisfy({ !$0.carriesData }) else { return "" }
        let only = others.map(\.rawValue).sorted()
        let kinds = only.count == 1 ? "'only: \(only[0])'" : "'only: [\(only.joined(separator: ", "))]'"
        guard case .oneWay(let a, let b)? = spec.link else { return " (did you mean \(kinds)?)" }
        return " (did you mean '\(b) -> \(a)', or \(kinds)?)"
    }

    private static func counted(_ count: Int) -> String { count == 1 ? "1 message" : "\(count) messages" }

    private static func word(_ kind: MessageKind, _ count: Int) -> String {
        switch kind {
        case _ where count == 1: kind.rawValue
        case .publish: "publishes"
        case .deliver: "deliveries"
        case .reply: "replies"
        default: "\(kind.rawValue)s"
        }
    }
}
