import Foundation
import Testing

extension ViolationChecks {
    // MARK: - Objects

    static let objects: [String: Check] = [
        "linearizable": linearizable, "owner": owner, "collected": collected, "alive": alive, "pause": pause,
        "state": state,
    ]

    private static func linearizable(_ run: ViolationRun, _ judged: ViolationRun.Judged) {
        #expect(judged.messages("unexplained") == ["client/1.1.o1/6"])
        #expect(judged.explanation.contains("increment() → 5"))
        #expect(judged.examples.first?.path.count == 6 && judged.examples.first?.tells("explained by no order") == true)
        #expect(run.events.of("object-reply", by: "client").count == 12)
    }

    private static func owner(_ run: ViolationRun, _ judged: ViolationRun.Judged) {
        #expect(judged.explanation == "acc-1: host-b and host-c both served epoch 2")
        #expect(judged.messages("two-owners") == ["acc-1"])
        #expect(judged.examples.first?.tells("host-b serves it, epoch 2", "host-c serves it, epoch 2") == true)
        let served = run.events.of("object-change").filter {
            $0["object"] as? String == "acc-1" && $0["epoch"] as? Int == 2 && $0["change"] as? String == "activated"
        }
        #expect(served.compactMap { ($0["source"] as? String)?.prefix(6) } == ["host-b", "host-c"])
    }

    private static func collected(_ run: ViolationRun, _ judged: ViolationRun.Judged) throws {
        let held = run.events.of("reference-change", by: "holder").filter { $0["change"] as? String == "held" }
        let items = Set(held.compactMap { $0["object"] as? String })
        #expect(items.count == 5 && Set(judged.messages("leaked")) == items)
        #expect(judged.number("collected", "max_ms") > 200)
        #expect(judged.number("collected", "objects") >= 5)
        for example in judged.examples {
            #expect(example.tells("holder holds a reference", "holder ended", "its lease was over"))
            let death = try #require(example.path.first { $0.text == "holder ended" })
            let last = try #require(example.path.last)
            #expect(last.text == "collected at host" && last.time - death.time > 200)
        }
    }

    private static func alive(_ run: ViolationRun, _ judged: ViolationRun.Judged) throws {
        #expect(judged.explanation.hasPrefix("acc-1 was gone for client after "))
        #expect(judged.messages("taken-away") == ["acc-1"])
        #expect(judged.examples.first?.tells("created at host-a, epoch 1", "host-a ended", "(object-gone") == true)
        let told = run.events.of("call-result", by: "client").first {
            ($0["reason"] as? String ?? "").contains("object-gone")
        }
        let call = try #require(told?["call"] as? String)
        #expect(judged.examples.first?.path.last?.text.hasPrefix("outcome of \(call) at client") == true)
    }

    private static func pause(_ run: ViolationRun, _ judged: ViolationRun.Judged) {
        let moves = run.events.of("object-change").filter { $0["change"] as? String == "activated" }
        let begins = run.events.of("object-change").filter { $0["change"] as? String == "draining" }
        #expect(moves.count == 3 && begins.count == 3)
        #expect(judged.number("pause", "migrations") == 3 && judged.number("pause", "abandoned") == 0)
        let times = zip(begins, moves).map { Double(($1["time"] as? Int ?? 0) - ($0["time"] as? Int ?? 0)) / 1e6 }
        #expect(abs((times.max() ?? 0) - judged.number("pause", "max_ms")) < 0.001 && times.allSatisfy { $0 > 50 })
        #expect(judged.messages("slow") == ["acc-1", "acc-1", "acc-1"])
        #expect(judged.examples.allSatisfy { $0.tells("lets invocations wait", "knows that it has moved") })
    }

    private static func state(_ run: ViolationRun, _ judged: ViolationRun.Judged) {
        #expect(judged.explanation == "acc-1: balance: expected 13, found 12")
        #expect(run.events.texts("state", of: "object-state").last?.contains("\"balance\":12") == true)
    }

    // MARK: - Peers

    static let peers: [String: Check] = [
        "converged": converged, "detected": detected, "false-deaths": falseDeaths, "coherent": coherent,
        "found": found, "messages-at-least-once": undelivered, "messages-exactly-once": undelivered,
    ]

