import ClusterModel

/// `replies: as expected`, which no file states by itself: a reply that differs from what its caller's `expect:` (or
/// `expect_status:`) says is a finding.
struct ReplyChecker {
    let judgement: Judgement

    static let title = "replies: as expected"

    /// `nil` where there is nothing to say: every reply that came was as expected, or nobody expects anything.
    func result() -> AssertionResult? {
        let ledger = judgement.ledger
        var unexpected: [Int32] = []
        var answered = 0
        for (number, fact) in ledger.calls.calls.enumerated() where fact.isNative {
            if fact.outcome == .success || fact.outcome == .error { answered += 1 }
            if fact.isUnexpected { unexpected.append(Int32(number)) }
        }
        guard !unexpected.isEmpty else { return nil }
        var result = AssertionResult(title: Self.title, verdict: .fail)
        result.explanation =
            "\(unexpected.count) of \(counted(max(answered, unexpected.count), "reply", "replies")) "
            + "\(unexpected.count == 1 ? "was" : "were") not as `expect:` says"
        let writer = CallPathWriter(ledger: ledger)
        result.examples = unexpected.prefix(Example.limit).map { writer.example(.unexpected, $0) }
        return result
    }
}
