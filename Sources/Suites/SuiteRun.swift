/// What came of one run, or of all runs of a topology.
package enum SuiteVerdict: String, Sendable, Codable, CaseIterable {
    case pass, fail, unknown
    /// Not every run came to the same verdict.
    case flaky
    /// It did not end within the time that a run has.
    case timeout
    /// The file has errors.
    case invalid
    /// It came to no verdict: a node or a port could not be had, or orch itself failed.
    case error
    case interrupted
    /// It was not run, because the suite ended before.
    case skipped

    /// `SuiteRun.verdict` by the code that `orch up` ended with; 128 and more is a signal.
    package static func of(code: Int32, timedOut: Bool, interrupted: Bool) -> SuiteVerdict {
        if timedOut { return .timeout }
        switch code {
        case 0: return .pass
        case 1: return .fail
        case 2: return .unknown
        case 65: return .invalid
        case 130 where interrupted: return .interrupted
        default: return interrupted ? .interrupted : .error
        }
    }
}

/// One run of a topology.
package struct SuiteRun: Sendable {
    package var seed: UInt64
    package var verdict: SuiteVerdict
    /// What `orch up` ended with; 128 and more is a signal. 65 for a file that was not run.
    package var code: Int32
    package var seconds: Double
    /// The run's folder; `nil` where there is none, or none any more.
    package var folder: String?
    /// Its report; `nil` where there is none, and of passes after the first.
    package var summary: RunSummary?
    /// Why there is no verdict, in words.
    package var message: String
    /// What is wrong with the file.
    package var problems: [SuiteProblem]
    /// The end of what it printed; empty for a pass.
    package var output: String
    /// The last lines of nodes that died, by node, of a run that did not pass.
    package var lastLines: [(node: String, lines: [String])] = []

    package init(
        seed: UInt64, verdict: SuiteVerdict, code: Int32, seconds: Double = 0, folder: String? = nil,
        summary: RunSummary? = nil, message: String = "", problems: [SuiteProblem] = [], output: String = ""
    ) {
        self.seed = seed
        self.verdict = verdict
        self.code = code
        self.seconds = seconds
        self.folder = folder
        self.summary = summary
        self.message = message
        self.problems = problems
        self.output = output
    }
}

/// An error of a topology file.
package struct SuiteProblem: Sendable, Equatable, Codable {
    package var file: String
    /// From 1; 0 where it is about the whole file.
    package var line: Int
    package var column: Int
    package var message: String

    package init(file: String, line: Int, column: Int, message: String) {
        self.file = file
        self.line = line
        self.column = column
        self.message = message
    }

    package var text: String { line > 0 ? "\(file):\(line):\(column): \(message)" : "\(file): \(message)" }
}
