/// A model's states and operations as numbers, so that the search compares and keeps numbers only, and asks the model
/// once for each state and class of operations.
struct ModelTable<Model: SequentialModel> {
    private struct Class: Hashable {
        var input: Model.Input
        var output: Model.Output?
    }

    private let model: Model
    private var states: [Model.State]
    private var stateNumbers: [Model.State: Int32]
    private var classes: [Class] = []
    private var classNumbers: [Class: Int32] = [:]
    private(set) var isReadOnly: [Bool] = []
    /// Of states, without the configurations that lead to them.
    private var stateBytes: Int

    init(_ model: Model) {
        self.model = model
        states = [model.initial]
        stateNumbers = [model.initial: 0]
        stateBytes = model.bytes(model.initial)
    }

    /// Each state is in an array and in a dictionary.
    var bytes: Int { stateBytes + states.capacity * (3 * MemoryLayout<Model.State>.stride + 16) }

    mutating func number(_ input: Model.Input, _ output: Model.Output?) -> Int32 {
        let new = Class(input: input, output: output)
        if let known = classNumbers[new] { return known }
        let number = Int32(classes.count)
        classes.append(new)
        classNumbers[new] = number
        isReadOnly.append(model.isReadOnly(input, output))
        return number
    }

    /// The number of the state after it, or -1.
    mutating func step(_ state: Int32, _ number: Int32) throws(ModelFailure) -> Int32 {
        let operation = classes[Int(number)]
        let before = states[Int(state)]
        guard let after = try model.step(before, operation.input, operation.output) else { return -1 }
        if let known = stateNumbers[after] { return known }
        let new = Int32(states.count)
        states.append(after)
        stateNumbers[after] = new
        stateBytes += model.bytes(after)
        return new
    }
}

/// What a model has answered: the state after a class of operations, by state and class.
struct StepMemory {
    private var known: [UInt64: Int32] = [:]

    var bytes: Int { known.capacity * 17 }

    subscript(_ state: Int32, _ number: Int32) -> Int32? {
        get { known[Self.key(state, number)] }
        set { known[Self.key(state, number)] = newValue }
    }

    private static func key(_ state: Int32, _ number: Int32) -> UInt64 {
        UInt64(UInt32(bitPattern: state)) << 32 | UInt64(UInt32(bitPattern: number))
    }
}
