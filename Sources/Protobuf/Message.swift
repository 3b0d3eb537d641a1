import ClusterModel

/// A value of a message type that is known only at run time: the fields that are set, and what the type does not know.
///
/// 32 bytes and one allocation of 24 bytes a set field, whatever the number of fields of the type. That, and `List`,
/// bound the memory that a decoded message takes: 1 to 8 times its bytes ordinarily, 24 times for a list of messages of
/// one bool each, and 70 times at the very worst (messages inside each other to the limit, with nothing else in them).
package struct Message: Sendable, Equatable {
    struct Entry: Sendable, Equatable {
        var value: Value
        /// `Field.index`.
        var field: Int32
    }

    package let type: MessageType
    /// The fields that are set, by ascending number. A field without presence is not here when it is zero or empty.
    var entries: [Entry] = []
    /// Fields that the type does not have, as they were on the wire, tags included. Written again behind the others.
    package internal(set) var unknown: [UInt8] = []

    /// Without any field set.
    package init(_ type: MessageType) {
        self.type = type
    }

    /// A field by its name (in the `.proto` file or in JSON). Absent ones are their default; nil: there is no such
    /// field, or it is absent and has presence.
    package subscript(name: String) -> Value? {
        guard let field = type.field(named: name) else { return nil }
        return self[field]
    }

    /// Absent ones are their default; nil: it is absent and has presence.
    package subscript(field: Field) -> Value? { stored(field) ?? field.absentValue }

    /// Whether the field is set; for one without presence, whether it differs from its default.
    package func has(_ field: Field) -> Bool { stored(field) != nil }

    func stored(_ field: Field) -> Value? {
        let position = self.position(of: field)
        return position < entries.count && entries[position].field == field.index ? entries[position].value : nil
    }

    /// Sets a field, or clears it with nil. A member of a oneof replaces the others.
    ///
    /// - Throws: `ValueError` if there is no such field or the value is not of its type.
    package mutating func set(_ name: String, _ value: Value?) throws(ValueError) {
        guard let field = type.field(named: name) else { throw .noField(name, in: type) }
        guard let value else {
            clear(field)
            return
        }
        guard let problem = mismatch(value, field) else {
            store(value, field)
            return
        }
        throw ValueError(path: name, problem: problem)
    }

    /// Why a field cannot hold this value; nil if it can.
    private func mismatch(_ value: Value, _ field: Field) -> String? {
        let schema = type.schema
        switch value {
        case .list(let list) where field.isList && list.kind == field.kind:
            return list.lazy.compactMap { schema.mismatch($0, field) }.first
        case .map(let map):
            guard let keyKind = field.keyKind else { break }
            if let key = map.keys.first(where: { !$0.fits(keyKind) }) { return "\(key) is no \(keyKind.name)" }
            return map.values.lazy.compactMap { schema.mismatch($0, field) }.first
        default:
            if !field.isList, !field.isMap { return schema.mismatch(value, field) }
        }
        return "expected \(schema.expectation(of: field))"
    }
}

extension Schema {
    /// Why this cannot be a field's single value, or one element of it; nil if it can.
    fileprivate func mismatch(_ value: Value, _ field: Field) -> String? {
        switch (value, field.kind) {
        case (.string, .string), (.bytes, .bytes): return nil
        case (.message(let message), .message):
            if message.type.schema === self, message.type.index == field.target { return nil }
        default:
            if field.kind.isScalar, let bits = field.kind.bits(value) {
                guard field.kind == .enumeration, !enums[field.target].admits(Int32(truncatingIfNeeded: bits)) else {
                    return nil
                }
                return "\(enums[field.target].name) has no value \(Int32(truncatingIfNeeded: bits))"
            }
        }
        return "expected \(expectation(ofElement: field))"
    }
}

/// Storage. Nothing here checks types.
extension Message {
    /// Where the field is, or would have to be put. Mostly the end: fields usually come in order.
    @inline(__always)
    func position(of field: Field) -> Int {
        let index = Int32(truncatingIfNeeded: field.index)
        guard let last = entries.last, last.field >= index else { return entries.count }
        var low = 0
        var high = entries.count - 1
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].field < index { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Sets a field; the default of a field without presence clears it.
    mutating func store(_ value: Value, _ field: Field) {
        if !field.hasPresence, value.isDefault {
            clear(field)
            return
        }
        if field.oneof != nil { clearSiblings(of: field) }
        put(value, field, at: position(of: field))
    }

    /// Sets a scalar from its bits.
    @inline(__always)
    mutating func store(bits: UInt64, _ field: Field) {
        if bits == 0, !field.hasPresence {
            clear(field)
            return
        }
        if field.oneof != nil { clearSiblings(of: field) }
        put(field.kind.value(bits), field, at: position(of: field))
    }

    @inline(__always)
    mutating func put(_ value: Value, _ field: Field, at position: Int) {
        let entry = Entry(value: value, field: Int32(truncatingIfNeeded: field.index))
        if position == entries.count {
            entries.append(entry)
        } else if entries[position].field == entry.field {
            entries[position].value = value
        } else {
            entries.insert(entry, at: position)
        }
    }

    mutating func clear(_ field: Field) {
        let position = self.position(of: field)
        if position < entries.count, entries[position].field == field.index { entries.remove(at: position) }
    }

    mutating func clearSiblings(of field: Field) {
        guard !entries.isEmpty, let oneof = field.oneof else { return }
        for sibling in type.table.oneofMembers[oneof] where sibling !== field { clear(sibling) }
    }

    /// Moves a field's value out, so that it can be changed without being copied. Nil if it is not set.
    mutating func take(_ field: Field) -> Value? {
        let position = self.position(of: field)
        guard position < entries.count, entries[position].field == field.index else { return nil }
        let value = entries[position].value
        entries[position].value = .bool(false)
        return value
    }
}

extension Value {
    /// Zero (not -0.0), false, or empty.
    var isDefault: Bool {
        switch self {
        case .double(let value): value.bitPattern == 0
        case .float(let value): value.bitPattern == 0
        case .int32(let value), .enumeration(let value): value == 0
        case .int64(let value): value == 0
        case .uint32(let value): value == 0
        case .uint64(let value): value == 0
        case .bool(let value): !value
        case .string(let value): value.isEmpty
        case .bytes(let value): value.isEmpty
        case .message: false
        case .list(let list): list.isEmpty
        case .map(let map): map.isEmpty
        }
    }
}
