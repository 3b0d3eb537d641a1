/// Small numbers for values that repeat, in the order of their first use.
struct Interner<Value: Hashable & Sendable>: Sendable {
    private var numbers: [Value: Int32] = [:]
    private(set) var values: [Value] = []
    /// Evidence comes in runs of the same word.
    private var last: Int32 = -1

    mutating func number(_ value: Value) -> Int32 {
        if last >= 0, values[Int(last)] == value { return last }
        if let known = numbers[value] {
            last = known
            return known
        }
        let new = Int32(values.count)
        values.append(value)
        numbers[value] = new
        last = new
        return new
    }

    func known(_ value: Value) -> Int32? { numbers[value] }

    subscript(_ number: Int32) -> Value { values[Int(number)] }

    var count: Int { values.count }
}

/// A set of small numbers.
struct NumberSet: Sendable {
    private var marks: [Bool] = []

    mutating func insert(_ number: Int32) {
        guard number >= 0 else { return }
        while marks.count <= Int(number) { marks.append(false) }
        marks[Int(number)] = true
    }

    func contains(_ number: Int32) -> Bool { number >= 0 && Int(number) < marks.count && marks[Int(number)] }
}

/// Lists of numbers by number, in two arrays: the deliveries of each message, the deliveries of each queue.
struct Grouping: Sendable {
    private var starts: [Int32]
    private var members: [Int32]

    /// - Parameter group: the group of each member, or a negative number for none.
    init(groups: Int, members count: Int, group: (Int) -> Int32) {
        starts = Array(repeating: 0, count: groups + 1)
        for member in 0..<count {
            let number = group(member)
            if number >= 0 { starts[Int(number) + 1] += 1 }
        }
        for number in 0..<groups { starts[number + 1] += starts[number] }
        var next = starts
        members = Array(repeating: 0, count: Int(starts[groups]))
        for member in 0..<count {
            let number = group(member)
            guard number >= 0 else { continue }
            members[Int(next[Int(number)])] = Int32(member)
            next[Int(number)] += 1
        }
    }

    subscript(_ group: Int32) -> ArraySlice<Int32> {
        guard group >= 0, Int(group) + 1 < starts.count else { return [] }
        return members[Int(starts[Int(group)])..<Int(starts[Int(group) + 1])]
    }
}
