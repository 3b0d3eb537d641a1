import ClusterModel
import Testing

@testable import Assertions

@Suite struct LinearizerTests {
    private typealias Operation = HistoryFiles.Register

    private func write(_ value: Int64, _ call: Int64, _ end: Int64?) -> Operation {
        Operation(call: call, end: end, input: .write(.int(value)), output: .written)
    }

    private func read(_ value: Int64?, _ call: Int64, _ end: Int64?) -> Operation {
        Operation(call: call, end: end, input: .read, output: .value(value.map { .int($0) } ?? .null))
    }

    private func swap(_ expected: Int64, _ new: Int64, _ call: Int64, _ end: Int64?, _ swapped: Bool) -> Operation {
        Operation(
            call: call, end: end, input: .compareAndSwap(expected: .int(expected), new: .int(new)),
            output: .swapped(swapped))
    }

    private func check(_ operations: [Operation]) -> Linearization.Verdict {
        Linearizer.check(RegisterModel(), operations).verdict
    }

    private func contradiction(_ operations: [Operation]) throws -> Contradiction {
        guard case .illegal(let contradiction) = check(operations) else { throw OrchError(.unknown, "legal") }
        return contradiction
    }

    @Test func nothingIsLegal() {
        #expect(check([]) == .legal([]))
        #expect(check([read(nil, 1, 2)]) == .legal([0]))
    }

    @Test func aReadOfWhatIsGone() throws {
        let found = try contradiction([write(1, 1, 2), write(2, 3, 4), read(1, 5, 6), read(2, 7, 8)])
        #expect(found.operation == 2 && found.isShortest)
        #expect(found.prefix == [0, 1, 2] && found.concurrent == [] && found.order == [0, 1])
    }

    @Test func overlappingOperationsGoEitherWay() {
        #expect(check([write(1, 1, 4), write(2, 2, 3), read(1, 5, 6)]) == .legal([1, 0, 2]))
        #expect(check([write(1, 1, 4), write(2, 2, 3), read(2, 5, 6)]) == .legal([0, 1, 2]))
        // What returns when another is called has overlapped it.
        #expect(check([write(1, 1, 2), write(2, 2, 3), read(1, 4, 5)]) == .legal([1, 0, 2]))
    }

    @Test func twoReadersMustAgree() throws {
        let found = try contradiction([write(1, 1, 9), read(1, 2, 3), read(nil, 4, 5)])
        #expect(found.operation == 2 && found.concurrent == [0] && found.prefix == [0, 1, 2])
        #expect(found.order == [0, 1])
    }

    @Test func anOpenOperationTakesEffectLateOrNever() {
        let open = write(1, 1, nil)
        #expect(check([open, read(nil, 2, 3), read(1, 8, 9)]) == .legal([1, 0, 2]))
        #expect(check([open, read(nil, 2, 3), read(nil, 8, 9)]) == .legal([1, 2]))
        #expect(check([open]) == .legal([]))
    }

    @Test func anOpenOperationTakesEffectOnce() throws {
        let found = try contradiction([write(1, 1, nil), read(1, 2, 3), write(2, 4, 5), read(1, 6, 7)])
        #expect(found.operation == 3 && found.order == [0, 1, 2] && found.concurrent == [0])
    }

    @Test func noneTakesEffectBeforeItsCall() throws {
        #expect(try contradiction([read(1, 1, 2), write(1, 3, nil)]).operation == 0)
    }

    @Test func whatReturnedUnseenTookEffectInItsTime() throws {
        let unseen = Operation(call: 3, end: 4, input: .write(.int(2)), output: nil)
        #expect(try contradiction([write(1, 1, 2), unseen, read(1, 5, 6)]).operation == 2)
    }

    /// The second swap may have worked as of the read's return; that it did not is known later, and only then is
    /// something wrong.
    @Test func theShortestPrefixDoesNotKnowWhatComesLater() throws {
        let found = try contradiction([write(1, 1, 2), swap(1, 2, 3, 8, false), read(2, 4, 5)])
        #expect(found.operation == 1 && found.prefix == [0, 1, 2] && found.order == [0, 1, 2])
        #expect(found.concurrent == [2])
    }

    @Test func whatComesAfterTheContradictionIsNotShown() throws {
        let found = try contradiction([write(1, 1, 2), read(3, 3, 4), write(3, 5, 6), read(3, 7, 8)])
        #expect(found.prefix == [0, 1])
    }

    // MARK: - Limits

