import Assertions
import ClusterModel

/// Makes histories: of an object that is what its model says, and then with results that are not.
struct RandomOperations<Model: SequentialModel> {
    typealias Operation = ConcurrentOperation<Model.Input, Model.Output>

    let model: Model
    /// What a caller may do.
    let input: (inout SeededGenerator) -> Model.Input
    /// What a sequential object answers.
    let answer: (Model.State, Model.Input) -> Model.Output
    /// Callers at a time; each calls again when it has its answer, under a new name after a crash.
    var clients = 3
    var count = 6
    /// Of 100 operations so many stay open, half of them without an effect.
    var crashes = 20

    /// Linearizable by construction: each operation takes effect at a moment between its call and its return.
    func legal(_ generator: inout SeededGenerator) -> [Operation] {
        var operations: [Operation] = []
        var running: [(index: Int, hasEffect: Bool, isDone: Bool)] = []
        var state = model.initial
        var time: Int64 = 0
        var outputs: [Model.Output?] = []
        while operations.count < count || !running.isEmpty {
            time += Int64.random(in: 0...1, using: &generator)
            if running.count < clients, operations.count < count, Int.random(in: 0..<3, using: &generator) > 0 {
                let hasEffect = Int.random(in: 0..<200, using: &generator) >= crashes
                running.append((operations.count, hasEffect, !hasEffect))
                operations.append(Operation(call: time, end: nil, input: input(&generator), output: nil))
                outputs.append(nil)
                continue
            }
            guard let place = running.indices.randomElement(using: &generator) else { continue }
            let index = running[place].index
            guard running[place].isDone else {
                let input = operations[index].input
                let output = answer(state, input)
                guard let after = try? model.step(state, input, output) else { fatalError("no answer fits") }
                (state, outputs[index]) = (after, output)
                running[place].isDone = true
                continue
            }
            if running[place].hasEffect, Int.random(in: 0..<200, using: &generator) >= crashes {
                // After its effect, even where the clock stands still.
                operations[index].end = time
                operations[index].output = outputs[index]
            }
            running.remove(at: place)
        }
        return operations
    }
}
