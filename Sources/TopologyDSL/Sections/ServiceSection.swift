import ClusterModel

/// `services:`
enum ServiceSection {
    struct Draft: Sendable {
        /// The key: the service's name, alone or with its package.
        var name = ""
        var package: String?
        var messages: [NamedMessage] = []
        var enums: [NamedEnumeration] = []
        var methods: [MethodKey.Draft] = []
        /// Of the messages of methods: several types of objects may have methods of one name.
        var messagePrefix = ""
        var handlers: [HandlerKey.Draft] = []
        var proto: String?
        var protoPath: [String] = []
        var serviceName: String?
        var semantics = CallSemantics.atMostOnce
        var retry = RetryKey.Draft()
        var duplicates = DuplicatesKey.Draft()
        var limits = HandlerLimits()
        var service: Service?
    }

    struct NamedMessage: Sendable {
        var name: String
        var span: Span
        var members: [MemberSyntax]
    }

    struct NamedEnumeration: Sendable {
        var name: String
        var span: Span
        var values: [EnumValueSyntax]
    }

    static let record = Record<Draft>(
        "service", "Methods that may be called, and what a caller may rely on.", from: Draft()
    ) {
        Key(
            "package", optional: \.package, Format<String>.reference("a package such as shop.v1").check(packageProblem),
            default: "none", "The package: the service `Calculator` is then `shop.v1.Calculator` to its callers.")
        Key("messages", \.messages, messages, "Messages by name, for use by methods and in one another.")
        Key("enums", \.enums, enums, "Enums by name: `[RED, GREEN]`, or `{ RED: 0, GREEN: 5 }`; the first is 0.")
        Key("methods", \.methods, MethodKey.format, "The methods, by name.")
        Key(
            "handlers", \.handlers, HandlerKey.table,
            "Handlers by method, where they do not stand in the methods themselves.")
        Key(
            "proto", optional: \.proto, Format<String>.words,
            "A `.proto` file that defines it, in place of `messages` and the like, from the topology file's folder; "
                + "read with `protoc`. Or a descriptor set (`.pb`, `.binpb`, `.desc`, `.protoset`), which needs no protoc."
        )
        Key(
            "proto_path", \.protoPath, .oneOrMany(Format<String>.words), default: "the folder of `proto`",
            "Folders for what the `.proto` file imports, from the topology file's folder.")
        Key(
            "service", optional: \.serviceName, Format<String>.words, default: "this entry's name",
            "The service's full name in the `.proto` file.")
        Key(
            "semantics", \.semantics, .word("call semantics"), default: "at-most-once",
            "`maybe`: a call is sent once. `at-least-once`: it is sent until a reply comes, and each copy is executed. "
                + "`at-most-once`: it is sent until a reply comes, and the server filters copies. It sets `attempts` "
                + "of `retry` and `on` of `duplicates`, unless they are given.")
        Key("retry", \.retry, RetryKey.record.format, "When a caller sends a call again, and when it gives up.")
        Key(
            "duplicates", \.duplicates, DuplicatesKey.record.format,
            "What a server does with a request that it has seen.")
        Key("limits", \.limits, LimitsKey.record.format, "What one execution of a handler may use.")
    } finish: { draft, entry, reading in
        guard entry.has("proto") else {
            for key in ["proto_path", "service"] where entry.has(key) {
                reading.error("'\(key)' belongs to a service with 'proto'", at: entry.place(key))
            }
            if !entry.has("methods"), !entry.hasStrangers {
                reading.error(
                    "a service without methods: expected 'methods', or 'proto' and a file that has them",
                    at: Span(entry.node.span.start, entry.node.span.start + 1))
            }
            return
        }
        for key in ["package", "messages", "enums"] where entry.has(key) {
            reading.error("'\(key)' beside 'proto': the types come from that file", at: entry.place(key))
        }
    }

    static let format = Format<[Draft]>.entries(
        of: record, of: "service names", named: \.name, check: { nameProblem($0, "a service") },
        finish: { draft, span, reading in draft.service = ServiceBuilder(draft, at: span, reading).service() })

    static let messages = Format<[NamedMessage]>.named(
        "messages and their fields", TypeFormat.fields, check: TypeText.identifierProblem
    ) { NamedMessage(name: $0, span: $1, members: $2) }

    static let enums = Format<[NamedEnumeration]>.named(
        "enums and their values", TypeFormat.enumeration, check: TypeText.identifierProblem
    ) { NamedEnumeration(name: $0, span: $1, values: $2) }

    /// Parts between dots.
    private static func isQualified(_ name: String) -> Bool {
        name.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { TypeText.isIdentifier(String($0)) }
    }

    @Sendable private static func packageProblem(_ name: String) -> String? {
        isQualified(name) ? nil : "'\(shortened(name))' cannot be a package: expected names with dots, as in shop.v1"
    }

    /// - Parameter what: "x cannot be WHAT's name".
    static func nameProblem(_ name: String, _ what: String) -> ValueProblem? {
        guard isQualified(name) else {
            return ValueProblem(
                "'\(shortened(name))' cannot be \(what)'s name: expected letters, digits and _, a letter first")
        }
        guard name.utf8.count <= 200 else {
            return ValueProblem("'\(shortened(name))' is longer than the 200 letters of \(what)'s name")
        }
        let isReserved = ["grpc", "orch", "google"].contains { name == $0 || name.hasPrefix("\($0).") }
        return isReserved ? ValueProblem("'\(shortened(name))': this package is taken") : nil
    }
}

extension Format {
    /// A mapping of named things that need no record of their own, in order.
    static func named<Item>(
        _ what: String, _ item: Format<Item>, check: (@Sendable (String) -> ValueProblem?)? = nil,
        make: @escaping @Sendable (String, Span, Item) -> Value.Element
    ) -> Format where Value: RangeReplaceableCollection & Sendable, Value.Element: Sendable {
        Format(
            "a mapping of \(what)", schema: ["type": ["object", "null"], "additionalProperties": item.schema]
        ) { node, reading in
            guard let pairs = node.isNull ? [] : node.pairs else {
                reading.mismatch(node, "a mapping of \(what)")
                return nil
            }
            var values = Value()
            for pair in pairs {
                reading.at(pair.key, key: pair.keySpan, value: pair.value.span) {
                    if let problem = check?(pair.key) {
                        reading.error(problem.message, at: pair.keySpan, advice: problem.advice)
                    } else if let value = item.read(pair.value, reading) {
                        values.append(make(pair.key, pair.keySpan, value))
                    }
                }
            }
            return values
        }
    }
}
