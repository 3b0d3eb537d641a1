import AMQP
import NIOCore
import RPC

/// A call as messages (`docs/rpc.md`, "Over a queue"): what travels where.
enum CallMessage {
    static let protobuf = "application/protobuf"
    static let json = "application/json"
    static let timeout = "grpc-timeout"
    static let status = "grpc-status"
    static let message = "grpc-message"
    static let details = "grpc-status-details-bin"

    /// Metadata as headers: bytes under names that end in `-bin`.
    static func headers(_ metadata: Metadata) -> FieldTable {
        var table = FieldTable()
        for (name, value) in metadata where table[name] == nil {
            table[name] = metadata.binary(name).map { .byteArray($0) } ?? .longString(value)
        }
        return table
    }

    /// Headers as metadata; those that cannot be are left out.
    static func metadata(_ headers: FieldTable?) -> Metadata {
        var metadata = Metadata()
        for (key, value) in headers ?? [:] {
            let name = key.lowercased()
            if Metadata.isBinary(name), let bytes = value.octets {
                try? metadata.add(name, binary: bytes)
            } else if let text = value.text {
                try? metadata.add(name, text)
            }
        }
        return metadata
    }
}

extension FieldValue {
    /// A text, or a number as text.
    var text: String? {
        switch self {
        case .longString(let text): text
        case .bool(let value): "\(value)"
        case .int8(let value): "\(value)"
        case .uint8(let value): "\(value)"
        case .int16(let value): "\(value)"
        case .uint16(let value): "\(value)"
        case .int32(let value): "\(value)"
        case .uint32(let value): "\(value)"
        case .int64(let value): "\(value)"
        default: nil
        }
    }

    fileprivate var octets: [UInt8]? {
        switch self {
        case .longString(let text): Array(text.utf8)
        case .longBytes(let bytes), .byteArray(let bytes): bytes
        default: nil
        }
    }
}