    private static func converged(_ run: ViolationRun, _ judged: ViolationRun.Judged) throws {
        let death = try end(of: "peer-4", run)
        for peer in ["peer-1", "peer-2", "peer-3"] {
            let learned = try #require(time(peer, holds: "peer-4", toBe: "dead", run))
            #expect(learned - death > 100, "it cannot know before")
            // Others may be of the start, where it took them longer to meet.
            let examples = judged.examples.filter { $0.kind == "disagreeing" && $0.message == peer }
            #expect(
                examples.contains { $0.tells("peer-4 ended (signal 9)", "\(peer) still holds peer-4 to be alive") })
        }
        #expect(judged.number("convergence", "max_ms") > 100)
    }

    private static func detected(_ run: ViolationRun, _ judged: ViolationRun.Judged) throws {
        let death = try end(of: "peer-4", run)
        let wanted = ["peer-1", "peer-2", "peer-3"]
        #expect(judged.messages("undetected") == wanted.map { "peer-4 at \($0)" })
        for (peer, example) in zip(wanted, judged.examples) {
            let learned = try #require(time(peer, holds: "peer-4", toBe: "dead", run))
            #expect(learned - death > 100)
            #expect(example.tells("peer-4 ended (signal 9)", "the time was up", "\(peer) held peer-4 to be dead"))
        }
    }

    private static func falseDeaths(_ run: ViolationRun, _ judged: ViolationRun.Judged) throws {
        let stop = try #require(run.events.of("phase").last?["time"] as? Int)
        let dead = run.events.of("member-change").filter {
            $0["status"] as? String == "dead" && ($0["time"] as? Int ?? 0) < stop
        }
        let wanted = dead.map { "\($0["member"] as? String ?? "") at \($0["source"] as? String ?? "")" }
        #expect(wanted.contains("peer-3 at peer-1") && wanted.contains("peer-3 at peer-2"))
        #expect(judged.messages("false-death").count == min(wanted.count, 10))
        #expect(Set(judged.messages("false-death")).isSubset(of: wanted))
        #expect(judged.explanation.hasPrefix("\(wanted.count) times a member that lived was held to be dead"))
        let groups = run.run.report["peers"] as? [[String: Any]]
        #expect(groups?.first?["false_deaths"] as? Int == wanted.count)
    }

    private static func coherent(_ run: ViolationRun, _ judged: ViolationRun.Judged) {
        let items = run.events.of("peer-send", by: "a").compactMap { $0["message"] as? String }
        let lacking = Set(items).subtracting(run.events.texts("message", of: "peer-receipt", by: "b"))
        #expect(items.count == 15 && !lacking.isEmpty)
        #expect(judged.explanation == "\(lacking.count) items not with all live members")
        #expect(judged.messages("missing").count == min(lacking.count, 10))
        #expect(lacking.isSuperset(of: judged.messages("missing")))
        #expect(judged.examples.allSatisfy { $0.tells("broadcast by a", "not with b at the end") })
    }

    private static func found(_ run: ViolationRun, _ judged: ViolationRun.Judged) {
        let asked = run.events.of("lookup", by: "asker").filter { $0["resource"] as? String == "song-1" }
        let wanted = asked.compactMap { $0["lookup"] as? String }
        #expect(wanted.count == 4 && judged.messages("not-found") == wanted)
        #expect(judged.explanation == "4 of 8 lookups found, expected >=90%")
        #expect(judged.examples.allSatisfy { $0.tells("peer-1 has it from now on", "no answer in time") })
        let answered = run.events.of("lookup-result").filter { $0["type"] as? String == "ok" }
        #expect(Set(wanted).isDisjoint(with: answered.compactMap { $0["lookup"] as? String }))
    }

    private static func undelivered(_ run: ViolationRun, _ judged: ViolationRun.Judged) {
        let sent = run.events.texts("message", of: "peer-send", by: "a")
        let lost = Set(sent).subtracting(run.events.texts("message", of: "peer-receipt", by: "b"))
        #expect(sent.count == 20 && !lost.isEmpty)
        #expect(judged.count("attempted") == 20 && judged.count("lost") == lost.count)
        #expect(judged.count("processed") == 20 - lost.count && judged.count("duplicated") == 0)
        #expect(judged.messages("lost") == Array(sent.filter { lost.contains($0) }.prefix(10)))
        #expect(
            judged.examples.allSatisfy { $0.tells("a began to send it to b", "given up (timeout) after 2 attempts") })
    }

    /// Milliseconds; when a process was noted to have ended.
    private static func end(of process: String, _ run: ViolationRun) throws -> Double {
        let end = run.events.of("node").first { $0["name"] as? String == process && $0["state"] as? String == "killed" }
        return Double(try #require(end?["time"] as? Int)) / 1e6
    }

    private static func time(
        _ peer: String, holds other: String, toBe status: String, _ run: ViolationRun
    ) -> Double? {
        let change = run.events.of("member-change", by: peer).first {
            $0["member"] as? String == other && $0["status"] as? String == status
        }
        return (change?["time"] as? Int).map { Double($0) / 1e6 }
    }
}
