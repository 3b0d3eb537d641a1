import ClusterModel

/// `google/protobuf/descriptor.proto`, as far as it is needed to tell types from types. What is left out (options,
/// extensions, source positions) is unknown fields to it.
enum DescriptorSchema {
    static let fileSet = type("FileDescriptorSet")
    static let file = type("FileDescriptorProto")

    private static func type(_ name: String) -> MessageType {
        guard let type = schema.message("orch.descriptor.\(name)") else { fatalError("descriptor.proto: no \(name)") }
        return type
    }

    private static let schema: Schema = {
        do {
            return try Schema(ProtoSchema(package: "orch.descriptor", messages: messages))
        } catch {
            fatalError("descriptor.proto: \(error)")
        }
    }()

    private enum Label { case one, many }

    private static let messages: [MessageDefinition] = [
        message("FileDescriptorSet", ("file", 1, reference("FileDescriptorProto"), .many)),
        message(
            "FileDescriptorProto", ("name", 1, .string, .one), ("package", 2, .string, .one),
            ("dependency", 3, .string, .many), ("message_type", 4, reference("DescriptorProto"), .many),
            ("enum_type", 5, reference("EnumDescriptorProto"), .many),
            ("service", 6, reference("ServiceDescriptorProto"), .many), ("syntax", 12, .string, .one),
            ("edition", 14, .int32, .one)),
        message(
            "DescriptorProto", ("name", 1, .string, .one), ("field", 2, reference("FieldDescriptorProto"), .many),
            ("nested_type", 3, reference("DescriptorProto"), .many),
            ("enum_type", 4, reference("EnumDescriptorProto"), .many),
            ("options", 7, reference("MessageOptions"), .one),
            ("oneof_decl", 8, reference("OneofDescriptorProto"), .many)),
        message(
            "FieldDescriptorProto", ("name", 1, .string, .one), ("number", 3, .int32, .one),
            ("label", 4, .int32, .one), ("type", 5, .int32, .one), ("type_name", 6, .string, .one),
            ("options", 8, reference("FieldOptions"), .one), ("oneof_index", 9, .int32, .one),
            ("json_name", 10, .string, .one), ("proto3_optional", 17, .bool, .one)),
        message("OneofDescriptorProto", ("name", 1, .string, .one)),
        message(
            "EnumDescriptorProto", ("name", 1, .string, .one),
            ("value", 2, reference("EnumValueDescriptorProto"), .many), ("options", 3, reference("EnumOptions"), .one)),
        message("EnumValueDescriptorProto", ("name", 1, .string, .one), ("number", 2, .int32, .one)),
        message(
            "ServiceDescriptorProto", ("name", 1, .string, .one),
            ("method", 2, reference("MethodDescriptorProto"), .many)),
        message(
            "MethodDescriptorProto", ("name", 1, .string, .one), ("input_type", 2, .string, .one),
            ("output_type", 3, .string, .one), ("client_streaming", 5, .bool, .one),
            ("server_streaming", 6, .bool, .one)),
        message("MessageOptions", ("map_entry", 7, .bool, .one)),
        message("FieldOptions", ("packed", 2, .bool, .one)),
        message("EnumOptions", ("allow_alias", 2, .bool, .one)),
    ]

    private static func reference(_ name: String) -> FieldType { .message("orch.descriptor.\(name)") }

    private static func message(_ name: String, _ fields: (String, Int32, FieldType, Label)...) -> MessageDefinition {
        MessageDefinition(
            name: "orch.descriptor.\(name)",
            fields: fields.map { name, number, type, label in
                FieldDefinition(
                    name: name, number: number, type: type, cardinality: label == .many ? .repeated : .optional)
            })
    }
}

extension FieldType {
    /// `FieldDescriptorProto.Type`; 10 is a group, which has no place here.
    static let scalarCodes: [(code: Int64, type: FieldType)] = [
        (1, .double), (2, .float), (3, .int64), (4, .uint64), (5, .int32), (6, .fixed64), (7, .fixed32), (8, .bool),
        (9, .string), (12, .bytes), (13, .uint32), (15, .sfixed32), (16, .sfixed64), (17, .sint32), (18, .sint64),
    ]
    static let groupCode: Int64 = 10
    static let messageCode: Int64 = 11
    static let enumerationCode: Int64 = 14
}

/// `FieldDescriptorProto.Label`.
enum FieldLabel {
    static let optional: Int64 = 1
    static let required: Int64 = 2
    static let repeated: Int64 = 3
}
