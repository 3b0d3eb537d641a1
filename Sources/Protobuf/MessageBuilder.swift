import ClusterModel

extension Message {
    /// Builds a message from values without types. Null is as if the field were not there.
    ///
    /// - Parameter root: what the path in errors begins with: `request` in `request.items[2].name`.
    /// - Throws: the first thing that does not fit, with its path.
    package init(
        _ type: MessageType, _ value: Untyped, rules: BuildRules = .script, root: String = ""
    ) throws(ValueError) {
        do throws(ValueError) {
            self = try MessageBuilder(schema: type.schema, rules: rules).message(value, type, depth: 0)
        } catch {
            throw root.isEmpty ? error : error.inside(root)
        }
    }

    package init(
        _ type: MessageType, fields: [String: Untyped], rules: BuildRules = .script, root: String = ""
    ) throws(ValueError) {
        // Sorted, so that of several errors it is always the same that is reported.
        let table = Untyped.Table(fields.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })
        try self.init(type, .table(table), rules: rules, root: root)
    }
}

/// Turns untyped values into messages.
struct MessageBuilder {
    let schema: Schema
    let rules: BuildRules

    func message(_ value: Untyped, _ type: MessageType, depth: Int) throws(ValueError) -> Message {
        guard depth <= Message.deepestNesting else {
            throw ValueError(problem: "values are nested deeper than \(Message.deepestNesting)")
        }
        if let wellKnown = type.table.wellKnown,
            let message = try self.message(value, type, wellKnown: wellKnown, depth: depth)
        {
            return message
        }
        guard let table = table(value) else { throw mismatch(value, type.name) }
        return try message(table, type, depth: depth)
    }

    /// Field by field.
    func message(_ table: Untyped.Table, _ type: MessageType, depth: Int) throws(ValueError) -> Message {
        var message = Message(type)
        var seen = [Bool](repeating: false, count: type.table.fields.count)
        for entry in table.entries {
            guard let field = type.field(named: entry.key) else { throw .noField(entry.key, in: type) }
            if entry.value == .null, !takesNull(field) { continue }
            do throws(ValueError) {
                if seen[field.index] { throw ValueError(problem: "is given twice") }
                seen[field.index] = true
                if let oneof = field.oneof,
                    let other = type.table.oneofMembers[oneof].first(where: { $0 !== field && message.has($0) })
                {
                    throw ValueError(
                        problem: "only one of \(type.oneofs[oneof]) may be given, and \(other.name) is there already")
                }
                message.store(try self.value(entry.value, field, depth: depth), field)
            } catch {
                throw error.inside(field.name)
            }
        }
        return message
    }

    /// Null is a value of its own only to `google.protobuf.Value` and `NullValue`.
    private func takesNull(_ field: Field) -> Bool {
        if field.cardinality == .repeated { return false }
        return field.kind == .message && schema.tables[field.target].wellKnown == .value || isNullValue(field)
    }

    func isNullValue(_ field: Field) -> Bool {
        field.kind == .enumeration && schema.enums[field.target].name == "google.protobuf.NullValue"
    }

    private func value(_ value: Untyped, _ field: Field, depth: Int) throws(ValueError) -> Value {
        if let keyKind = field.keyKind { return .map(try map(value, field, keyKind, depth: depth)) }
        if !field.isList { return try element(value, field, depth: depth) }
        guard let list = list(value) else { throw mismatch(value, schema.expectation(of: field)) }
        var values: [Value] = []
        values.reserveCapacity(list.count)
        for (index, value) in list.enumerated() {
            do throws(ValueError) {
                values.append(try element(value, field, depth: depth))
            } catch {
                throw error.inside("[\(index)]")
            }
        }
        guard let list = List(field.kind, values: values) else { throw mismatch(value, schema.expectation(of: field)) }
        return .list(list)
    }

    private func map(
        _ value: Untyped, _ field: Field, _ keyKind: Kind, depth: Int
    ) throws(ValueError) -> [MapKey: Value] {
        var map: [MapKey: Value] = [:]
        let entries: [Untyped.Table.Entry]
        if let table = table(value) {
            entries = table.entries
        } else if rules.isLoose, case .list(let list) = value, keyKind != .string, keyKind != .bool {
            // Lua does not tell a list from a map whose keys are 1, 2, 3.
            entries = list.enumerated().map { Untyped.Table.Entry(key: "\($0 + 1)", value: $1) }
        } else {
            throw mismatch(value, schema.expectation(of: field))
        }
        for entry in entries {
            do throws(ValueError) {
                guard let key = key(entry.key, keyKind) else {
                    throw ValueError(problem: "expected \(keyKind.name) as the key, got '\(entry.key.shortened)'")
                }
                // On the wire an entry is a message of its own, and counts as one.
                let value = try element(entry.value, field, depth: depth + 1)
                if map.updateValue(value, forKey: key) != nil { throw ValueError(problem: "is given twice") }
            } catch {
                throw error.inside("[\"\(entry.key.shortened)\"]")
            }
        }
        return map
    }

