/// One node of a YAML document, aliases replaced by what they stand for and merge keys merged.
struct YAMLNode: Sendable {
    enum Style: Sendable {
        /// Without quotes: may be a number, a boolean or null.
        case plain
        case quoted
    }

    struct Pair: Sendable {
        var key: String
        var keySpan: Span
        var value: YAMLNode
        /// It came in through `<<`.
        var isMerged = false
    }

    enum Content: Sendable {
        case scalar(String, Style)
        case sequence([YAMLNode])
        case mapping([Pair])
        /// Something is wrong here and has been reported; nobody complains about it again.
        case broken
    }

    var content: Content
    var span: Span
    /// Nodes in it, itself included, aliases expanded.
    var size = 1
    /// Levels in it: 1 for a scalar.
    var height = 1

    init(_ content: Content, _ span: Span) {
        self.content = content
        self.span = span
    }

    /// A plain scalar that no file holds, for what is typed on the command line.
    init(typed text: String) { self.init(.scalar(text, .quoted), Span(0, 0)) }

    /// YAML's null: nothing at all, `~` or `null`.
    var isNull: Bool {
        guard case .scalar(let text, .plain) = content else { return false }
        return ["", "~", "null", "Null", "NULL"].contains(text)
    }

    var isBroken: Bool { if case .broken = content { true } else { false } }

    var pairs: [Pair]? { if case .mapping(let pairs) = content { pairs } else { nil } }

    /// What it is, for messages.
    var kind: String {
        switch content {
        case .scalar: isNull ? "nothing" : "text"
        case .sequence: "a list"
        case .mapping: "a mapping"
        case .broken: "something broken"
        }
    }
}
