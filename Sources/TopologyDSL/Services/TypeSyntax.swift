import ClusterModel

/// A type as a service's entry writes it, its names not yet looked up.
indirect enum TypeSyntax: Sendable {
    case scalar(FieldType)
    case named(String)
    case map(key: FieldType, value: TypeSyntax)
    /// Written out where it is used; its name comes from the field.
    case message([MemberSyntax])
    case enumeration([EnumValueSyntax])
}

struct EnumValueSyntax: Sendable {
    var name: String
    var span: Span
    var number: Int32
}

/// An entry of a message: a field, or a oneof with its fields.
struct MemberSyntax: Sendable {
    var name: String
    var span: Span
    var content: Content

    enum Content: Sendable {
        case field(FieldSyntax)
        case oneof([FieldSyntax])
    }

    var fields: [FieldSyntax] {
        switch content {
        case .field(let field): [field]
        case .oneof(let fields): fields
        }
    }
}

struct FieldSyntax: Sendable {
    var name: String
    var span: Span
    var type: TypeSyntax
    var typeSpan: Span
    var cardinality = FieldDefinition.Cardinality.implicit
    var number: Int32?
    var numberSpan: Span
}

/// What may stand as a type in one text: `int64`, `repeated Item`, `map<string, int64>`, `shop.v1.Item`.
enum TypeText {
    static let scalars: [String: FieldType] = [
        "double": .double, "float": .float, "int32": .int32, "int64": .int64, "uint32": .uint32, "uint64": .uint64,
        "sint32": .sint32, "sint64": .sint64, "fixed32": .fixed32, "fixed64": .fixed64, "sfixed32": .sfixed32,
        "sfixed64": .sfixed64, "bool": .bool, "string": .string, "bytes": .bytes,
        // A reference to an object, which prints as orch://Account/acc-1.
        "ref": .string,
    ]

    static let expected = "a type, as in int64, repeated string, map<string, int64>, a message's name or { a: int64 }"

    /// What people call them elsewhere.
    static let slips = [
        "int": "int64", "integer": "int64", "long": "int64", "short": "int32", "byte": "int32", "int8": "int32",
        "int16": "int32", "uint": "uint64", "uint8": "uint32", "uint16": "uint32", "str": "string", "text": "string",
        "char": "string", "varchar": "string", "uuid": "string", "boolean": "bool", "flag": "bool",
        "number": "double", "decimal": "double", "real": "double", "float32": "float", "float64": "double",
        "object": "Struct", "any": "Value", "json": "Value", "date": "Timestamp", "datetime": "Timestamp",
        "time": "Timestamp", "void": "Empty", "none": "Empty", "nothing": "Empty", "blob": "bytes",
        "reference": "ref",
    ]

    static func parse(
        _ text: String
    ) throws(ValueProblem) -> (cardinality: FieldDefinition.Cardinality, type: TypeSyntax) {
        let text = String(trim(text))
        guard let blank = text.firstIndex(where: { $0 == " " || $0 == "\t" }), !text.hasPrefix("map") else {
            return (.implicit, try type(text))
        }
        let rest = String(trim(text[blank...]))
        switch String(text[..<blank]) {
        case "repeated":
            let type = try type(rest)
            if case .map = type { throw ValueProblem("a map cannot be repeated") }
            return (.repeated, type)
        case "optional":
            let type = try type(rest)
            if case .map = type { throw ValueProblem("a map cannot be optional: no entry is what it is without") }
            return (.optional, type)
        case "required": throw ValueProblem("proto3 has no required fields: write '\(shortened(rest))'")
        default: throw ValueProblem("expected \(expected), found '\(shortened(text))'")
        }
    }

    private static func type(_ text: String) throws(ValueProblem) -> TypeSyntax {
        if let scalar = scalars[text] { return .scalar(scalar) }
        if text.hasPrefix("map"), text.dropFirst(3).first.map({ "< ".contains($0) }) ?? false { return try map(text) }
        if text.hasSuffix("[]") || text.hasPrefix("[]") {
            let item = text.hasPrefix("[]") ? text.dropFirst(2) : text.dropLast(2)
            throw ValueProblem("'\(shortened(text))' is no type, did you mean 'repeated \(shortened(String(item)))'?")
        }
        let name = text.hasPrefix(".") ? String(text.dropFirst()) : text
        guard name.split(separator: ".", omittingEmptySubsequences: false).allSatisfy({ isIdentifier(String($0)) })
        else {
            throw ValueProblem("expected \(expected), found '\(shortened(text))'")
        }
        return .named(name)
    }

    private static func map(_ text: String) throws(ValueProblem) -> TypeSyntax {
        guard let open = text.firstIndex(of: "<"), text.hasSuffix(">") else {
            throw ValueProblem(
                "this map is cut off at its comma: quote it", advice: "write \"map<string, int64>\", with the quotes")
        }
        let parts = text[text.index(after: open)...].dropLast().split(separator: ",", maxSplits: 1).map {
            String(trim($0))
        }
        guard parts.count == 2 else {
            throw ValueProblem("expected a map such as map<string, int64>, found '\(shortened(text))'")
        }
        switch scalars[parts[0]] {
        case nil, .double, .float, .bytes:
            throw ValueProblem(
                "'\(shortened(parts[0]))' cannot be a map's key: expected string, bool or a type of whole numbers")
        case let key?:
            let value = try type(parts[1])
            if case .map = value { throw ValueProblem("a map cannot hold maps: put one into a message") }
            return .map(key: key, value: value)
        }
    }

    /// protobuf's identifiers: a letter or `_`, then letters, digits and `_`, all ASCII.
    static func isIdentifier(_ text: String) -> Bool {
        guard let first = text.utf8.first, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else {
            return false
        }
        return NodeSelector.isName(text) && !text.contains("-")
    }

    @Sendable static func identifierProblem(_ name: String) -> ValueProblem? {
        guard isIdentifier(name) else {
            return ValueProblem(
                "'\(shortened(name))' cannot be a name here: expected letters, digits and _, a letter first")
        }
        guard name.utf8.count <= 200 else {
            return ValueProblem("'\(shortened(name))' is longer than the 200 letters of a name")
        }
        return nil
    }

    /// `order_lines` → `OrderLines`, `suma` → `Suma`.
    static func camelCase(_ name: String) -> String {
        name.split(separator: "_").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
    }
}
