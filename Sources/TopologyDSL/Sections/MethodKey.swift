import ClusterModel

/// A request or a response.
enum MethodMessage: Sendable {
    case named(String, Span)
    case fields([MemberSyntax])
}

/// An entry of `methods:` of a service.
enum MethodKey {
    enum Stream: String, Sendable, CaseIterable { case none, client, server, both }

    struct Draft: Sendable {
        var name = ""
        var span = Span(0, 0)
        var request = MethodMessage.fields([])
        var response = MethodMessage.fields([])
        var stream = Stream.none
        var handler: HandlerKey.Draft?
        /// The places of keys that a `.proto` file decides.
        var typeKeys: [(name: String, span: Span)] = []
    }

    static let record = Record<Draft>("method", "What may be called.", from: Draft()) {
        Key(
            "request", \.request, message, default: "no fields",
            "What a caller sends: fields and their types (the message `SumaRequest` of a method `suma`), or the "
                + "name of a message.")
        Key(
            "response", \.response, message, default: "no fields",
            "What comes back: fields and their types (`SumaResponse`), or a message's name.")
        Key(
            "stream", \.stream, .word("a side that streams"), default: "none",
            "Who sends any number of messages in a call: nobody, the `client`, the `server` or `both`.")
        Key(
            "handler", optional: \.handler, HandlerKey.format,
            "The Lua that answers: it sees `request` and returns the response. Where the client streams, `requests()` "
                + "gives one after the other; where the server streams, `send(…)` sends one.")
    } finish: { draft, entry, reading in
        draft.typeKeys = ["request", "response", "stream"].filter(entry.has).map { ($0, entry.place($0)) }
    }

    static let format = Format<[Draft]>.entries(
        of: record, of: "method names", named: \.name, check: TypeText.identifierProblem,
        finish: { draft, span, reading in
            draft.span = span
            draft.handler?.method = draft.name
            draft.handler?.methodSpan = span
        })

    static let message = Format<MethodMessage>(
        "a message's name, or \(TypeFormat.fields.expected)",
        schema: ["anyOf": .array([["type": "string"], TypeFormat.fields.schema])]
    ) { node, reading in
        guard let text = node.text else { return TypeFormat.fields.read(node, reading).map { .fields($0) } }
        let name = text.dropPrefix(".")
        guard case .named? = try? TypeText.parse(name).type else {
            let isType = (try? TypeText.parse(name)) != nil
            reading.error(
                "'\(shortened(text))' is no message: expected a message's name, or \(TypeFormat.fields.expected)",
                at: node.span, advice: isType ? "write { value: \(shortened(text)) }" : nil)
            return nil
        }
        return .named(name, node.span)
    }
}

/// The Lua body of a method.
enum HandlerKey {
    struct Draft: Sendable {
        var method = ""
        var methodSpan = Span(0, 0)
        var source: String
        var span: Span
        /// Where the source's first line stands, if the file has the source as it is, line for line.
        var firstLine: Int?

        /// The place of a line of the source, from 1.
        func place(ofLine line: Int, _ reading: Reading) -> Span {
            guard let source = reading.source, let firstLine else { return span }
            let whole = source.lineSpan(ofLine: firstLine + line - 1)
            let indent = source.text(whole).prefix { $0 == " " || $0 == "\t" }.unicodeScalars.count
            return whole.start + indent < whole.end ? Span(whole.start + indent, whole.end) : whole
        }
    }

    static let format = format("return { total = request.a + request.b }")

    /// - Parameter example: of a body, for messages.
    static func format(_ example: String) -> Format<Draft> {
        let expected = "Lua, as in \(example)"
        return Format(expected, schema: ["type": "string"]) { node, reading in
            guard let text = node.template(expected, reading).map(singleDollars) else { return nil }
            guard text.contains(where: { !$0.isWhitespace }) else {
                reading.error("expected \(expected), found an empty text", at: node.span)
                return nil
            }
            return Draft(source: text, span: node.span, firstLine: firstLine(node, reading))
        }
    }

    /// `handlers:` of a service.
    static let table = Format<[Draft]>.named("handlers by method", format) { name, span, handler in
        var handler = handler
        handler.method = name
        handler.methodSpan = span
        return handler
    }

    /// A block (`|`) starts on the line after its mark; a text on one line is where it is.
    private static func firstLine(_ node: YAMLNode, _ reading: Reading) -> Int? {
        guard let source = reading.source else { return nil }
        let written = source.text(node.span)
        let line = source.location(at: node.span.start).line
        if written.first == "|" { return line + 1 }
        return nil
    }
}
