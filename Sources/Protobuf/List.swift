/// What a repeated field holds: values of one kind, without the cost of a `Value` each (8 bytes for a scalar, so that
/// a packed list of bools takes at most 8 times the memory that it took on the wire).
package struct List: Sendable {
    enum Storage: Sendable {
        case scalars([UInt64])
        case strings([String])
        case bytes([[UInt8]])
        case messages([Message])
    }

    let kind: Kind
    let storage: Storage

    init(_ kind: Kind, _ storage: Storage) {
        self.kind = kind
        self.storage = storage
    }

    init(emptyOf kind: Kind) {
        self.kind = kind
        storage =
            switch kind {
            case .string: .strings([])
            case .bytes: .bytes([])
            case .message: .messages([])
            default: .scalars([])
            }
    }

    /// Nil if a value is not of this kind.
    init?(_ kind: Kind, values: [Value]) {
        var count = 0
        switch kind {
        case .string:
            let all = values.compactMap { if case .string(let value) = $0 { value } else { nil } }
            (count, storage) = (all.count, .strings(all))
        case .bytes:
            let all = values.compactMap { if case .bytes(let value) = $0 { value } else { nil } }
            (count, storage) = (all.count, .bytes(all))
        case .message:
            let all = values.compactMap { if case .message(let value) = $0 { value } else { nil } }
            (count, storage) = (all.count, .messages(all))
        default:
            let all = values.compactMap(kind.bits)
            (count, storage) = (all.count, .scalars(all))
        }
        self.kind = kind
        if count != values.count { return nil }
    }
}

extension List: RandomAccessCollection {
    package var startIndex: Int { 0 }

    package var endIndex: Int {
        switch storage {
        case .scalars(let all): all.count
        case .strings(let all): all.count
        case .bytes(let all): all.count
        case .messages(let all): all.count
        }
    }

    package subscript(index: Int) -> Value {
        switch storage {
        case .scalars(let all): kind.value(all[index])
        case .strings(let all): .string(all[index])
        case .bytes(let all): .bytes(all[index])
        case .messages(let all): .message(all[index])
        }
    }
}

extension List: Equatable {
    package static func == (one: List, other: List) -> Bool {
        one.kind == other.kind && one.count == other.count && zip(one, other).allSatisfy { $0 == $1 }
    }
}
