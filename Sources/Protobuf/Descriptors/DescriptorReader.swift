import ClusterModel

/// A descriptor set that cannot be used.
package struct DescriptorError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The file or the full name of what is wrong; "" the set itself.
    package var symbol: String
    package var problem: String

    package var description: String { symbol.isEmpty ? problem : "\(symbol): \(problem)" }
}

extension ProtoSchema {
    /// Reads a serialized `FileDescriptorSet`, as `protoc --include_imports --descriptor_set_out=FILE` writes it.
    ///
    /// Every definition keeps the file that it came from. What does not bear on the wire (options, extensions, default
    /// values, whether a proto2 field is required) is dropped; well-known types are the built-in ones.
    ///
    /// - Parameter file: whose package the schema has; by default the last, which is where protoc puts the file that it
    ///   was asked for.
    /// - Throws: for malformed bytes, editions, groups, and no such file. The result is not validated: `Schema` does it.
    package init(descriptorSet bytes: [UInt8], file: String? = nil) throws(DescriptorError) {
        let set: Message
        do throws(DecodingError) {
            set = try Message.decode(bytes, as: DescriptorSchema.fileSet)
        } catch {
            throw DescriptorError(symbol: "", problem: "not a FileDescriptorSet: \(error)")
        }
        var reader = DescriptorReader()
        for file in set.untyped.list("file") { try reader.read(file: file) }
        let main = file == nil ? reader.schema.files.last : reader.schema.files.first { $0.name == file }
        guard let main else {
            throw DescriptorError(symbol: file ?? "", problem: "the descriptor set has no such file")
        }
        self = reader.schema
        package = main.package
    }
}

/// Collects the definitions of one file after the other.
private struct DescriptorReader {
    private(set) var schema = ProtoSchema()
    private var file = ImportedFile(name: "", package: "", syntax: .proto3)

    mutating func read(file descriptor: Untyped) throws(DescriptorError) {
        let name = descriptor.text("name")
        let syntax = descriptor.text("syntax")
        guard syntax.isEmpty || syntax == "proto2" || syntax == "proto3", descriptor["edition"] == nil else {
            throw DescriptorError(
                symbol: name, problem: "is written in an edition; only proto2 and proto3 are understood")
        }
        if schema.files.contains(where: { $0.name == name }) {
            throw DescriptorError(symbol: name, problem: "is in the descriptor set twice")
        }
        file = ImportedFile(
            name: name, package: descriptor.text("package"), syntax: syntax == "proto3" ? .proto3 : .proto2)
        // Built in: neither its definitions nor the file itself are of this schema.
        if WellKnownFile.all.contains(where: { $0.name == name }) { return }
        schema.files.append(file)
        try readTypes(of: descriptor, messages: "message_type", scope: file.package)
        for service in descriptor.list("service") {
            let methods = service.list("method").map { method in
                MethodDefinition(
                    name: method.text("name"), input: method.type("input_type"), output: method.type("output_type"),
                    clientStreaming: method["client_streaming"] == true,
                    serverStreaming: method["server_streaming"] == true)
            }
            schema.services.append(
                ServiceDefinition(name: join(file.package, service.text("name")), methods: methods, file: name))
        }
    }

    private mutating func readTypes(
        of descriptor: Untyped, messages: String, scope: String
    ) throws(DescriptorError) {
        for message in descriptor.list(messages) where !message.isMapEntry { try read(message: message, scope: scope) }
        for enumeration in descriptor.list("enum_type") {
            let values = enumeration.list("value").map {
                EnumDefinition.Value($0.text("name"), Int32(truncatingIfNeeded: $0.number("number")))
            }
            schema.enums.append(
                EnumDefinition(
                    name: join(scope, enumeration.text("name")), values: values,
                    allowAlias: enumeration["options"]?["allow_alias"] == true, isOpen: file.syntax == .proto3,
                    file: file.name))
        }
    }

