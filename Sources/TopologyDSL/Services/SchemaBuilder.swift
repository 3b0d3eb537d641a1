import ClusterModel
import Protobuf

/// The types and methods of one service, as its entry writes them → a schema. Names first, then fields: types may
/// refer to one another in any order.
struct SchemaBuilder {
    private let reading: Reading
    private(set) var schema: ProtoSchema
    /// Where each name of the schema stands: the first time, and the last.
    private var places: [String: (first: Span, last: Span)] = [:]
    /// Messages whose fields are still to be made, in order.
    private var pending: [(name: String, members: [MemberSyntax])] = []
    private var types: [String: FieldType] = [:]
    private var enumValues: Set<String> = []
    /// Messages that are called after their methods.
    private var methodMessages: Set<String> = []

    /// Types of Google's that go by their short names.
    static let wellKnown = [
        "Any", "BoolValue", "BytesValue", "DoubleValue", "Duration", "Empty", "FieldMask", "FloatValue", "Int32Value",
        "Int64Value", "ListValue", "NullValue", "StringValue", "Struct", "Timestamp", "UInt32Value", "UInt64Value",
        "Value",
    ]

    init(package: String, reading: Reading) {
        self.reading = reading
        schema = ProtoSchema(package: package)
    }

    // MARK: Names

    mutating func declare(message name: String, _ members: [MemberSyntax], at span: Span) {
        declareMessage(schema.qualified(name), members, at: span)
    }

    mutating func declare(enumeration name: String, _ values: [EnumValueSyntax], at span: Span) {
        declareEnumeration(schema.qualified(name), values, at: span)
    }

    private mutating func note(_ name: String, _ span: Span) {
        places[name] = (places[name]?.first ?? span, span)
    }

    private mutating func declareMessage(_ name: String, _ members: [MemberSyntax], at span: Span) {
        note(name, span)
        types[name] = .message(name)
        pending.append((name, members))
        for member in members {
            if case .oneof = member.content { note("\(name).\(member.name)", member.span) }
            for field in member.fields {
                note("\(name).\(field.name)", field.span)
                let inner = "\(name).\(TypeText.camelCase(field.name))"
                switch field.type {
                case .message(let members): declareMessage(inner, members, at: field.span)
                case .enumeration(let values): declareEnumeration(inner, values, at: field.span)
                default: break
                }
            }
        }
    }

    private mutating func declareEnumeration(_ name: String, _ values: [EnumValueSyntax], at span: Span) {
        note(name, span)
        types[name] = .enumeration(name)
        let outer = name.lastIndex(of: ".").map { name[...$0] } ?? ""
        for value in values {
            note("\(name).\(value.name)", value.span)
            // In protocol buffers, the values of an enum are names beside it.
            note("\(outer)\(value.name)", value.span)
            enumValues.insert("\(outer)\(value.name)")
        }
        schema.enums.append(EnumDefinition(name: name, values: values.map { .init($0.name, $0.number) }))
    }

    // MARK: Fields

    /// After every name has been declared.
    mutating func makeMessages() {
        for (name, members) in pending {
            var message = MessageDefinition(name: name)
            var numbers = FieldNumbers(members.flatMap { $0.fields.compactMap(\.number) })
            for member in members {
                var oneof: Int?
                if case .oneof = member.content {
                    oneof = message.oneofs.count
                    message.oneofs.append(member.name)
                }
                for field in member.fields {
                    let number = field.number ?? numbers.next()
                    guard let type = resolve(field, in: name) else { continue }
                    message.fields.append(
                        FieldDefinition(
                            name: field.name, number: number, type: type, cardinality: field.cardinality, oneof: oneof))
                }
            }
            schema.messages.append(message)
        }
        pending = []
    }

    private func resolve(_ field: FieldSyntax, in message: String) -> FieldType? {
        func resolve(_ type: TypeSyntax) -> FieldType? {
            switch type {
            case .scalar(let type): type
            case .named(let name): lookUp(name, from: message, at: field.typeSpan)
            case .map(let key, let value): resolve(value).map { .map(key: key, value: $0) }
            case .message, .enumeration: types["\(message).\(TypeText.camelCase(field.name))"]
            }
        }
        return resolve(field.type)
    }

