import ClusterModel

/// What protoc would refuse, said before it does. Pure: every problem is found, none stops the search.
package struct SchemaValidator {
    /// protoc's own limit on messages inside messages.
    private static let deepestNesting = 32
    private static let largestNumber: Int32 = 536_870_911

    private let schema: ProtoSchema
    private let messages: Set<String>
    private let enums: [String: EnumDefinition]
    private let files: [String: ImportedFile]
    private var symbols: Set<String> = []
    private var problems: [SchemaError.Problem] = []

    package static func problems(in schema: ProtoSchema) -> [SchemaError.Problem] {
        var validator = SchemaValidator(schema)
        validator.run()
        return validator.problems
    }

    private init(_ schema: ProtoSchema) {
        self.schema = schema
        messages = Set(schema.messages.map(\.name) + WellKnownFile.messages.map(\.name))
        enums = Dictionary((WellKnownFile.enums + schema.enums).map { ($0.name, $0) }) { one, _ in one }
        files = Dictionary(schema.files.map { ($0.name, $0) }) { one, _ in one }
    }

    private mutating func run() {
        for file in WellKnownFile.all { symbols.formUnion(file.package.prefixes) }
        for package in Set([schema.package] + schema.files.map(\.package)) where !package.isEmpty {
            if package.isQualifiedName, package.dotCount < Self.deepestNesting {
                symbols.formUnion(package.prefixes)
            } else {
                report(package, "is not a package name: names joined by dots, of letters, digits and _")
            }
        }
        for message in schema.messages where !isWellKnown(message.name, message.file) { check(message) }
        for enumeration in schema.enums where !isWellKnown(enumeration.name, enumeration.file) { check(enumeration) }
        for service in schema.services { check(service) }
    }

    /// A set made by protoc brings the well-known files along; nobody else may declare into them.
    private mutating func isWellKnown(_ name: String, _ file: String?) -> Bool {
        guard WellKnownFile.declares(name) else { return false }
        if file == nil { report(name, "is a well-known type already") }
        return true
    }

    private mutating func report(_ symbol: String, _ message: String) {
        problems.append(SchemaError.Problem(symbol: symbol, message: message))
    }

    /// All names of one scope share one space, whatever they name.
    private mutating func declare(_ symbol: String) {
        if !symbols.insert(symbol).inserted { report(symbol, "is declared twice") }
    }

    private func syntax(of file: String?) -> ImportedFile.Syntax {
        file.flatMap { files[$0]?.syntax } ?? .proto3
    }

    /// `name` must be its package, then messages, then an identifier.
    private mutating func checkName(_ name: String, file: String?, nests: Bool = true) {
        declare(name)
        let package = file.flatMap { files[$0]?.package } ?? schema.package
        guard package.isEmpty || name.hasPrefix(package + ".") else {
            return report(name, "is not in package \(package)")
        }
        let path = name.dropFirst(package.isEmpty ? 0 : package.utf8.count + 1)
        guard String(path).isQualifiedName else {
            return report(name, "is not a name: letters, digits and _, and no digit first")
        }
        let outer = name.parent
        if outer != package, !nests || !messages.contains(outer) {
            report(name, nests ? "lies inside \(outer), which is not a message" : "may not lie inside anything")
        }
        if String(path).dotCount >= Self.deepestNesting {
            report(name, "is nested deeper than \(Self.deepestNesting)")
        }
    }
}

