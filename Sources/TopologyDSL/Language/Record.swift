/// One key of a mapping: its name, what it holds, and where that goes.
struct Key<Owner>: Sendable {
    let name: String
    let doc: String
    let isRequired: Bool
    /// The default, as a reader of the reference sees it.
    let initial: String?
    let expected: String
    let schema: JSON
    /// Only ever the mark of something that this version refuses; `nil` for a key that works.
    let later: String?
    let read: @Sendable (YAMLNode, inout Owner, Reading) -> Void

    /// - Parameters:
    ///   - target: where the value goes.
    ///   - initial: the default, for the reference; the value itself is what the record starts from.
    init<Value>(
        _ name: String, _ target: any WritableKeyPath<Owner, Value> & Sendable, _ format: Format<Value>,
        required: Bool = false, default initial: String? = nil, _ doc: String
    ) {
        self.init(name, format, isRequired: required, initial: initial, doc) { $0[keyPath: target] = $1 }
    }

    /// The same for something that may be absent.
    init<Value>(
        _ name: String, optional target: any WritableKeyPath<Owner, Value?> & Sendable, _ format: Format<Value>,
        required: Bool = false, default initial: String? = nil, _ doc: String
    ) {
        self.init(name, format, isRequired: required, initial: initial, doc) { $0[keyPath: target] = $1 }
    }

    private init<Value>(
        _ name: String, _ format: Format<Value>, isRequired: Bool, initial: String?, _ doc: String,
        store: @escaping @Sendable (inout Owner, Value) -> Void
    ) {
        self.name = name
        self.doc = doc
        self.isRequired = isRequired
        self.initial = initial
        later = nil
        expected = format.expected
        schema = format.schema
        read = { node, owner, reading in
            if let value = format.read(node, reading) { store(&owner, value) }
        }
    }

    /// A key of the language that this version does not have yet.
    static func later(_ names: String...) -> [Key] { names.map { Key(later: $0) } }

    private init(later name: String) {
        self.name = name
        doc = ""
        isRequired = false
        initial = nil
        expected = ""
        schema = .null
        later = "'\(name)' is not supported by this version of orch"
        read = { _, _, _ in }
    }
}

/// A mapping with fixed keys. Reading, "unknown key", the JSON Schema and the reference's tables all come from it.
struct Record<Owner: Sendable>: Sendable {
    /// Its name in the schema and in messages: "unknown key 'x' in NAME".
    let name: String
    let doc: String
    let keys: [Key<Owner>]
    /// Keys of which exactly one must be there.
    let exactlyOne: [String]
    /// Those of `exactlyOne` that mean something else, and do not count, beside another one: `state` beside `node`.
    let secondMeaning: [String: String]
    /// Whether `x-…` keys are passed over.
    let allowsExtensions: Bool
    private let initial: @Sendable () -> Owner
    private let finish: @Sendable (inout Owner, Entry, Reading) -> Void

    /// What a mapping held, for the checks of one record.
    struct Entry {
        let node: YAMLNode
        let keys: Set<String>
        /// Whether there are keys that this version does not know.
        let hasStrangers: Bool

        func has(_ key: String) -> Bool { keys.contains(key) }

        subscript(key: String) -> YAMLNode.Pair? { node.pairs?.first { $0.key == key } }

        /// Where to point for a key: at the key itself, else at the start of the mapping.
        func place(_ key: String) -> Span {
            self[key]?.keySpan ?? Span(node.span.start, node.span.start + 1)
        }
    }

    /// - Parameters:
    ///   - initial: the value before any key is read: the defaults.
    ///   - finish: checks that concern several keys.
    init(
        _ name: String, _ doc: String, exactlyOne: [String] = [], secondMeaning: [String: String] = [:],
        allowsExtensions: Bool = false, from initial: @autoclosure @escaping @Sendable () -> Owner,
        @ListBuilder<Key<Owner>> keys: () -> [Key<Owner>],
        finish: @escaping @Sendable (inout Owner, Entry, Reading) -> Void = { _, _, _ in }
    ) {
        self.name = name
        self.doc = doc
        self.exactlyOne = exactlyOne
        self.secondMeaning = secondMeaning
        self.allowsExtensions = allowsExtensions
        self.initial = initial
        self.keys = keys()
        self.finish = finish
    }

    /// `name:` with nothing after it stands for `{}`.
    var format: Format<Owner> {
        Format("a mapping", schema: ["anyOf": .array([definition, ["type": "null"]])]) { node, reading in
            read(node, reading)
        }
    }

    /// The schema, under its name.
    var definition: JSON { .shared(String(name.map { $0 == " " ? "-" : $0 }), schema) }

