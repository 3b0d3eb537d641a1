/// The calls and returns of a history's operations in the order of time, as numbers. Where a call and a return have the
/// same time the call is first: they may have overlapped.
struct OperationTable {
    /// By operation: the position of its call, from 1.
    private(set) var callAt: [Int32]
    /// By operation: the position of its return; `Int32.max`: it is open.
    private(set) var returnAt: [Int32]
    /// By operation: how many return before it; -1: it is open.
    private(set) var rank: [Int32]
    /// By operation: its bit, among the returned or among the open ones. A bit is used again after a return.
    private(set) var bit: [Int32]
    /// By operation: operations of one class have the same effect and the same result.
    let classes: [Int32]
    /// By operation: the one of its class that returns last before it, or -1.
    private(set) var twin: [Int32]
    /// The operations that return, in that order.
    private(set) var returns: [Int32] = []
    /// The open ones, in the order of calls.
    private(set) var opens: [Int32] = []
    /// The open ones by class, each list in the order of calls.
    private(set) var openClasses: [[Int32]] = []
    /// By operation: the place of an open one's list in `openClasses`, and its place in that list.
    private(set) var openClass: [Int32]
    private(set) var openPlace: [Int32]
    /// By position, from 1.
    private(set) var operationAt: [Int32] = [-1]
    private(set) var closedWords = 0
    private(set) var openWords = 0

    /// - Parameter spans: the call and return of each operation, and its class.
    init(_ spans: [(call: Int64, end: Int64?, class: Int32)]) {
        let count = spans.count
        classes = spans.map(\.class)
        callAt = Array(repeating: 0, count: count)
        returnAt = Array(repeating: .max, count: count)
        rank = Array(repeating: -1, count: count)
        bit = Array(repeating: 0, count: count)
        twin = Array(repeating: -1, count: count)
        openClass = Array(repeating: -1, count: count)
        openPlace = Array(repeating: -1, count: count)
        var events: [(time: Int64, isReturn: Int, operation: Int32)] = []
        for (index, span) in spans.enumerated() {
            events.append((span.call, 0, Int32(index)))
            if let end = span.end { events.append((end, 1, Int32(index))) }
        }
        events.sort { ($0.time, $0.isReturn, $0.operation) < ($1.time, $1.isReturn, $1.operation) }
        number(events, isOpen: spans.map { $0.end == nil })
    }

    private mutating func number(_ events: [(time: Int64, isReturn: Int, operation: Int32)], isOpen: [Bool]) {
        var free: [Int32] = []
        var bits: Int32 = 0
        var lists: [Int32: Int] = [:]
        var latest: [Int32: Int32] = [:]
        for event in events {
            let operation = Int(event.operation)
            let position = Int32(operationAt.count)
            operationAt.append(event.operation)
            if event.isReturn == 1 {
                returnAt[operation] = position
                rank[operation] = Int32(returns.count)
                returns.append(event.operation)
                free.append(bit[operation])
                twin[operation] = latest.updateValue(event.operation, forKey: classes[operation]) ?? -1
                continue
            }
            callAt[operation] = position
            if isOpen[operation] {
                bit[operation] = Int32(opens.count)
                opens.append(event.operation)
                let list = lists[classes[operation]] ?? openClasses.count
                if list == openClasses.count {
                    openClasses.append([])
                    lists[classes[operation]] = list
                }
                openClass[operation] = Int32(list)
                openPlace[operation] = Int32(openClasses[list].count)
                openClasses[list].append(event.operation)
            } else if let old = free.popLast() {
                bit[operation] = old
            } else {
                bit[operation] = bits
                bits += 1
            }
        }
        closedWords = Int(bits + 63) / 64
        openWords = (opens.count + 63) / 64
    }

    func isOpen(_ operation: Int32) -> Bool { rank[Int(operation)] < 0 }
}
