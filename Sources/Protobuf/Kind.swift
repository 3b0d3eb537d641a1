import ClusterModel

/// The low three bits of a tag.
enum WireType {
    static let varint: UInt32 = 0
    static let fixed64: UInt32 = 1
    static let lengthDelimited: UInt32 = 2
    static let startGroup: UInt32 = 3
    static let endGroup: UInt32 = 4
    static let fixed32: UInt32 = 5
}

/// How one value is written on the wire. Maps are not here: on the wire they are lists of two-field messages.
///
/// Between the wire and `Value`, every scalar is 64 bits: integers sign- or zero-extended, floating point by its bit
/// pattern, false and true as 0 and 1. All-zero bits are each kind's default.
enum Kind: UInt8, Sendable {
    case double, float
    case int32, int64, uint32, uint64, sint32, sint64
    case fixed32, fixed64, sfixed32, sfixed64
    case bool, enumeration
    case string, bytes, message

    var wireType: UInt32 {
        switch self {
        case .double, .fixed64, .sfixed64: WireType.fixed64
        case .float, .fixed32, .sfixed32: WireType.fixed32
        case .string, .bytes, .message: WireType.lengthDelimited
        default: WireType.varint
        }
    }

    /// Whether values fit in 64 bits, which is also what may be packed.
    var isScalar: Bool { rawValue < Kind.string.rawValue }

    /// As `.proto` files call it.
    var name: String { "\(self)" }
}

extension Kind {
    /// The value that these bits are. Only for scalars.
    func value(_ bits: UInt64) -> Value {
        switch self {
        case .double: .double(Double(bitPattern: bits))
        case .float: .float(Float(bitPattern: UInt32(truncatingIfNeeded: bits)))
        case .int32, .sint32, .sfixed32: .int32(Int32(truncatingIfNeeded: bits))
        case .int64, .sint64, .sfixed64: .int64(Int64(bitPattern: bits))
        case .uint32, .fixed32: .uint32(UInt32(truncatingIfNeeded: bits))
        case .uint64, .fixed64: .uint64(bits)
        case .bool: .bool(bits != 0)
        case .enumeration: .enumeration(Int32(truncatingIfNeeded: bits))
        case .string, .bytes, .message: preconditionFailure("\(name) is not a scalar")
        }
    }

    /// The bits of a value of this kind; nil if it is not of this kind, or not a scalar.
    func bits(_ value: Value) -> UInt64? {
        switch (value, self) {
        case (.double(let value), .double): value.bitPattern
        case (.float(let value), .float): UInt64(value.bitPattern)
        case (.int32(let value), .int32), (.int32(let value), .sint32), (.int32(let value), .sfixed32),
            (.enumeration(let value), .enumeration):
            UInt64(bitPattern: Int64(value))
        case (.int64(let value), .int64), (.int64(let value), .sint64), (.int64(let value), .sfixed64):
            UInt64(bitPattern: value)
        case (.uint32(let value), .uint32), (.uint32(let value), .fixed32): UInt64(value)
        case (.uint64(let value), .uint64), (.uint64(let value), .fixed64): value
        case (.bool(let value), .bool): value ? 1 : 0
        default: nil
        }
    }
}

extension FieldType {
    /// Nil for maps.
    var kind: Kind? {
        switch self {
        case .double: .double
        case .float: .float
        case .int32: .int32
        case .int64: .int64
        case .uint32: .uint32
        case .uint64: .uint64
        case .sint32: .sint32
        case .sint64: .sint64
        case .fixed32: .fixed32
        case .fixed64: .fixed64
        case .sfixed32: .sfixed32
        case .sfixed64: .sfixed64
        case .bool: .bool
        case .string: .string
        case .bytes: .bytes
        case .message: .message
        case .enumeration: .enumeration
        case .map: nil
        }
    }

    /// What a message or enumeration type is called.
    var reference: String? {
        switch self {
        case .message(let name), .enumeration(let name): name
        default: nil
        }
    }
}
