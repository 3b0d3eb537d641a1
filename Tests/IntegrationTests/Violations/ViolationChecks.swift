import Foundation
import Testing

/// What each topology in `Violations/Topologies` must be told of: numbers and names that follow from its cause, or that
/// its evidence says, read anew here.
enum ViolationChecks {
    typealias Check = @Sendable (_ run: ViolationRun, _ judged: ViolationRun.Judged) throws -> Void

    static let all: [String: Check] = messages.merging(calls) { $1 }.merging(objects) { $1 }.merging(peers) { $1 }

    // MARK: - Messages, processes, feeds

    private static let messages: [String: Check] = [
        "delivery-at-most-once": deliveryAtMostOnce, "delivery-at-least-once": deliveryAtLeastOnce,
        "delivery-exactly-once": deliveryExactlyOnce, "routing": routing, "order": order, "queue": queue,
        "node": node, "log": log, "nodes": nodes, "feed-at-most-once": feedAtMostOnce,
        "feed-at-least-once": feedAtLeastOnce, "feed-exactly-once": feedExactlyOnce,
    ]

    private static func deliveryAtMostOnce(_ run: ViolationRun, _ judged: ViolationRun.Judged) {
        let wanted = ["a.1.7", "a.1.50", "a.1.120"]
        #expect(judged.count("duplicated") == 3 && judged.count("processed") == 120 && judged.count("lost") == 0)
        #expect(judged.messages("duplicated") == wanted)
        for example in judged.examples {
            #expect(example.tells("published by a to queue q; duplicated on the link by duplicate 100%"))
            #expect(example.path.count { $0.text == "processed by b" } == 2)
        }
        let handled = run.events.tally("message", of: "handle", by: "b").filter { $0.value > 1 }
        #expect(handled == ["a.1.7": 2, "a.1.50": 2, "a.1.120": 2])
    }

    private static func deliveryAtLeastOnce(_ run: ViolationRun, _ judged: ViolationRun.Judged) {
        let wanted = ["a.1.7", "a.1.50", "a.1.120"]
        #expect(judged.count("lost") == 3 && judged.count("delivered") == 117)
        #expect(judged.count("acknowledged") == 120 && judged.count("owed") == 120)
        #expect(judged.messages("lost") == wanted)
        for example in judged.examples {
            #expect(example.tells("published by a", "dropped on the link by drop 100% only deliver", "confirmed"))
        }
        let published = Set(run.events.texts("message", of: "publish", by: "a"))
        #expect(published.subtracting(run.events.texts("message", of: "handle", by: "b")) == Set(wanted))
    }

    private static func deliveryExactlyOnce(_ run: ViolationRun, _ judged: ViolationRun.Judged) {
        #expect(judged.count("lost") == 2 && judged.count("duplicated") == 1)
        #expect(judged.count("attempted") == 120 && judged.count("delivered") == 118)
        #expect(judged.messages("lost") == ["a.1.30", "a.1.60"] && judged.messages("duplicated") == ["a.1.10"])
        for example in judged.examples where example.kind == "lost" {
            #expect(example.path.count == 1 && example.tells("dropped on the link by drop 100% only publish"))
        }
        let handled = run.events.tally("message", of: "handle", by: "b")
        #expect(handled.count == 118 && handled["a.1.10"] == 2 && handled.values.reduce(0, +) == 119)
    }

    private static func routing(_ run: ViolationRun, _ judged: ViolationRun.Judged) {
        let keys = run.events.of("publish", by: "p").filter { $0["key"] as? String == "a" }
        let stray = Set(keys.compactMap { $0["message"] as? String })
        #expect(stray.count == 20)
        #expect(judged.count("unexpected", at: "queue:b") == 20 && judged.count("owed", at: "queue:b") == 30)
        #expect(judged.count("unexpected", at: "queue:a") == 0 && judged.count("delivered", at: "queue:a") == 20)
        let shown = judged.messages("unexpected")
        #expect(shown.count == 10 && stray.isSuperset(of: shown))
        for example in judged.examples {
            #expect(example.tells("published by p to e with key a", "delivered from queue b to d"))
        }
    }

