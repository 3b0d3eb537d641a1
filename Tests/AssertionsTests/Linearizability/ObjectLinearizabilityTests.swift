import ClusterModel
import History
import Testing

@testable import Assertions

/// `linearizable:` from the events of callers to the words of a report.
@Suite struct ObjectLinearizabilityTests {
    // MARK: - A history in a few words

    /// Invocations of objects; each step moves the clock by a millisecond. A message is written `amount=5 note=x`.
    private struct Invocations {
        var base = HistoryBuilder()
        private var last = 0

        private func node(_ name: String) -> EvidenceSource { EvidenceSource(kind: .node, name: name) }

        mutating func call(
            _ method: String, _ arguments: String = "", on object: String = "acc-1", type: String = "Account",
            by caller: String = "client"
        ) -> String {
            last += 1
            var event = ObjectInvocation()
            event.call = "\(caller)/1/\(last)"
            event.object = object
            event.type = type
            event.method = method
            event.arguments = Array(arguments.utf8)
            base.add(.objectInvocation(event), by: node(caller))
            return event.call
        }

        mutating func reply(_ call: String, _ result: String = "", exception: String = "") {
            var event = ObjectReply()
            event.call = call
            event.result = Array(result.utf8)
            event.exception = exception
            base.add(.objectReply(event), by: node("client"))
        }

        mutating func end(_ call: String, _ type: OperationType, executed: Bool = false) {
            var event = CallResult()
            event.call = call
            event.type = type
            event.executed = executed
            base.add(.callResult(event), by: node("client"))
        }

        mutating func ok(_ call: String, _ result: String = "") {
            reply(call, result)
            end(call, .ok)
        }

        mutating func execute(_ call: String, on object: String = "acc-1", method: String = "Account/deposit") {
            var event = Execution()
            event.call = call
            event.object = object
            event.method = method
            base.add(.execution(event), by: node("host"))
        }

        /// One invocation after the other.
        mutating func done(
            _ method: String, _ arguments: String = "", _ result: String, on object: String = "acc-1"
        ) {
            ok(call(method, arguments, on: object), result)
        }

        func judged(
            _ name: String = "acc-1", _ model: ObjectModel = .methods, models: (any ObjectModels)? = Accounts(),
            isFinished: Bool = true
        ) -> AssertionResult {
            var topology = Topology(name: "objects")
            topology.assertions = [AssertionSpec(.linearizable(name, model: model))]
            var builder = base
            if isFinished { builder.finish() }
            return Judge.judge(history: builder.history, topology: topology, models: models)[0]
        }
    }

    /// `deposit(amount)` returns the balance, `withdraw(amount)` too or raises `Insufficient`, `balance()` reads it,
    /// `report()` calls somebody else.
    private struct Accounts: ObjectModels {
        var initial: [String: ArgumentValue]? = ["balance": .int(0)]

        func simulator(of type: String) -> (any ObjectSimulator)? {
            type == "Account" ? Account(initial: initial) : nil
        }
    }

    private final class Account: ObjectSimulator {
        let initial: [String: ArgumentValue]?

        init(initial: [String: ArgumentValue]?) { self.initial = initial }

        func initialFields(of object: String) -> [String: ArgumentValue]? { initial }

        func initialState(of object: String) -> [UInt8]? {
            initial?["balance"]?.wholeNumber.map { Array("\($0)".utf8) }
        }

        func run(_ method: String, arguments: [UInt8], on state: [UInt8]) -> ObjectStep? {
            let balance = Int64(String(decoding: state, as: UTF8.self))!
            let amount = self.arguments(of: method, arguments)?["amount"]?.wholeNumber ?? 0
            func holds(_ balance: Int64) -> ObjectStep {
                // Padded, as if another host wrote the fields in another order.
                ObjectStep(state: Array("\(balance)".utf8), outcome: .result(Array(" value=\(balance)".utf8)))
            }
            switch method {
            case "deposit": return holds(balance + amount)
            case "withdraw":
                return amount > balance
                    ? ObjectStep(state: state, outcome: .exception("Insufficient")) : holds(balance - amount)
            case "balance": return holds(balance)
            default: return nil
            }
        }

        func arguments(of method: String, _ bytes: [UInt8]) -> [String: ArgumentValue]? { fields(bytes) }
        func result(of method: String, _ bytes: [UInt8]) -> [String: ArgumentValue]? { fields(bytes) }

        private func fields(_ bytes: [UInt8]) -> [String: ArgumentValue]? {
            var fields: [String: ArgumentValue] = [:]
            for word in String(decoding: bytes, as: UTF8.self).split(separator: " ") {
                let parts = word.split(separator: "=").map(String.init)
                guard parts.count == 2 else { return nil }
                fields[parts[0]] = ArgumentValue(word: parts[1])
            }
            return fields
        }
    }

    // MARK: - The type's own methods

