import ClusterModel
import History

/// `queue:`: what a queue held, and how many consumed from it, when the drain had ended.
struct QueueChecker {
    let judgement: Judgement
    let name: String
    let depth: Condition?
    let consumers: Condition?

    func result() -> AssertionResult {
        var result = AssertionResult(title: "queue: \(name)", verdict: .unknown)
        let ledger = judgement.ledger
        let facts = ledger.depths.filter { ledger.queues[$0.queue].name == name }
        guard !facts.isEmpty else {
            result.explanation = "nobody asked the broker about \(name) at the end of the run"
            return result
        }
        guard depth != nil || consumers != nil else {
            result.explanation = "it names neither a depth nor a number of consumers"
            return result
        }
        var reasons: [String] = []
        for fact in facts {
            if let depth, !depth.holds(for: Double(fact.ready)) {
                reasons.append("\(counted(fact.ready, "message")) in it, expected \(depth)")
            }
            if let consumers, !consumers.holds(for: Double(fact.consumers)) {
                reasons.append("\(counted(fact.consumers, "consumer")), expected \(consumers)")
            }
        }
        result.verdict = reasons.isEmpty ? judgement.tempered(.pass) : .fail
        result.explanation =
            reasons.isEmpty
            ? result.verdict == .unknown
                ? judgement.incompleteness
                : facts.map { "\(counted($0.ready, "message")), \(counted($0.consumers, "consumer"))" }
                    .joined(separator: "; ")
            : reasons.joined(separator: "; ")
        return result
    }
}
