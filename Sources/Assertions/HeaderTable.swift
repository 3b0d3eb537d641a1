/// A reading of AMQP field tables that shares nothing with the broker's: what bindings and messages say in their
/// headers (AMQP 0-9-1 §4.2.5.5, with RabbitMQ's type letters).
struct HeaderTable: Sendable {
    indirect enum Value: Sendable, Equatable {
        /// RabbitMQ compares integers of all sizes with one another.
        case integer(Int64)
        case unsigned(UInt64)
        case real(Double)
        case text([UInt8])
        case bytes([UInt8])
        case bool(Bool)
        case time(UInt64)
        case decimal(UInt8, UInt32)
        case list([Value])
        case table([String: Value])
        case void
    }

    private(set) var fields: [String: Value] = [:]
    /// The bytes were not a table.
    private(set) var isDamaged = false

    /// - Parameter bytes: the table with its length in front; empty for no table.
    init(_ bytes: [UInt8]) {
        guard !bytes.isEmpty else { return }
        var reader = TableReader(bytes: bytes)
        fields = reader.table(depth: 0)
        isDamaged = reader.failed
    }

    subscript(_ name: String) -> Value? { fields[name] }

    func text(_ name: String) -> String? {
        guard case .text(let bytes)? = fields[name] else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Whether a message with these headers satisfies a binding with those arguments, as RabbitMQ's headers exchange
    /// has it: `x-match` is `all` where it is not given; under `all` and `any`, arguments that begin with `x-` do not
    /// count; a void argument asks only for presence; `any` of nothing is never satisfied.
    func satisfies(_ arguments: HeaderTable) -> Bool {
        let mode = arguments.text("x-match") ?? "all"
        let withX = mode.hasSuffix("-with-x")
        var some = false
        for (name, wanted) in arguments.fields {
            if name == "x-match" || (!withX && name.hasPrefix("x-")) { continue }
            let matches =
                if let value = fields[name] { wanted == .void || wanted == value } else { false }
            if matches {
                some = true
            } else if mode.hasPrefix("all") {
                return false
            }
        }
        return mode.hasPrefix("all") || some
    }
}

private struct TableReader {
    let bytes: [UInt8]
    var position = 0
    var failed = false
    private static let deepest = 64

    init(bytes: [UInt8]) { self.bytes = bytes }

    mutating func big(_ count: Int) -> UInt64 {
        guard bytes.count - position >= count else {
            failed = true
            position = bytes.count
            return 0
        }
        var value: UInt64 = 0
        for _ in 0..<count {
            value = value << 8 | UInt64(bytes[position])
            position += 1
        }
        return value
    }

    mutating func slice(_ count: UInt64) -> [UInt8] {
        guard count <= UInt64(bytes.count - position) else {
            failed = true
            position = bytes.count
            return []
        }
        defer { position += Int(count) }
        return Array(bytes[position..<position + Int(count)])
    }

    mutating func table(depth: Int) -> [String: HeaderTable.Value] {
        var fields: [String: HeaderTable.Value] = [:]
        let end = scope(depth)
        while !failed, position < end {
            let name = String(decoding: slice(big(1)), as: UTF8.self)
            fields[name] = value(depth: depth)
        }
        return fields
    }

    /// Reads a length and says where what follows ends.
    private mutating func scope(_ depth: Int) -> Int {
        let length = big(4)
        guard depth < Self.deepest, length <= UInt64(bytes.count - position) else {
            failed = true
            return position
        }
        return position + Int(length)
    }

    private mutating func value(depth: Int) -> HeaderTable.Value {
        switch UInt8(big(1)) {
        case UInt8(ascii: "t"): return .bool(big(1) != 0)
        case UInt8(ascii: "b"): return .integer(Int64(Int8(truncatingIfNeeded: big(1))))
        case UInt8(ascii: "B"): return .integer(Int64(big(1)))
        case UInt8(ascii: "s"), UInt8(ascii: "U"): return .integer(Int64(Int16(truncatingIfNeeded: big(2))))
        case UInt8(ascii: "u"): return .integer(Int64(big(2)))
        case UInt8(ascii: "I"): return .integer(Int64(Int32(truncatingIfNeeded: big(4))))
        case UInt8(ascii: "i"): return .integer(Int64(big(4)))
        case UInt8(ascii: "l"): return .integer(Int64(truncatingIfNeeded: big(8)))
        case UInt8(ascii: "L"):
            let number = big(8)
            return Int64(exactly: number).map { .integer($0) } ?? .unsigned(number)
        case UInt8(ascii: "f"): return .real(Double(Float(bitPattern: UInt32(big(4)))))
        case UInt8(ascii: "d"): return .real(Double(bitPattern: big(8)))
        case UInt8(ascii: "D"): return .decimal(UInt8(big(1)), UInt32(big(4)))
        case UInt8(ascii: "S"): return .text(slice(big(4)))
        case UInt8(ascii: "x"): return .bytes(slice(big(4)))
        case UInt8(ascii: "T"): return .time(big(8))
        case UInt8(ascii: "V"): return .void
        case UInt8(ascii: "F"): return .table(table(depth: depth + 1))
        case UInt8(ascii: "A"):
            var items: [HeaderTable.Value] = []
            let end = scope(depth + 1)
            while !failed, position < end { items.append(value(depth: depth + 1)) }
            return .list(items)
        default:
            failed = true
            return .void
        }
    }
}
