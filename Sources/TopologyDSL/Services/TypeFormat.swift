import ClusterModel

/// How fields and their types are read.
enum TypeFormat {
    private static let description =
        "A field's type: a scalar type of protocol buffers, a message's or an enum's name, repeated T, optional T, "
        + "map<K, V>; [T] for repeated T; a mapping of fields; {enum: [A, B]}; {oneof: {…}}; {type: T, number: 5}."

    /// Editors get the shape, which is recursive: `$defs/type` refers to itself.
    static let schema = JSON.shared(
        "type",
        [
            "description": .string(description),
            "anyOf": [
                [
                    "type": "string",
                    "examples": .array(
                        TypeText.scalars.keys.sorted().map { .string($0) } + [
                            "repeated string", "optional int64", "map<string, int64>", "Timestamp", "Duration",
                        ]),
                ],
                ["type": "array", "items": .shared("type", .null), "minItems": 1, "maxItems": 1],
                [
                    "type": "object",
                    "additionalProperties": [
                        "anyOf": [
                            .shared("type", .null), ["type": "integer"],
                            ["type": "array", "items": ["type": "string"]],
                            ["type": "null"],
                        ]
                    ],
                ],
            ],
        ])

    /// The fields of a message.
    static let fields = Format<[MemberSyntax]>(
        "fields and their types, as in { a: int64, b: string }",
        schema: ["type": ["object", "null"], "additionalProperties": schema]
    ) { node, reading in
        guard let pairs = node.isNull ? [] : node.pairs else {
            reading.mismatch(node, "fields and their types, as in { a: int64, b: string }")
            return nil
        }
        return members(pairs, reading)
    }

    /// One type, as the field `value` of a message of its own.
    static func value(_ node: YAMLNode, _ reading: Reading) -> MemberSyntax? {
        field(.init(key: "value", keySpan: node.span, value: node), reading).map {
            MemberSyntax(name: "value", span: node.span, content: .field($0))
        }
    }

    /// An enum: names, or names with their numbers.
    static let enumeration = Format<[EnumValueSyntax]>(
        "an enum's values, as in [RED, GREEN] or { RED: 0, GREEN: 5 }",
        schema: [
            "anyOf": [
                ["type": "array", "items": ["type": "string"], "minItems": 1],
                ["type": "object", "additionalProperties": ["type": "integer"], "minProperties": 1],
            ]
        ]
    ) { node, reading in readEnumeration(node, reading) }

    private static func members(_ pairs: [YAMLNode.Pair], _ reading: Reading) -> [MemberSyntax] {
        var result: [MemberSyntax] = []
        var isCutMap = false
        for pair in pairs {
            // The rest of `{ m: map<string, int64> }`, which YAML took for a key; the map has been complained about.
            let isRest = isCutMap && pair.key.hasSuffix(">") && pair.value.isNull
            isCutMap = pair.value.text.map { $0.contains("map<") && !$0.hasSuffix(">") } ?? false
            if isRest { continue }
            reading.at(pair.key, key: pair.keySpan, value: pair.value.span) {
                checkFieldName(pair, reading)
                if let content = member(pair, reading) {
                    result.append(MemberSyntax(name: pair.key, span: pair.keySpan, content: content))
                }
            }
        }
        return result
    }

    private static func checkFieldName(_ pair: YAMLNode.Pair, _ reading: Reading) {
        if let problem = TypeText.identifierProblem(pair.key) {
            reading.error(problem.message, at: pair.keySpan, advice: problem.advice)
        } else if luaWords.contains(pair.key) {
            reading.warning(
                "'\(pair.key)' is a word of Lua: a handler has to write [\"\(pair.key)\"]", at: pair.keySpan)
        }
    }

    private static let luaWords: Set<String> = [
        "and", "break", "do", "else", "elseif", "end", "false", "for", "function", "goto", "if", "in", "local", "nil",
        "not", "or", "repeat", "return", "then", "true", "until", "while",
    ]

    private static func member(_ pair: YAMLNode.Pair, _ reading: Reading) -> MemberSyntax.Content? {
        if let pairs = pair.value.pairs, pairs.count == 1, pairs[0].key == "oneof", pairs[0].value.pairs != nil {
            return oneof(pairs[0], reading)
        }
        return field(pair, reading).map { .field($0) }
    }

    private static func oneof(_ pair: YAMLNode.Pair, _ reading: Reading) -> MemberSyntax.Content? {
        reading.at("oneof", key: pair.keySpan, value: pair.value.span) {
            let pairs = pair.value.pairs ?? []
            if pairs.isEmpty { reading.error("a oneof needs at least one field", at: pair.value.span) }
            return .oneof(
                pairs.compactMap { member in
                    reading.at(member.key, key: member.keySpan, value: member.value.span) {
                        checkFieldName(member, reading)
                        guard let field = field(member, reading) else { return nil }
                        var isMap = false
                        if case .map = field.type { isMap = true }
                        if field.cardinality != .implicit || isMap {
                            reading.error(
                                "a field of a oneof is there or not: it cannot be repeated, optional or a map",
                                at: field.typeSpan)
                        }
                        return field
                    }
                })
        }
    }

