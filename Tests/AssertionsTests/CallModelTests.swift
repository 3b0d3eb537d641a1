import ClusterModel
import History
import Testing

@testable import Assertions

/// Random runs of a small simulated world that knows what really happened, against what the checkers make of the
/// evidence that it leaves. Calls overlap; requests and replies are lost and doubled; servers filter duplicates or not,
/// crash part-way and come back; callers give up and die.
@Suite struct CallModelTests {
    private typealias Step = (inout CallHistory) -> Void

    /// What is true of one call.
    private struct Truth {
        var outcome: CallOutcome?
        var executions = 0
        var attempts = 0
        var resent = 0
    }

    private struct World {
        var chance: SeededGenerator
        var truths: [Truth] = []
        var scripts: [[Step]] = []
        var stamp: Int64 = 0
        var number: UInt64 = 0

        init(seed: UInt64) { chance = SeededGenerator(seed: seed, "calls") }

        mutating func roll(_ of: Int) -> Int { Int.random(in: 0..<of, using: &chance) }
        mutating func flip() -> Bool { Bool.random(using: &chance) }

        /// The scripts one among the other, each in its own order.
        mutating func play(_ history: inout CallHistory) {
            var positions = scripts.map { _ in 0 }
            var open = Array(scripts.indices)
            while !open.isEmpty {
                let index = roll(open.count)
                let script = open[index]
                guard positions[script] < scripts[script].count else {
                    open.remove(at: index)
                    continue
                }
                scripts[script][positions[script]](&history)
                positions[script] += 1
            }
        }

        // MARK: - Native at both ends

        mutating func addNative() {
            let id = "client/1/\(scripts.count + 1)"
            let filters = flip()
            var truth = Truth()
            var script: [Step] = []
            var isAnswered = false
            for attempt in 1...UInt32(1 + roll(4)) where !isAnswered {
                truth.attempts += 1
                script.append { $0.attempt(id, attempt) }
                for _ in 0..<roll(3) {
                    if filters, truth.executions > 0 {
                        truth.resent += 1
                        script.append { $0.duplicate(id, .resent, attempt: attempt) }
                    } else {
                        truth.executions += 1
                        number += 1
                        let number = number
                        script.append { $0.begin(id, number: number, attempt: attempt) }
                        let ends = roll(4) > 0
                        if ends { script.append { $0.end(number) } }
                    }
                    isAnswered = isAnswered || flip()
                }
            }
            let outcomes: [CallOutcome?] =
                isAnswered
                ? [.success, .error] : truth.executions == 0 ? [.notExecuted, .unknown, nil] : [.unknown, nil]
            truth.outcome = outcomes[roll(outcomes.count)]
            if let outcome = truth.outcome { script.append { $0.result(id, outcome) } }
            truths.append(truth)
            scripts.append(script)
        }

        // MARK: - Programs at both ends

        mutating func addForeign() {
            var truth = Truth()
            truth.attempts = 1
            stamp += 1
            let stamp = stamp
            var script: [Step] = []
            let fate = [Fate.passed, .passed, .dropped, .duplicated][roll(4)]
            script.append { $0.request(stamp: stamp, fate: fate) }
            var isToldNothing = true
            for copy in 1...UInt8(2) where fate != .dropped && (copy == 1 || fate == .duplicated) {
                let isSeen = isToldNothing && flip()
                let replyFate: Fate = isSeen ? .passed : .dropped
                // What the server did, and how it ended it: (executed, reply, code, what a client that saw it knows)
                let ends: [(Bool, CallReplyOutcome?, UInt16, CallOutcome?)] = [
                    (true, .finished, 0, .success), (true, .finished, 9, .error), (false, .finished, 12, .notExecuted),
                    (true, .finished, 4, .unknown), (false, .finished, 14, .unknown),
                    (false, .refused, 0, .notExecuted),
                    (true, .connectionLost, 0, .unknown), (false, .resetByServer, 0, .unknown), (true, nil, 0, nil),
                    (false, nil, 0, nil),
                ]
                let (isExecuted, end, code, outcome) = ends[roll(ends.count)]
                truth.executions += isExecuted ? 1 : 0
                guard let end else { continue }
                script.append { $0.reply(stamp, end, code: code, copy: copy, fate: replyFate) }
                if isSeen {
                    truth.outcome = outcome
                    isToldNothing = false
                } else if end == .connectionLost, truth.outcome == nil {
                    truth.outcome = .unknown
                    isToldNothing = false
                }
            }
            if truth.outcome == nil, flip() {
                truth.outcome = .unknown
                script.append { $0.reply(stamp, .resetByClient, copy: 0) }
            }
            truths.append(truth)
            scripts.append(script)
        }
    }

    /// The verdict that the truth deserves, by the words of `docs/verdicts.md`.
    private static func deserved(_ guarantee: CallGuarantee, _ truth: Truth) -> Verdict {
        let n = truth.executions
        switch (guarantee, truth.outcome) {
        case (.maybe, nil), (.atLeastOnce, nil), (.maybe, .unknown), (.atLeastOnce, .unknown): return .pass
        case (.atMostOnce, .unknown), (.atMostOnce, nil), (.exactlyOnce, nil): return n <= 1 ? .pass : .fail
        case (.exactlyOnce, .unknown): return n == 1 ? .unknown : .fail
        case (.exactlyOnce, .notExecuted): return .fail
        case (_, .notExecuted): return n == 0 ? .pass : .fail
        case (.maybe, _), (.atLeastOnce, _): return n >= 1 ? .pass : .fail
        case (.atMostOnce, _), (.exactlyOnce, _): return n == 1 ? .pass : .fail
        }
    }

