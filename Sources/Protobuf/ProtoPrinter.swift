import ClusterModel

extension Schema {
    /// A file of this schema as `.proto` text, which protoc reads back as the same schema. The same schema gives the
    /// same text.
    ///
    /// - Parameter file: an imported file; by default what was declared, or else the last imported file, which is the
    ///   one that was asked for. Nil comes back if there is no such file.
    package func proto(file: String? = nil) -> String? {
        let files = SchemaFile.all(of: definition, name: "")
        let chosen = file == nil ? files.last : files.first { $0.name == file }
        guard let chosen else { return nil }
        var printer = ProtoPrinter(file: chosen, definition: definition)
        printer.print()
        return printer.text
    }
}

/// Writes one file. References are as short as they can be read back from where they stand.
struct ProtoPrinter {
    /// What would be read as the beginning of something else where a type may stand.
    private static let keywords: Set<String> = [
        "double", "float", "int32", "int64", "uint32", "uint64", "sint32", "sint64", "fixed32", "fixed64", "sfixed32",
        "sfixed64", "bool", "string", "bytes", "map", "group", "message", "enum", "oneof", "option", "optional",
        "required", "repeated", "reserved", "extend", "extensions", "stream", "service", "rpc", "returns", "import",
        "package", "syntax", "public", "weak", "to", "max",
    ]

    private let file: SchemaFile
    /// Everything that can stand in front of a dot, or for itself, in any file.
    private let symbols: Set<String>
    private(set) var text = ""
    private var depth = 0

    init(file: SchemaFile, definition: ProtoSchema) {
        self.file = file
        var symbols = Set(definition.services.flatMap(\.symbols))
        symbols.formUnion((definition.messages + WellKnownFile.messages).flatMap(\.symbols))
        for message in definition.messages {
            // The messages that protoc makes for maps can be meant by mistake, too.
            let maps = message.fields.filter(\.type.isMap)
            symbols.formUnion(maps.map { "\(message.name).\($0.name.mapEntryName)" })
        }
        symbols.formUnion((definition.enums + WellKnownFile.enums).flatMap(\.symbols))
        for package in [definition.package] + definition.files.map(\.package) + WellKnownFile.all.map(\.package) {
            symbols.formUnion(package.prefixes)
        }
        self.symbols = symbols
    }

    mutating func print() {
        line("syntax = \"\(file.syntax.rawValue)\";")
        if !file.package.isEmpty { section("package \(file.package);") }
        if !file.imports.isEmpty { line() }
        for name in file.imports { line("import \"\(name)\";") }
        for service in file.services { print(service) }
        for message in file.messages(in: file.package) {
            line()
            print(message)
        }
        for enumeration in file.enums(in: file.package) {
            line()
            print(enumeration)
        }
    }

    private mutating func line(_ content: String = "") {
        if !content.isEmpty { text += String(repeating: "  ", count: depth) + content }
        text += "\n"
    }

    private mutating func section(_ content: String) {
        line()
        line(content)
    }

    private mutating func block(_ head: String, _ body: (inout ProtoPrinter) -> Void) {
        line("\(head) {")
        depth += 1
        body(&self)
        depth -= 1
        line("}")
    }

    private mutating func print(_ service: ServiceDefinition) {
        line()
        block("service \(service.name.lastComponent)") { printer in
            for method in service.methods {
                let input = printer.reference(method.input, from: service.name)
                let output = printer.reference(method.output, from: service.name)
                printer.line(
                    "rpc \(method.name)(\(method.clientStreaming ? "stream " : "")\(input)) "
                        + "returns (\(method.serverStreaming ? "stream " : "")\(output));")
            }
        }
    }

    private mutating func print(_ message: MessageDefinition) {
        block("message \(message.name.lastComponent)") { printer in
            for nested in printer.file.messages(in: message.name) { printer.print(nested) }
            for nested in printer.file.enums(in: message.name) { printer.print(nested) }
            for fields in message.fieldsInBlocks {
                if let oneof = fields.first?.oneof, message.oneofs.indices.contains(oneof) {
                    printer.block("oneof \(message.oneofs[oneof])") { printer in
                        for field in fields { printer.print(field, in: message) }
                    }
                } else {
                    for field in fields { printer.print(field, in: message) }
                }
            }
        }
    }

    private mutating func print(_ field: FieldDefinition, in message: MessageDefinition) {
        var label = ""
        if field.cardinality == .repeated, !field.type.isMap {
            label = "repeated "
        } else if field.cardinality == .optional, field.oneof == nil, file.syntax == .proto2 || !field.type.isMessage {
            label = "optional "
        }
        var options: [String] = []
        if field.cardinality == .repeated, field.type.isPackable, field.isPacked != (file.syntax == .proto3) {
            options.append("packed = \(field.isPacked)")
        }
        if field.jsonName != FieldDefinition.jsonName(of: field.name) {
            options.append("json_name = \"\(field.jsonName.escapedForProto)\"")
        }
        let suffix = options.isEmpty ? "" : " [\(options.joined(separator: ", "))]"
        line("\(label)\(type(field.type, from: message.name)) \(field.name) = \(field.number)\(suffix);")
    }

    private mutating func print(_ enumeration: EnumDefinition) {
        block("enum \(enumeration.name.lastComponent)") { printer in
            if enumeration.hasAliases { printer.line("option allow_alias = true;") }
            for value in enumeration.values { printer.line("\(value.name) = \(value.number);") }
        }
    }

    private func type(_ type: FieldType, from scope: String) -> String {
        switch type {
        case .message(let name), .enumeration(let name): reference(name, from: scope)
        case .map(let key, let value): "map<\(self.type(key, from: scope)), \(self.type(value, from: scope))>"
        default: "\(type)"
        }
    }

    /// A type's name without what it shares with the place where it stands; with all of it, and a dot in front, where
    /// the short one would mean something else.
    ///
    /// protoc looks for a name's first part from the innermost scope outwards and takes the first it finds.
    func reference(_ name: String, from scope: String) -> String {
        let full = ".\(name)"
        var shared = scope
        while !shared.isEmpty, !name.hasPrefix(shared + ".") { shared = shared.parent }
        let short = shared.isEmpty ? name : String(name.dropFirst(shared.count + 1))
        let first = String(short.prefix { $0 != "." })
        if Self.keywords.contains(first) { return full }
        var place = scope
        while place != shared {
            if symbols.contains("\(place).\(first)") { return full }
            place = place.parent
        }
        return short
    }
}

extension String {
    /// Between quotes in a `.proto` file.
    fileprivate var escapedForProto: String {
        utf8.map { byte in
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): "\\" + String(UnicodeScalar(byte))
            case 0x20...0x7E: String(UnicodeScalar(byte))
            default: "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
            }
        }.joined()
    }
}