    private static func field(_ pair: YAMLNode.Pair, _ reading: Reading) -> FieldSyntax? {
        var field = FieldSyntax(
            name: pair.key, span: pair.keySpan, type: .named(""), typeSpan: pair.value.span, numberSpan: pair.keySpan)
        var node = pair.value
        var number: YAMLNode.Pair?
        // `{type: int64, number: 5}`; without a number, `type` is a field of a message like any other.
        if let pairs = node.pairs, pairs.count == 2, let pinned = pairs.first(where: { $0.key == "number" }),
            let type = pairs.first(where: { ["type", "enum"].contains($0.key) }),
            pinned.value.text.flatMap(Units.wholeNumber) != nil
        {
            number = pinned
            node = type.value
            if type.key == "enum" {
                guard let values = readEnumeration(node, reading) else { return nil }
                field.type = .enumeration(values)
            }
        }
        if let number {
            field.numberSpan = number.value.span
            field.number = checkNumber(number.value, reading)
        }
        if case .enumeration = field.type { return field }
        field.typeSpan = node.span
        // `[T]` is `repeated T`.
        if case .sequence(let items) = node.content {
            guard items.count == 1, let item = items.first else {
                reading.error("expected one type in brackets, as in [string], which is repeated string", at: node.span)
                return nil
            }
            guard let type = type(item, reading) else { return nil }
            if case .map = type.type {
                reading.error("a map cannot be repeated", at: item.span)
                return nil
            }
            if type.cardinality != .implicit {
                reading.error("'\(type.cardinality)' inside of [ ], which is repeated already", at: item.span)
            }
            field.type = type.type
            field.cardinality = .repeated
            return field
        }
        guard let type = type(node, reading) else { return nil }
        (field.cardinality, field.type) = type
        return field
    }

    private static func checkNumber(_ node: YAMLNode, _ reading: Reading) -> Int32? {
        guard let value = node.text.flatMap(Units.wholeNumber) else { return nil }
        guard (1...536_870_911).contains(value) else {
            reading.error("expected a field number from 1 to 536870911, found \(value)", at: node.span)
            return nil
        }
        guard !(19_000...19_999).contains(value) else {
            reading.error("the field numbers 19000 to 19999 belong to protocol buffers itself", at: node.span)
            return nil
        }
        return Int32(value)
    }

    private static func type(
        _ node: YAMLNode, _ reading: Reading
    ) -> (cardinality: FieldDefinition.Cardinality, type: TypeSyntax)? {
        if let pairs = node.pairs {
            if pairs.count == 1, pairs[0].key == "enum", isEnumeration(pairs[0].value) {
                return readEnumeration(pairs[0].value, reading).map { (.implicit, .enumeration($0)) }
            }
            return (.implicit, .message(members(pairs, reading)))
        }
        guard let text = node.template(TypeText.expected, reading, isText: false) else { return nil }
        do throws(ValueProblem) {
            return try TypeText.parse(text)
        } catch {
            reading.error(error.message, at: node.span, advice: error.advice)
            return nil
        }
    }

    /// A list, or numbers: not a message whose only field is called `enum`.
    private static func isEnumeration(_ node: YAMLNode) -> Bool {
        if case .sequence = node.content { return true }
        return node.pairs?.allSatisfy { $0.value.text.flatMap(Units.wholeNumber) != nil } == true
    }

    /// What protocol buffers ask of an enum is checked with the whole schema.
    private static func readEnumeration(_ node: YAMLNode, _ reading: Reading) -> [EnumValueSyntax]? {
        var values: [EnumValueSyntax] = []
        switch node.content {
        case .sequence(let items):
            for item in items {
                guard let name = item.template("a value's name", reading, isText: false) else { return nil }
                values.append(.init(name: name, span: item.span, number: Int32(values.count)))
            }
        case .mapping(let pairs):
            for pair in pairs {
                guard let wide = pair.value.text.flatMap(Units.wholeNumber) else {
                    reading.mismatch(pair.value, "a whole number")
                    return nil
                }
                guard let number = Int32(exactly: wide) else {
                    reading.error("an enum's number has 32 bits, and \(wide) does not fit", at: pair.value.span)
                    return nil
                }
                values.append(.init(name: pair.key, span: pair.keySpan, number: number))
            }
        default:
            reading.mismatch(node, enumeration.expected)
            return nil
        }
        for value in values {
            guard let problem = TypeText.identifierProblem(value.name) else { continue }
            reading.error(problem.message, at: value.span, advice: problem.advice)
            return nil
        }
        if values.isEmpty { reading.error("an enum needs at least one value", at: node.span) }
        return values.isEmpty ? nil : values
    }
}

extension YAMLNode {
    /// The text of a scalar that is not null.
    var text: String? {
        guard case .scalar(let text, _) = content, !isNull else { return nil }
        return text
    }
}
