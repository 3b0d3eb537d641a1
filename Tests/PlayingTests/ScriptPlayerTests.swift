import ClusterModel
import Synchronization
import Testing

@testable import Playing

/// What a script's functions become, and where its errors point, with nobody behind them.
@Suite struct ScriptPlayerTests {
    /// Notes what it is asked to do, and answers as it was told to.
    private final class Recorder: Sendable {
        private let verbs = Mutex<[String]>([])
        let answer: @Sendable (Verb) -> VerbResult

        init(_ answer: @escaping @Sendable (Verb) -> VerbResult = { _ in VerbResult() }) { self.answer = answer }

        var all: [String] { verbs.withLock { $0 } }

        func perform(_ verb: Verb, _ place: String) -> VerbResult {
            verbs.withLock { $0.append("\(place) \(verb.text)") }
            return answer(verb)
        }
    }

    private static let topology = Topology(
        name: "t", queues: [Queue(name: "q")],
        nodes: [
            Node(name: "broker", broker: BrokerRole()),
            Node(name: "a", publish: [PublishRole(exchange: "", broker: "broker")]),
            Node(name: "worker", replicas: 2, consume: [ConsumeRole(queue: "q", broker: "broker")]),
        ])

    private func run(_ source: String, firstLine: Int = 1, seed: UInt64 = 1, _ recorder: Recorder = Recorder()) async
        -> (end: ScriptPlayer.End, verbs: [String])
    {
        let script = ScenarioScript(name: "x.lua", source: source, firstLine: firstLine)
        let player = ScriptPlayer(script, topology: Self.topology, seed: seed) { verb, place, _ in
            recorder.perform(verb, place)
        }
        return (await player.run(), recorder.all)
    }

    @Test func functionsBecomeVerbs() async {
        let (end, verbs) = await run(
            """
            wait(0.5)
            wait("20ms")
            local f = fault("drop 30%", { link = "a -> broker", ["for"] = 2 })
            f:clear()
            clear()
            publish { queue = "q", body = "$$(x)" }
            kill("worker-1", { signal = "TERM" })
            pause("worker") resume("worker") stop("worker") start("worker") restart("worker")
            assert_that("delivery: at-least-once", { from = "a", to = "worker", within = 2, of = "attempted" })
            status("worker")
            queue("q")
            log("round", 3)
            """, Recorder { if case .fault = $0 { VerbResult(value: .string("drop-1")) } else { VerbResult() } })
        #expect(end == .finished)
        #expect(
            verbs == [
                "x.lua:1 wait 500ms", "x.lua:2 wait 20ms", "x.lua:3 fault drop 30%", "x.lua:4 clear drop-1",
                "x.lua:5 clear all", "x.lua:6 publish to queue q", "x.lua:7 kill worker-1 with TERM",
                "x.lua:8 pause worker", "x.lua:8 resume worker", "x.lua:8 stop worker", "x.lua:8 start worker",
                "x.lua:8 restart worker", "x.lua:9 assert delivery: at-least-once", "x.lua:10 status worker",
                "x.lua:11 queue q", "x.lua:12 note round 3",
            ])
    }

    @Test func optionsAndValuesArrive() async {
        let recorder = Recorder { verb in
            switch verb {
            case .fault(let spec): #expect(spec.duration == .seconds(2) && spec.link?.description == "a -> broker")
            case .assert(let spec): #expect(spec.within == .milliseconds(1_500))
            case .publish(let message):
                #expect(
                    message.body == "$$(x)" && message.key == "q"
                        && message.headers == ["n": .int(5), "s": .string("5")])
                #expect(message.broker == "broker")
            case .queue: return VerbResult(value: .table(["depth": .int(7)]))
            case .note(let text): #expect(text == "7")
            default: break
            }
            return VerbResult()
        }
        let (end, verbs) = await run(
            """
            fault("drop 30%", { link = "a -> broker", ["for"] = 2 })
            assert_that("node: worker", { state = "running", within = 1.5 })
            publish { queue = "q", body = "$$(x)", headers = { n = 5, s = "5" } }
            log(queue("q").depth)
            """, recorder)
        #expect(end == .finished && verbs.count == 5)
    }

    @Test(arguments: [
        (
            "\nkill('nobody')",
            "x.lua:2: kill: there is no node 'nobody'; there are broker, a, worker, worker-1 and worker-2"
        ),
        ("fault('dorp 3%')", "x.lua:1: fault: unknown key 'dorp' in fault, did you mean 'drop'?"),
        ("wait({})", "x.lua:1: wait: expected seconds up to a day, or a text such as \"200ms\""),
        ("\n\nlocal x = nil + 1", "x.lua:3: attempt to perform arithmetic on a nil value"),
        ("wait_until(3)", "x.lua:1: wait_until: expected a function"),
        ("io.open('x')", "x.lua:1: attempt to index a nil value (global 'io')"),
        ("x = = 1", "x.lua:1: unexpected symbol near '='"),
    ])
    func errorsPointAtTheirLine(source: String, message: String) async {
        let (end, verbs) = await run(source)
        #expect(end == .failed(message))
        #expect(verbs.isEmpty)
    }

    @Test func anInlineTextHasTheLinesOfItsFile() async {
        let (end, _) = await run("wait(0)\nkill(1)", firstLine: 12)
        #expect(end == .failed("x.lua:13: kill: expected a node such as \"worker-1\" as argument 1"))
    }

    @Test func aVerbThatFailsIsAnErrorThatAScriptMayCatch() async {
        let recorder = Recorder { if case .kill = $0 { .failed("no such luck") } else { VerbResult() } }
        let (end, verbs) = await run(
            """
            local ok, message = pcall(kill, "worker")
            log(ok, message)
            kill("worker")
            log("never")
            """, recorder)
        #expect(end == .failed("x.lua:3: kill: no such luck"))
        #expect(verbs.count == 3 && verbs[1].hasPrefix("x.lua:2 note false ") && verbs[1].hasSuffix("no such luck"))
    }

    @Test func waitUntilAsksAgainAndGivesUp() async {
        let answers = Mutex(0)
        let recorder = Recorder { verb in
            guard case .queue = verb else { return VerbResult() }
            return VerbResult(
                value: .table([
                    "depth": .int(
                        answers.withLock {
                            $0 += 1
                            return Int64(3 - $0)
                        })
                ]))
        }
        let held = await run("log(wait_until(function() return queue('q').depth == 0 end))", recorder)
        #expect(held.end == .finished)
        #expect(held.verbs.count { $0.hasSuffix("queue q") } == 3)
        let late = await run("\nwait_until(function() return false end, { within = 0 })")
        #expect(late.end == .failed("x.lua:2: wait_until: the condition did not come true within 0 s"))
    }

    @Test func randomFollowsFromTheSeed() async {
        let source = "log(random(1, 1000000), math.random(1, 1000000))"
        let (first, second, other) = (await run(source), await run(source), await run(source, seed: 2))
        #expect(first.end == .finished)
        #expect(first.verbs == second.verbs && first.verbs != other.verbs)
    }

    @Test func theEndOfTheRunCutsAScriptShort() async {
        let (end, verbs) = await run("pcall(wait, 1) log('never')", Recorder { _ in .cut })
        #expect(end == .cut && verbs.count == 1)
    }

    @Test func anEndlessScriptIsEnded() async {
        let (end, _) = await run("local t = {} while true do t[#t + 1] = string.rep('x', 100000) .. #t end")
        guard case .failed(let message) = end else { return #expect(Bool(false), "\(end)") }
        #expect(message.hasPrefix("x.lua used more than 32 MiB"))
    }
}