    /// Reads every key even when one of them is wrong; what is wrong keeps its default, and so does everything where
    /// there is no mapping at all. So a broken entry still counts as declared.
    func read(_ node: YAMLNode, _ reading: Reading) -> Owner {
        guard let pairs = node.isNull ? [] : node.pairs else {
            reading.mismatch(node, "a mapping")
            return initial()
        }
        var owner = initial()
        for pair in pairs {
            guard let key = keys.first(where: { $0.name == pair.key }) else {
                if !(allowsExtensions && pair.key.hasPrefix("x-")) { refuse(pair, reading) }
                continue
            }
            if let later = key.later {
                reading.error(later, at: pair.keySpan)
                continue
            }
            reading.at(pair.key, key: pair.keySpan, value: pair.value.span) { key.read(pair.value, &owner, reading) }
        }
        let present = Set(pairs.map(\.key))
        let start = Span(node.span.start, node.span.start + 1)
        for key in keys where key.isRequired && !present.contains(key.name) {
            reading.error("'\(key.name)' is missing in \(name): expected \(key.expected)", at: start)
        }
        requireExactlyOne(present, pairs, start, reading)
        let known = Set(keys.lazy.filter { $0.later == nil }.map(\.name))
        finish(&owner, Entry(node: node, keys: present, hasStrangers: !present.isSubset(of: known)), reading)
        return owner
    }

    private func refuse(_ pair: YAMLNode.Pair, _ reading: Reading) {
        let names = keys.filter { $0.later == nil }.map(\.name)
        let near = Suggestion.phrase(pair.key, among: keys.map(\.name))
        reading.error(
            "unknown key '\(shortened(pair.key))' in \(name)\(near)", at: pair.keySpan,
            advice: near.isEmpty ? "its keys are \(names.listed("and"))" : nil)
    }

    private func requireExactlyOne(
        _ present: Set<String>, _ pairs: [YAMLNode.Pair], _ start: Span, _ reading: Reading
    ) {
        guard !exactlyOne.isEmpty else { return }
        let given = pairs.filter { pair in
            exactlyOne.contains(pair.key) && !(secondMeaning[pair.key].map(present.contains) ?? false)
        }
        if given.count > 1 {
            reading.error(
                "'\(given[0].key)' and '\(given[1].key)' in one \(name): expected one of them", at: given[1].keySpan,
                related: (given[0].keySpan, "'\(given[0].key)' is here"))
        } else if given.isEmpty, !keys.contains(where: { $0.later != nil && present.contains($0.name) }),
            pairs.allSatisfy({ pair in keys.contains { $0.name == pair.key } })
        {
            let choices = exactlyOne.count == 1 ? exactlyOne[0] : "one of \(exactlyOne.listed())"
            reading.error("expected \(choices) in \(name)", at: start)
        }
    }

    var schema: JSON {
        let shown = keys.filter { $0.later == nil }
        var members: [(String, JSON)] = [
            ("type", "object"), ("description", .string(doc)),
            ("properties", .object(shown.map { ($0.name, $0.describedSchema) })),
        ]
        if allowsExtensions { members.append(("patternProperties", ["^x-": true])) }
        members.append(("additionalProperties", false))
        let required = shown.filter(\.isRequired).map { JSON.string($0.name) }
        if !required.isEmpty { members.append(("required", .array(required))) }
        if !exactlyOne.isEmpty {
            let choices = exactlyOne.map { key -> JSON in
                let isThere: JSON = ["required": .array([.string(key)])]
                guard let other = secondMeaning[key] else { return isThere }
                return isThere.with("not", ["required": .array([.string(other)])])
            }
            members.append(("oneOf", .array(choices)))
        }
        return .object(members)
    }
}

extension Key {
    var describedSchema: JSON {
        let text = initial.map { "\(doc) Default: \($0)." } ?? doc
        if case .shared = schema { return ["description": .string(text), "allOf": .array([schema])] }
        if case .object(let members) = schema {
            return .object(
                [JSON.Member(name: "description", value: .string(text))] + members.filter { $0.name != "description" })
        }
        return schema
    }
}

/// `{ a; b; list }` → one list.
@resultBuilder
enum ListBuilder<Item> {
    static func buildExpression(_ item: Item) -> [Item] { [item] }
    static func buildExpression(_ items: [Item]) -> [Item] { items }
    static func buildBlock(_ items: [Item]...) -> [Item] { items.flatMap { $0 } }
}

extension Format {
    /// A mapping of named entries, such as `exchanges:`.
    static func entries<Entry>(
        of record: Record<Entry>, of what: String, named name: any WritableKeyPath<Entry, String> & Sendable,
        check: @escaping @Sendable (String) -> ValueProblem?,
        finish: @escaping @Sendable (inout Entry, Span, Reading) -> Void
    ) -> Format where Value == [Entry] {
        Format(
            "a mapping from \(what) to their settings",
            schema: ["type": ["object", "null"], "additionalProperties": record.format.schema]
        ) { node, reading in
            guard let pairs = node.isNull ? [] : node.pairs else {
                reading.mismatch(node, "a mapping from \(what) to their settings")
                return nil
            }
            return pairs.map { pair in
                reading.at(pair.key, key: pair.keySpan, value: pair.value.span) {
                    if let problem = check(pair.key) {
                        reading.error(problem.message, at: pair.keySpan, advice: problem.advice)
                    }
                    var value = record.read(pair.value, reading)
                    value[keyPath: name] = pair.key
                    finish(&value, pair.keySpan, reading)
                    return value
                }
            }
        }
    }
}
