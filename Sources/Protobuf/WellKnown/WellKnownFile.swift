import ClusterModel

/// A `.proto` file that every schema has: what protobuf itself defines for everyone, and the error details of gRPC's
/// `grpc-status-details-bin`.
struct WellKnownFile: Sendable {
    /// As `import` spells it.
    let name: String
    let package: String
    let messages: [MessageDefinition]
    let enums: [EnumDefinition]

    private init(_ name: String, _ package: String, _ messages: [MessageDefinition], enums: [EnumDefinition] = []) {
        self.name = name
        self.package = package
        self.messages = messages
        self.enums = enums
    }

    static let messages = all.flatMap(\.messages)
    static let enums = all.flatMap(\.enums)
    private static let fileOfType = Dictionary(
        uniqueKeysWithValues: all.flatMap { file in
            (file.messages.map(\.name) + file.enums.map(\.name)).map { ($0, file.name) }
        })

    static func declares(_ type: String) -> Bool { fileOfType[type] != nil }
    /// The name of the file that has this type.
    static func name(declaring type: String) -> String? { fileOfType[type] }

    static let all: [WellKnownFile] = [
        WellKnownFile(
            "google/protobuf/any.proto", "google.protobuf",
            [message("google.protobuf.Any", ("type_url", 1, .string), ("value", 2, .bytes))]),
        WellKnownFile(
            "google/protobuf/duration.proto", "google.protobuf",
            [message("google.protobuf.Duration", ("seconds", 1, .int64), ("nanos", 2, .int32))]),
        WellKnownFile("google/protobuf/empty.proto", "google.protobuf", [message("google.protobuf.Empty")]),
        WellKnownFile(
            "google/protobuf/field_mask.proto", "google.protobuf",
            [MessageDefinition(name: "google.protobuf.FieldMask", fields: [list("paths", 1, .string)])]),
        WellKnownFile(
            "google/protobuf/struct.proto", "google.protobuf",
            [
                message(
                    "google.protobuf.Struct",
                    ("fields", 1, .map(key: .string, value: .message("google.protobuf.Value")))),
                MessageDefinition(
                    name: "google.protobuf.Value",
                    fields: [
                        FieldDefinition(
                            name: "null_value", number: 1, type: .enumeration("google.protobuf.NullValue"), oneof: 0),
                        FieldDefinition(name: "number_value", number: 2, type: .double, oneof: 0),
                        FieldDefinition(name: "string_value", number: 3, type: .string, oneof: 0),
                        FieldDefinition(name: "bool_value", number: 4, type: .bool, oneof: 0),
                        FieldDefinition(
                            name: "struct_value", number: 5, type: .message("google.protobuf.Struct"), oneof: 0),
                        FieldDefinition(
                            name: "list_value", number: 6, type: .message("google.protobuf.ListValue"), oneof: 0),
                    ], oneofs: ["kind"]),
                MessageDefinition(
                    name: "google.protobuf.ListValue",
                    fields: [list("values", 1, .message("google.protobuf.Value"))]),
            ],
            enums: [EnumDefinition(name: "google.protobuf.NullValue", values: [.init("NULL_VALUE", 0)])]),
        WellKnownFile(
            "google/protobuf/timestamp.proto", "google.protobuf",
            [message("google.protobuf.Timestamp", ("seconds", 1, .int64), ("nanos", 2, .int32))]),
        WellKnownFile(
            "google/protobuf/wrappers.proto", "google.protobuf",
            [
                message("google.protobuf.DoubleValue", ("value", 1, .double)),
                message("google.protobuf.FloatValue", ("value", 1, .float)),
                message("google.protobuf.Int64Value", ("value", 1, .int64)),
                message("google.protobuf.UInt64Value", ("value", 1, .uint64)),
                message("google.protobuf.Int32Value", ("value", 1, .int32)),
                message("google.protobuf.UInt32Value", ("value", 1, .uint32)),
                message("google.protobuf.BoolValue", ("value", 1, .bool)),
                message("google.protobuf.StringValue", ("value", 1, .string)),
                message("google.protobuf.BytesValue", ("value", 1, .bytes)),
            ]),
        WellKnownFile(
            "google/rpc/status.proto", "google.rpc",
            [
                MessageDefinition(
                    name: "google.rpc.Status",
                    fields: [
                        FieldDefinition(name: "code", number: 1, type: .int32),
                        FieldDefinition(name: "message", number: 2, type: .string),
                        list("details", 3, .message("google.protobuf.Any")),
                    ])
            ]),
        WellKnownFile("google/rpc/error_details.proto", "google.rpc", errorDetails),
    ]

