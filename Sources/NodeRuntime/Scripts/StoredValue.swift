import Scripting

/// How a script's value lies in the store: a byte for its kind, then its content; counts are four bytes, little endian.
enum StoredValue {
    /// What the bytes are not, if they were written by somebody else.
    struct Damaged: Error {}

    private static let deepest = 64

    static func encode(_ value: ScriptValue) -> [UInt8] {
        var bytes: [UInt8] = []
        append(value, to: &bytes)
        return bytes
    }

    static func decode(_ bytes: [UInt8]) throws(Damaged) -> ScriptValue {
        var rest = bytes[...]
        let value = try take(&rest, depth: 0)
        guard rest.isEmpty else { throw Damaged() }
        return value
    }

    private static func append(_ value: ScriptValue, to bytes: inout [UInt8]) {
        switch value {
        case .null: bytes.append(0)
        case .bool(let value): bytes.append(value ? 2 : 1)
        case .integer(let value): append(3, UInt64(bitPattern: value), to: &bytes)
        case .number(let value): append(4, value.bitPattern, to: &bytes)
        case .string(let text):
            append(5, count: text.count, to: &bytes)
            bytes += text
        case .list(let items):
            append(6, count: items.count, to: &bytes)
            for item in items { append(item, to: &bytes) }
        case .table(let entries):
            append(7, count: entries.count, to: &bytes)
            for entry in entries {
                append(entry.key, to: &bytes)
                append(entry.value, to: &bytes)
            }
        }
    }

    private static func append(_ kind: UInt8, _ bits: UInt64, to bytes: inout [UInt8]) {
        bytes.append(kind)
        withUnsafeBytes(of: bits.littleEndian) { bytes += $0 }
    }

    private static func append(_ kind: UInt8, count: Int, to bytes: inout [UInt8]) {
        bytes.append(kind)
        withUnsafeBytes(of: UInt32(clamping: count).littleEndian) { bytes += $0 }
    }

    private static func take(_ rest: inout ArraySlice<UInt8>, depth: Int) throws(Damaged) -> ScriptValue {
        guard depth < deepest, let kind = rest.popFirst() else { throw Damaged() }
        switch kind {
        case 0: return .null
        case 1, 2: return .bool(kind == 2)
        case 3: return .integer(Int64(bitPattern: try bits(&rest, 8)))
        case 4: return .number(Double(bitPattern: try bits(&rest, 8)))
        case 5:
            let count = Int(try bits(&rest, 4))
            guard count <= rest.count else { throw Damaged() }
            defer { rest = rest.dropFirst(count) }
            return .string(Array(rest.prefix(count)))
        case 6, 7:
            let count = Int(try bits(&rest, 4))
            // Each takes a byte at least.
            guard count <= rest.count else { throw Damaged() }
            if kind == 6 {
                var items: [ScriptValue] = []
                for _ in 0..<count { items.append(try take(&rest, depth: depth + 1)) }
                return .list(items)
            }
            var entries: [ScriptEntry] = []
            for _ in 0..<count {
                let key = try take(&rest, depth: depth + 1)
                entries.append(ScriptEntry(key, try take(&rest, depth: depth + 1)))
            }
            return .table(entries)
        default: throw Damaged()
        }
    }

    private static func bits(_ rest: inout ArraySlice<UInt8>, _ count: Int) throws(Damaged) -> UInt64 {
        guard rest.count >= count else { throw Damaged() }
        var value: UInt64 = 0
        for (index, byte) in rest.prefix(count).enumerated() { value |= UInt64(byte) << UInt64(index * 8) }
        rest = rest.dropFirst(count)
        return value
    }
}