    private static func order(_ run: ViolationRun, _ judged: ViolationRun.Judged) {
        #expect(judged.count("reordered") == 2 && judged.count("delivered") == 100)
        #expect(judged.messages("reordered") == ["a.1.10", "a.1.60"])
        #expect(judged.examples.first?.tells("a.1.11, published later, had arrived before") == true)
        #expect(judged.examples.last?.tells("overtaken on the link by reorder 100%") == true)
        let handled = run.events.texts("message", of: "handle", by: "b").compactMap { $0.split(separator: ".").last }
        let numbers = handled.compactMap { Int($0) }
        #expect(zip(numbers, numbers.dropFirst()).filter { $0 > $1 }.map(\.1) == [10, 60])
    }

    private static func queue(_ run: ViolationRun, _ judged: ViolationRun.Judged) {
        #expect(judged.explanation == "7 messages in it, expected 0")
        #expect(run.failed.last?.explanation == "0 consumers, expected >=1")
        let depth = run.events.of("queue-depth").first { $0["queue"] as? String == "q" }
        #expect(depth?["ready"] as? Int == 7 && depth?["consumers"] == nil)
    }

    private static func node(_ run: ViolationRun, _ judged: ViolationRun.Judged) {
        #expect(
            run.failed.map(\.explanation) == [
                "job is failed, expected exited", "job ended with exit 3, expected 0",
                "b was restarted 1 time, expected 0",
            ])
        let ends = run.events.of("node").filter { $0["state"] as? String == "failed" }
        #expect(ends.map { $0["name"] as? String } == ["job"] && ends.first?["detail"] as? String == "exit 3")
        #expect(run.events.of("node").contains { $0["name"] as? String == "b" && $0["incarnation"] as? Int == 2 })
    }

    private static func log(_ run: ViolationRun, _ judged: ViolationRun.Judged) {
        #expect(
            run.failed.map(\.explanation) == [
                "3 lines with `ERROR`, expected 0; for example: ERROR 1",
                "0 lines with /^done$/, expected >=1; its last line: fine",
            ])
    }

    private static func nodes(_ run: ViolationRun, _ judged: ViolationRun.Judged) {
        #expect(judged.explanation.hasPrefix("job died of itself or was killed from outside after "))
        #expect(judged.explanation.hasSuffix(" (signal 9)"))
        let ends = run.events.of("node").filter { $0["state"] as? String == "killed" }
        #expect(ends.map { $0["name"] as? String } == ["job"] && ends.first?["intended"] == nil)
    }

    private static func feedAtMostOnce(_ run: ViolationRun, _ judged: ViolationRun.Judged) {
        #expect(judged.count("unexpected") == 2 && judged.count("delivered") == 5 && judged.count("lost") == 0)
        #expect(judged.messages("unexpected") == ["news 6", "news 7"])
        #expect(judged.examples.allSatisfy { $0.tells("seen by reader", "no server was seen to append it") })
        #expect(run.events.of("feed-append").count == 5 && run.events.of("feed-view", by: "reader").count == 7)
    }

    private static func feedAtLeastOnce(_ run: ViolationRun, _ judged: ViolationRun.Judged) {
        let appended = run.events.of("feed-append").compactMap { $0["item"] as? Int }
        let missed = Set(appended).subtracting(
            run.events.of("feed-view", by: "reader").compactMap { $0["item"] as? Int })
        #expect(appended.count == 60 && !missed.isEmpty)
        #expect(judged.count("owed") == 60 && judged.count("lost") == missed.count)
        #expect(judged.count("delivered") == 60 - missed.count && judged.count("duplicated") == 0)
        #expect(judged.messages("lost") == missed.sorted().prefix(10).map { "news \($0)" })
        #expect(judged.examples.allSatisfy { $0.tells("appended at server as item", "seen by reader") })
    }

    private static func feedExactlyOnce(_ run: ViolationRun, _ judged: ViolationRun.Judged) throws {
        #expect(judged.count("delivered") == 40 && judged.count("lost") == 0)
        let began = try #require(run.events.of("feed-watch", by: "reader").first?["time"] as? Int)
        var appended: [Int: Int] = [:]
        for event in run.events.of("feed-append") {
            if let item = event["item"] as? Int { appended[item] = event["time"] as? Int }
        }
        // What was there when it began to watch says nothing.
        let waits = run.events.of("feed-view", by: "reader").compactMap { event -> Double? in
            guard let item = event["item"] as? Int, let time = event["time"] as? Int, let since = appended[item],
                since >= began
            else { return nil }
            return Double(time - since) / 1e6
        }
        // The nearest rank, to the microsecond that the report has.
        let middle = waits.sorted().dropFirst((waits.count + 1) / 2 - 1).first ?? 0
        #expect(judged.number("freshness", "measured") == Double(waits.count) && waits.count > 5 && middle >= 1)
        #expect(abs(middle - judged.number("freshness", "p50_ms")) < 0.001)
    }

    // MARK: - Calls

    private static let calls: [String: Check] = [
        "calls-maybe": contradicted, "calls-at-least-once": contradicted, "calls-at-most-once": callsAtMostOnce,
        "calls-exactly-once": callsExactlyOnce, "latency": latency, "throughput": throughput,
        "availability": availability, "recovery": recovery, "replies": replies,
    ]

    private static func callsAtMostOnce(_ run: ViolationRun, _ judged: ViolationRun.Judged) {
        #expect(judged.count("executed_again") == 2 && judged.count("executions") == 22)
        #expect(judged.count("calls") == 20 && judged.count("succeeded") == 20 && judged.count("attempts") == 22)
        // The ninth reply answers the eighth call, as the third was answered twice.
        #expect(judged.messages("executed-again") == ["client/1.1/3", "client/1.1/8"])
        let executed = run.events.tally("call", of: "execution", by: "server").filter { $0.value > 1 }
        #expect(executed == ["client/1.1/3": 2, "client/1.1/8": 2])
        for example in judged.examples {
            #expect(example.tells("client sent attempt 2 to server", "dropped on the link by drop 100% only reply"))
            #expect(example.path.count { $0.text == "the execution at server ended well" } == 2)
        }
    }

    private static func callsExactlyOnce(_ run: ViolationRun, _ judged: ViolationRun.Judged) {
        #expect(judged.count("calls") == 20 && judged.count("succeeded") == 18 && judged.count("unknown") == 2)
        #expect(judged.count("executions") == 18)
        #expect(judged.messages("missing") == ["client/1.1/4", "client/1.1/11"])
        let made = Set(run.events.texts("call", of: "call", by: "client"))
        let executed = run.events.texts("call", of: "execution", by: "server")
        #expect(made.subtracting(executed) == ["client/1.1/4", "client/1.1/11"])
        for example in judged.examples {
            #expect(example.tells("dropped on the link by drop 100% only request", "unknown (DEADLINE_EXCEEDED"))
        }
    }

    private static func latency(_ run: ViolationRun, _ judged: ViolationRun.Judged) {
        let slow = Set([5, 10, 15, 20].map { "client/1.1/\($0)" })
        #expect(judged.number("latency", "measured") == 20)
        #expect(judged.number("latency", "p81_ms") >= 350 && judged.number("latency", "max_ms") >= 350)
        #expect(Set(judged.messages("slow")).isSuperset(of: slow))
        for example in judged.examples {
            #expect(
                (example.path.last?.time ?? 0) - (example.path.first?.time ?? 0) > 299, "\(example) keeps to the bounds"
            )
            #expect(example.tells("outcome at client: success"))
        }
    }

    private static func throughput(_ run: ViolationRun, _ judged: ViolationRun.Judged) {
        let rate = judged.number("throughput", "per_second")
        #expect(judged.number("throughput", "succeeded") == 25 && rate < 500)
        #expect(abs(rate * judged.number("throughput", "elapsed_s") - 25) < 0.1)
        #expect(run.events.of("call-result", by: "client").count == 25)
    }

    private static func availability(_ run: ViolationRun, _ judged: ViolationRun.Judged) {
        let wanted = [4, 8, 12, 16, 20].map { "client/1.1/\($0)" }
        #expect(judged.number("availability", "share") == 0.75 && judged.number("availability", "calls") == 20)
        #expect(judged.messages("failed") == wanted)
        #expect(judged.examples.allSatisfy { $0.tells("executed with an error (FAILED_PRECONDITION, a fourth one)") })
        let failed = run.events.of("call-result").filter { $0["type"] as? String == "fail" }
        #expect(failed.compactMap { $0["call"] as? String } == wanted)
    }

    private static func recovery(_ run: ViolationRun, _ judged: ViolationRun.Judged) throws {
        let ends = run.events.of("fault").filter { $0["on"] == nil }
        func end(_ name: String) -> Double {
            (ends.first { $0["name"] as? String == name }?["time"] as? NSNumber)?.doubleValue ?? -1
        }
        let recovery = try #require((judged.json["recovery"] as? [[String: Any]])?.first)
        let after = (recovery["after_ms"] as? NSNumber)?.doubleValue ?? -1
        #expect(recovery["verdict"] as? String == "fail")
        #expect(after > (end("aftermath") - end("storm")) / 1e6 - 310 && after > 200, "a call lasts 300 ms")
        // The first answer after the last failure.
        let results = run.events.of("call-result", by: "client")
        let failure = try #require(results.lastIndex { $0["type"] as? String == "info" })
        let next = try #require(results.indices.contains(failure + 1) ? results[failure + 1] : nil)
        let answer = (next["time"] as? NSNumber)?.doubleValue ?? -1
        #expect(abs((answer - end("storm")) / 1e6 - after) < 0.001)
        let failed = results.filter {
            $0["type"] as? String == "info" && (($0["time"] as? NSNumber)?.doubleValue ?? 0) > end("storm")
        }
        #expect(judged.messages("failed") == failed.prefix(10).compactMap { $0["call"] as? String })
    }

    private static func replies(_ run: ViolationRun, _ judged: ViolationRun.Judged) {
        #expect(judged.explanation == "2 of 10 replies were not as `expect:` says")
        #expect(judged.messages("unexpected") == ["client/1.1/4", "client/1.1/8"])
        #expect(judged.examples.allSatisfy { $0.tells("success, but not the reply that it expects") })
        let unexpected = run.events.of("call-result").filter { $0["unexpected"] as? Bool == true }
        #expect(unexpected.compactMap { $0["call"] as? String } == ["client/1.1/4", "client/1.1/8"])
    }

    private static func contradicted(_ run: ViolationRun, _ judged: ViolationRun.Judged) {
        #expect(judged.count("calls") == 7 && judged.count("succeeded") == 5 && judged.count("not_executed") == 2)
        #expect(judged.count("executions") == 7)
        let table = (judged.json["calls"] as? [String: Any])?["table"] as? [String: [String: Int]]
        #expect(table?["not_executed"]?["1"] == 2 && table?["success"]?["1"] == 5)
        #expect(judged.messages("contradicted") == ["client/1/3", "client/1/6"])
        for example in judged.examples {
            #expect(example.tells("duplicated on the link by duplicate 100%", "replied HTTP 404", "not executed"))
        }
        let replies = run.events.of("call-reply")
        #expect(replies.count { $0["code"] as? Int == 404 } == 2 && replies.count { $0["code"] as? Int == 200 } == 7)
    }
}