    private static let errorDetails: [MessageDefinition] = [
        message(
            "google.rpc.ErrorInfo", ("reason", 1, .string), ("domain", 2, .string),
            ("metadata", 3, .map(key: .string, value: .string))),
        message("google.rpc.RetryInfo", ("retry_delay", 1, .message("google.protobuf.Duration"))),
        MessageDefinition(
            name: "google.rpc.DebugInfo",
            fields: [list("stack_entries", 1, .string), FieldDefinition(name: "detail", number: 2, type: .string)]),
        MessageDefinition(
            name: "google.rpc.QuotaFailure",
            fields: [list("violations", 1, .message("google.rpc.QuotaFailure.Violation"))]),
        message("google.rpc.QuotaFailure.Violation", ("subject", 1, .string), ("description", 2, .string)),
        MessageDefinition(
            name: "google.rpc.PreconditionFailure",
            fields: [list("violations", 1, .message("google.rpc.PreconditionFailure.Violation"))]),
        message(
            "google.rpc.PreconditionFailure.Violation", ("type", 1, .string), ("subject", 2, .string),
            ("description", 3, .string)),
        MessageDefinition(
            name: "google.rpc.BadRequest",
            fields: [list("field_violations", 1, .message("google.rpc.BadRequest.FieldViolation"))]),
        message("google.rpc.BadRequest.FieldViolation", ("field", 1, .string), ("description", 2, .string)),
        message("google.rpc.RequestInfo", ("request_id", 1, .string), ("serving_data", 2, .string)),
        message(
            "google.rpc.ResourceInfo", ("resource_type", 1, .string), ("resource_name", 2, .string),
            ("owner", 3, .string), ("description", 4, .string)),
        MessageDefinition(
            name: "google.rpc.Help", fields: [list("links", 1, .message("google.rpc.Help.Link"))]),
        message("google.rpc.Help.Link", ("description", 1, .string), ("url", 2, .string)),
        message("google.rpc.LocalizedMessage", ("locale", 1, .string), ("message", 2, .string)),
    ]

    private static func message(_ name: String, _ fields: (String, Int32, FieldType)...) -> MessageDefinition {
        MessageDefinition(name: name, fields: fields.map { FieldDefinition(name: $0, number: $1, type: $2) })
    }

    private static func list(_ name: String, _ number: Int32, _ type: FieldType) -> FieldDefinition {
        FieldDefinition(name: name, number: number, type: type, cardinality: .repeated)
    }
}

/// The types that have a JSON form of their own.
enum WellKnownType: Sendable {
    case any, duration, fieldMask, structure, value, listValue, timestamp
    /// A scalar that knows whether it is there.
    case wrapper

    init?(_ name: String) {
        guard name.hasPrefix("google.protobuf.") else { return nil }
        switch name.lastComponent {
        case "Any": self = .any
        case "Duration": self = .duration
        case "FieldMask": self = .fieldMask
        case "Struct": self = .structure
        case "Value": self = .value
        case "ListValue": self = .listValue
        case "Timestamp": self = .timestamp
        case "DoubleValue", "FloatValue", "Int64Value", "UInt64Value", "Int32Value", "UInt32Value", "BoolValue",
            "StringValue", "BytesValue":
            self = .wrapper
        default: return nil
        }
    }
}
