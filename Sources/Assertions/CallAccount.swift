import ClusterModel

/// What was counted of the calls that an assertion is about. The words are defined in `docs/verdicts.md`.
package struct CallAccount: Sendable, Equatable {
    /// One method's part of it.
    package struct Method: Sendable, Equatable {
        /// `Calculator.suma`.
        package var name: String
        package var counts: CallCounts
        package var table: CallTable

        package init(name: String, counts: CallCounts = .init(), table: CallTable = .init()) {
            self.name = name
            self.counts = counts
            self.table = table
        }
    }

    package var guarantee: CallGuarantee
    package var counts: CallCounts
    package var table: CallTable
    /// One a method, where there are several.
    package var methods: [Method]

    package init(
        guarantee: CallGuarantee, counts: CallCounts = .init(), table: CallTable = .init(), methods: [Method] = []
    ) {
        self.guarantee = guarantee
        self.counts = counts
        self.table = table
        self.methods = methods
    }
}

package struct CallCounts: Sendable, Equatable {
    package var calls = 0
    // Each call is one of these five.
    package var succeeded = 0
    package var executedWithError = 0
    package var notExecuted = 0
    package var unknown = 0
    /// Its caller still waited when the run was cut.
    package var inFlight = 0
    /// Transmissions, first ones included.
    package var attempts = 0
    /// Proven, and at most.
    package var executions = 0
    package var executionsAtMost = 0
    /// Proven executions beyond the first of their call.
    package var executedAgain = 0
    // What servers did with requests that they did not execute as new calls.
    package var attached = 0
    package var resent = 0
    package var stale = 0
    package var tableFull = 0
    package var serverRestarted = 0
    package var deadline = 0
    package var overloaded = 0
    /// Replies that differ from what `expect:` says.
    package var unexpectedReplies = 0
    /// Executions of calls that nobody was seen to make.
    package var unexpectedExecutions = 0

    package init() {}

    /// Names as JSON has them, in its order.
    package var named: [(name: String, value: Int)] {
        [
            ("calls", calls), ("succeeded", succeeded), ("executed_with_error", executedWithError),
            ("not_executed", notExecuted), ("unknown", unknown), ("in_flight", inFlight), ("attempts", attempts),
            ("executions", executions), ("executed_again", executedAgain), ("attached", attached), ("resent", resent),
            ("stale", stale), ("table_full", tableFull), ("server_restarted", serverRestarted),
            ("deadline", deadline), ("overloaded", overloaded), ("unexpected_replies", unexpectedReplies),
            ("unexpected_executions", unexpectedExecutions),
        ].map { (name: $0.0, value: $0.1) }
    }

    /// The counters whose proven number is less than the possible one.
    package var bounds: [(name: String, least: Int, most: Int)] {
        executions < executionsAtMost ? [(name: "executions", least: executions, most: executionsAtMost)] : []
    }

    mutating func count(_ outcome: CallOutcome?) {
        switch outcome {
        case .success: succeeded += 1
        case .error: executedWithError += 1
        case .notExecuted: notExecuted += 1
        case .unknown: unknown += 1
        case nil: inFlight += 1
        }
    }
}

/// Calls by executions against outcome: the picture that tells the call semantics apart.
package struct CallTable: Sendable, Equatable {
    package enum Column: Int, Sendable, CaseIterable {
        case none, one, two, more
        /// The evidence leaves several columns possible.
        case undecided

        package init(_ executions: ExecutionBounds) {
            let least = min(executions.least, 3)
            self = least == min(executions.most, 3) ? Column(rawValue: least) ?? .more : .undecided
        }

        package var name: String {
            switch self {
            case .none: "0"
            case .one: "1"
            case .two: "2"
            case .more: "3+"
            case .undecided: "undecided"
            }
        }

        /// What a cell of this column stands for.
        var executions: ExecutionBounds {
            switch self {
            case .none, .one, .two: ExecutionBounds(rawValue, rawValue)
            case .more: ExecutionBounds(3, .max)
            case .undecided: .anything
            }
        }
    }

    private var cells = [Int](repeating: 0, count: (CallOutcome.allCases.count + 1) * Column.allCases.count)

    package init() {}

    /// - Parameter outcome: `nil` for calls in flight.
    package subscript(_ outcome: CallOutcome?, _ column: Column) -> Int {
        get { cells[Self.index(outcome, column)] }
        set { cells[Self.index(outcome, column)] = newValue }
    }

    private static func index(_ outcome: CallOutcome?, _ column: Column) -> Int {
        let row = outcome.flatMap { CallOutcome.allCases.firstIndex(of: $0) } ?? CallOutcome.allCases.count
        return row * Column.allCases.count + column.rawValue
    }

    package func isEmpty(_ outcome: CallOutcome?) -> Bool { Column.allCases.allSatisfy { self[outcome, $0] == 0 } }
    package func isEmpty(_ column: Column) -> Bool {
        self[nil, column] == 0 && CallOutcome.allCases.allSatisfy { self[$0, column] == 0 }
    }
}

extension CallGuarantee {
    /// Whether it allows the calls in a cell of the table.
    package func verdict(_ outcome: CallOutcome?, _ column: CallTable.Column) -> Verdict {
        verdict(outcome, column.executions)
    }
}
