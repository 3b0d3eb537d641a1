#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A suite as JSON, shaped as `docs/suites.md` says.
package enum SuiteJSON {
    package struct Document: Codable {
        package var verdict: String
        package var exitCode: Int32
        package var seconds: Double
        package var interrupted: Bool
        package var leftOut: Int
        package var counts: [String: Int]
        package var topologies: [Topology]

        private enum CodingKeys: String, CodingKey {
            case verdict
            case exitCode = "exit_code"
            case seconds, interrupted
            case leftOut = "left_out"
            case counts, topologies
        }
    }

    package struct Topology: Codable {
        package var name: String
        package var file: String
        package var params: [String: String]
        package var verdict: String
        package var seconds: Double
        package var flaky: [Run]?
        package var runs: [Run]
    }

    package struct Run: Codable {
        /// A text: numbers beyond 2^53 are not safe in every reader.
        package var seed: String
        package var verdict: String
        package var exitCode: Int32
        package var seconds: Double
        package var again: String
        package var run: String?
        package var message: String?
        package var problems: [SuiteProblem]?
        package var assertions: [RunSummary.Assertion]?

        private enum CodingKeys: String, CodingKey {
            case seed, verdict
            case exitCode = "exit_code"
            case seconds, again, run, message, problems, assertions
        }
    }

    package static func text(_ outcome: SuiteOutcome) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
        return String(decoding: try encoder.encode(document(outcome)), as: UTF8.self) + "\n"
    }

    package static func document(_ outcome: SuiteOutcome) -> Document {
        let code = outcome.exitCode
        let verdict: String =
            switch code {
            case nil: "pass"
            case .violated: "fail"
            case .unknown: "unknown"
            case .interrupted: "interrupted"
            default: "error"
            }
        var counts: [String: Int] = [:]
        for verdict in SuiteVerdict.allCases { counts[verdict.rawValue] = outcome.count(verdict) }
        return Document(
            verdict: verdict, exitCode: code?.rawValue ?? 0, seconds: rounded(outcome.seconds),
            interrupted: outcome.wasInterrupted, leftOut: outcome.leftOut, counts: counts,
            topologies: outcome.results.map(topology))
    }

    private static func topology(_ result: SuiteResult) -> Topology {
        let test = result.test
        return Topology(
            name: test.name, file: test.path,
            params: Dictionary(test.parameters.map { ($0.name, $0.value) }) { $1 },
            verdict: result.verdict.rawValue, seconds: rounded(result.seconds),
            flaky: result.flakiness.map { [run($0.one, test, isShort: true), run($0.other, test, isShort: true)] },
            runs: result.runs.map { run($0, test) })
    }

    private static func run(_ run: SuiteRun, _ test: SuiteCase, isShort: Bool = false) -> Run {
        Run(
            seed: "\(run.seed)", verdict: run.verdict.rawValue, exitCode: run.code, seconds: rounded(run.seconds),
            again: test.replay(run), run: run.folder, message: run.message.isEmpty ? nil : run.message,
            problems: run.problems.isEmpty ? nil : run.problems, assertions: isShort ? nil : run.summary?.assertions)
    }

    private static func rounded(_ seconds: Double) -> Double { (seconds * 1_000).rounded() / 1_000 }
}
