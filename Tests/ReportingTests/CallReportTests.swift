import ClusterModel
import Testing

@testable import Assertions
@testable import Reporting

@Suite struct CallReportTests {
    // MARK: - JSON

    /// Word for word the shape that `docs/verdicts.md` promises.
    @Test func jsonHasThePromisedShape() {
        var report = CallSamples.report
        report.assertions = [CallSamples.calls(.atMostOnce, verdict: .pass)]
        #expect(
            report.json().hasSuffix(
                """
                "assertions":[{"assertion":"calls: at-most-once","method":"Calculator.suma","from":"client",\
                "to":"server","verdict":"pass","line":12,"destinations":[],"calls":{"counts":{"calls":1000,\
                "succeeded":990,"executed_with_error":2,"not_executed":3,"unknown":5,"in_flight":0,"attempts":1429,\
                "executions":995,"executed_again":0,"attached":12,"resent":230,"stale":0,"table_full":3,\
                "server_restarted":0,"deadline":0,"overloaded":0,"unexpected_replies":0,"unexpected_executions":0},\
                "table":{"success":{"0":0,"1":990,"2":0,"3+":0},"error":{"0":0,"1":2,"2":0,"3+":0},\
                "not_executed":{"0":3,"1":0,"2":0,"3+":0},"unknown":{"0":2,"1":3,"2":0,"3+":0}}},\
                "latency":{"measured":990,"left_out":10,"mean_ms":2.5,"p99_ms":12.345},"examples":[]}]}
                """))
    }

    @Test func jsonTellsBoundsMethodsAndWhatIsInFlight() {
        var result = CallSamples.calls(.maybe, verdict: .unknown)
        result.calls?.counts.executionsAtMost = 1_000
        result.calls?.table[.unknown, .undecided] = 5
        result.calls?.table[nil, .one] = 1
        let account = result.calls!
        result.calls?.methods = [
            .init(name: "Calculator.suma", counts: account.counts, table: account.table),
            .init(name: "Calculator.resta"),
        ]
        result.notes = ["a note"]
        result.examples = [CallSamples.example]
        var report = CallSamples.report
        report.assertions = [result]
        let json = report.json()
        #expect(json.contains(#""bounds":{"executions":[995,1000]}"#))
        #expect(
            json.contains(#""unknown":{"0":2,"1":3,"2":0,"3+":0,"undecided":5},"in_flight":{"0":0,"1":1,"2":0,"3+":0}"#)
        )
        #expect(json.contains(#""methods":[{"method":"Calculator.suma","counts":{"calls":1000,"#))
        #expect(json.contains(#"{"method":"Calculator.resta","counts":{"calls":0,"#))
        #expect(json.contains(#""notes":["a note"],"examples":[{"kind":"executed-again","message":"client/1/7""#))
    }

    @Test func jsonOfNumbers() {
        func json(_ measure: CallMeasure) -> String {
            var report = RunReport(topology: "t", seed: 1, duration: .zero)
            report.assertions = [AssertionResult(title: "x", verdict: .pass)]
            report.assertions[0].measure = measure
            return report.json()
        }
        #expect(
            json(.throughput(ThroughputAccount(succeeded: 990, elapsed: .milliseconds(2_000))))
                .contains(#""throughput":{"per_second":495,"succeeded":990,"elapsed_s":2}"#))
        #expect(
            json(.availability(AvailabilityAccount(succeeded: 2, calls: 3)))
                .contains(#""availability":{"share":0.666667,"succeeded":2,"calls":3}"#))
        let recovery = json(
            .recovery([
                RecoveryAccount(fault: "drop 30%", ended: 2_000_000_000, after: .milliseconds(120), verdict: .pass),
                RecoveryAccount(fault: "reset", ended: 5_000_000_000, verdict: .unknown, reason: "nothing"),
            ]))
        #expect(
            recovery.contains(
                #""recovery":[{"fault":"drop 30%","ended_ms":2000,"after_ms":120,"verdict":"pass"},"#
                    + #"{"fault":"reset","ended_ms":5000,"verdict":"unknown","reason":"nothing"}]"#))
    }

    /// Where there is nothing of calls, nothing of calls is said.
    @Test func jsonOfOtherAssertionsIsAsItWas() {
        #expect(!Samples.report.json().contains("\"calls\""))
        #expect(!Samples.report.json().contains("\"method\""))
    }

    // MARK: - Text

    @Test func theTableIsAligned() {
        var report = CallSamples.report
        report.assertions = [CallSamples.calls(.atMostOnce, verdict: .pass)]
        let expected = [
            "executions    0    1  2  3+",
            "success       0  990  0   0",
            "error         0    2  0   0",
            "not executed  3    0  0   0",
            "unknown       2    3  0   0",
        ]
        let terminal = report.text(width: 100)
        #expect(terminal.contains(expected.map { "    \($0)\n" }.joined()))
        #expect(terminal.contains("✔ calls: at-most-once  Calculator.suma  client → server"))
        #expect(
            terminal.contains("calls 1000 · attempts 1429 · executions 995 · attached 12 · resent 230 · table full 3"))
        #expect(terminal.contains("latency: mean 2.5ms, p99 12.345ms (990 calls)"))
        let plain = report.text()
        #expect(plain.contains("pass: calls: at-most-once of Calculator.suma from client to server [line 12]\n"))
        #expect(plain.contains(expected.map { "  \($0)\n" }.joined()))
        #expect(plain.contains("  calls 1000, attempts 1429, executions 995, attached 12, resent 230, table full 3\n"))
        #expect(plain.contains("  latency: mean 2.5ms, p99 12.345ms (990 calls)\n"))
        #expect(!plain.contains("·") && !plain.contains("\u{1B}"))
    }

    @Test func theTableShowsWhatIsNotKnownOnlyWhereThereIsSome() {
        var report = CallSamples.report
        report.assertions = [CallSamples.calls(.atMostOnce, verdict: .unknown)]
        #expect(!report.text(width: 100).contains("in flight") && !report.text(width: 100).contains("?  \n"))
        report.assertions[0].calls?.table[nil, .one] = 4
        report.assertions[0].calls?.table[.unknown, .undecided] = 5
        report.assertions[0].calls?.counts.executionsAtMost = 1_000
        let text = report.text(width: 100)
        #expect(text.contains("executions    0    1  2  3+  ?\n"))
        #expect(text.contains("unknown       2    3  0   0  5\n"))
        #expect(text.contains("in flight     0    4  0   0  0\n"))
        #expect(text.contains("executions 995–1000"))
    }

    /// Green is what the semantics allow, red what they forbid, yellow what they leave open.
    @Test func coloursSayWhatTheSemanticsAllow() {
        var report = CallSamples.report
        var result = CallSamples.calls(.atMostOnce, verdict: .fail)
        result.calls?.table[.success, .two] = 77
        result.calls?.table[.unknown, .undecided] = 66
        report.assertions = [result]
        let text = report.text(width: 100, color: true)
        #expect(text.contains("\u{1B}[32m990\u{1B}[0m"))
        #expect(text.contains("\u{1B}[31m77\u{1B}[0m"))
        #expect(text.contains("\u{1B}[33m66\u{1B}[0m"))
        // Twice is fine where only once at least is promised.
        report.assertions[0].calls?.guarantee = .atLeastOnce
        #expect(report.text(width: 100, color: true).contains("\u{1B}[32m77\u{1B}[0m"))
        let stripped = report.text(width: 100, color: true).replacing(try! Regex("\u{1B}\\[[0-9;]*m"), with: "")
        #expect(stripped == report.text(width: 100))
    }

    @Test(arguments: [40, 60, 80, 120]) func linesKeepWithinTheTerminal(_ width: Int) {
        var report = CallSamples.report
        var result = CallSamples.calls(.atMostOnce, verdict: .fail)
        result.calls?.table[.success, .two] = 1_234_567
        result.calls?.table[.unknown, .none] = 1_234_567
        result.calls?.methods = [.init(name: "Calculator.suma"), .init(name: "Calculator.resta")]
        result.notes = ["1 call in flight when the run was cut: not judged"]
        result.examples = [CallSamples.example]
        report.assertions = [result]
        for line in report.text(width: width).split(separator: "\n") {
            guard !line.contains("→"), !line.contains("orch up") else { continue }
            #expect(line.count <= width, "\(line)")
        }
        if width == 40 { #expect(report.text(width: 40).contains("success: 990 × 1, 1234567 × 2")) }
    }

    @Test func examplesAndNotesAreShown() {
        var report = CallSamples.report
        var result = CallSamples.calls(.atMostOnce, verdict: .fail)
        result.examples = [CallSamples.example]
        result.notes = ["1 call in flight when the run was cut: not judged"]
        report.assertions = [result]
        let text = report.text(width: 120)
        #expect(text.contains("executed-again client/1/7\n"))
        #expect(text.contains("+1.5 ms  server began to execute it (attempt 2)"))
        #expect(text.contains("note: 1 call in flight"))
        let plain = report.text()
        #expect(
            plain.contains(
                "  executed-again client/1/7: +1.0 ms client sent attempt 1 to server; "
                    + "+1.5 ms server began to execute it (attempt 2)\n"))
        #expect(plain.contains("  note: 1 call in flight"))
        // What holds needs no example.
        report.assertions[0].verdict = .pass
        #expect(!report.text(width: 120).contains("executed-again client") && !report.text().contains("client/1/7"))
    }

    @Test func numbersAreALine() {
        func lines(_ measure: CallMeasure, _ verdict: Verdict) -> String {
            var report = RunReport(topology: "t", seed: 1, duration: .zero)
            report.assertions = [AssertionResult(title: "x", verdict: verdict, explanation: "because")]
            report.assertions[0].measure = measure
            return report.text(width: 120)
        }
        let rate = CallMeasure.throughput(ThroughputAccount(succeeded: 990, elapsed: .seconds(2)))
        #expect(lines(rate, .pass).contains("495/s: 990 calls succeeded in 2s"))
        #expect(!lines(rate, .fail).contains("495/s"))
        let share = CallMeasure.availability(AvailabilityAccount(succeeded: 999, calls: 1_000))
        #expect(lines(share, .pass).contains("99.9%: 999 of 1000 calls succeeded"))
        let recovery = CallMeasure.recovery([
            RecoveryAccount(fault: "drop 30%", ended: 2_000_000_000, after: .milliseconds(120), verdict: .pass),
            RecoveryAccount(fault: "reset", ended: 5_000_000_000, verdict: .fail, reason: "never"),
        ])
        #expect(lines(recovery, .fail).contains("drop 30%, ended after 2s: calls succeeded for good after 120ms"))
        #expect(lines(recovery, .fail).contains("reset, ended after 5s: never"))
        let latency = CallMeasure.latency(
            LatencyAccount(
                measured: 1,
                values: [.init(name: "p99", duration: .milliseconds(80), bound: "<50ms", holds: false)]))
        #expect(lines(latency, .fail).contains("latency: p99 80ms (expected <50ms) (1 call)"))
    }

    @Test func withoutCallsThereIsNoTable() {
        var report = CallSamples.report
        report.assertions[0].calls = CallAccount(guarantee: .maybe)
        #expect(!report.text(width: 100).contains("success"))
        #expect(report.text(width: 100).contains("calls 0 · executions 0"))
    }
}

/// Reports and topologies of calls that the tests print.
enum CallSamples {
    static func calls(_ guarantee: CallGuarantee, verdict: Verdict) -> AssertionResult {
        var result = AssertionResult(
            title: "calls: \(guarantee.rawValue)", verdict: verdict, from: "client", to: "server", line: 12)
        result.method = "Calculator.suma"
        var account = CallAccount(guarantee: guarantee)
        account.counts.calls = 1_000
        account.counts.succeeded = 990
        account.counts.executedWithError = 2
        account.counts.notExecuted = 3
        account.counts.unknown = 5
        account.counts.attempts = 1_429
        account.counts.executions = 995
        account.counts.executionsAtMost = 995
        account.counts.attached = 12
        account.counts.resent = 230
        account.counts.tableFull = 3
        account.table[.success, .one] = 990
        account.table[.error, .one] = 2
        account.table[.notExecuted, .none] = 3
        account.table[.unknown, .none] = 2
        account.table[.unknown, .one] = 3
        result.calls = account
        result.measure = .latency(
            LatencyAccount(
                measured: 990, leftOut: 10,
                values: [
                    .init(name: "mean", duration: .microseconds(2_500)),
                    .init(name: "p99", duration: .microseconds(12_345)),
                ]))
        return result
    }

    static let example = Example(
        kind: .executedAgain, message: "client/1/7",
        path: [
            .init(time: 1_000_000, text: "client sent attempt 1 to server"),
            .init(time: 1_500_000, text: "server began to execute it (attempt 2)"),
        ])

    static let report = RunReport(
        topology: "rpc", file: "rpc.yaml", seed: 7, duration: .seconds(2),
        assertions: [calls(.atMostOnce, verdict: .pass)])

    static let topology = Topology(
        name: "rpc",
        nodes: [
            Node(name: "broker", broker: BrokerRole()),
            Node(name: "server", replicas: 2, serve: ServeRole(services: ["shop.v1.Calculator"], port: 7_000)),
            Node(name: "back", serve: ServeRole(services: ["Stock"], via: .queue("stock", broker: "broker"))),
            Node(
                name: "client",
                call: [
                    CallRole(service: "shop.v1.Calculator", method: "suma", to: "server"),
                    CallRole(service: "Stock", method: "take", to: "back", via: .queue("stock", broker: "broker")),
                ]),
            Node(name: "script", command: CommandRole(arguments: ["python3", "client.py"])),
        ],
        faults: [
            FaultSpec(.drop(Share(0.3)), link: .oneWay(.named("client"), .named("server-2"))),
            FaultSpec(
                .drop(Share(0.1)), link: .bothWays(.named("client"), .named("server")),
                only: FaultFilter(kinds: [.reply])),
            FaultSpec(.drop(Share(0.2)), only: FaultFilter(kinds: [.publish])),
        ])
}
