import ClusterModel
import Testing

@testable import Assertions

/// Thousands of random histories: the checker says what the definition says, and what it shows holds.
@Suite struct RandomLinearizabilityTests {
    /// Judges small histories, some of which have one result that is another's, or a time that is not its own.
    private func compare<Model: SequentialModel>(_ source: RandomOperations<Model>, rounds: Int, seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed, "small")
        var illegal = 0
        for round in 0..<rounds {
            var source = source
            source.clients = Int.random(in: 2...4, using: &generator)
            source.count = Int.random(in: 1...7, using: &generator)
            source.crashes = [0, 0, 30].randomElement(using: &generator)!
            var operations = source.legal(&generator)
            for _ in 0..<[0, 1, 6][round % 3] { spoil(&operations, &generator) }
            illegal += try compare(source.model, operations, "\(Model.self) round \(round)") ? 0 : 1
        }
        #expect(illegal > rounds / 30 && illegal < rounds / 2, "the histories are too much alike: \(illegal)")
    }

    private func spoil<Input, Output>(
        _ operations: inout [ConcurrentOperation<Input, Output>], _ generator: inout SeededGenerator
    ) {
        let returned = operations.indices.filter { operations[$0].end != nil }
        // Reads get what other reads got, swaps what other swaps got.
        func kind(_ index: Int) -> Substring { "\(operations[index].input)".prefix { $0 != "(" } }
        guard let index = returned.randomElement(using: &generator) else { return }
        let others = returned.filter {
            operations[$0].output != operations[index].output && kind($0) == kind(index)
        }
        let other = others.randomElement(using: &generator) ?? index
        switch Int.random(in: 0..<8, using: &generator) {
        case 0: operations[index].output = nil
        case 1..<4: operations[index].end = operations[index].call
        default: operations[index].output = operations[other].output
        }
    }

    private func compare<Model: SequentialModel>(
        _ model: Model, _ operations: [ConcurrentOperation<Model.Input, Model.Output>], _ name: String
    ) throws -> Bool {
        let naive = BruteForce(model: model, operations: operations)
        switch Linearizer.check(model, operations).verdict {
        case .legal(let order):
            #expect(try naive.accepts(order), "\(name): \(operations) \(order)")
            #expect(try naive.isLegal(), "\(name): \(operations)")
            return true
        case .illegal(let contradiction):
            #expect(try !naive.isLegal(), "\(name): \(operations)")
            #expect(contradiction.isShortest)
            let last = contradiction.operation
            #expect(try !naive.prefix(through: last, withIt: true).isLegal(), "\(name): \(operations) at \(last)")
            #expect(try naive.prefix(through: last, withIt: false).isLegal(), "\(name): \(operations) at \(last)")
            return false
        case .unknown(let reason):
            Issue.record("\(name): \(reason)")
            return false
        }
    }

    @Test func registers() throws {
        let source = RandomOperations(
            model: RegisterModel(),
            input: { generator in
                let (value, new) = (
                    ArgumentValue.int(.random(in: 1...3, using: &generator)),
                    ArgumentValue.int(.random(in: 1...3, using: &generator))
                )
                return switch Int.random(in: 0..<3, using: &generator) {
                case 0: .read
                case 1: .write(value)
                default: .compareAndSwap(expected: value, new: new)
                }
            },
            answer: { state, input in
                switch input {
                case .read: .value(state)
                case .write: .written
                case .compareAndSwap(let expected, _): .swapped(state == expected)
                }
            })
        try compare(source, rounds: 3_000, seed: 1)
    }

    @Test func counters() throws { try compare(Self.counter, rounds: 3_000, seed: 2) }

    private static var counter: RandomOperations<CounterModel> {
        RandomOperations(
            model: CounterModel(),
            input: { Int.random(in: 0..<3, using: &$0) == 0 ? .read : .add(Int64.random(in: 1...2, using: &$0)) },
            answer: { state, input in if case .add(let amount) = input { state + amount } else { state } })
    }

    @Test func queues() throws {
        let source = RandomOperations(
            model: QueueModel(),
            input: { Bool.random(using: &$0) ? .put(.int(Int64.random(in: 1...3, using: &$0))) : .take },
            answer: { state, input in
                if case .put = input { .put } else { state.first.map { .taken($0) } ?? .empty }
            })
        try compare(source, rounds: 3_000, seed: 3)
    }

    @Test func keyValues() throws {
        let source = RandomOperations(
            model: KeyValueModel(),
            input: { generator in
                let text = String(Int.random(in: 1...2, using: &generator))
                return [.get, .put(text), .append(text)].randomElement(using: &generator)!
            },
            answer: { state, input in input == .get ? state : "" })
        try compare(source, rounds: 3_000, seed: 4)
    }

    /// 50 callers, and crashes: what is legal by construction is found to be, and one wrong reply is found.
    @Test(arguments: [0, 1, 2]) func manyCallers(crashes: Int) throws {
        var generator = SeededGenerator(seed: UInt64(crashes), "many")
        var source = Self.counter
        (source.clients, source.count, source.crashes) = (50, 400, crashes)
        var operations = source.legal(&generator)
        let legal = Linearizer.check(source.model, operations)
        guard case .legal(let order) = legal.verdict else {
            Issue.record("\(legal)")
            return
        }
        #expect(try BruteForce(model: source.model, operations: operations).accepts(order))
        let last = operations.indices.filter { operations[$0].end != nil }.max {
            operations[$0].end! < operations[$1].end!
        }!
        operations[last].output = -1
        // What has an answer that no order gives: the search is cut, or right.
        var slices = 0
        let illegal = Linearizer.check(source.model, operations) { _ in
            slices += 1
            return slices > 50
        }
        switch illegal.verdict {
        case .illegal(let contradiction): #expect(contradiction.operation == last || !contradiction.isShortest)
        case .unknown: #expect(crashes > 0)
        case .legal: Issue.record("no total is negative")
        }
    }
}
