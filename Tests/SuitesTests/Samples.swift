import ClusterModel
import Foundation

@testable import Suites

/// Suites for tests.
enum Samples {
    static let lost = """
        {"topology":"lossy","seed":7,"verdict":"fail","duration_s":1.5,"nodes":[],"faults":[],"assertions":[
        {"assertion":"delivery: at-least-once","from":"a","to":"b","verdict":"fail","line":11,
        "explanation":"3 of 10 <owed> messages lost","destinations":[{"to":"b","counts":{"attempted":10,"delivered":7,
        "lost":3,"processed":7,"owed":10,"zzz":0},"examples":[{"kind":"lost","message":"a.1.9","path":[
        {"t_ms":4.44,"event":"published by a"},{"t_ms":5,"event":"dropped by drop 30%"}]}]}]},
        {"assertion":"nodes: alive","verdict":"pass","destinations":[]}]}
        """
    static let passed = """
        {"topology":"lossy","seed":7,"verdict":"pass","duration_s":1.5,"nodes":[],"faults":[],"assertions":[
        {"assertion":"nodes: alive","verdict":"pass","destinations":[]}]}
        """

    static func summary(_ json: String) -> RunSummary { RunSummary(json: Data(json.utf8))! }

    static func run(_ verdict: SuiteVerdict, seed: UInt64 = 7, code: Int32? = nil) -> SuiteRun {
        let codes: [SuiteVerdict: Int32] = [.pass: 0, .fail: 1, .unknown: 2, .invalid: 65, .interrupted: 130]
        var run = SuiteRun(seed: seed, verdict: verdict, code: code ?? codes[verdict] ?? 70, seconds: 1.5)
        if verdict == .pass { run.summary = summary(passed) }
        if verdict == .fail { run.summary = summary(lost) }
        return run
    }

    static func result(_ name: String, _ runs: SuiteRun...) -> SuiteResult {
        SuiteResult(SuiteCase(name: name, path: "dir/\(name).yaml", seed: 7), runs: runs)
    }

    /// One of every kind.
    static var everything: SuiteOutcome {
        var bad = run(.invalid)
        bad.problems = [SuiteProblem(file: "dir/bad.yaml", line: 4, column: 2, message: "unknown key 'x', a:b%\nc")]
        var late = run(.timeout, code: 137)
        late.message = "did not end within 60.0 s"
        late.output = "log \u{1B}[31mred\u{1B}[0m \u{0}\u{8}]]> & <tag>\nnext\u{FFFE}"
        let lossy = SuiteResult(
            SuiteCase(
                name: "lossy #1", path: "dir/lossy.yaml", parameters: [.init("loss", "30%"), .init("who", "a b")],
                seed: 7), runs: [run(.fail)])
        return SuiteOutcome(
            results: [
                result("good", run(.pass)), lossy, result("late", late), result("bad", bad),
                result("shaky", run(.pass, seed: 7), run(.fail, seed: 8)), result("never"),
            ], leftOut: 2, seconds: 12.34)
    }
}
