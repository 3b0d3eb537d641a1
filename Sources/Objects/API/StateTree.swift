import ClusterModel
import Protobuf

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The state of an object in Swift, as JSON has it.
enum StateTree: Sendable, Equatable {
    case null
    case bool(Bool)
    case int(Int64)
    /// What `int` cannot hold.
    case uint(UInt64)
    case double(Double)
    case string(String)
    case list([StateTree])
    case table([String: StateTree])

    /// The same octets for the same state.
    static func encode(_ state: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(state))
    }

    static func decode(_ bytes: [UInt8]) throws -> StateTree {
        try JSONDecoder().decode(StateTree.self, from: Data(bytes))
    }

    init(_ value: ArgumentValue) {
        switch value {
        case .null: self = .null
        case .bool(let value): self = .bool(value)
        case .int(let value): self = .int(value)
        case .double(let value): self = .double(value)
        case .string(let value): self = .string(value)
        case .list(let items): self = .list(items.map(StateTree.init))
        case .table(let fields): self = .table(fields.mapValues(StateTree.init))
        }
    }

    var untyped: Untyped {
        switch self {
        case .null: .null
        case .bool(let value): .bool(value)
        case .int(let value): .int(value)
        case .uint(let value): .uint(value)
        case .double(let value): .double(value)
        case .string(let value): .string(value)
        case .list(let items): .list(items.map(\.untyped))
        case .table(let fields): .table(Untyped.Table(fields.map { ($0.key, $0.value.untyped) }))
        }
    }
}

extension StateTree: Codable {
    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Int64.self) {
            self = .int(value)
        } else if let value = try? container.decode(UInt64.self) {
            self = .uint(value)
        } else if let value = try? container.decode(Double.self) {
            self = .double(value)
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode([StateTree].self) {
            self = .list(value)
        } else {
            self = .table(try container.decode([String: StateTree].self))
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .bool(let value): try container.encode(value)
        case .int(let value): try container.encode(value)
        case .uint(let value): try container.encode(value)
        case .double(let value): try container.encode(value)
        case .string(let value): try container.encode(value)
        case .list(let value): try container.encode(value)
        case .table(let value): try container.encode(value)
        }
    }
}
