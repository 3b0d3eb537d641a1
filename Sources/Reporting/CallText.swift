import Assertions
import ClusterModel

/// What reports for people say of calls, in words and cells; terminal and plain text draw it each in their way.
struct CallText {
    let account: CallAccount

    /// One row of the table of calls by executions against outcome.
    struct Row {
        /// `nil`: calls in flight.
        var outcome: CallOutcome?
        var name: String
        var cells: [Int]
    }

    /// The last column only where the evidence leaves some executions open.
    var columns: [CallTable.Column] {
        CallTable.Column.allCases.filter { $0 != .undecided || !account.table.isEmpty(.undecided) }
    }

    /// All outcomes, so that tables can be compared at a glance; calls in flight only where there are some.
    var rows: [Row] {
        var outcomes: [CallOutcome?] = CallOutcome.allCases
        if !account.table.isEmpty(nil) { outcomes.append(nil) }
        return outcomes.map { outcome in
            Row(outcome: outcome, name: Self.name(outcome), cells: columns.map { account.table[outcome, $0] })
        }
    }

    var table: TextTable {
        TextTable(
            header: ["executions"] + columns.map { $0 == .undecided ? "?" : $0.name },
            rows: rows.map { [$0.name] + $0.cells.map { "\($0)" } })
    }

    static func name(_ outcome: CallOutcome?) -> String {
        switch outcome {
        case .success: "success"
        case .error: "error"
        case .notExecuted: "not executed"
        case .unknown: "unknown"
        case nil: "in flight"
        }
    }

    /// `calls 1000`, `attempts 1429`, `executions 998–1000`: what the table does not say, zeros left out.
    var facts: [String] { Self.facts(account.counts) { !Self.outcomes.contains($0) } }

    /// One line a method, where there are several.
    var methods: [String] {
        account.methods.map { "\($0.name): \(Self.facts($0.counts) { _ in true }.joined(separator: ", "))" }
    }

    private static let outcomes = ["succeeded", "executed_with_error", "not_executed", "unknown", "in_flight"]

    private static func facts(_ counts: CallCounts, _ isShown: (String) -> Bool) -> [String] {
        counts.named.compactMap { name, value in
            let bound = counts.bounds.first { $0.name == name }
            guard isShown(name), value > 0 || bound != nil || name == "calls" || name == "executions" else {
                return nil
            }
            let number = bound.map { "\($0.least)–\($0.most)" } ?? "\(value)"
            return "\(name.replacing("_", with: " ")) \(number)"
        }
    }
}

extension LatencyAccount.Value {
    /// `p99 12.3ms`, and what was expected where that is not so.
    var text: String { "\(name) \(duration.text)" + (holds ? "" : " (expected \(bound))") }
}

extension CallMeasure {
    /// A line or a few.
    var lines: [String] {
        switch self {
        case .latency(let account):
            let values = account.values.map(\.text).joined(separator: ", ")
            return ["latency: \(values) (\(account.measured) \(account.measured == 1 ? "call" : "calls"))"]
        case .throughput(let account):
            return [
                "\(Rate(perSecond: account.perSecond)): \(account.succeeded) calls succeeded in \(account.elapsed.text)"
            ]
        case .availability(let account):
            return ["\(Share(account.share)): \(account.succeeded) of \(account.calls) calls succeeded"]
        case .recovery(let accounts):
            let shown = accounts.prefix(5).map { account in
                let when = "\(account.fault), ended after \(Duration.nanoseconds(account.ended).text): "
                switch account.verdict {
                case .pass: return when + "calls succeeded for good after \(account.after?.text ?? "")"
                case .fail, .unknown: return when + account.reason
                }
            }
            return shown + (accounts.count > 5 ? ["and \(accounts.count - 5) more"] : [])
        case .times(let account): return account.lines
        case .freshness(let account):
            let values = account.values.map(\.text).joined(separator: ", ")
            return ["from append to sight: \(values) (\(account.measured) \(account.measured == 1 ? "item" : "items"))"]
        case .members(let account): return account.lines
        case .lookups(let accounts): return accounts.map(\.line)
        }
    }

    /// What the explanation of a failure says already.
    var isToldByFailure: Bool {
        switch self {
        case .throughput, .availability: true
        case .latency, .recovery, .times, .freshness, .members, .lookups: false
        }
    }
}
