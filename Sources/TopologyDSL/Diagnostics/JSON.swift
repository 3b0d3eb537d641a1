/// A JSON value that keeps the order of its members.
indirect enum JSON: Sendable, Hashable {
    case null
    case bool(Bool)
    case int(Int)
    case double(Double)
    case string(String)
    case array([JSON])
    case object([Member])
    /// In a schema: a part that is written once under `$defs` and referred to by name.
    case shared(String, JSON)

    struct Member: Sendable, Hashable {
        var name: String
        var value: JSON
    }

    static func object(_ members: [(String, JSON)]) -> JSON {
        .object(members.map { Member(name: $0.0, value: $0.1) })
    }

    /// The same object with more members.
    func with(_ name: String, _ value: JSON) -> JSON {
        switch self {
        case .object(let members): .object(members + [Member(name: name, value: value)])
        default: .object([("allOf", .array([self])), (name, value)])
        }
    }

    func text(pretty: Bool = true) -> String {
        var output = ""
        write(to: &output, indent: pretty ? 0 : nil)
        return output
    }

    private func write(to output: inout String, indent: Int?) {
        switch self {
        case .null: output += "null"
        case .bool(let value): output += value ? "true" : "false"
        case .int(let value): output += String(value)
        case .double(let value): output += value == value.rounded() ? String(Int(value)) : "\(value)"
        case .string(let value): Self.quote(value, to: &output)
        case .shared(let name, _):
            JSON.object([("$ref", .string("#/$defs/\(name)"))]).write(to: &output, indent: indent)
        case .array(let items):
            let isFlat = items.allSatisfy { if case .object = $0 { false } else { true } }
            Self.write("[", items, "]", to: &output, indent: isFlat ? nil : indent, isFlat: isFlat && indent != nil) {
                $1.write(to: &$0, indent: $2)
            }
        case .object(let members):
            let isFlat = members.count < 2 && members.allSatisfy { $0.value.isAtom }
            Self.write("{", members, "}", to: &output, indent: isFlat ? nil : indent, isFlat: isFlat && indent != nil) {
                Self.quote($1.name, to: &$0)
                $0 += indent == nil ? ":" : ": "
                $1.value.write(to: &$0, indent: $2)
            }
        }
    }

    private var isAtom: Bool {
        switch self {
        case .array, .object: false
        default: true
        }
    }

    private static func write<Item>(
        _ open: String, _ items: [Item], _ close: String, to output: inout String, indent: Int?, isFlat: Bool,
        item: (inout String, Item, Int?) -> Void
    ) {
        output += open
        for (index, element) in items.enumerated() {
            if index > 0 { output += isFlat ? ", " : "," }
            if let indent { output += "\n" + String(repeating: "  ", count: indent + 1) }
            item(&output, element, indent.map { $0 + 1 })
        }
        if let indent, !items.isEmpty { output += "\n" + String(repeating: "  ", count: indent) }
        output += close
    }

    private static func quote(_ text: String, to output: inout String) {
        output += "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": output += "\\\""
            case "\\": output += "\\\\"
            case "\n": output += "\\n"
            case "\t": output += "\\t"
            case "\r": output += "\\r"
            case _ where scalar.value < 0x20 || scalar.value == 0x7F:
                let hex = String(scalar.value, radix: 16)
                output += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            default: output.unicodeScalars.append(scalar)
            }
        }
        output += "\""
    }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    init(stringLiteral value: String) { self = .string(value) }
    init(booleanLiteral value: Bool) { self = .bool(value) }
    init(integerLiteral value: Int) { self = .int(value) }
    init(arrayLiteral elements: JSON...) { self = .array(elements) }
    init(dictionaryLiteral elements: (String, JSON)...) { self = .object(elements) }
}