    /// Twelve texts appended at once, and a reader who saw a thirteenth.
    private var hard: [HistoryFiles.KeyValue] {
        (0..<12).map { .init(call: Int64($0), end: 100 + Int64($0), input: .append("\($0),"), output: "") }
            + [.init(call: 50, end: 60, input: .get, output: "13,")]
    }

    @Test func timeEndsInUnknown() {
        var asked: [Int] = []
        let answer = Linearizer.check(KeyValueModel(), hard) { steps in
            asked.append(steps)
            return asked.count == 3
        }
        guard case .unknown(let reason) = answer.verdict else {
            Issue.record("\(answer)")
            return
        }
        #expect(reason.contains("time for the search is over after \(answer.configurations) configurations"))
        #expect(asked == [4_096, 8_192, 12_288])
    }

    @Test func memoryEndsInUnknown() {
        let answer = Linearizer.check(KeyValueModel(), hard, memory: 1 << 20)
        guard case .unknown(let reason) = answer.verdict else {
            Issue.record("\(answer)")
            return
        }
        #expect(reason.contains("memory for the search (1 MiB) is full"))
    }

    @Test func aModelThatCannotTellEndsInUnknown() {
        struct Helpless: SequentialModel {
            var initial: Int { 0 }
            func step(_ state: Int, _ input: Int, _ output: Int?) throws(ModelFailure) -> Int? {
                throw ModelFailure("no idea")
            }
        }
        let operation = ConcurrentOperation<Int, Int>(call: 1, end: 2, input: 1, output: 1)
        #expect(Linearizer.check(Helpless(), [operation]).verdict == .unknown("no idea"))
    }

    /// Equal operations have one order, however many of them there are.
    @Test func equalOperationsAreNotTriedInAllOrders() {
        let adds = (0..<40).map {
            ConcurrentOperation<CounterModel.Input, Int64>(
                call: Int64($0), end: $0 % 2 == 0 ? 100 + Int64($0) : nil, input: .add(1), output: nil)
        }
        let read = ConcurrentOperation<CounterModel.Input, Int64>(call: 200, end: 201, input: .read, output: 41)
        let answer = Linearizer.check(CounterModel(), adds + [read])
        guard case .illegal(let contradiction) = answer.verdict else {
            Issue.record("\(answer)")
            return
        }
        #expect(contradiction.operation == 40 && answer.configurations < 10_000)
    }

    // MARK: - Configurations

    @Test func configurationsAreToldApart() {
        var set = ConfigurationSet(closedWords: 1, openWords: 1)
        func news() -> Int {
            (0..<500 as Range<UInt64>).count { set.insert(rank: 3, state: 1, burst: 0, [$0, 1]) }
        }
        #expect([news(), news()] == [500, 0])
        let others = [
            set.insert(rank: 4, state: 1, burst: 0, [7, 1]), set.insert(rank: 3, state: 2, burst: 0, [7, 1]),
        ]
        #expect(others == [true, true] && set.count == 502)
    }

    @Test func fewerOpenOperationsCoverMore() {
        var set = ConfigurationSet(closedWords: 1, openWords: 1)
        func isNew(_ open: UInt64, burst: Int32) -> Bool { set.insert(rank: 0, state: 0, burst: burst, [7, open]) }
        #expect([isNew(0b0110, burst: 1), isNew(0b1110, burst: 1), isNew(0b0110, burst: 2)] == [true, false, false])
        #expect([isNew(0b1010, burst: 1), isNew(0b0110, burst: 0)] == [true, true])
        // It takes the place of one that it covers.
        #expect([isNew(0b0010, burst: 0), isNew(0b1110, burst: 0)] == [true, false])
        #expect(set.count == 2)
    }

    // MARK: - Several objects

    @Test func oneThatTakesLongDoesNotHideOneThatIsWrong() {
        struct Found: JudgedObject { var verdict: Verdict }
        let keys = [hard, [.init(call: 1, end: 2, input: .get, output: "x")], []]
        var judging = ParallelJudging()
        judging.firstSteps = 1 << 13
        let found = judging.findings(keys.map(\.count)) { key, memory, isOver in
            switch Linearizer.check(KeyValueModel(), keys[key], memory: memory, isOver: isOver).verdict {
            case .legal: Found(verdict: .pass)
            case .illegal: Found(verdict: .fail)
            case .unknown: Found(verdict: .unknown)
            }
        }
        #expect(found.map(\.verdict) == [.unknown, .fail, .pass])
    }
}
