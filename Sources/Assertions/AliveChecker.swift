import ClusterModel
import History

/// `nodes: alive`, which no file states: a process that died of itself or was killed from outside is a finding.
struct AliveChecker {
    let judgement: Judgement

    static let title = "nodes: alive"

    /// `nil` where there is nothing to say: nobody died, and the file asserts something.
    func result() -> AssertionResult? {
        let topology = judgement.topology
        let timeline = judgement.ledger.timeline
        let spoken = spokenOf()
        var findings: [String] = []
        var notes: [String] = []
        for change in timeline.changes where change.change.state.isDeath && !change.change.intended {
            let name = change.change.name
            guard !spoken.contains(name) else { continue }
            let node = topology.nodes.first { $0.instances.contains(name) }
            let when = Duration.nanoseconds(change.time.subtractingSaturated(timeline.origin)).text
            let detail = change.change.detail.isEmpty ? change.change.state.rawValue : change.change.detail
            // A policy may start a program again that ended well.
            if change.change.state == .restarting, detail == "exit 0" { continue }
            let what = "\(name) died of itself or was killed from outside after \(when) (\(detail))"
            let again =
                change.change.state == .restarting
                || timeline.changes.contains {
                    $0.change.name == name && $0.time >= change.time && $0.change.state == .starting
                        && $0.change.incarnation > change.change.incarnation
                }
            if node?.command == nil, node?.consume.contains(where: { $0.fail?.action == .die }) == true {
                notes.append("\(name) died as `fail:` has it after \(when)")
            } else if again, let mode = node?.restart.mode, mode != .no {
                notes.append("\(what), and was started again")
            } else {
                findings.append(what)
            }
        }
        var result = AssertionResult(title: Self.title, verdict: .pass)
        if !findings.isEmpty {
            result.verdict = .fail
            result.explanation = list(findings)
        } else if !topology.assertions.isEmpty, notes.isEmpty {
            return nil
        } else if timeline.changes.isEmpty {
            result.verdict = .unknown
            result.explanation = "no assertions, and no node was seen"
        } else if judgement.isIncomplete {
            result.verdict = .unknown
            result.explanation = judgement.incompleteness
        } else {
            result.explanation = notes.isEmpty ? "no assertions; no node died of itself" : list(notes)
        }
        return result
    }

    private func list(_ items: [String]) -> String {
        items.prefix(5).joined(separator: "; ") + (items.count > 5 ? "; and \(items.count - 5) more" : "")
    }

    /// Processes of which a `node:` assertion speaks.
    private func spokenOf() -> Set<String> {
        var names: Set<String> = []
        for spec in judgement.topology.assertions {
            guard case .node(let name, _, _, _) = spec.assertion else { continue }
            names.formUnion(judgement.topology.node(named: name)?.instances ?? [name])
        }
        return names
    }
}

extension NodeState {
    /// An end that was no success; a process with a restart policy is `restarting` right after it.
    fileprivate var isDeath: Bool { self == .killed || self == .failed || self == .restarting }
}
