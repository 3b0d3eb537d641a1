import ClusterModel
import Testing

@testable import TopologyDSL

@Suite struct UnitsTests {
    @Test(arguments: [
        ("200ms", 200_000_000), ("1.5s", 1_500_000_000), ("10us", 10_000), ("10µs", 10_000), ("2m", 120_000_000_000),
        ("1h", 3_600_000_000_000), ("1m30s", 90_000_000_000), ("1m 30s", 90_000_000_000), ("7ns", 7), ("0", 0),
        ("0s", 0), ("1_000ms", 1_000_000_000), (".5s", 500_000_000), ("100 ms", 100_000_000),
    ]) func durations(_ text: String, _ nanoseconds: Int64) throws {
        #expect(try Units.duration(text) == .nanoseconds(nanoseconds))
    }

    @Test(arguments: [
        "", "s", "5", "-1s", "1x", "1s2", "1..2s", "1e3s", "nan", "infs", "1 000s", "99999999999999999999999h",
        "101000h",
        "１s", "--1s", "1.2.3s",
    ]) func notDurations(_ text: String) {
        #expect(throws: ValueProblem.self) { try Units.duration(text) }
    }

    @Test func ranges() throws {
        #expect(try Units.durations("20ms..80ms") == .milliseconds(20) ... .milliseconds(80))
        #expect(try Units.durations("20ms .. 80ms") == .milliseconds(20) ... .milliseconds(80))
        #expect(try Units.durations("5s") == .seconds(5) ... .seconds(5))
        #expect(throws: ValueProblem("'2s..1s' goes backwards: the shorter time comes first")) {
            try Units.durations("2s..1s")
        }
    }

    @Test(arguments: [("30%", 0.3), ("0.3", 0.3), ("0", 0), ("1", 1), ("100%", 1), ("0%", 0), ("12.5%", 0.125)])
    func shares(_ text: String, _ fraction: Double) throws {
        #expect(try Units.share(text) == Share(fraction))
    }

    @Test(arguments: ["", "%", "101%", "-1%", "1.1", "30", "abc", "nan", "3 %%", "1e-1"])
    func notShares(_ text: String) {
        #expect(throws: ValueProblem.self) { try Units.share(text) }
    }

    @Test func ratesSizesNumbers() throws {
        #expect(try Units.rate("500/s").perSecond == 500)
        #expect(try Units.rate("30/m").perSecond == 0.5)
        #expect(try Units.rate("3600 / h").perSecond == 1)
        #expect(throws: ValueProblem.self) { try Units.rate("0/s") }
        #expect(throws: ValueProblem.self) { try Units.rate("5/week") }
        #expect(throws: ValueProblem.self) { try Units.rate("5/s/s") }
        #expect(throws: ValueProblem.self) { try Units.rate("") }
        #expect(try Units.bytes("64KB") == 64_000)
        #expect(try Units.bytes("64KiB") == 65_536)
        #expect(try Units.bytes("1.5 kb") == 1_500)
        #expect(try Units.bytes("7") == 7)
        #expect(throws: ValueProblem.self) { try Units.bytes("64K") }
        #expect(throws: ValueProblem.self) { try Units.bytes("1.5") }
        #expect(throws: ValueProblem.self) { try Units.bytes("999999999999999GB") }
        #expect(try Units.integer("1_000") == 1_000)
        #expect(try Units.integer("0x1F") == 31)
        #expect(try Units.integer("-5") == -5)
        for text in ["", "_1", "1_", "1.0", "0x", "0x-1", "99999999999999999999", "１"] {
            #expect(throws: ValueProblem.self) { try Units.integer(text) }
        }
    }

    @Test func conditions() throws {
        #expect(try Units.condition("0") == Condition(.equal, 0))
        #expect(try Units.condition("<10") == Condition(.less, 10))
        #expect(try Units.condition(">= 1") == Condition(.greaterOrEqual, 1))
        #expect(try Units.condition("!=3") == Condition(.notEqual, 3))
        #expect(try Units.condition("==3") == Condition(.equal, 3))
        #expect(try Units.condition("-1") == Condition(.equal, -1))
        #expect(throws: ValueProblem.self) { try Units.condition("<") }
        #expect(throws: ValueProblem.self) { try Units.condition("=>1") }
    }

    @Test func selectors() throws {
        #expect(try NodeSelector.parse("worker") == .named("worker"))
        #expect(try NodeSelector.parse("2 of worker") == .count(2, of: "worker"))
        #expect(try NodeSelector.parse("50% of worker") == .share(Share(0.5), of: "worker"))
        #expect(try NodeSelector.parse("label:x") == .label("x"))
        for text in ["", "a b", "0 of worker", "-1 of worker", "of worker", "label:", "2 of", "wörker"] {
            #expect(throws: ValueProblem.self) { try NodeSelector.parse(text) }
        }
        #expect(try LinkSelector.parse("a -> b") == .oneWay(.named("a"), .named("b")))
        #expect(try LinkSelector.parse("a->b") == .oneWay(.named("a"), .named("b")))
        #expect(try LinkSelector.parse("a <- b") == .oneWay(.named("b"), .named("a")))
        #expect(try LinkSelector.parse("a <-> b") == .bothWays(.named("a"), .named("b")))
        #expect(try LinkSelector.parse("2 of a-1 -> label:b") == .oneWay(.count(2, of: "a-1"), .label("b")))
        #expect(try LinkSelector.parse("all") == .all)
        for text in ["", "a", "->", "a ->", "-> b", "a -> b -> c", "a => b"] {
            #expect(throws: ValueProblem.self) { try LinkSelector.parse(text) }
        }
    }

    /// What a report prints can be typed again.
    @Test func textsReadBack() throws {
        for selector: LinkSelector in [
            .all, .oneWay(.count(2, of: "a"), .named("b")), .bothWays(.share(Share(0.5), of: "a"), .label("x")),
        ] { #expect(try LinkSelector.parse(selector.description) == selector) }
        for time in [Duration.nanoseconds(5), .microseconds(1_500), .milliseconds(20), .seconds(90)] {
            #expect(try Units.duration(time.text) == time)
        }
    }
}