    /// From the inside out, as protocol buffers look names up; then Google's.
    private func lookUp(_ name: String, from scope: String, at span: Span) -> FieldType? {
        var scope = scope[...]
        while true {
            if let type = types[scope.isEmpty ? name : "\(scope).\(name)"] { return type }
            if scope.isEmpty { break }
            scope = scope.lastIndex(of: ".").map { scope[..<$0] } ?? ""
        }
        for full in [name, "google.protobuf.\(name)"] {
            if Schema.wellKnown.message(full) != nil { return .message(full) }
            if Schema.wellKnown.enumeration(full) != nil { return .enumeration(full) }
        }
        // It is there, and something is wrong with it.
        if ["messages", "enums"].contains(where: { reading.has(reading.path / $0 / name) }) { return nil }
        let own = types.keys.map { $0.dropPrefix(schema.package.isEmpty ? "" : schema.package + ".") }.sorted()
        let near =
            TypeText.slips[name.lowercased()].map { ", did you mean '\($0)'?" }
            ?? Suggestion.phrase(name, among: TypeText.scalars.keys.sorted() + own + Self.wellKnown)
        reading.error(
            "there is no type '\(shortened(name))'\(near)", at: span,
            advice: near.isEmpty
                ? "its own types stand under 'messages' and 'enums'"
                    + (own.isEmpty ? "" : ": \(own.prefix(12).listed("and"))") : nil)
        return nil
    }

    // MARK: Methods

    /// A request or a response: a message's name, or fields of its own under `name`.
    mutating func declare(_ message: MethodMessage, as name: String, at span: Span) {
        guard case .fields(let members) = message else { return }
        methodMessages.insert(schema.qualified(name))
        declare(message: name, members, at: span)
    }

    /// Its full name; after `declare`.
    func name(of message: MethodMessage, as name: String) -> String? {
        guard case .named(let reference, let span) = message else { return schema.qualified(name) }
        switch lookUp(reference, from: schema.package, at: span) {
        case .message(let full): return full
        case nil: return nil
        default:
            reading.error(
                "'\(shortened(reference))' is an enum: a request or a response is a message", at: span,
                advice: "put it into one: { value: \(shortened(reference)) }")
            return nil
        }
    }

    mutating func declare(service name: String, _ methods: [MethodDefinition], at span: Span, places: [Span]) {
        let full = schema.qualified(name)
        note(full, span)
        for (method, place) in zip(methods, places) { note("\(full).\(method.name)", place) }
        schema.services.append(ServiceDefinition(name: full, methods: methods))
    }

    // MARK: What protocol buffers say to it

    /// What protoc would refuse, each at its place; one problem of a thing is enough.
    func validate(at span: Span) {
        var told: Set<String> = []
        for problem in SchemaValidator.problems(in: schema) where told.insert(problem.symbol).inserted {
            var symbol = problem.symbol
            while places[symbol] == nil, let dot = symbol.lastIndex(of: ".") { symbol = String(symbol[..<dot]) }
            let place = places[symbol]
            let name = problem.symbol.dropPrefix(schema.package.isEmpty ? "" : schema.package + ".")
            let isTwice = place.map { $0.first != $0.last && symbol == problem.symbol } ?? false
            reading.error(
                "'\(shortened(name))' \(problem.message)", at: place?.last ?? span,
                advice: problem.message == "is declared twice" ? advice(onSecond: problem.symbol) : nil,
                related: isTwice ? place.map { ($0.first, "the first is here") } : nil)
        }
    }

    /// Why a name is there that nobody wrote twice.
    private func advice(onSecond name: String) -> String? {
        if enumValues.contains(name) {
            return "in protocol buffers an enum's values are names beside it: put the enum's name in front"
        }
        if methodMessages.contains(name) {
            return "the messages of a method are called after it; one under 'messages' may be named: request: NAME"
        }
        return places[name].map { $0.first == $0.last } == true
            ? "the type of a field is called after it, in CamelCase: write the field in lower case" : nil
    }
}

/// The lowest numbers that nobody has pinned.
struct FieldNumbers {
    private let taken: Set<Int32>
    private var last: Int32 = 0

    init(_ taken: [Int32]) { self.taken = Set(taken) }

    mutating func next() -> Int32 {
        repeat {
            last += 1
            if last == 19_000 { last = 20_000 }
        } while taken.contains(last)
        return last
    }
}

extension String {
    /// Without `prefix`, if it starts so.
    func dropPrefix(_ prefix: String) -> String { hasPrefix(prefix) ? String(dropFirst(prefix.count)) : self }
}
