import ClusterModel
import History

/// `node:`: the state of a node's processes before the run's own end, how often they were started again, and the code
/// that they ended with.
struct NodeChecker {
    let judgement: Judgement
    let name: String
    let state: NodeState?
    let restarts: Condition?
    let exitCode: Condition?

    func result() -> AssertionResult {
        var result = AssertionResult(title: "node: \(name)", verdict: .unknown)
        let instances = judgement.topology.node(named: name)?.instances ?? [name]
        var reasons: [String] = []
        var doubts: [String] = []
        guard state != nil || restarts != nil || exitCode != nil else {
            result.explanation = "it names no state, no restarts and no exit code"
            return result
        }
        var restarted = 0
        for process in instances {
            let changes = judgement.ledger.timeline.changes(of: process)
            guard !changes.isEmpty else {
                doubts.append("\(process) was never seen")
                continue
            }
            restarted += self.restarts(changes)
            judge(process, changes, &reasons, &doubts)
        }
        // All replicas together: which of them a fault struck is a matter of dice.
        if let restarts, !restarts.holds(for: Double(restarted)) {
            reasons.append("\(name) was restarted \(counted(restarted, "time")), expected \(restarts)")
        }
        if instances.isEmpty { doubts.append("it has no replicas") }
        if reasons.isEmpty, doubts.isEmpty, judgement.isIncomplete { doubts.append(judgement.incompleteness) }
        result.verdict = !reasons.isEmpty ? .fail : !doubts.isEmpty ? .unknown : .pass
        result.explanation = (reasons.isEmpty ? doubts : reasons).prefix(5).joined(separator: "; ")
        return result
    }

    /// Starts after the first, before the run's own end.
    private func restarts(_ changes: [RunTimeline.Change]) -> Int {
        let own = changes.filter { $0.time < judgement.ledger.timeline.closing }
        return max(0, Int(own.map(\.change.incarnation).max() ?? 1) - 1)
    }

    private func judge(
        _ process: String, _ changes: [RunTimeline.Change], _ reasons: inout [String], _ doubts: inout [String]
    ) {
        let own = changes.filter { $0.time < judgement.ledger.timeline.closing }
        if let state {
            if let last = own.last {
                // A node that works is ready as well.
                let fits = last.change.state == state || (state == .ready && last.change.state == .running)
                if !fits { reasons.append("\(process) is \(last.change.state.rawValue), expected \(state.rawValue)") }
            } else {
                doubts.append("\(process) was not seen before the run's end")
            }
        }
        guard let exitCode else { return }
        let ends = { (changes: [RunTimeline.Change]) in changes.last { $0.change.isEnd } }
        // The code of its own end; of the one that the run asked for, where it had none.
        guard let end = ends(own) ?? ends(changes) else {
            doubts.append("\(process) has not ended")
            return
        }
        guard let code = Self.code(end.change) else {
            doubts.append("nothing tells the exit code of \(process)")
            return
        }
        if !exitCode.holds(for: Double(code)) {
            let how = end.change.detail.isEmpty ? "exit 0" : end.change.detail
            reasons.append("\(process) ended with \(how), expected \(exitCode)")
        }
    }

    /// `exit 3` is 3, and `signal 9` is 137, as a shell has it.
    static func code(_ change: NodeChange) -> Int? {
        let words = change.detail.split(separator: " ")
        if words.isEmpty { return change.state == .exited ? 0 : nil }
        guard words.count >= 2, let number = Int(words[1]) else { return nil }
        return switch words[0] {
        case "exit": number
        case "signal": 128 + number
        default: nil
        }
    }
}

extension NodeChange {
    /// The process is no more; one with a restart policy is `restarting` at once.
    var isEnd: Bool {
        switch state {
        case .exited, .failed, .killed: true
        case .restarting: !detail.isEmpty
        default: false
        }
    }
}
