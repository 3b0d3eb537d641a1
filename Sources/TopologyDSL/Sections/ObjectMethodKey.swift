import ClusterModel

/// An entry of `methods:` of an object type.
enum ObjectMethodKey {
    struct Draft: Sendable {
        var method = MethodKey.Draft()
        var raises: [String] = []
        /// `returns` is a type, not fields.
        var isSingle: Bool { returns.isSingle }
        var returns = Returns()
    }

    struct Returns: Sendable {
        var members: [MemberSyntax] = []
        var isSingle = false
    }

    static let record = Record<Draft>("object method", "What may be invoked.", from: Draft()) {
        Key(
            "params", \.method.request, MethodKey.message, default: "no fields",
            "What a caller passes: fields and their types (the message `AccountDepositRequest` of a method `deposit`), or "
                + "the name of a message.")
        Key(
            "returns", \.returns, returns, default: "nothing",
            "What comes back: one type, or fields and their types (`AccountDepositResponse`; one type is its field `value`)."
        )
        Key(
            "raises", \.raises, .oneOrMany(exception),
            "The exceptions that callers are told of by name: `raise(\"InsufficientFunds\", \"balance 5\")`.")
        Key(
            "handler", optional: \.method.handler, HandlerKey.format(example), required: true,
            "The Lua that runs, in one invocation of an object at a time. It sees the object's fields in `self`, "
                + "`params`, and `me`, the object's own reference; `raise(…)` ends it with an exception, `create(…)` makes "
                + "an object, `invoke(…)` invokes one.")
    } finish: { draft, _, _ in
        draft.method.response = .fields(draft.returns.members)
    }

    static let format = Format<[Draft]>.entries(
        of: record, of: "method names", named: \.method.name, check: TypeText.identifierProblem,
        finish: { draft, span, _ in
            draft.method.span = span
            draft.method.handler?.method = draft.method.name
            draft.method.handler?.methodSpan = span
        })

    private static let example = "self.balance = self.balance + params.amount"

    private static let exception = Format<String>.reference("an exception's name such as InsufficientFunds").check {
        TypeText.identifierProblem($0)?.message
    }

    private static let returns: Format<Returns> = {
        let fields = TypeFormat.fields
        return Format(
            "a type such as int64, or \(fields.expected)",
            schema: ["anyOf": .array([TypeFormat.schema, fields.schema])]
        ) { node, reading in
            if node.pairs != nil || node.isNull {
                return fields.read(node, reading).map { Returns(members: $0) }
            }
            return TypeFormat.value(node, reading).map { Returns(members: [$0], isSingle: true) }
        }
    }()
}
