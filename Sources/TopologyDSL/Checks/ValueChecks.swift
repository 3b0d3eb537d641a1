import ClusterModel

/// Whether values fit a message's fields, as far as they are constants. Templates are texts that only a run completes:
/// they fit whatever one text fits.
struct ValueCheck {
    private let messages: [String: MessageDefinition]
    private let enums: [String: EnumDefinition]
    private let reading: Reading

    init(_ schema: ProtoSchema, _ reading: Reading) {
        messages = Dictionary(schema.messages.map { ($0.name, $0) }) { first, _ in first }
        enums = Dictionary(schema.enums.map { ($0.name, $0) }) { first, _ in first }
        self.reading = reading
    }

    func check(_ values: [ArgumentValue], as message: String, _ path: Path) {
        for (index, value) in values.enumerated() {
            check(value, as: message, path / index)
        }
    }

    /// One value, as a whole message.
    func check(_ value: ArgumentValue, as message: String, _ path: Path) {
        check(value, .message(message), "a request or a reply", path)
    }

    func check(_ value: ArgumentValue, field: FieldDefinition, _ path: Path) {
        if case .null = value { return }
        if case .map(let key, let item) = field.type {
            guard case .table(let table) = value else { return mismatch(value, field.name, "a mapping", path) }
            for (name, entry) in table {
                check(key: name, key, field.name, path / name)
                check(entry, item, field.name, path / name)
            }
        } else if field.cardinality == .repeated {
            guard case .list(let items) = value else { return mismatch(value, field.name, "a list", path) }
            for (index, item) in items.enumerated() { check(item, field.type, field.name, path / index) }
        } else {
            check(value, field.type, field.name, path)
        }
    }

    private func check(_ value: ArgumentValue, _ type: FieldType, _ name: String, _ path: Path) {
        switch type {
        case .message(let message): check(value, message: message, name, path)
        case .enumeration(let enumeration): check(value, enumeration: enumeration, name, path)
        case .int32, .sint32, .sfixed32: check(value, Int64(Int32.min)...Int64(Int32.max), name, path)
        case .int64, .sint64, .sfixed64: check(value, Int64.min...Int64.max, name, path)
        case .uint32, .fixed32: check(value, 0...Int64(UInt32.max), name, path)
        case .uint64, .fixed64: check(value, nil, name, path)
        case .double, .float:
            switch value {
            case .int, .double: break
            case .string(let text):
                guard let text = constant(text), Double(text) == nil else { return }
                mismatch(value, name, "a number", path)
            default: mismatch(value, name, "a number", path)
            }
        case .bool:
            if case .bool = value { return }
            if case .string(let text) = value, constant(text) == nil { return }
            mismatch(value, name, "true or false", path, advice: "without quotes")
        case .string, .bytes:
            if case .string = value { return }
            mismatch(value, name, "text", path)
        case .map: mismatch(value, name, "a mapping", path)
        }
    }

    /// - Parameter range: `nil`: the unsigned numbers of 64 bits.
    private func check(_ value: ArgumentValue, _ range: ClosedRange<Int64>?, _ name: String, _ path: Path) {
        let isSound: Bool
        switch value {
        case .int(let number): isSound = range?.contains(number) ?? (number >= 0)
        case .string(let text):
            guard let text = constant(text) else { return }
            isSound = range.map { range in Int64(text).map(range.contains) ?? false } ?? (UInt64(text) != nil)
        default: isSound = false
        }
        if isSound { return }
        let isWide = range.map { $0.lowerBound == .min } ?? false
        let bounds =
            isWide ? "" : " from \(range?.lowerBound ?? 0) to \(range.map { "\($0.upperBound)" } ?? "\(UInt64.max)")"
        var advice: String?
        if case .double(let number) = value, number.magnitude >= 9e18, number.magnitude < 2e19 {
            advice = "quote numbers of more than 63 bits"
        }
        mismatch(value, name, "a whole number\(bounds)", path, advice: advice)
    }

    private func check(key: String, _ type: FieldType, _ name: String, _ path: Path) {
        let isSound =
            switch type {
            case .string: true
            case .bool: key == "true" || key == "false"
            case .uint32, .fixed32: UInt32(key) != nil
            case .uint64, .fixed64: UInt64(key) != nil
            case .int32, .sint32, .sfixed32: Int32(key) != nil
            default: Int64(key) != nil
            }
        if !isSound {
            reading.error(
                "'\(shortened(key))' is no key of '\(name)', whose keys are \(type)", at: reading.keyPlace(path))
        }
    }

    private func check(_ value: ArgumentValue, enumeration name: String, _ field: String, _ path: Path) {
        switch value {
        case .int(let number):
            if let enumeration = enums[name], !enumeration.isOpen,
                !enumeration.values.contains(where: { Int64($0.number) == number })
            {
                mismatch(value, field, "one of \(enumeration.values.prefix(12).map(\.name).listed())", path)
            } else if Int32(exactly: number) == nil {
                mismatch(value, field, "a number of 32 bits", path)
            }
        case .string(let text):
            guard let text = constant(text), let names = enums[name]?.values.map(\.name), !names.contains(text) else {
                return
            }
            reading.error(
                "'\(shortened(text))' is no value of '\(field)': expected \(names.prefix(12).listed())"
                    + Suggestion.phrase(text, among: names), at: reading.place(path))
        case .null: break
        default: mismatch(value, field, "one of its names", path)
        }
    }

