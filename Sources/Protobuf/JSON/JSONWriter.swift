extension Untyped {
    /// As JSON: on one line, or indented by two spaces a level. Bytes are base64; what JSON has no number for is text
    /// (`"NaN"`).
    package func json(indented: Bool = false) -> String {
        var writer = JSONWriter(isIndented: indented)
        writer.write(self, depth: 0)
        return String(decoding: writer.text, as: UTF8.self)
    }
}

struct JSONWriter {
    let isIndented: Bool
    private(set) var text: [UInt8] = []

    init(isIndented: Bool) { self.isIndented = isIndented }

    mutating func write(_ value: Untyped, depth: Int) {
        switch value {
        case .null: append("null")
        case .bool(let value): append(value ? "true" : "false")
        case .int(let value): append("\(value)")
        case .uint(let value): append("\(value)")
        case .double(let value): write(value)
        case .string(let value): write(value)
        case .bytes(let value): write(Base64.encode(value))
        case .list(let list): write(list, "[", "]", depth: depth) { $0.write($1, depth: depth + 1) }
        case .table(let table):
            write(table.entries, "{", "}", depth: depth) { writer, entry in
                writer.write(entry.key)
                writer.append(writer.isIndented ? ": " : ":")
                writer.write(entry.value, depth: depth + 1)
            }
        }
    }

    private mutating func append(_ string: String) { text.append(contentsOf: string.utf8) }

    private mutating func write<Element>(
        _ elements: [Element], _ open: String, _ close: String, depth: Int, _ body: (inout JSONWriter, Element) -> Void
    ) {
        append(open)
        for (index, element) in elements.enumerated() {
            if index > 0 { append(",") }
            breakLine(depth: depth + 1)
            body(&self, element)
        }
        if !elements.isEmpty { breakLine(depth: depth) }
        append(close)
    }

    private mutating func breakLine(depth: Int) {
        if isIndented { append("\n" + String(repeating: "  ", count: depth)) }
    }

    private mutating func write(_ value: Double) {
        guard value.isFinite else {
            return append(value.isNaN ? "\"NaN\"" : value < 0 ? "\"-Infinity\"" : "\"Infinity\"")
        }
        let digits = "\(value)"
        append(digits.hasSuffix(".0") ? String(digits.dropLast(2)) : digits)
    }

    private mutating func write(_ string: String) {
        append("\"")
        for byte in string.utf8 {
            switch byte {
            case UInt8(ascii: "\""): append("\\\"")
            case UInt8(ascii: "\\"): append("\\\\")
            case 0x0A: append("\\n")
            case 0x0D: append("\\r")
            case 0x09: append("\\t")
            case ..<0x20, 0x7F:
                let digits = String(byte, radix: 16)
                append("\\u00" + (digits.count == 1 ? "0" : "") + digits)
            default: text.append(byte)
            }
        }
        append("\"")
    }
}
