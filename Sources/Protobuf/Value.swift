/// What a field holds. Several of protobuf's types share a case: what differs is only how they are written
/// (`int32`, `sint32` and `sfixed32` are all `.int32`).
///
/// Floating point is compared bit by bit: NaN equals itself, and 0.0 is not -0.0.
package enum Value: Sendable {
    case double(Double)
    case float(Float)
    case int32(Int32)
    case int64(Int64)
    case uint32(UInt32)
    case uint64(UInt64)
    case bool(Bool)
    case enumeration(Int32)
    case string(String)
    case bytes([UInt8])
    indirect case message(Message)
    case list(List)
    case map([MapKey: Value])
}

extension Value: Equatable {
    package static func == (one: Value, other: Value) -> Bool {
        switch (one, other) {
        case (.double(let one), .double(let other)): one.bitPattern == other.bitPattern
        case (.float(let one), .float(let other)): one.bitPattern == other.bitPattern
        case (.int32(let one), .int32(let other)): one == other
        case (.int64(let one), .int64(let other)): one == other
        case (.uint32(let one), .uint32(let other)): one == other
        case (.uint64(let one), .uint64(let other)): one == other
        case (.bool(let one), .bool(let other)): one == other
        case (.enumeration(let one), .enumeration(let other)): one == other
        case (.string(let one), .string(let other)): one.utf8.elementsEqual(other.utf8)
        case (.bytes(let one), .bytes(let other)): one == other
        case (.message(let one), .message(let other)): one == other
        case (.list(let one), .list(let other)): one == other
        case (.map(let one), .map(let other)): one == other
        default: false
        }
    }
}

/// A map's key. Which integer case it is follows from the key's type.
///
/// Text is compared byte by byte, as protobuf does: Swift's own `==` would take two spellings of `é` for one.
package enum MapKey: Sendable {
    case bool(Bool)
    case int(Int64)
    case uint(UInt64)
    case string(String)
}

extension MapKey: Hashable, Comparable {
    package static func == (one: MapKey, other: MapKey) -> Bool {
        switch (one, other) {
        case (.string(let one), .string(let other)): one.utf8.elementsEqual(other.utf8)
        case (.bool, .bool), (.int, .int), (.uint, .uint): one.bits == other.bits
        default: false
        }
    }

    package func hash(into hasher: inout Hasher) {
        if case .string(var text) = self {
            text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
        } else {
            hasher.combine(bits)
        }
    }

    /// Maps are printed and encoded in this order: numbers by size, text by its bytes.
    package static func < (one: MapKey, other: MapKey) -> Bool {
        switch (one, other) {
        case (.bool(let one), .bool(let other)): !one && other
        case (.int(let one), .int(let other)): one < other
        case (.uint(let one), .uint(let other)): one < other
        case (.string(let one), .string(let other)): one.utf8.lexicographicallyPrecedes(other.utf8)
        default: false
        }
    }
}

extension MapKey: CustomStringConvertible {
    /// As a name in JSON.
    package var description: String {
        switch self {
        case .bool(let value): "\(value)"
        case .int(let value): "\(value)"
        case .uint(let value): "\(value)"
        case .string(let value): value
        }
    }
}

extension MapKey {
    /// The key that these bits are, of a kind that is not text.
    init(_ kind: Kind, bits: UInt64) {
        switch kind {
        case .bool: self = .bool(bits != 0)
        case .uint32, .uint64, .fixed32, .fixed64: self = .uint(bits)
        default: self = .int(Int64(bitPattern: bits))
        }
    }

    /// The bits of a key that is not text.
    var bits: UInt64 {
        switch self {
        case .bool(let value): value ? 1 : 0
        case .int(let value): UInt64(bitPattern: value)
        case .uint(let value): value
        case .string: 0
        }
    }

    /// Whether a map with keys of this kind may have this key.
    func fits(_ kind: Kind) -> Bool {
        switch (self, kind) {
        case (.bool, .bool), (.string, .string): true
        case (.int, .int64), (.int, .sint64), (.int, .sfixed64): true
        case (.uint, .uint64), (.uint, .fixed64): true
        case (.int(let value), .int32), (.int(let value), .sint32), (.int(let value), .sfixed32):
            Int32(exactly: value) != nil
        case (.uint(let value), .uint32), (.uint(let value), .fixed32): UInt32(exactly: value) != nil
        default: false
        }
    }
}
