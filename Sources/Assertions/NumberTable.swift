/// Numbers by numbers that mostly count up from a small one: nearly always an array.
struct NumberTable: Sendable {
    private var near: [Int32] = []
    private var far: [UInt64: Int32] = [:]
    /// Gaps that are filled up.
    private static let gap: UInt64 = 1_024

    /// -1: none.
    subscript(key: UInt64) -> Int32 {
        get {
            if key < UInt64(near.count), near[Int(key)] >= 0 { return near[Int(key)] }
            return far.isEmpty ? -1 : far[key] ?? -1
        }
        set {
            let count = UInt64(near.count)
            if key < count {
                near[Int(key)] = newValue
            } else if key - count <= Self.gap {
                while UInt64(near.count) < key { near.append(-1) }
                near.append(newValue)
            } else {
                far[key] = newValue
            }
        }
    }
}

/// The transmissions by the links' stamps, which count up for each connection.
struct StampTable: Sendable {
    private var tables: [NumberTable] = []
    private var index: [Int64: Int] = [:]
    private var last: (upper: Int64, table: Int) = (-1, -1)
    private static let width: Int64 = 28

    /// -1: none.
    subscript(stamp: Int64) -> Int32 {
        mutating get {
            guard let table = table(stamp >> Self.width) else { return -1 }
            return tables[table][UInt64(stamp & (1 << Self.width - 1))]
        }
        set {
            let upper = stamp >> Self.width
            let table = table(upper) ?? tables.count
            if table == tables.count {
                tables.append(NumberTable())
                index[upper] = table
            }
            tables[table][UInt64(stamp & (1 << Self.width - 1))] = newValue
        }
    }

    private mutating func table(_ upper: Int64) -> Int? {
        if last.table >= 0, last.upper == upper { return last.table }
        guard let table = index[upper] else { return nil }
        last = (upper, table)
        return table
    }
}