    private static func counts(_ truths: [Truth]) -> CallCounts {
        var counts = CallCounts()
        counts.calls = truths.count
        counts.succeeded = truths.count { $0.outcome == .success }
        counts.executedWithError = truths.count { $0.outcome == .error }
        counts.notExecuted = truths.count { $0.outcome == .notExecuted }
        counts.unknown = truths.count { $0.outcome == .unknown }
        counts.inFlight = truths.count { $0.outcome == nil }
        counts.attempts = truths.reduce(0) { $0 + $1.attempts }
        counts.executions = truths.reduce(0) { $0 + $1.executions }
        counts.executionsAtMost = counts.executions
        counts.executedAgain = truths.reduce(0) { $0 + max(0, $1.executions - 1) }
        counts.resent = truths.reduce(0) { $0 + $1.resent }
        return counts
    }

    private static func table(_ truths: [Truth]) -> CallTable {
        var table = CallTable()
        for truth in truths {
            let column = [CallTable.Column.none, .one, .two, .more][min(truth.executions, 3)]
            table[truth.outcome, column] += 1
        }
        return table
    }

    @Test func nativeCallsAreCountedAsTheyWere() {
        for seed in 0..<120 {
            var world = World(seed: UInt64(seed))
            for _ in 0..<(1 + world.roll(12)) { world.addNative() }
            var history = CallHistory()
            world.play(&history)
            history.finish()
            for guarantee in CallGuarantee.allCases {
                let result = history.result(guarantee)
                let truths = world.truths
                #expect(result.calls!.counts == Self.counts(truths), "seed \(seed)")
                #expect(result.calls!.table == Self.table(truths), "seed \(seed)")
                let deserved = truths.map { Self.deserved(guarantee, $0) }
                if deserved.contains(.fail) {
                    #expect(result.verdict == .fail, "seed \(seed), \(guarantee)")
                } else {
                    #expect(result.verdict != .fail, "seed \(seed), \(guarantee)")
                    if result.verdict == .pass { #expect(!deserved.contains(.unknown)) }
                }
            }
        }
    }

    /// Bounds hold the truth, a verdict is never wrong, and what is certain is said.
    @Test func whatLinksSawOfProgramsIsNeverWrong() {
        var said: [Verdict: Int] = [:]
        for seed in 0..<250 {
            var world = World(seed: 1_000 + UInt64(seed))
            for _ in 0..<(1 + world.roll(4)) { world.addForeign() }
            var history = CallHistory()
            world.play(&history)
            history.finish()
            for guarantee in CallGuarantee.allCases {
                let result = history.result(guarantee, CallHistory.foreign)
                let counts = result.calls!.counts
                let truths = world.truths
                #expect(counts.succeeded == truths.count { $0.outcome == .success }, "seed \(seed)")
                #expect(counts.executedWithError == truths.count { $0.outcome == .error }, "seed \(seed)")
                #expect(counts.notExecuted == truths.count { $0.outcome == .notExecuted }, "seed \(seed)")
                #expect(counts.unknown == truths.count { $0.outcome == .unknown }, "seed \(seed)")
                let executions = truths.reduce(0) { $0 + $1.executions }
                #expect(counts.executions <= executions && executions <= counts.executionsAtMost, "seed \(seed)")
                let isViolated = truths.contains { Self.deserved(guarantee, $0) == .fail }
                if result.verdict == .fail { #expect(isViolated, "seed \(seed), \(guarantee)") }
                if result.verdict == .pass { #expect(!isViolated, "seed \(seed), \(guarantee)") }
                said[result.verdict, default: 0] += 1
            }
        }
        for verdict in Verdict.allCases { #expect(said[verdict, default: 0] > 50) }
    }

    /// Whatever is missing or out of place, a judgement comes out.
    @Test func damagedHistoriesDoNotTrap() {
        let assertions: [Assertion] =
            CallGuarantee.allCases.map { .calls($0, CallScope()) } + [
                .calls(.atMostOnce, CallScope(method: "Calculator", from: "client", to: "server")),
                .latency(CallScope(), [LatencyBound(.percentile(99), .less, .seconds(1))]),
                .throughput(CallScope(), Condition(.greater, 1)), .availability(CallScope(), Condition(.greater, 0.5)),
                .recovery(CallScope(), within: .milliseconds(5), after: nil),
            ]
        for seed in 0..<100 {
            var world = World(seed: 5_000 + UInt64(seed))
            for _ in 0..<6 {
                if world.flip() { world.addNative() } else { world.addForeign() }
            }
            var history = CallHistory()
            world.play(&history)
            history.base.fault("drop 1%", link: "all")
            history.base.fault("drop 1%", link: "all", on: false)
            history.finish()
            var damaged = history.history
            damaged.entries.shuffle(using: &world.chance)
            damaged.entries.removeFirst(world.roll(damaged.entries.count))
            for index in damaged.entries.indices where world.roll(8) == 0 {
                damaged.entries[index].time = [.min, .max, 0, -1].randomElement(using: &world.chance)!
            }
            for index in damaged.entries.indices where world.roll(20) == 0 { damaged.entries[index].source = 99 }
            var topology = world.flip() ? CallHistory.native : CallHistory.foreign
            topology.assertions = assertions.map { AssertionSpec($0) }
            let results = Judge.judge(history: damaged, topology: topology)
            #expect(results.count >= assertions.count)
        }
    }
}
