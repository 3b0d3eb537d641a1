/// The types and services of a set of protocol-buffer files, as plain values.
///
/// Everything is flat: a message nested in another stands beside it under its full name, `pkg.Outer.Inner`,
/// without a leading dot. Types of `google/protobuf/*.proto` and `google/rpc/*.proto` may be named without being
/// listed here. Nothing is checked at this level; the module `Protobuf` does that when it compiles a schema.
package struct ProtoSchema: Codable, Sendable, Equatable {
    /// The package of what was declared here, or "". Imported definitions have their file's package instead.
    package var package: String
    package var messages: [MessageDefinition]
    package var enums: [EnumDefinition]
    package var services: [ServiceDefinition]
    /// Where imported definitions came from (their `file`), dependencies first. Empty for a schema declared in YAML,
    /// which is one proto3 file.
    package var files: [ImportedFile]

    package init(
        package: String = "", messages: [MessageDefinition] = [], enums: [EnumDefinition] = [],
        services: [ServiceDefinition] = [], files: [ImportedFile] = []
    ) {
        self.package = package
        self.messages = messages
        self.enums = enums
        self.services = services
        self.files = files
    }

    package func message(named name: String) -> MessageDefinition? { messages.first { $0.name == name } }
    package func enumeration(named name: String) -> EnumDefinition? { enums.first { $0.name == name } }
    package func service(named name: String) -> ServiceDefinition? { services.first { $0.name == name } }

    /// `name` with this schema's package in front.
    package func qualified(_ name: String) -> String { package.isEmpty ? name : "\(package).\(name)" }
}

/// A `.proto` file that definitions were imported from.
package struct ImportedFile: Codable, Sendable, Equatable {
    package enum Syntax: String, Codable, Sendable { case proto2, proto3 }

    /// As `import` spells it: `billing/invoice.proto`.
    package var name: String
    package var package: String
    package var syntax: Syntax

    package init(name: String, package: String, syntax: Syntax) {
        self.name = name
        self.package = package
        self.syntax = syntax
    }
}

package struct MessageDefinition: Codable, Sendable, Equatable {
    /// Full name, no leading dot.
    package var name: String
    package var fields: [FieldDefinition]
    /// Names; `FieldDefinition.oneof` is an index into them. Synthetic ones (of proto3 `optional`) are not here.
    package var oneofs: [String]
    /// The `ImportedFile` it came from; nil: declared in this schema.
    package var file: String?

    package init(name: String, fields: [FieldDefinition] = [], oneofs: [String] = [], file: String? = nil) {
        self.name = name
        self.fields = fields
        self.oneofs = oneofs
        self.file = file
    }

    package func field(named name: String) -> FieldDefinition? { fields.first { $0.name == name } }
}

package struct FieldDefinition: Codable, Sendable, Equatable {
    package enum Cardinality: String, Codable, Sendable {
        /// proto3 singular: zero and absent are the same.
        case implicit
        /// Presence is known: proto3 `optional`, every message field, members of a oneof, proto2 `optional` and
        /// `required`.
        case optional
        /// A list. Maps are `repeated` too, in protobuf's terms.
        case repeated
    }

    package var name: String
    /// 1…536870911, without 19000…19999.
    package var number: Int32
    package var type: FieldType
    package var cardinality: Cardinality
    /// Index into `MessageDefinition.oneofs`.
    package var oneof: Int?
    /// How a list of scalars is written; both ways are read.
    package var isPacked: Bool
    /// Its name in JSON.
    package var jsonName: String

    /// What is not given follows proto3: message fields and members of a oneof have presence, maps repeat, lists of
    /// scalars are packed, and the JSON name is the name in lowerCamelCase.
    package init(
        name: String, number: Int32, type: FieldType, cardinality: Cardinality? = nil, oneof: Int? = nil,
        isPacked: Bool? = nil, jsonName: String? = nil
    ) {
        self.name = name
        self.number = number
        self.type = type
        self.oneof = oneof
        let cardinality = cardinality ?? .implicit
        if type.isMap {
            self.cardinality = .repeated
        } else if cardinality == .implicit, oneof != nil || type.isMessage {
            self.cardinality = .optional
        } else {
            self.cardinality = cardinality
        }
        self.isPacked = isPacked ?? (self.cardinality == .repeated && type.isPackable)
        self.jsonName = jsonName ?? Self.jsonName(of: name)
    }

    /// lowerCamelCase as protoc makes it: each underscore goes, and the letter after it is raised.
    package static func jsonName(of name: String) -> String {
        var result = ""
        var raise = false
        for character in name {
            if character == "_" {
                raise = true
            } else {
                result += raise ? character.uppercased() : String(character)
                raise = false
            }
        }
        return result
    }
}

package indirect enum FieldType: Codable, Sendable, Equatable {
    case double, float
    case int32, int64, uint32, uint64
    /// Zigzag: short for small negative numbers.
    case sint32, sint64
    case fixed32, fixed64, sfixed32, sfixed64
    case bool, string, bytes
    /// By full name, no leading dot.
    case message(String)
    case enumeration(String)
    /// Keys are integers, bool or string; values anything but maps.
    case map(key: FieldType, value: FieldType)

    package var isMap: Bool { if case .map = self { true } else { false } }
    package var isMessage: Bool { if case .message = self { true } else { false } }

    /// Whether a list of these may be written packed.
    package var isPackable: Bool {
        switch self {
        case .string, .bytes, .message, .map: false
        default: true
        }
    }
}

package struct EnumDefinition: Codable, Sendable, Equatable {
    package struct Value: Codable, Sendable, Equatable {
        package var name: String
        package var number: Int32

        package init(_ name: String, _ number: Int32) {
            self.name = name
            self.number = number
        }
    }

    /// Full name, no leading dot.
    package var name: String
    package var values: [Value]
    /// Whether two names may have one number.
    package var allowAlias: Bool
    /// proto3: a number without a name is a value like any other. proto2 (false): it is kept as an unknown field.
    package var isOpen: Bool
    /// The `ImportedFile` it came from; nil: declared in this schema.
    package var file: String?

    package init(name: String, values: [Value], allowAlias: Bool = false, isOpen: Bool = true, file: String? = nil) {
        self.name = name
        self.values = values
        self.allowAlias = allowAlias
        self.isOpen = isOpen
        self.file = file
    }
}

package struct ServiceDefinition: Codable, Sendable, Equatable {
    /// Full name, no leading dot: what stands in the gRPC path.
    package var name: String
    package var methods: [MethodDefinition]
    /// The `ImportedFile` it came from; nil: declared in this schema.
    package var file: String?

    package init(name: String, methods: [MethodDefinition], file: String? = nil) {
        self.name = name
        self.methods = methods
        self.file = file
    }

    package func method(named name: String) -> MethodDefinition? { methods.first { $0.name == name } }
}

package struct MethodDefinition: Codable, Sendable, Equatable {
    package var name: String
    /// Full names of messages.
    package var input: String
    package var output: String
    package var clientStreaming: Bool
    package var serverStreaming: Bool

    package init(
        name: String, input: String, output: String, clientStreaming: Bool = false, serverStreaming: Bool = false
    ) {
        self.name = name
        self.input = input
        self.output = output
        self.clientStreaming = clientStreaming
        self.serverStreaming = serverStreaming
    }
}