extension SchemaValidator {
    private mutating func check(_ message: MessageDefinition) {
        checkName(message.name, file: message.file)
        var numbers: [Int32: String] = [:]
        var jsonNames: [String: String] = [:]
        var plainNames: [String: String] = [:]
        for (index, oneof) in message.oneofs.enumerated() {
            declare("\(message.name).\(oneof)")
            if !oneof.isIdentifier { report("\(message.name).\(oneof)", "is not a name") }
            if !message.fields.contains(where: { $0.oneof == index }) {
                report("\(message.name).\(oneof)", "is a oneof without fields")
            }
        }
        for field in message.fields {
            let symbol = "\(message.name).\(field.name)"
            declare(symbol)
            if !field.name.isIdentifier { report(symbol, "is not a name: letters, digits and _, and no digit first") }
            checkNumber(field.number, symbol)
            if let other = numbers.updateValue(field.name, forKey: field.number) {
                report(symbol, "has number \(field.number), which is \(other)'s")
            }
            if let other = jsonNames.updateValue(field.name, forKey: field.jsonName),
                syntax(of: message.file) == .proto3
            {
                report(symbol, "is \(field.jsonName) in JSON, as \(other) is")
            }
            // protoc before 22 refuses these; what a later one accepted is not ours to refuse.
            if message.file == nil, let other = plainNames.updateValue(field.name, forKey: field.name.plain),
                other != field.name
            {
                report(symbol, "is the same as \(other) but for case and underscores")
            }
            if let oneof = field.oneof {
                if !message.oneofs.indices.contains(oneof) { report(symbol, "is in a oneof that is not there") }
                if field.cardinality == .repeated { report(symbol, "is repeated, so it cannot be in a oneof") }
            }
            checkType(field.type, symbol)
            if field.type.isMap { declare("\(message.name).\(field.name.mapEntryName)") }
        }
    }

    private mutating func checkNumber(_ number: Int32, _ symbol: String) {
        if number < 1 || number > Self.largestNumber {
            report(symbol, "has number \(number); numbers are 1 to \(Self.largestNumber)")
        } else if (19_000...19_999).contains(number) {
            report(symbol, "has number \(number); 19000 to 19999 are protobuf's own")
        }
    }

    private mutating func checkType(_ type: FieldType, _ symbol: String) {
        switch type {
        case .message(let name):
            if !messages.contains(name) {
                report(symbol, enums[name] == nil ? "has unknown type \(name)" : "\(name) is an enum, not a message")
            }
        case .enumeration(let name):
            guard let enumeration = enums[name] else {
                return report(
                    symbol, messages.contains(name) ? "\(name) is a message, not an enum" : "has unknown type \(name)")
            }
            if enumeration.values.isEmpty { report(symbol, "\(name) has no values") }
        case .map(let key, let value):
            switch key {
            case .double, .float, .bytes, .message, .enumeration, .map:
                report(symbol, "has a map key that is neither an integer, a bool nor a string")
            default: break
            }
            if value.isMap { report(symbol, "is a map of maps; put the inner one into a message") }
            checkType(value, symbol)
        default: break
        }
    }

    private mutating func check(_ enumeration: EnumDefinition) {
        let name = enumeration.name
        checkName(name, file: enumeration.file)
        if enumeration.values.isEmpty { report(name, "has no values") }
        if enumeration.isOpen != (syntax(of: enumeration.file) == .proto3) {
            report(name, enumeration.isOpen ? "is open, but its file is proto2" : "is closed, but its file is proto3")
        }
        if enumeration.isOpen, let first = enumeration.values.first, first.number != 0 {
            report("\(name).\(first.name)", "is \(first.number); the first value must be 0")
        }
        var numbers: [Int32: String] = [:]
        var plainNames: [String: EnumDefinition.Value] = [:]
        for value in enumeration.values {
            // The values of an enum are names of what is around it, as in C.
            declare(name.parent.isEmpty ? value.name : "\(name.parent).\(value.name)")
            let symbol = "\(name).\(value.name)"
            if !value.name.isIdentifier { report(symbol, "is not a name: letters, digits and _, and no digit first") }
            if value.name == "option" || value.name == "reserved" {
                report(symbol, "is a word that a .proto file cannot have here")
            }
            if let other = numbers.updateValue(value.name, forKey: value.number), !enumeration.allowAlias {
                report(symbol, "has number \(value.number), which is \(other)'s")
            }
            let plain = value.name.plain(in: name)
            if enumeration.isOpen, let other = plainNames.updateValue(value, forKey: plain),
                other.number != value.number,
                other.name != value.name
            {
                report(symbol, "is the same as \(other.name) but for case, underscores and the enum's name")
            }
        }
    }

    private mutating func check(_ service: ServiceDefinition) {
        checkName(service.name, file: service.file, nests: false)
        for method in service.methods {
            let symbol = "\(service.name).\(method.name)"
            declare(symbol)
            if !method.name.isIdentifier { report(symbol, "is not a name: letters, digits and _, and no digit first") }
            for type in [method.input, method.output] where !messages.contains(type) {
                report(symbol, enums[type] == nil ? "has unknown type \(type)" : "\(type) is an enum, not a message")
            }
        }
    }
}
