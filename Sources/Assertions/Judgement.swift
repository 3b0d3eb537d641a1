import ClusterModel
import History

/// What every checker works with.
struct Judgement: Sendable {
    let ledger: Ledger
    let topology: Topology
    let logs: [String: [String]]
    var feeds = FeedLedger()
    var peers = PeerLedger()

    /// The evidence is not whole: what it does not show may have happened.
    var isIncomplete: Bool { !ledger.problems.isEmpty }

    var incompleteness: String {
        let more = ledger.problems.count > 1 ? " (and \(ledger.problems.count - 1) more)" : ""
        return "the evidence is incomplete: \(ledger.problems.first ?? "")\(more)"
    }

    /// Violations that are proven stay; nothing else is certain while evidence is missing.
    func tempered(_ verdict: Verdict) -> Verdict { isIncomplete && verdict == .pass ? .unknown : verdict }
}

/// `1 message`, `2 messages`.
func counted(_ count: Int, _ thing: String, _ plural: String? = nil) -> String {
    count == 1 ? "1 \(thing)" : "\(count) \(plural ?? thing + "s")"
}
