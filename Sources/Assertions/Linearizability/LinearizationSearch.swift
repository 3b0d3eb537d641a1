/// Looks for an order of operations that a sequential object could have executed: depth first, one operation at a time out
/// of those that were called before the first return that is not in the order yet (Wing and Gong 1993), never twice from
/// the same configuration (Lowe 2017), over a list of calls and returns out of which operations are lifted, as Porcupine
/// does it. Beyond them:
///
/// - An operation that changes nothing and fits is taken at once: it fits nowhere better.
/// - Of two operations with the same effect and result, the one that returns first is taken first; open ones by call.
/// - An open operation is tried last, those called last before others, and only where it changes something.
/// - A configuration is not entered if a known one has used fewer open operations to get to the same.
/// - At first only so many open operations may follow one another (`burst`): that is how it was, as a rule, and otherwise
///   the search would lose its way among all sets of them.
///
/// Nothing here reads a clock: whoever calls `advance` may stop at any time.
struct LinearizationSearch {
    enum Verdict: Sendable, Equatable { case legal, illegal }

    private struct Frame {
        var operation: Int32
        /// Before it.
        var state: Int32
        var rank: Int
        var openCursor: Int
        var burst: Int32
    }

    private let table: OperationTable
    /// By class.
    private let isReadOnly: [Bool]
    private let anyReadOnly: Bool

    /// The calls and returns of operations that return and are not in the order; 0 is before the first, and after the last.
    private var next: [Int32]
    private var previous: [Int32]
    private var isDone: [Bool]
    /// By place in `table.openClasses`: how many are in the order.
    private var used: [Int]
    /// The operations in the order: those that return after the first that is not, and the open ones.
    private var set: [UInt64]
    private var state: Int32 = 0
    /// The first return that is not in the order.
    private var rank = 0
    private var stack: [Frame] = []
    private var visited: ConfigurationSet

    private var isEntering = true
    private var cursor: Int32 = 0
    /// The place in `table.opens` of the last one that was tried.
    private var openCursor = 0
    /// The open operations that end the order.
    private var burst: Int32 = 0
    private let longestBurst: Int32
    /// Some open operation was left out because of the burst before it: what is illegal may not be.
    private(set) var isLimited = false

    /// How many returns some order has explained, from the first on.
    private(set) var furthest = 0

    init(_ table: OperationTable, isReadOnly: [Bool], longestBurst: Int32 = .max) {
        self.longestBurst = longestBurst
        self.table = table
        self.isReadOnly = isReadOnly
        anyReadOnly = table.classes.contains { isReadOnly[Int($0)] }
        let positions = table.operationAt.count
        next = Array(repeating: 0, count: positions)
        previous = Array(repeating: 0, count: positions)
        isDone = Array(repeating: false, count: table.classes.count)
        used = Array(repeating: 0, count: table.openClasses.count)
        set = Array(repeating: 0, count: table.closedWords + table.openWords)
        visited = ConfigurationSet(closedWords: table.closedWords, openWords: table.openWords)
        var last: Int32 = 0
        for position in 1..<max(positions, 1) where !table.isOpen(table.operationAt[position]) {
            next[Int(last)] = Int32(position)
            previous[position] = last
            last = Int32(position)
        }
        next[Int(last)] = 0
        previous[0] = last
    }

    var configurations: Int { visited.count }
    var bytes: Int { visited.bytes + stack.capacity * MemoryLayout<Frame>.stride }
    var isFull: Bool { visited.isFull }
    /// The order so far.
    var order: [Int32] { stack.map(\.operation) }

    /// Goes on for about so many steps.
    /// - Parameter step: the state after an operation of a class, or -1.
    /// - Returns: `nil` where the search has not ended.
    mutating func advance(
        _ steps: Int, _ step: (_ state: Int32, _ class: Int32) throws(ModelFailure) -> Int32
    ) throws(ModelFailure) -> Verdict? {
        for _ in 0..<steps {
            if isEntering {
                if try takeReadOnly(step) { continue }
                furthest = max(furthest, rank)
                if rank == table.returns.count { return .legal }
                isEntering = false
                guard visited.insert(rank: rank, state: state, burst: longestBurst == .max ? 0 : burst, set) else {
                    guard goBack() else { return .illegal }
                    continue
                }
                cursor = next[0]
                openCursor = table.opens.count
            }
            guard let candidate = candidate() else {
                guard goBack() else { return .illegal }
                continue
            }
            let after = try step(state, table.classes[Int(candidate)])
            guard after >= 0, after != state || !table.isOpen(candidate) else { continue }
            take(candidate, after)
            isEntering = true
        }
        return nil
    }

