import ClusterModel

/// A `.proto` file as gRPC reflection hands it out.
package struct FileDescriptor: Sendable, Equatable {
    /// As `import` spells it.
    package let name: String
    /// Names of the files that it imports.
    package let dependencies: [String]
    /// Full names of what it declares: messages, enums, services, methods, fields and enum values.
    package let symbols: [String]
    /// A serialized `google.protobuf.FileDescriptorProto`.
    package let bytes: [UInt8]
}

extension Schema {
    /// The files of this schema, dependencies first, with the well-known files that they need.
    ///
    /// - Parameter name: of the file that holds what was not imported.
    package func fileDescriptors(name: String) -> [FileDescriptor] {
        SchemaFile.all(of: definition, name: name).map { DescriptorWriter(file: $0, schema: self).descriptor }
    }

    /// All well-known files, dependencies first.
    package static var wellKnownFileDescriptors: [FileDescriptor] {
        SchemaFile.wellKnown.map { DescriptorWriter(file: $0, schema: .wellKnown).descriptor }
    }
}

/// Writes one file as a `FileDescriptorProto`. What protoc makes up is made up the same way: messages for the entries of
/// maps, oneofs for proto3 `optional`.
struct DescriptorWriter {
    let file: SchemaFile
    /// Valid, since it was compiled.
    let schema: Schema

    var descriptor: FileDescriptor {
        let tree: Untyped = [
            "name": .string(file.name),
            "package": file.package.isEmpty ? nil : .string(file.package),
            "dependency": .list(file.imports.map { .string($0) }),
            "message_type": .list(file.messages(in: file.package).map(message)),
            "enum_type": .list(file.enums(in: file.package).map(enumeration)),
            "service": .list(file.services.map(service)),
            "syntax": file.syntax == .proto2 ? nil : "proto3",
        ]
        let message: Message
        do throws(ValueError) {
            message = try Message(DescriptorSchema.file, tree)
        } catch {
            // The tree is made here, and a schema that compiled nests at most 32 messages.
            fatalError("descriptor of \(file.name): \(error)")
        }
        return FileDescriptor(
            name: file.name, dependencies: file.imports, symbols: file.symbols, bytes: message.encoded)
    }

    private func message(_ message: MessageDefinition) -> Untyped {
        var fields: [Untyped] = []
        var oneofs = message.oneofs
        let taken = Set(message.fields.map(\.name) + message.oneofs)
        for field in message.fieldsInBlocks.joined() {
            var oneof = field.oneof
            let isOptional =
                file.syntax == .proto3 && field.cardinality == .optional && oneof == nil && !field.type.isMessage
            if isOptional {
                var name = "_\(field.name)"
                while taken.contains(name) || oneofs.contains(name) { name = "X\(name)" }
                oneof = oneofs.count
                oneofs.append(name)
            }
            fields.append(self.field(field, in: message.name, oneof: oneof, isOptional: isOptional))
        }
        let entries = message.fields.filter(\.type.isMap).map { mapEntry($0, in: message.name) }
        return [
            "name": .string(message.name.lastComponent),
            "field": .list(fields),
            "nested_type": .list(file.messages(in: message.name).map(self.message) + entries),
            "enum_type": .list(file.enums(in: message.name).map(enumeration)),
            "oneof_decl": .list(oneofs.map { ["name": .string($0)] }),
        ]
    }

    private func field(_ field: FieldDefinition, in message: String, oneof: Int?, isOptional: Bool) -> Untyped {
        var type = field.type
        if type.isMap { type = .message("\(message).\(field.name.mapEntryName)") }
        let isUnusual = field.cardinality == .repeated && type.isPackable && field.isPacked != (file.syntax == .proto3)
        let label = field.cardinality == .repeated ? FieldLabel.repeated : FieldLabel.optional
        var tree = Untyped.Table()
        tree.append("name", .string(field.name))
        tree.append("number", .int(Int64(field.number)))
        tree.append("label", .int(label))
        tree.append("type", .int(code(type)))
        if let reference = type.reference { tree.append("type_name", .string(".\(reference)")) }
        if let oneof { tree.append("oneof_index", .int(Int64(oneof))) }
        tree.append("json_name", .string(field.jsonName))
        if isOptional { tree.append("proto3_optional", true) }
        if isUnusual { tree.append("options", ["packed": .bool(field.isPacked)]) }
        return .table(tree)
    }

    private func code(_ type: FieldType) -> Int64 {
        switch type {
        case .message: FieldType.messageCode
        case .enumeration: FieldType.enumerationCode
        default: FieldType.scalarCodes.first { $0.type == type }?.code ?? 0
        }
    }

    private func mapEntry(_ field: FieldDefinition, in message: String) -> Untyped {
        guard case .map(let key, let value) = field.type else { return nil }
        let parts = [
            FieldDefinition(name: "key", number: 1, type: key), FieldDefinition(name: "value", number: 2, type: value),
        ]
        return [
            "name": .string(field.name.mapEntryName),
            "field": .list(parts.map { self.field($0, in: message, oneof: nil, isOptional: false) }),
            "options": ["map_entry": true],
        ]
    }

    private func enumeration(_ enumeration: EnumDefinition) -> Untyped {
        let values = enumeration.values.map { value -> Untyped in
            ["name": .string(value.name), "number": .int(Int64(value.number))]
        }
        return [
            "name": .string(enumeration.name.lastComponent),
            "value": .list(values),
            "options": enumeration.hasAliases ? ["allow_alias": true] : nil,
        ]
    }

    private func service(_ service: ServiceDefinition) -> Untyped {
        let methods = service.methods.map { method -> Untyped in
            [
                "name": .string(method.name),
                "input_type": .string(".\(method.input)"),
                "output_type": .string(".\(method.output)"),
                "client_streaming": method.clientStreaming ? true : nil,
                "server_streaming": method.serverStreaming ? true : nil,
            ]
        }
        return ["name": .string(service.name.lastComponent), "method": .list(methods)]
    }
}

extension EnumDefinition {
    /// protoc refuses `allow_alias` where there are none.
    var hasAliases: Bool { Set(values.map(\.number)).count < values.count }
}
