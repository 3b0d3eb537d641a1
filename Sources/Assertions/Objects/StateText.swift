import ClusterModel

/// Reads the JSON (RFC 8259) of an object's state: integers that fit are `int`, other numbers `double`.
package struct StateText {
    private static let deepest = 64

    private var bytes: ArraySlice<UInt8>

    /// - Returns: `nil` for what is no JSON, holds more than one value, or is nested too deeply.
    package static func value(of text: String) -> ArgumentValue? {
        var reader = StateText(bytes: ArraySlice(text.utf8))
        guard let value = reader.value(depth: 0) else { return nil }
        reader.skipSpace()
        return reader.bytes.isEmpty ? value : nil
    }

    private mutating func skipSpace() {
        while let byte = bytes.first, [0x20, 0x0A, 0x0D, 0x09].contains(byte) { bytes.removeFirst() }
    }

    private mutating func take(_ byte: Character) -> Bool {
        skipSpace()
        guard bytes.first == byte.asciiValue else { return false }
        bytes.removeFirst()
        return true
    }

    private mutating func take(word: String) -> Bool {
        guard bytes.starts(with: word.utf8) else { return false }
        bytes.removeFirst(word.utf8.count)
        return true
    }

    private mutating func value(depth: Int) -> ArgumentValue? {
        guard depth < Self.deepest else { return nil }
        skipSpace()
        switch bytes.first {
        case UInt8(ascii: "{"): return table(depth)
        case UInt8(ascii: "["): return list(depth)
        case UInt8(ascii: "\""): return string().map { .string($0) }
        default: break
        }
        if take(word: "null") { return .null }
        if take(word: "true") { return .bool(true) }
        if take(word: "false") { return .bool(false) }
        return number()
    }

    private mutating func table(_ depth: Int) -> ArgumentValue? {
        guard take("{") else { return nil }
        var fields: [String: ArgumentValue] = [:]
        if take("}") { return .table(fields) }
        repeat {
            skipSpace()
            guard let key = string(), take(":"), let value = value(depth: depth + 1) else { return nil }
            fields[key] = value
        } while take(",")
        return take("}") ? .table(fields) : nil
    }

    private mutating func list(_ depth: Int) -> ArgumentValue? {
        guard take("[") else { return nil }
        var items: [ArgumentValue] = []
        if take("]") { return .list(items) }
        repeat {
            guard let value = value(depth: depth + 1) else { return nil }
            items.append(value)
        } while take(",")
        return take("]") ? .list(items) : nil
    }

    private mutating func number() -> ArgumentValue? {
        let digits = bytes.prefix { byte in
            (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || "+-.eE".utf8.contains(byte)
        }
        let text = String(decoding: digits, as: UTF8.self)
        guard let last = digits.last, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(last),
            digits.first != UInt8(ascii: "+"), digits.first != UInt8(ascii: ".")
        else { return nil }
        bytes.removeFirst(digits.count)
        if let whole = Int64(text) { return .int(whole) }
        guard let number = Double(text), number.isFinite else { return nil }
        return .double(number)
    }

    // MARK: - Texts

    private mutating func string() -> String? {
        guard bytes.first == UInt8(ascii: "\"") else { return nil }
        bytes.removeFirst()
        var text: [UInt8] = []
        while let byte = bytes.popFirst() {
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"):
                guard let scalar = escape() else { return nil }
                text.append(contentsOf: String(Character(scalar)).utf8)
            case ..<0x20: return nil
            default: text.append(byte)
            }
        }
        return nil
    }

    private mutating func escape() -> Unicode.Scalar? {
        switch bytes.popFirst() {
        case UInt8(ascii: "\""): "\""
        case UInt8(ascii: "\\"): "\\"
        case UInt8(ascii: "/"): "/"
        case UInt8(ascii: "b"): "\u{8}"
        case UInt8(ascii: "f"): "\u{C}"
        case UInt8(ascii: "n"): "\n"
        case UInt8(ascii: "r"): "\r"
        case UInt8(ascii: "t"): "\t"
        case UInt8(ascii: "u"): unicode()
        default: nil
        }
    }

    /// Half of a pair without its other half is U+FFFD.
    private mutating func unicode() -> Unicode.Scalar? {
        guard let high = fourDigits() else { return nil }
        guard (0xD800..<0xDC00).contains(high) else { return Unicode.Scalar(high) ?? "\u{FFFD}" }
        let rest = bytes
        guard take(word: "\\u"), let low = fourDigits(), (0xDC00..<0xE000).contains(low) else {
            bytes = rest
            return "\u{FFFD}"
        }
        return Unicode.Scalar(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))
    }

    private mutating func fourDigits() -> UInt32? {
        let digits = bytes.prefix(4)
        guard digits.count == 4, digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }) else { return nil }
        bytes.removeFirst(4)
        return UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
    }
}

extension ArgumentValue {
    /// Numbers by their value; what is missing is null; an empty list is an empty table, as Lua has only one of them.
    func isSame(as other: ArgumentValue) -> Bool {
        switch (self, other) {
        case (.int(let a), .double(let b)), (.double(let b), .int(let a)): Int64(exactly: b) == a
        case (.list(let a), .list(let b)): a.count == b.count && zip(a, b).allSatisfy { $0.isSame(as: $1) }
        case (.table(let a), .table(let b)):
            Set(a.keys).union(b.keys).allSatisfy { (a[$0] ?? .null).isSame(as: b[$0] ?? .null) }
        case (.list(let items), .table(let fields)), (.table(let fields), .list(let items)):
            items.isEmpty && fields.isEmpty
        default: self == other
        }
    }

    /// As people read it: JSON, keys in order.
    var json: String {
        switch self {
        case .string(let text): "\"\(text)\""
        case .int(let number): "\(number)"
        case .double(let number): Int64(exactly: number).map { "\($0)" } ?? "\(number)"
        case .bool(let flag): "\(flag)"
        case .null: "null"
        case .list(let items): "[\(items.map(\.json).joined(separator: ", "))]"
        case .table(let fields):
            "{\(fields.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value.json)" }.joined(separator: ", "))}"
        }
    }
}
