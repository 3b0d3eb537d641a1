import ClusterModel
import History
import Testing

@testable import Assertions

@Suite struct CallRecoveryTests {
    /// Calls of 10 ms each: `s` success, `u` unknown, `n` not executed, `e` an application's error, `.` 10 ms without a
    /// call, `(` and `)` a fault begins and ends, `[` and `]` another one.
    private static func history(_ script: String, finished: Bool = true) -> CallHistory {
        var history = CallHistory()
        var number = 0
        for letter in script {
            switch letter {
            case "(": history.base.fault("drop 100%", link: "client <-> server")
            case ")": history.base.fault("drop 100%", link: "client <-> server", on: false)
            case "[": history.base.fault("blackhole", link: "client <-> server")
            case "]": history.base.fault("blackhole", link: "client <-> server", on: false)
            case ".": history.base.now += 10_000_000
            default:
                number += 1
                history.attempt("c/1/\(number)")
                history.base.now += 8_000_000
                let outcomes: [Character: CallOutcome] = [
                    "s": .success, "u": .unknown, "n": .notExecuted, "e": .error,
                ]
                history.result("c/1/\(number)", outcomes[letter]!)
            }
        }
        if finished { history.finish() }
        return history
    }

    private static func judge(_ script: String, within: Int = 25, after: String? = nil) -> AssertionResult {
        history(script).one(.recovery(CallScope(), within: .milliseconds(within), after: after))
    }

    @Test(arguments: [
        ("ss(uu)sss", Verdict.pass),  // at once
        ("ss(uu)uss", .pass),  // after 20 ms
        ("ss(uu)uuss", .fail),  // after 30 ms
        ("ss(uu)sunss", .fail),  // relapses count: it goes on failing until 40 ms
        ("ss(uu)usus", .fail),  // a success between two failures is no end of it
        ("ss(uu)snnss", .fail),
        ("ss(uu)nss", .pass),  // not executed is a failure, too
        ("ss(uu)nnss", .fail),
        ("ss(uu)eess", .pass),  // the application's errors are answers: nothing fails, though 30 ms pass
        ("ss(uu)uuuuu", .fail),  // never
        ("ss(uu)u", .unknown),  // the run's end came first
        ("ss(uu)", .unknown),  // nothing after it
        ("ss(uu)ee", .unknown),
        ("ssuu", .unknown),  // no fault
        ("ss(uuss", .unknown),  // it never ended
        ("ss(uu)....ss", .unknown),  // no call in that time
        ("(uu)ss(uu)ss", .pass),
        ("(uu)ss(uu)uuuss", .fail),  // each fault
        ("(uu)uuuss(uu)ss", .fail),
        ("(uu)s(uu)s(uu)s", .pass),  // what fails under the next one is the next one's
        ("(uu)u(uu)ss", .unknown),  // the next one came before anybody could tell
        ("([uu)uuuuu]ss", .pass),  // while another is on, nothing is judged
        ("([uu)uuuuu]uuuss", .fail),
        ("([uu])ss", .pass),
    ]) func scripts(_ script: String, _ verdict: Verdict) {
        #expect(Self.judge(script).verdict == verdict, "\(Self.judge(script).explanation)")
    }

    /// A call that was under way all the time and came through late is slow recovery, not a lack of calls.
    @Test func aCallThatHangsIsSlowRecovery() {
        var history = CallHistory()
        history.base.fault("blackhole", link: "all")
        history.attempt("c/1/1")
        history.base.fault("blackhole", link: "all", on: false)
        history.base.now += 500_000_000
        history.result("c/1/1", .success)
        history.finish()
        let result = history.one(.recovery(CallScope(), within: .milliseconds(100), after: nil))
        #expect(result.verdict == .fail)
        #expect(result.explanation == "blackhole, ended after 3ms: calls succeeded again after 501ms")
    }

    @Test func aNamedFault() {
        let script = "(uu)uuuuss[uu]ss"
        #expect(Self.judge(script).verdict == .fail)
        #expect(Self.judge(script, after: "blackhole").verdict == .pass)
        #expect(Self.judge(script, after: "drop 100%").verdict == .fail)
        let none = Self.judge(script, after: "reset")
        #expect(none.verdict == .unknown && none.explanation == "no fault reset has ended")
        #expect(none.title == "recovery: 25ms after reset")
    }

    @Test func theReportTellsEachFault() {
        let result = Self.judge("(uu)uss[uu]uuuss")
        guard case .recovery(let accounts)? = result.measure else {
            Issue.record("no recovery")
            return
        }
        #expect(accounts.map(\.fault) == ["drop 100%", "blackhole"])
        #expect(accounts.map(\.verdict) == [.pass, .fail])
        #expect(accounts.map { $0.after?.text } == ["20ms", "40ms"])
        #expect(result.examples.map(\.kind) == [.failed, .failed, .failed])
    }

    /// What the run's own end brings down has not failed to recover.
    @Test func theStopIsNoFailure() {
        var history = Self.history("ss(uu)ss")
        history.attempt("c/1/99")
        history.result("c/1/99", .unknown)
        #expect(history.one(.recovery(CallScope(), within: .milliseconds(25), after: nil)).verdict == .pass)
    }

    @Test func aCutRunProvesNothing() {
        let history = Self.history("ss(uu)ss", finished: false)
        #expect(history.one(.recovery(CallScope(), within: .milliseconds(25), after: nil)).verdict == .unknown)
    }
}
