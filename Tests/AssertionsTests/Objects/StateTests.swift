import ClusterModel
import History
import Testing

@testable import Assertions

@Suite struct StateTests {
    private func judge(
        _ fields: [String: ArgumentValue], _ json: String, _ name: String = "acc-7"
    ) -> AssertionResult {
        var history = ObjectHistory()
        history.change(.created)
        history.finish()
        history.state(json)
        return history.one(.state(name, fields))
    }

    @Test func fieldsAreCompared() {
        #expect(judge(["balance": .int(100)], #"{"balance":100}"#).verdict == .pass)
        #expect(judge(["balance": .int(100)], #"{"balance":100.0}"#).verdict == .pass)
        #expect(judge(["balance": .double(100)], #"{"balance":100,"owner":"ann"}"#).verdict == .pass)
        #expect(judge(["note": .null], #"{"balance":100}"#).verdict == .pass)
        let result = judge(
            ["balance": .int(100), "owner": .string("ann"), "open": .bool(true)],
            #"{"balance":90.5,"open":true,"owner":null}"#)
        #expect(result.verdict == .fail)
        #expect(
            result.explanation
                == #"acc-7: balance: expected 100, found 90.5; acc-7: owner: expected "ann", found null"#)
        #expect(judge(["balance": .int(100)], "{}").explanation == "acc-7: balance: expected 100, found null")
        // A text is no number.
        #expect(judge(["balance": .int(100)], #"{"balance":"100"}"#).verdict == .fail)
        #expect(judge(["flag": .int(1)], #"{"flag":true}"#).verdict == .fail)
    }

    @Test func nestedValuesAreComparedAsAWhole() {
        let items: ArgumentValue = .list([
            .table(["name": .string("pen"), "count": .int(2), "note": .null]), .table(["name": .string("ink")]),
        ])
        #expect(judge(["items": items], #"{"items":[{"count":2.0,"name":"pen"},{"name":"ink"}]}"#).verdict == .pass)
        #expect(judge(["items": items], #"{"items":[{"count":2,"name":"pen"}]}"#).verdict == .fail)
        #expect(judge(["items": items], #"{"items":[{"name":"ink"},{"count":2,"name":"pen"}]}"#).verdict == .fail)
        #expect(
            judge(["items": items], #"{"items":[{"count":2,"name":"pen","x":1},{"name":"ink"}]}"#).verdict == .fail)
        #expect(judge(["items": .list([])], #"{"items":{}}"#).verdict == .pass)
        #expect(judge(["items": .list([])], #"{"items":{"a":1}}"#).verdict == .fail)
    }

    @Test func withoutAStateNothingIsKnown() {
        var history = ObjectHistory()
        history.finish()
        #expect(history.one(.state("acc-7", ["a": .int(1)])).explanation == "acc-7 was never seen")
        func absence(_ build: (inout ObjectHistory) -> Void) -> AssertionResult {
            var history = ObjectHistory()
            history.change(.created)
            build(&history)
            history.finish()
            return history.one(.state("acc-7", ["a": .int(1)]))
        }
        let result = absence { _ in }
        #expect(result.verdict == .unknown && result.explanation == "no owner told the state of acc-7 at the end")
        #expect(absence { $0.change(.collected) }.explanation == "acc-7 is gone: it was collected after 2ms")
        #expect(
            absence { $0.node("host-a", .killed) }.explanation == "acc-7 is gone: its owner host-a died after 2ms")
        #expect(absence { $0.change(.ended) }.explanation == "acc-7 is gone: host-a stopped after 2ms")
        #expect(absence { $0.change(.fenced) }.explanation == "acc-7 is gone: host-a had lost its lease after 2ms")
        #expect(judge(["a": .int(1)], "[1]").verdict == .unknown)
        #expect(judge(["a": .int(1)], "{").explanation == "the state of acc-7 cannot be read: {")
        #expect(judge([:], "{}").explanation == "it names no field")
    }

    @Test func theLastAnswerCounts() {
        var history = ObjectHistory()
        history.state(#"{"a":1}"#)
        history.state(#"{"a":2}"#)
        #expect(history.one(.state("acc-7", ["a": .int(2)])).verdict == .pass)
        history.calls.base.damage("orchestrator: damaged")
        #expect(history.one(.state("acc-7", ["a": .int(2)])).verdict == .unknown)
        #expect(history.one(.state("acc-7", ["a": .int(1)])).verdict == .fail)
    }

    // MARK: - JSON

    @Test(arguments: [
        (
            #" {"a" : [1 , -2.5e3, "x"], "b":{}, "c":true,"d":false,"e":null}"# + "\n",
            ArgumentValue.table([
                "a": .list([.int(1), .double(-2_500), .string("x")]), "b": .table([:]), "c": .bool(true),
                "d": .bool(false), "e": .null,
            ])
        ),
        ("9223372036854775807", .int(.max)), ("9223372036854775808", .double(9_223_372_036_854_775_808)),
        (#""\"\\\/\b\f\n\r\t\u00e9\ud834\udd1e é""#, .string("\"\\/\u{8}\u{C}\n\r\té𝄞 é")),
        (#""\ud834x""#, .string("\u{FFFD}x")), (#""\ud834\u0041""#, .string("\u{FFFD}A")), ("[]", .list([])),
    ])
    func jsonIsRead(_ text: String, _ value: ArgumentValue) { #expect(StateText.value(of: text) == value) }

    @Test(arguments: [
        "", "{", "[1,]", "{\"a\":}", "{\"a\" 1}", "{a:1}", "nul", "1 2", "\"", "\"\\x\"", "\"\\u12\"", "\"\n\"", "+1",
        ".5", "1.", "-", "1-", "tru", "[1}", "infinity", "nan", "1e999",
        String(repeating: "[", count: 100_000),
    ])
    func whatIsNoJSONIsRefused(_ text: String) { #expect(StateText.value(of: text) == nil) }
}