    @Test func inOrder() {
        var history = Invocations()
        history.done("deposit", "amount=5", "value=5")
        history.done("withdraw", "amount=2", "value=3")
        let result = history.judged()
        #expect(result.verdict == .pass && result.explanation.isEmpty && result.title == "linearizable: acc-1")
        #expect(result.notes == ["2 invocations of 1 object, 0 of them open; 2 configurations visited"])
    }

    @Test func aStaleRead() throws {
        var history = Invocations()
        history.done("deposit", "amount=5", "value=5")
        let slow = history.call("deposit", "amount=1", by: "client-2")
        history.done("balance", "", "value=7")
        history.ok(slow, "value=6")
        history.done("balance", "", "value=6")
        let result = history.judged()
        #expect(result.verdict == .fail)
        #expect(
            result.explanation == """
                acc-1: no order explains client: balance() → 7 [at 0.005 s … 0.007 s]. It ran at the same time as \
                client-2: deposit(amount=1) → 6 [at 0.004 s … 0.009 s]. What had returned before has an order: \
                deposit(amount=5) → 5
                """)
        let example = try #require(result.examples.first)
        #expect(example.kind == .unexplained && example.message == "client/1/3")
        #expect(
            example.path.map(\.text) == [
                "client: deposit(amount=5) → 5 [at 0.001 s … 0.003 s]",
                "client-2: deposit(amount=1) → 6 [at 0.004 s … 0.009 s]",
                "client: balance() → 7 [at 0.005 s … 0.007 s] — explained by no order",
            ])
        #expect(example.path.map(\.time) == [1_000_000, 4_000_000, 5_000_000])
    }

    @Test func exceptionsAreReplies() {
        var history = Invocations()
        let refused = history.call("withdraw", "amount=9")
        history.reply(refused, exception: "Insufficient")
        history.end(refused, .fail, executed: true)
        #expect(history.judged().verdict == .pass)
        history.done("deposit", "amount=9", "value=9")
        let wrong = history.call("withdraw", "amount=9")
        history.reply(wrong, exception: "Insufficient")
        history.end(wrong, .fail, executed: true)
        let result = history.judged()
        #expect(result.verdict == .fail && result.explanation.contains("withdraw(amount=9) → raised Insufficient"))
        #expect(result.explanation.contains("which ran alone"))
    }

    /// What each end of a deposit means for the balance after it.
    @Test(arguments: [
        (OperationType.info, false, [Verdict.pass, .pass]), (.fail, true, [.pass, .pass]),
        (.fail, false, [.pass, .fail]), (.invoke, false, [.pass, .pass]),
    ]) func ends(type: OperationType, executed: Bool, verdicts: [Verdict]) {
        for (value, verdict) in zip([0, 5], verdicts) {
            var history = Invocations()
            let call = history.call("deposit", "amount=5")
            if type != .invoke { history.end(call, type, executed: executed) }
            history.done("balance", "", "value=\(value)")
            #expect(history.judged().verdict == verdict, "\(type) \(value)")
        }
    }

    @Test func anOpenOneTakesEffectAfterItsCall() {
        var history = Invocations()
        history.done("balance", "", "value=5")
        history.end(history.call("deposit", "amount=5"), .info)
        let result = history.judged()
        #expect(result.verdict == .fail && result.notes[0].contains("2 invocations of 1 object, 1 of them open"))
    }

    @Test func successWithoutAReplyTookEffect() {
        var history = Invocations()
        history.end(history.call("deposit", "amount=5"), .ok)
        history.done("balance", "", "value=0")
        #expect(history.judged().verdict == .fail)
    }

    // MARK: - No verdict without evidence

    @Test func nothingToJudge() {
        var history = Invocations()
        #expect(history.judged().verdict == .unknown)
        #expect(history.judged().explanation == "no invocations of acc-1")
        history.done("deposit", "amount=5", "value=5", on: "acc-2")
        #expect(history.judged().explanation == "no invocations of acc-1")
        history.end(history.call("deposit", "amount=5"), .fail)
        #expect(history.judged().explanation == "none of the invocations of acc-1 was executed")
        history.end(history.call("deposit", "amount=5"), .info)
        #expect(history.judged().verdict == .unknown)
        #expect(history.judged().explanation.contains("no caller learned what came of its invocation"))
    }

    @Test func withoutModels() {
        var history = Invocations()
        history.done("deposit", "amount=5", "value=5")
        let result = history.judged(models: nil)
        #expect(result.verdict == .unknown && result.explanation.contains("nothing to compare with"))
        #expect(history.judged(models: Accounts(initial: nil)).explanation.contains("what it held at first"))
    }

    @Test func whatCannotBeRunIsUnknown() {
        var history = Invocations()
        history.done("report", "", "")
        let result = history.judged()
        #expect(result.verdict == .unknown)
        #expect(result.explanation == "acc-1: Account.report cannot be run by itself")
    }

    @Test func aRunThatWasCutPassesNothing() {
        var history = Invocations()
        history.done("deposit", "amount=5", "value=5")
        #expect(history.judged(isFinished: false).verdict == .unknown)
        history.done("balance", "", "value=1")
        #expect(history.judged(isFinished: false).verdict == .fail)
        history.base.damage("client.evidence: cut short")
        let result = history.judged()
        #expect(result.verdict == .unknown && result.explanation.contains("so far; the evidence is incomplete"))
    }

    @Test func callersThatRecordNothingMayExplainIt() {
        var history = Invocations()
        history.done("deposit", "amount=5", "value=5")
        history.execute("client/1/1")
        #expect(history.judged().verdict == .pass)
        history.execute("outside/1/1")
        history.done("balance", "", "value=9")
        let result = history.judged()
        #expect(result.verdict == .unknown)
        #expect(result.explanation.contains("acc-1: 1 execution for callers that recorded nothing"))
        #expect(result.examples.count == 1)
    }

    // MARK: - Types

    @Test func aTypeIsAllOfItsObjects() {
        var history = Invocations()
        for object in ["acc-1", "acc-2", "acc-3"] { history.done("deposit", "amount=5", "value=5", on: object) }
        history.end(history.call("deposit", on: "acc-4"), .fail)
        let result = history.judged("Account")
        #expect(result.verdict == .pass)
        #expect(
            result.notes == [
                "3 invocations of 3 objects, 0 of them open; 3 configurations visited",
                "1 object of which no invocation was executed: not judged",
            ])
        history.done("balance", "", "value=6", on: "acc-2")
        #expect(history.judged("Account").explanation.hasPrefix("acc-2: no order explains client: balance() → 6"))
        #expect(history.judged("acc-1").verdict == .pass)
        #expect(history.judged("acc-2").verdict == .fail)
    }

    @Test func aTypeThatIsNotKnown() {
        var history = Invocations()
        history.ok(history.call("get", type: "Other"), "value=1")
        #expect(history.judged().explanation == "acc-1: the methods of Other cannot be run here")
    }

    // MARK: - Models by the names of methods

    @Test func registers() {
        var history = Invocations()
        history.done("get", "", "value=7")
        history.done("set", "value=1", "")
        history.done("cas", "expect=1 new=2", "value=true")
        history.done("cas", "expect=1 new=3", "value=false")
        history.done("read", "", "value=2")
        let seven = Accounts(initial: ["name": .string("x"), "value": .double(7)])
        #expect(history.judged("acc-1", .register, models: seven).verdict == .pass)
        #expect(history.judged("acc-1", .register).explanation.contains("no order explains client: get() → 7"))
        history.done("cas", "expect=2 new=3", "value=false")
        #expect(history.judged("acc-1", .register, models: seven).verdict == .fail)
        history.done("increment", "", "")
        #expect(
            history.judged("acc-1", .register).explanation
                == "acc-1: Account.increment is no method of a register: read get write set cas")
    }

    @Test func counters() {
        var history = Invocations()
        history.done("increment", "", "value=1")
        history.done("add", "amount=4 note=x", "")
        history.done("withdraw", "amount=2", "balance=3 note=x")
        history.done("get", "", "value=3")
        let refused = history.call("withdraw", "amount=9")
        history.reply(refused, exception: "Insufficient")
        history.end(refused, .fail, executed: true)
        #expect(history.judged("acc-1", .counter).verdict == .pass)
        history.done("add", "amount=4", "value=8")
        #expect(history.judged("acc-1", .counter).verdict == .fail)
        history.done("add", "a=4 b=5", "value=8")
        #expect(history.judged("acc-1", .counter).explanation.contains("has several numbers and none is `amount`"))
    }

    @Test func queues() {
        var history = Invocations()
        history.done("put", "item=a", "")
        history.done("enqueue", "value=b", "")
        history.done("take", "", "value=a")
        history.done("dequeue", "", "value=b")
        history.done("take", "", "value=null")
        let empty = history.call("take")
        history.reply(empty, exception: "Empty")
        history.end(empty, .fail, executed: true)
        let models = Accounts(initial: [:])
        #expect(history.judged("acc-1", .queue, models: models).verdict == .pass)
        let filled = Accounts(initial: ["items": .list([.string("a")])])
        #expect(history.judged("acc-1", .queue, models: filled).verdict == .fail)
        history.done("put", "item=a", "")
        history.done("put", "item=b", "")
        history.done("take", "", "value=b")
        let result = history.judged("acc-1", .queue, models: models)
        #expect(result.verdict == .fail && result.explanation.contains("no order explains client: take() → \"b\""))
    }

    @Test func onlyRefusalsAreNothing() {
        var history = Invocations()
        let refused = history.call("add", "amount=9")
        history.reply(refused, exception: "Closed")
        history.end(refused, .fail, executed: true)
        #expect(history.judged("acc-1", .counter).verdict == .unknown)
    }
}

extension ArgumentValue {
    fileprivate init(word: String) {
        switch word {
        case "null": self = .null
        case "true", "false": self = .bool(word == "true")
        default: self = Int64(word).map { .int($0) } ?? .string(word)
        }
    }
}