    /// The next operation to try from here.
    private mutating func candidate() -> Int32? {
        let limit = table.returnAt[Int(table.returns[rank])]
        // The list holds a return for each call, so there is always one to stop at.
        while cursor != 0 {
            let operation = table.operationAt[Int(cursor)]
            guard table.returnAt[Int(operation)] != cursor else {
                cursor = 0
                break
            }
            cursor = next[Int(cursor)]
            let twin = table.twin[Int(operation)]
            if twin >= 0, !isDone[Int(twin)], table.callAt[Int(twin)] < limit { continue }
            return operation
        }
        return openCandidate(limit)
    }

    /// The latest of a class stands for all of them; they are taken in the order of calls.
    private mutating func openCandidate(_ limit: Int32) -> Int32? {
        while openCursor > 0 {
            openCursor -= 1
            let latest = Int(table.opens[openCursor])
            guard table.callAt[latest] < limit else { continue }
            let (list, place) = (Int(table.openClass[latest]), Int(table.openPlace[latest]))
            let all = table.openClasses[list]
            if place + 1 < all.count, table.callAt[Int(all[place + 1])] < limit { continue }
            guard used[list] <= place else { continue }
            guard burst < longestBurst else {
                isLimited = true
                return nil
            }
            return all[used[list]]
        }
        return nil
    }

    /// - Returns: whether there was one.
    private mutating func takeReadOnly(
        _ step: (_ state: Int32, _ class: Int32) throws(ModelFailure) -> Int32
    ) throws(ModelFailure) -> Bool {
        guard anyReadOnly else { return false }
        var position = next[0]
        while position != 0 {
            let operation = table.operationAt[Int(position)]
            guard table.returnAt[Int(operation)] != position else { return false }
            let number = table.classes[Int(operation)]
            if isReadOnly[Int(number)], try step(state, number) == state {
                take(operation, state)
                return true
            }
            position = next[Int(position)]
        }
        return false
    }

    private mutating func take(_ operation: Int32, _ after: Int32) {
        let index = Int(operation)
        stack.append(
            Frame(operation: operation, state: state, rank: rank, openCursor: openCursor, burst: burst))
        isDone[index] = true
        state = after
        guard !table.isOpen(operation) else {
            used[Int(table.openClass[index])] += 1
            flip(open: table.bit[index])
            burst += 1
            return
        }
        burst = 0
        unlink(table.callAt[index])
        unlink(table.returnAt[index])
        guard Int(table.rank[index]) == rank else {
            flip(table.bit[index])
            return
        }
        rank += 1
        while rank < table.returns.count, isDone[Int(table.returns[rank])] {
            flip(table.bit[Int(table.returns[rank])])
            rank += 1
        }
    }

    /// Takes the last operation out of the order, to try the one after it in its place.
    /// - Returns: `false` where nothing is left to try.
    private mutating func goBack() -> Bool {
        while let frame = stack.popLast() {
            let index = Int(frame.operation)
            let isOpen = table.isOpen(frame.operation)
            isDone[index] = false
            state = frame.state
            burst = frame.burst
            if isOpen {
                used[Int(table.openClass[index])] -= 1
                flip(open: table.bit[index])
            } else {
                if Int(table.rank[index]) == frame.rank {
                    for passed in frame.rank + 1..<rank { flip(table.bit[Int(table.returns[passed])]) }
                    rank = frame.rank
                } else {
                    flip(table.bit[index])
                }
                link(table.returnAt[index])
                link(table.callAt[index])
            }
            // Nothing else was worth trying.
            if !isOpen, isReadOnly[Int(table.classes[index])] { continue }
            cursor = isOpen ? 0 : next[Int(table.callAt[index])]
            openCursor = isOpen ? frame.openCursor : table.opens.count
            return true
        }
        return false
    }

    private mutating func flip(_ bit: Int32) { set[Int(bit) / 64] ^= 1 << UInt64(bit % 64) }
    private mutating func flip(open bit: Int32) { set[table.closedWords + Int(bit) / 64] ^= 1 << UInt64(bit % 64) }

    private mutating func unlink(_ position: Int32) {
        let (before, after) = (previous[Int(position)], next[Int(position)])
        next[Int(before)] = after
        previous[Int(after)] = before
    }

    private mutating func link(_ position: Int32) {
        next[Int(previous[Int(position)])] = position
        previous[Int(next[Int(position)])] = position
    }
}
