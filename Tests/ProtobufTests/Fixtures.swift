import ClusterModel
import Testing

@testable import Protobuf

enum Fixtures {
    /// `Golden.kitchen`, compiled.
    static let kitchen = schema(set: Golden.kitchenSet)
    static let all = type("kitchen.v1.All", kitchen)

    /// `Golden.legacySet` beside `kitchen`.
    static let legacy: Schema = {
        let both = (Base64.decode(Golden.kitchenSet) ?? []) + (Base64.decode(Golden.legacySet) ?? [])
        return schema(bytes: both)
    }()

    /// A tree, and a pair of numbers that is packed.
    static let small = compile(
        ProtoSchema(
            messages: [
                MessageDefinition(
                    name: "Node",
                    fields: [
                        FieldDefinition(name: "total", number: 1, type: .int64),
                        FieldDefinition(name: "name", number: 2, type: .string),
                        FieldDefinition(name: "items", number: 3, type: .message("Node"), cardinality: .repeated),
                        FieldDefinition(name: "left", number: 4, type: .message("Node")),
                        FieldDefinition(name: "numbers", number: 5, type: .int32, cardinality: .repeated),
                        FieldDefinition(name: "labels", number: 6, type: .map(key: .string, value: .int32)),
                        FieldDefinition(name: "by_id", number: 7, type: .map(key: .int32, value: .string)),
                        FieldDefinition(name: "is_on", number: 8, type: .bool),
                        FieldDefinition(name: "color", number: 9, type: .enumeration("Color")),
                        FieldDefinition(name: "blob", number: 10, type: .bytes),
                        FieldDefinition(name: "ratio", number: 11, type: .float),
                        FieldDefinition(name: "maybe", number: 12, type: .int32, cardinality: .optional),
                        FieldDefinition(name: "one", number: 13, type: .int32, oneof: 0),
                        FieldDefinition(name: "two", number: 14, type: .message("Node"), oneof: 0),
                        FieldDefinition(name: "at", number: 15, type: .message("google.protobuf.Timestamp")),
                        FieldDefinition(name: "wait", number: 16, type: .message("google.protobuf.Duration")),
                        FieldDefinition(name: "any", number: 17, type: .message("google.protobuf.Value")),
                    ], oneofs: ["choice"])
            ], enums: [EnumDefinition(name: "Color", values: [.init("RED", 0), .init("GREEN", 1)])]))
    static let node = type("Node", small)

    static func compile(_ definition: ProtoSchema) -> Schema {
        do {
            return try Schema(definition)
        } catch {
            fatalError("\(error)")
        }
    }

    static func schema(bytes: [UInt8]) -> Schema {
        do {
            return try Schema(ProtoSchema(descriptorSet: bytes))
        } catch {
            fatalError("\(error)")
        }
    }

    static func schema(set: String) -> Schema { schema(bytes: Base64.decode(set) ?? []) }

    static func type(_ name: String, _ schema: Schema) -> MessageType {
        guard let type = schema.message(name) else { fatalError("no \(name)") }
        return type
    }
}

/// Bytes from hexadecimal; spaces are for the reader.
func bytes(_ text: String) -> [UInt8] {
    let digits = text.compactMap(\.hexDigitValue).map(UInt8.init)
    return stride(from: 0, to: digits.count - 1, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
}

func hex(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}

/// splitmix64.
struct Dice: RandomNumberGenerator {
    var seed: UInt64

    mutating func next() -> UInt64 {
        seed &+= 0x9E37_79B9_7F4A_7C15
        var value = seed
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return value ^ value >> 31
    }
}
