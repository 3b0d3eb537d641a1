import ClusterModel

/// A message type of a schema: what a `Message` is made of. Cheap to copy; equal if it is the same type of the same
/// compiled schema.
package struct MessageType: Sendable {
    package let schema: Schema
    let index: Int

    var table: MessageTable { schema.tables[index] }

    /// Full name, no leading dot.
    package var name: String { table.name }
    /// By ascending number.
    package var fields: [Field] { table.fields }
    package var oneofs: [String] { table.oneofs }

    /// By its name in the `.proto` file or in JSON.
    package func field(named name: String) -> Field? { table.field(named: name) }
    package func field(number: Int32) -> Field? { number > 0 ? table.field(number: UInt32(number)) : nil }
}

extension MessageType: Equatable {
    package static func == (one: MessageType, other: MessageType) -> Bool {
        one.index == other.index && one.schema === other.schema
    }
}

/// A field of a message type, ready to be encoded and decoded.
package final class Field: Sendable {
    package let name: String
    package let jsonName: String
    package let number: Int32
    package let cardinality: FieldDefinition.Cardinality
    package let type: FieldType
    /// Index into the type's `oneofs`.
    package let oneof: Int?

    /// Its place among the type's fields, which are by ascending number.
    let index: Int
    /// Of the field's value, of each element of a list, of each value of a map.
    let kind: Kind
    /// Of `kind`: index of the message's or the enumeration's table; otherwise -1.
    let target: Int
    /// Only maps have one.
    let keyKind: Kind?
    let isPacked: Bool
    /// What stands before each value, or before the whole of a packed list.
    let tag: UInt32

    package var isMap: Bool { keyKind != nil }
    package var isList: Bool { cardinality == .repeated && keyKind == nil }
    /// Whether absent and default are two things.
    package var hasPresence: Bool { cardinality == .optional }

    init(_ definition: FieldDefinition, index: Int, target: Int) {
        self.index = index
        self.target = target
        name = definition.name
        jsonName = definition.jsonName
        number = definition.number
        type = definition.type
        oneof = definition.oneof
        switch definition.type {
        case .map(let key, let value):
            kind = value.kind ?? .bytes
            keyKind = key.kind
            cardinality = .repeated
        default:
            kind = definition.type.kind ?? .bytes
            keyKind = nil
            let always = definition.oneof != nil || definition.type.isMessage
            cardinality = definition.cardinality == .implicit && always ? .optional : definition.cardinality
        }
        isPacked = definition.isPacked && cardinality == .repeated && keyKind == nil && kind.isScalar
        let isDelimited = isPacked || keyKind != nil
        tag = UInt32(bitPattern: definition.number) << 3 | (isDelimited ? WireType.lengthDelimited : kind.wireType)
    }

    /// What the field is when nothing is there: nil for one with presence.
    var absentValue: Value? {
        if keyKind != nil { return .map([:]) }
        if cardinality == .repeated { return .list(List(emptyOf: kind)) }
        return hasPresence ? nil : defaultValue
    }

    /// Zero, empty or false; nil for messages.
    var defaultValue: Value? {
        switch kind {
        case .string: .string("")
        case .bytes: .bytes([])
        case .message: nil
        default: kind.value(0)
        }
    }
}

/// The fields of a message type. Refers to other types by index, so that recursive types are no cycle of references.
final class MessageTable: Sendable {
    let name: String
    let fields: [Field]
    let oneofs: [String]
    /// By index into `oneofs`.
    let oneofMembers: [[Field]]
    /// If it has a JSON form of its own.
    let wellKnown: WellKnownType?
    private let byName: [String: Int]
    /// Position in `fields`, or -1, for each of the numbers below `dense.count`; the others are in `sparse`.
    private let dense: [Int32]
    private let sparse: [UInt32: Int]

    init(_ definition: MessageDefinition, target: (FieldType) -> Int) {
        let sorted = definition.fields.sorted { $0.number < $1.number }
        let fields = sorted.enumerated().map { Field($1, index: $0, target: target($1.type)) }
        name = definition.name
        self.fields = fields
        oneofs = definition.oneofs
        oneofMembers = definition.oneofs.indices.map { oneof in fields.filter { $0.oneof == oneof } }
        wellKnown = WellKnownType(definition.name)
        byName = Dictionary(fields.map { ($0.name, $0.index) } + fields.map { ($0.jsonName, $0.index) }) { one, _ in one
        }
        let low = fields.filter { $0.number < 256 }
        var dense = [Int32](repeating: -1, count: Int((low.last?.number ?? -1) + 1))
        for field in low { dense[Int(field.number)] = Int32(field.index) }
        self.dense = dense
        sparse = Dictionary(
            fields[low.count...].map { (UInt32(bitPattern: $0.number), $0.index) }, uniquingKeysWith: { one, _ in one })
    }

    func field(number: UInt32) -> Field? {
        if number < UInt32(dense.count) {
            let index = dense[Int(number)]
            return index < 0 ? nil : fields[Int(index)]
        }
        return sparse.isEmpty ? nil : sparse[number].map { fields[$0] }
    }

    func field(named name: String) -> Field? { byName[name].map { fields[$0] } }
}

/// The values of an enumeration.
package final class EnumType: Sendable {
    package let name: String
    package let isOpen: Bool
    package let values: [EnumDefinition.Value]
    private let byName: [String: Int32]
    private let byNumber: [Int32: String]

    init(_ definition: EnumDefinition) {
        name = definition.name
        isOpen = definition.isOpen
        values = definition.values
        byName = Dictionary(values.map { ($0.name, $0.number) }) { one, _ in one }
        // Of aliases, the first counts.
        byNumber = Dictionary(values.map { ($0.number, $0.name) }) { one, _ in one }
    }

    package func number(of name: String) -> Int32? { byName[name] }
    package func name(of number: Int32) -> String? { byNumber[number] }
    /// Whether a field may hold this number; one of a closed enumeration keeps others as unknown fields.
    func admits(_ number: Int32) -> Bool { isOpen || byNumber[number] != nil }
}

/// A method of a service of a schema.
package struct MethodType: Sendable {
    /// Full name of the service.
    package let service: String
    package let name: String
    package let input: MessageType
    package let output: MessageType
    package let clientStreaming: Bool
    package let serverStreaming: Bool

    /// As gRPC's `:path` has it: `/pkg.Calculator/suma`.
    package var path: String { "/\(service)/\(name)" }
}
