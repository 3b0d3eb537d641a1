import ClusterModel

/// `grpc/reflection/v1/reflection.proto`; version `v1alpha` differs in its package alone.
func reflectionSchema(version: String) -> ProtoSchema {
    let package = "grpc.reflection.\(version)"
    func name(_ message: String) -> String { "\(package).\(message)" }
    func text(_ name: String, _ number: Int32, oneof: Int? = nil) -> FieldDefinition {
        FieldDefinition(name: name, number: number, type: .string, oneof: oneof)
    }
    func message(_ field: String, _ number: Int32, _ type: String, oneof: Int? = nil) -> FieldDefinition {
        FieldDefinition(name: field, number: number, type: .message(name(type)), oneof: oneof)
    }
    return ProtoSchema(
        package: package,
        messages: [
            MessageDefinition(
                name: name("ServerReflectionRequest"),
                fields: [
                    text("host", 1), text("file_by_filename", 3, oneof: 0), text("file_containing_symbol", 4, oneof: 0),
                    message("file_containing_extension", 5, "ExtensionRequest", oneof: 0),
                    text("all_extension_numbers_of_type", 6, oneof: 0), text("list_services", 7, oneof: 0),
                ], oneofs: ["message_request"]),
            MessageDefinition(
                name: name("ExtensionRequest"),
                fields: [
                    text("containing_type", 1), FieldDefinition(name: "extension_number", number: 2, type: .int32),
                ]),
            MessageDefinition(
                name: name("ServerReflectionResponse"),
                fields: [
                    text("valid_host", 1), message("original_request", 2, "ServerReflectionRequest"),
                    message("file_descriptor_response", 4, "FileDescriptorResponse", oneof: 0),
                    message("all_extension_numbers_response", 5, "ExtensionNumberResponse", oneof: 0),
                    message("list_services_response", 6, "ListServiceResponse", oneof: 0),
                    message("error_response", 7, "ErrorResponse", oneof: 0),
                ], oneofs: ["message_response"]),
            MessageDefinition(
                name: name("FileDescriptorResponse"),
                fields: [
                    FieldDefinition(name: "file_descriptor_proto", number: 1, type: .bytes, cardinality: .repeated)
                ]),
            MessageDefinition(
                name: name("ExtensionNumberResponse"),
                fields: [
                    text("base_type_name", 1),
                    FieldDefinition(name: "extension_number", number: 2, type: .int32, cardinality: .repeated),
                ]),
            MessageDefinition(
                name: name("ListServiceResponse"),
                fields: [
                    FieldDefinition(
                        name: "service", number: 1, type: .message(name("ServiceResponse")), cardinality: .repeated)
                ]),
            MessageDefinition(name: name("ServiceResponse"), fields: [text("name", 1)]),
            MessageDefinition(
                name: name("ErrorResponse"),
                fields: [FieldDefinition(name: "error_code", number: 1, type: .int32), text("error_message", 2)]),
        ],
        services: [
            ServiceDefinition(
                name: name("ServerReflection"),
                methods: [
                    MethodDefinition(
                        name: "ServerReflectionInfo", input: name("ServerReflectionRequest"),
                        output: name("ServerReflectionResponse"), clientStreaming: true, serverStreaming: true)
                ])
        ])
}
