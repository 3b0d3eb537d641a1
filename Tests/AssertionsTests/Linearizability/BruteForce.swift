import Assertions

/// Linearizability by its definition: tries all orders, remembers nothing.
struct BruteForce<Model: SequentialModel> {
    typealias Operation = ConcurrentOperation<Model.Input, Model.Output>

    let model: Model
    let operations: [Operation]

    func isLegal() throws -> Bool { try extend([], model.initial) }

    private func extend(_ order: [Int], _ state: Model.State) throws -> Bool {
        let rest = operations.indices.filter { !order.contains($0) }
        if rest.allSatisfy({ operations[$0].end == nil }) { return true }
        for index in rest {
            let call = operations[index].call
            // What had returned before it was called comes before it.
            if rest.contains(where: { operations[$0].end.map { $0 < call } ?? false }) { continue }
            guard let after = try model.step(state, operations[index].input, operations[index].output) else { continue }
            if try extend(order + [index], after) { return true }
        }
        return false
    }

    /// Whether an order is one: by the model, by time, and complete.
    func accepts(_ order: [Int]) throws -> Bool {
        var state = model.initial
        for (place, index) in order.enumerated() {
            let (input, output) = (operations[index].input, operations[index].output)
            guard let after = try model.step(state, input, output) else { return false }
            state = after
            for earlier in order[..<place] where operations[index].end.map({ $0 < operations[earlier].call }) ?? false {
                return false
            }
        }
        return Set(order).count == order.count
            && operations.indices.allSatisfy { operations[$0].end == nil || order.contains($0) }
    }

    /// The history as of an operation's return, or up to its eve; returns at one time are in the order of indices.
    func prefix(through last: Int, withIt: Bool) -> BruteForce {
        let limit = operations[last].end!
        var kept: [Operation] = []
        for (index, operation) in operations.enumerated() where operation.call <= limit {
            var operation = operation
            let isReturned = operation.end.map { ($0, index) < (limit, last) || (withIt && index == last) } ?? false
            if !isReturned { (operation.end, operation.output) = (nil, nil) }
            kept.append(operation)
        }
        return BruteForce(model: model, operations: kept)
    }
}