    // MARK: Messages

    private func check(_ value: ArgumentValue, message name: String, _ field: String, _ path: Path) {
        if name.hasPrefix("google.protobuf."), checkWellKnown(value, name, field, path) { return }
        guard let message = messages[name] else { return }
        guard case .table(let table) = value else {
            if case .null = value { return }
            return mismatch(value, field, "a mapping of \(short(name))'s fields", path)
        }
        let fields = Dictionary(message.fields.flatMap { [($0.name, $0), ($0.jsonName, $0)] }) { first, _ in first }
        var given: [String: String] = [:]
        var members: [Int: String] = [:]
        for key in table.keys.sorted() {
            let place = path / key
            guard let definition = fields[key] else {
                unknown(key, in: message, place)
                continue
            }
            if let other = given.updateValue(key, forKey: definition.name) {
                reading.error("'\(other)' and '\(key)' are one field", at: reading.keyPlace(place))
            }
            if let oneof = definition.oneof, let other = members.updateValue(key, forKey: oneof) {
                reading.error(
                    "'\(other)' and '\(key)' exclude one another: they are in the oneof '\(message.oneofs[oneof])'",
                    at: reading.keyPlace(place))
            }
            check(table[key] ?? .null, field: definition, place)
        }
    }

    private func unknown(_ key: String, in message: MessageDefinition, _ path: Path) {
        let names = message.fields.map(\.name)
        let near = Suggestion.phrase(key, among: names)
        var advice: String? =
            names.isEmpty
            ? "it has no fields" : "there \(names.count == 1 ? "is" : "are") \(names.prefix(12).listed("and"))"
        if let oneof = message.oneofs.firstIndex(of: key) {
            advice = "it is a oneof: expected \(message.fields.filter { $0.oneof == oneof }.map(\.name).listed())"
        } else if !near.isEmpty {
            advice = nil
        }
        reading.error(
            "'\(shortened(key))' is no field of \(short(message.name))\(near)", at: reading.keyPlace(path),
            advice: advice)
    }

    /// Google's types have forms of their own in JSON, which values here follow.
    /// - Returns: false for a type like any other.
    private func checkWellKnown(_ value: ArgumentValue, _ name: String, _ field: String, _ path: Path) -> Bool {
        switch short(name) {
        case "BoolValue": check(value, .bool, field, path)
        case "BytesValue", "StringValue": check(value, .string, field, path)
        case "DoubleValue", "FloatValue": check(value, .double, field, path)
        case "Int32Value": check(value, .int32, field, path)
        case "Int64Value": check(value, .int64, field, path)
        case "UInt32Value": check(value, .uint32, field, path)
        case "UInt64Value": check(value, .uint64, field, path)
        case "Timestamp":
            expectText(value, field, "a time such as \"2026-01-31T12:00:00Z\"", path) { $0.contains("T") }
        case "Duration":
            expectText(value, field, "a time in seconds such as 1.5s", path) {
                $0.hasSuffix("s") && Double($0.dropLast()) != nil
            }
        case "FieldMask": expectText(value, field, "names of fields, as in a,b.c", path) { _ in true }
        case "Struct", "Any": if case .table = value {} else { mismatch(value, field, "a mapping", path) }
        case "ListValue": if case .list = value {} else { mismatch(value, field, "a list", path) }
        case "Empty":
            guard case .table(let table) = value else {
                mismatch(value, field, "a mapping without fields", path)
                return true
            }
            for key in table.keys.sorted() { unknown(key, in: MessageDefinition(name: name), path / key) }
        case "Value": break
        default: return false
        }
        return true
    }

    private func expectText(
        _ value: ArgumentValue, _ field: String, _ expected: String, _ path: Path, _ isSound: (String) -> Bool
    ) {
        if case .string(let text) = value, constant(text).map(isSound) ?? true { return }
        if case .null = value { return }
        mismatch(value, field, expected, path)
    }

    // MARK: Words

    private func constant(_ text: String) -> String? { (try? Template(text))?.constant }

    private func short(_ name: String) -> String { name.split(separator: ".").last.map(String.init) ?? name }

    private func mismatch(
        _ value: ArgumentValue, _ field: String, _ expected: String, _ path: Path, advice: String? = nil
    ) {
        let found: String
        var advice = advice
        switch value {
        case .string(let text): found = "'\(shortened(text))'"
        case .int, .double, .bool:
            let span = reading.place(path)
            let written = reading.source?.text(span) ?? "a number"
            found = shortened(written)
            if expected == "text" { advice = "quote it: \(quoted(written))" }
        case .null: found = "nothing"
        case .list: found = "a list"
        case .table: found = "a mapping"
        }
        let what = field.contains(" ") ? "" : "'\(field)': "
        reading.error("\(what)expected \(expected), found \(found)", at: reading.place(path), advice: advice)
    }
}
