import ClusterModel

/// How one kind of value is written: what reads it, and what editors are told of it.
struct Format<Value: Sendable>: Sendable {
    /// Completes "expected …".
    let expected: String
    let schema: JSON
    /// Gives nothing where the value is wrong, and has then said why.
    let read: @Sendable (YAMLNode, Reading) -> Value?

    init(_ expected: String, schema: JSON, read: @escaping @Sendable (YAMLNode, Reading) -> Value?) {
        self.expected = expected
        self.schema = schema
        self.read = read
    }

    /// A format whose value is made from another's.
    func map<Other>(_ transform: @escaping @Sendable (Value) -> Other) -> Format<Other> {
        Format<Other>(expected, schema: schema) { node, reading in read(node, reading).map(transform) }
    }

    /// A further condition on the value; the message says what is wrong with it.
    func check(_ condition: @escaping @Sendable (Value) -> String?) -> Format {
        Format(expected, schema: schema) { node, reading in
            guard let value = read(node, reading) else { return nil }
            guard let problem = condition(value) else { return value }
            reading.error(problem, at: node.span)
            return nil
        }
    }

    var optional: Format<Value?> { map { Optional($0) } }
}

extension Format {
    /// A value in one word or line of text. `parse` says what is wrong with a text as a `ValueProblem`.
    /// - Parameter isText: whether any text would do, so that "quote it" is good advice for what is none.
    static func scalar(
        _ expected: String, schema: JSON, allowsEmpty: Bool = false, isText: Bool = false,
        parse: @escaping @Sendable (String) throws(ValueProblem) -> Value
    ) -> Format {
        Format(expected, schema: schema) { node, reading in
            guard let text = node.template(expected, reading, isText: isText).map(singleDollars) else { return nil }
            do throws(ValueProblem) {
                guard allowsEmpty || !text.isEmpty else {
                    throw ValueProblem("expected \(expected), found an empty text")
                }
                return try parse(text)
            } catch {
                reading.error(error.message, at: node.span, advice: error.advice)
                return nil
            }
        }
    }

    static func list<Item>(of item: Format<Item>) -> Format where Value == [Item] {
        Format("a list of \(item.expected)", schema: ["type": "array", "items": item.schema]) { node, reading in
            guard case .sequence(let items) = node.content else {
                reading.mismatch(node, "a list")
                return nil
            }
            var values: [Item] = []
            for entry in items {
                // Places count what was made, not what was written, so that checks of the model find them.
                let index = String(values.count)
                if let value = reading.at(index, value: entry.span, { item.read(entry, reading) }) {
                    values.append(value)
                } else {
                    reading.forget(reading.path / index)
                }
            }
            return values
        }
    }

    /// One, or a list of them.
    static func oneOrMany<Item>(_ item: Format<Item>) -> Format where Value == [Item] {
        let many = list(of: item)
        return Format(
            item.expected, schema: ["anyOf": .array([item.schema, ["type": "array", "items": item.schema]])]
        ) { node, reading in
            if case .sequence = node.content { return many.read(node, reading) }
            return reading.at("0", value: node.span) { item.read(node, reading) }.map { [$0] }
        }
    }

    /// A short form as text, and a long form as a mapping.
    static func either(_ text: Format, or mapping: Format) -> Format {
        Format(
            "\(text.expected), or \(mapping.expected)", schema: ["anyOf": .array([text.schema, mapping.schema])]
        ) { node, reading in
            if case .mapping = node.content { return mapping.read(node, reading) }
            if case .scalar = node.content { return text.read(node, reading) }
            reading.mismatch(node, "\(text.expected), or \(mapping.expected)")
            return nil
        }
    }

    /// A mapping from names of any kind to values.
    static func dictionary<Item>(of value: Format<Item>) -> Format where Value == [String: Item] {
        Format(
            "a mapping", schema: ["type": ["object", "null"], "additionalProperties": value.schema]
        ) { node, reading in
            guard let pairs = node.isNull ? [] : node.pairs else {
                reading.mismatch(node, "a mapping", advice: node.assignmentAdvice)
                return nil
            }
            var result: [String: Item] = [:]
            for pair in pairs {
                reading.at(pair.key, key: pair.keySpan, value: pair.value.span) {
                    result[pair.key] = value.read(pair.value, reading)
                }
            }
            return result
        }
    }
}

/// What is wrong with a text that should be a value.
package struct ValueProblem: Error, Sendable, Equatable {
    package var message: String
    package var advice: String?

    package init(_ message: String, advice: String? = nil) {
        self.message = message
        self.advice = advice
    }
}

extension YAMLNode {
    /// The text of a scalar, with `$$` still in it; otherwise a diagnostic, which knows YAML's traps.
    func template(_ expected: String, _ reading: Reading, isText: Bool = true) -> String? {
        switch content {
        case .broken: return nil
        case .scalar(let text, _):
            if !isNull { return text }
            if let source = reading.source, source.text(span) == "" {
                if let hash = SyntaxHints.comment(after: span.end, in: source) {
                    reading.error(
                        "YAML reads what follows # as a comment: quote it", at: hash,
                        advice: SyntaxHints.quoteAdvice(hash, source))
                    return nil
                }
            }
            if let source = reading.source, source.text(span).hasPrefix("&") {
                let written = source.text(span)
                reading.error(
                    "YAML reads \(written) as an anchor: quote it", at: span,
                    advice: SyntaxHints.quoteAdvice(span, source))
                return nil
            }
            reading.error("expected \(expected), found nothing", at: span)
            return nil
        case .mapping, .sequence:
            if isText, let source = reading.source, ["{", "["].contains(source.text(Span(span.start, span.start + 1))) {
                let written = source.text(span)
                if !written.contains("\n") {
                    reading.error(
                        "expected \(expected), and YAML reads \(written) as \(kind): quote it", at: span,
                        advice: SyntaxHints.quoteAdvice(span, source))
                    return nil
                }
            }
            reading.error("expected \(expected), found \(kind)", at: span)
            return nil
        }
    }
}

/// `$$` → `$`.
func singleDollars(_ text: String) -> String {
    guard text.contains("$") else { return text }
    var result = ""
    var isSecond = false
    for character in text {
        if character == "$", isSecond {
            isSecond = false
            continue
        }
        isSecond = character == "$"
        result.append(character)
    }
    return result
}

extension Reading {
    /// "expected a list, found text".
    func mismatch(_ node: YAMLNode, _ expected: String, advice: String? = nil) {
        guard !node.isBroken else { return }
        if case .scalar(let text, _) = node.content, !node.isNull {
            error("expected \(expected), found '\(shortened(singleDollars(text)))'", at: node.span, advice: advice)
        } else {
            error("expected \(expected), found \(node.kind)", at: node.span, advice: advice)
        }
    }
}

extension YAMLNode {
    /// For a list of `NAME=value`, as compose files may have it.
    fileprivate var assignmentAdvice: String? {
        guard case .sequence(let items) = content, case .scalar(let text, _) = items.first?.content,
            let sign = text.firstIndex(of: "=")
        else { return nil }
        return "write \(shortened(singleDollars("\(text[..<sign]): \(text[text.index(after: sign)...])")))"
    }
}

/// At most 40 characters of a text, for messages.
func shortened(_ text: String) -> String {
    let line = text.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
    return line.count > 40 ? "\(line.prefix(39))…" : line == text ? text : line + "…"
}