    private mutating func read(message: Untyped, scope: String) throws(DescriptorError) {
        let name = join(scope, message.text("name"))
        let entries = message.list("nested_type").filter(\.isMapEntry).map {
            ("\(name).\($0.text("name"))", $0.list("field"))
        }
        let entryFields = Dictionary(entries) { one, _ in one }
        let oneofs = message.list("oneof_decl").map { $0.text("name") }
        // The oneofs that protoc makes up for proto3 `optional` come last, and are not meant to be seen.
        let synthetic = message.list("field").filter { $0["proto3_optional"] == true }.map { $0.number("oneof_index") }
        let count = Int(clamping: min(synthetic.min() ?? .max, Int64(oneofs.count)))
        var definition = MessageDefinition(name: name, oneofs: Array(oneofs.prefix(max(0, count))), file: file.name)
        for field in message.list("field") {
            definition.fields.append(try self.field(field, in: name, oneofs: count, entries: entryFields))
        }
        schema.messages.append(definition)
        try readTypes(of: message, messages: "nested_type", scope: name)
    }

    private func field(
        _ field: Untyped, in message: String, oneofs: Int, entries: [String: [Untyped]]
    ) throws(DescriptorError) -> FieldDefinition {
        let name = field.text("name")
        var type = try self.type(field, symbol: "\(message).\(name)")
        let isRepeated = field.number("label") == FieldLabel.repeated
        if isRepeated, case .message(let entry) = type, let parts = entries[entry] {
            guard parts.count == 2 else {
                throw DescriptorError(symbol: entry, problem: "is a map entry without a key and a value")
            }
            type = .map(
                key: try self.type(parts[0], symbol: "\(entry).key"),
                value: try self.type(parts[1], symbol: "\(entry).value"))
        }
        var oneof: Int?
        if case .int(let index)? = field["oneof_index"], field["proto3_optional"] != true, index < oneofs, index >= 0 {
            oneof = Int(index)
        }
        let isImplicit = file.syntax == .proto3 && field["proto3_optional"] != true
        var packed: Bool?
        if case .bool(let value)? = field["options"]?["packed"] { packed = value }
        let isPacked = isRepeated && type.isPackable && (packed ?? (file.syntax == .proto3))
        let json = field.text("json_name")
        return FieldDefinition(
            name: name, number: Int32(truncatingIfNeeded: field.number("number")), type: type,
            cardinality: isRepeated ? .repeated : isImplicit ? .implicit : .optional, oneof: oneof,
            isPacked: isPacked, jsonName: json.isEmpty ? nil : json)
    }

    private func type(_ field: Untyped, symbol: String) throws(DescriptorError) -> FieldType {
        switch field.number("type") {
        case FieldType.messageCode: return .message(field.type("type_name"))
        case FieldType.enumerationCode: return .enumeration(field.type("type_name"))
        case FieldType.groupCode: throw DescriptorError(symbol: symbol, problem: "is a group; use a message")
        case let code:
            if let scalar = FieldType.scalarCodes.first(where: { $0.code == code }) { return scalar.type }
            throw DescriptorError(symbol: symbol, problem: "has type number \(code), which is none of protobuf's")
        }
    }

    private func join(_ scope: String, _ name: String) -> String { scope.isEmpty ? name : "\(scope).\(name)" }
}

/// Descriptors, field by field. What is absent is empty.
extension Untyped {
    fileprivate func list(_ name: String) -> [Untyped] {
        if case .list(let list)? = self[name] { list } else { [] }
    }

    fileprivate func text(_ name: String) -> String {
        if case .string(let text)? = self[name] { text } else { "" }
    }

    fileprivate func number(_ name: String) -> Int64 {
        if case .int(let number)? = self[name] { number } else { 0 }
    }

    /// Without the leading dot that protoc puts there.
    fileprivate func type(_ name: String) -> String {
        let text = text(name)
        return text.hasPrefix(".") ? String(text.dropFirst()) : text
    }

    fileprivate var isMapEntry: Bool { self["options"]?["map_entry"] == true }
}