    private func key(_ text: String, _ kind: Kind) -> MapKey? {
        switch kind {
        case .string: return .string(text)
        case .bool: return text == "true" ? .bool(true) : text == "false" ? .bool(false) : nil
        default:
            guard let number = JSONNumber.read(text)?.integer, let bits = kind.bits(integer: number) else { return nil }
            return MapKey(kind, bits: bits)
        }
    }

    private func table(_ value: Untyped) -> Untyped.Table? {
        if case .table(let table) = value { return table }
        return rules.isLoose && value == .list([]) ? Untyped.Table() : nil
    }

    private func list(_ value: Untyped) -> [Untyped]? {
        if case .list(let list) = value { return list }
        return rules.isLoose && value == .table(Untyped.Table()) ? [] : nil
    }

    func mismatch(_ value: Untyped, _ expected: String) -> ValueError {
        ValueError(problem: "expected \(expected), got \(value.described)")
    }
}

/// Single values.
extension MessageBuilder {
    func element(_ value: Untyped, _ field: Field, depth: Int) throws(ValueError) -> Value {
        switch field.kind {
        case .message:
            return .message(try message(value, MessageType(schema: schema, index: field.target), depth: depth + 1))
        case .enumeration: return .enumeration(try enumeration(value, field))
        case .string:
            if case .string(let text) = value { return .string(text) }
            if rules.isLoose, case .bytes(let bytes) = value {
                if let text = String(validating: bytes, as: UTF8.self) { return .string(text) }
                throw ValueError(problem: "expected string, got \(bytes.count) bytes that are not UTF-8")
            }
        case .bytes:
            if case .bytes(let bytes) = value { return .bytes(bytes) }
            if case .string(let text) = value {
                if !rules.readsBase64 { return .bytes(Array(text.utf8)) }
                if let bytes = Base64.decode(text) { return .bytes(bytes) }
                throw ValueError(problem: "expected bytes as base64, got \(value.described)")
            }
        case .bool:
            if case .bool(let value) = value { return .bool(value) }
            if rules.takesAllFromText, case .string(let text) = value, text == "true" || text == "false" {
                return .bool(text == "true")
            }
        case .double, .float: return try floating(value, field.kind)
        default:
            guard let number = number(value)?.integer else { break }
            guard let bits = field.kind.bits(integer: number) else {
                throw ValueError(problem: "\(number) is out of the range of \(field.kind.name)")
            }
            return field.kind.value(bits)
        }
        throw mismatch(value, schema.expectation(ofElement: field))
    }

    /// The number that this is, perhaps as text.
    private func number(_ value: Untyped) -> Untyped? {
        switch value {
        case .int, .uint, .double: value
        case .string(let text) where rules.takesNumbersFromText: JSONNumber.read(text)
        default: nil
        }
    }

    private func floating(_ value: Untyped, _ kind: Kind) throws(ValueError) -> Value {
        let result: Double
        switch (number(value), value) {
        case (.double(let number)?, _): result = number
        case (.int(let number)?, _): result = Double(number)
        case (.uint(let number)?, _): result = Double(number)
        case (_, .string("NaN")) where rules.takesNumbersFromText: result = .nan
        case (_, .string("Infinity")) where rules.takesNumbersFromText: result = .infinity
        case (_, .string("-Infinity")) where rules.takesNumbersFromText: result = -.infinity
        default: throw mismatch(value, kind.name)
        }
        if kind == .double { return .double(result) }
        if result.isFinite, !Float(result).isFinite {
            throw ValueError(problem: "\(result) is out of the range of float")
        }
        return .float(Float(result))
    }

    private func enumeration(_ value: Untyped, _ field: Field) throws(ValueError) -> Int32 {
        let type = schema.enums[field.target]
        if case .string(let name) = value, let number = type.number(of: name) { return number }
        if value == .null, isNullValue(field) { return 0 }
        let isText = if case .string = value { true } else { false }
        if !isText || rules.takesAllFromText, let number = number(value)?.integer {
            if let number = Int32(exactly: number), type.admits(number) { return number }
            throw ValueError(problem: "\(type.name) has no value \(number)")
        }
        let names = type.values.prefix(12).map(\.name).joined(separator: ", ")
        throw mismatch(value, "one of \(names)\(type.values.count > 12 ? ", …" : "")")
    }
}

extension Untyped {
    /// A whole number, whichever case it is in; 1e3 and 2.0 are such.
    fileprivate var integer: Int128? {
        switch self {
        case .int(let value): Int128(value)
        case .uint(let value): Int128(value)
        case .double(let value): Int128(exactly: value)
        default: nil
        }
    }
}

extension Kind {
    /// The bits of a number of this integer kind; nil if it is out of range.
    fileprivate func bits(integer: Int128) -> UInt64? {
        switch self {
        case .int32, .sint32, .sfixed32: Int32(exactly: integer).map { UInt64(bitPattern: Int64($0)) }
        case .int64, .sint64, .sfixed64: Int64(exactly: integer).map { UInt64(bitPattern: $0) }
        case .uint32, .fixed32: UInt32(exactly: integer).map { UInt64($0) }
        default: UInt64(exactly: integer)
        }
    }
}
