/// Whether the operations on one object are linearizable: some order of them has each take effect at one moment between
/// its call and its return, and is what the model would have done.
package struct Linearizer<Model: SequentialModel> {
    package typealias Operation = ConcurrentOperation<Model.Input, Model.Output>

    private let operations: [Operation]
    /// Bytes that the search may take.
    private let memory: Int
    /// Asked every few thousand steps with the steps that a search has taken; true ends it without a verdict.
    private let isOver: (Int) -> Bool
    private var model: ModelTable<Model>
    private var known = StepMemory()
    private var classes: [Int32] = []
    private var configurations = 0
    /// Steps of a whole search, at most.
    private var mostSteps = Int.max
    /// Steps of a search with short bursts, and of one for the shortest prefix, at most.
    private static var stepsOfBurst: Int { 1 << 20 }
    private static var stepsOfProbe: Int { 1 << 21 }

    private enum Answer {
        case legal([Int32])
        /// No order explains more returns than so many.
        case illegal(Int)
        case unknown(String)
    }

    /// - Parameter memory: bytes, about.
    package static func check(
        _ model: Model, _ operations: [Operation], memory: Int = 256 << 20,
        isOver: @escaping (Int) -> Bool = { _ in false }
    ) -> Linearization {
        var linearizer = Linearizer(model, operations, memory, isOver)
        let verdict = linearizer.verdict()
        return Linearization(verdict: verdict, configurations: linearizer.configurations)
    }

    private init(_ model: Model, _ operations: [Operation], _ memory: Int, _ isOver: @escaping (Int) -> Bool) {
        self.operations = operations
        self.memory = memory
        self.isOver = isOver
        self.model = ModelTable(model)
        classes = operations.map { self.model.number($0.input, $0.output) }
    }

    private mutating func verdict() -> Linearization.Verdict {
        let operations = operations
        let chosen = useful(Array(operations.indices)) { operations[$0].end == nil }
        let table = table(chosen) { operations[$0].end }
        switch search(table) {
        case .legal(let order): return .legal(order.map { chosen[Int($0)] })
        case .unknown(let reason): return .unknown(reason)
        case .illegal(let furthest): return .illegal(contradiction(furthest, table, chosen))
        }
    }

    /// An open operation that changes nothing explains nothing.
    private mutating func useful(_ chosen: [Int], isOpen: (Int) -> Bool) -> [Int] {
        var result: [Int] = []
        for index in chosen {
            let number = isOpen(index) ? model.number(operations[index].input, nil) : classes[index]
            if !isOpen(index) || !model.isReadOnly[Int(number)] { result.append(index) }
        }
        return result
    }

    private mutating func table(_ chosen: [Int], end: (Int) -> Int64?) -> OperationTable {
        var spans: [(call: Int64, end: Int64?, class: Int32)] = []
        for index in chosen {
            let end = end(index)
            let number = end == nil ? model.number(operations[index].input, nil) : classes[index]
            spans.append((operations[index].call, end, number))
        }
        return OperationTable(spans)
    }

    private mutating func search(_ table: OperationTable) -> Answer {
        if !table.opens.isEmpty {
            for burst: Int32 in [1, 2, 4] {
                let answer = search(table, longestBurst: burst, steps: min(Self.stepsOfBurst, mostSteps / 4))
                if let answer { return answer }
            }
        }
        return search(table, longestBurst: .max, steps: .max)!
    }

    /// - Returns: `nil`: with longer bursts, or more steps, the answer may be another.
    private mutating func search(_ table: OperationTable, longestBurst: Int32, steps most: Int) -> Answer? {
        var search = LinearizationSearch(table, isReadOnly: model.isReadOnly, longestBurst: longestBurst)
        defer { configurations += search.configurations }
        let slice = 4_096
        var steps = 0
        while true {
            do throws(ModelFailure) {
                let verdict = try search.advance(slice) { (state, number) throws(ModelFailure) -> Int32 in
                    if let answer = known[state, number] { return answer }
                    let answer = try model.step(state, number)
                    known[state, number] = answer
                    return answer
                }
                switch verdict {
                case .legal: return .legal(search.order)
                case .illegal: return search.isLimited ? nil : .illegal(search.furthest)
                case nil: break
                }
            } catch {
                return .unknown(error.reason)
            }
            if search.bytes + model.bytes + known.bytes > memory || search.isFull {
                return .unknown(
                    "the memory for the search (\(memory >> 20) MiB) is full after "
                        + counted(search.configurations, "configuration"))
            }
            steps += slice
            if steps >= most { return nil }
            if isOver(steps) || steps >= mostSteps {
                return .unknown(
                    "the time for the search is over after " + counted(search.configurations, "configuration"))
            }
        }
    }

    // MARK: - Why not

    /// The shortest prefix of the history without an order. As of a return, what has not returned by then is open; what
    /// has no order as of one return has none as of any later one, so that halving finds the first. (The search over the
    /// whole history goes by results that came later, and may give up earlier.)
    private mutating func contradiction(_ furthest: Int, _ table: OperationTable, _ chosen: [Int]) -> Contradiction {
        var low = furthest
        var high = table.returns.count - 1
        var probe = low
        var isShortest = true
        mostSteps = Self.stepsOfProbe
        defer { mostSteps = .max }
        while low < high, isShortest {
            switch prefix(through: probe, table, chosen) {
            case .legal: low = probe + 1
            case .illegal: high = probe
            case .unknown: isShortest = false
            }
            probe = (low + high) / 2
        }
        let rank = isShortest ? high : furthest
        var order: [Int]?
        if rank == 0 {
            order = []
        } else if case .legal(let found) = prefix(through: rank - 1, table, chosen) {
            order = found.map { Int($0) }
        }
        let last = Int(table.returns[rank])
        let limit = table.returnAt[last]
        let prefix = chosen.indices.filter { table.callAt[$0] < limit }.sorted { table.callAt[$0] < table.callAt[$1] }
        let concurrent = prefix.filter { $0 != last && table.returnAt[$0] > table.callAt[last] }
        return Contradiction(
            operation: chosen[last], prefix: prefix.map { chosen[$0] }, concurrent: concurrent.map { chosen[$0] },
            order: order, isShortest: isShortest)
    }

    /// The history as of one return.
    private mutating func prefix(through rank: Int, _ table: OperationTable, _ chosen: [Int]) -> Answer {
        let limit = table.returnAt[Int(table.returns[rank])]
        var ends: [Int: Int64] = [:]
        var seen: [Int] = []
        for (place, index) in chosen.enumerated() where table.callAt[place] < limit {
            seen.append(index)
            if table.returnAt[place] <= limit { ends[index] = operations[index].end }
        }
        let useful = useful(seen) { ends[$0] == nil }
        let answer = search(self.table(useful) { ends[$0] })
        guard case .legal(let order) = answer else { return answer }
        return .legal(order.map { Int32(useful[Int($0)]) })
    }
}
