/// What libyaml's errors mean to somebody who writes a topology.
enum SyntaxHints {
    /// - Returns: the problem, and what to blank out to read on, where that is known.
    static func explain(_ failure: SyntaxFailure, in source: SourceText) -> (YAMLReader.Problem, Span?) {
        let here = Span(failure.problemOffset, failure.problemOffset + 1)
        let context = failure.context ?? ""
        if context.hasSuffix("scanning an alias") || context.hasSuffix("scanning an anchor") {
            let what = context.hasSuffix("alias") ? "an alias" : "an anchor"
            return swallowed(value(from: failure.contextOffset, failure, source), as: what, source)
        }
        if context.hasSuffix("scanning a block scalar") {
            return swallowed(value(from: failure.contextOffset, failure, source), as: "a block of text", source)
        }
        if context.hasSuffix("scanning a tag") {
            return swallowed(value(from: failure.contextOffset, failure, source), as: "a tag", source)
        }
        if failure.problem.hasPrefix("found character that cannot start any token") {
            let character = source.text(here)
            if character == "\t" {
                let line = source.lineSpan(at: here.start)
                let isIndent = source.text(Span(line.start, here.start)).allSatisfy { $0 == " " || $0 == "\t" }
                let place = isIndent ? "in the indentation" : "where none may be"
                return (.init(message: "a tab \(place): YAML wants spaces", span: here), nil)
            }
            let span = value(from: failure.problemOffset, failure, source)
            let problem = YAMLReader.Problem(
                message: "a value cannot start with \(character) in YAML: quote it", span: span,
                advice: quoteAdvice(span, source))
            return (problem, span)
        }
        if failure.problem.hasPrefix("mapping values are not allowed") { return extraColon(failure, source) }
        if failure.problem.contains("',' or '}'") || failure.problem.contains("',' or ']'") {
            return unclosed(failure, source)
        }
        if failure.problem.contains("unexpected end of stream"), context.contains("quoted scalar") {
            let start = Span(failure.contextOffset, failure.contextOffset + 1)
            return (.init(message: "this quote is never closed", span: start), nil)
        }
        if failure.problem.contains("unknown escape character") {
            return (
                .init(
                    message: "\(source.text(Span(here.start, here.start + 2))) is no escape that YAML knows",
                    span: Span(here.start, here.start + 2),
                    advice: "in single quotes, a backslash is a backslash"), nil
            )
        }
        if failure.problem.contains("could not find expected ':'") {
            let line = source.lineSpan(at: failure.contextOffset)
            return (
                .init(
                    message: "no ':' on this line: expected 'key: value'", span: Span(failure.contextOffset, line.end)),
                nil
            )
        }
        if failure.problem.contains("did not find expected key") {
            return (
                .init(
                    message: "expected a key here: is the line indented like its neighbours?", span: here,
                    related: (
                        Span(failure.contextOffset, failure.contextOffset + 1), "the mapping that it is in starts here"
                    )),
                nil
            )
        }
        if failure.problem.contains("did not find expected '-'") {
            return (
                .init(
                    message: "expected '- ' here: is the line indented like the list's other entries?", span: here,
                    related: (Span(failure.contextOffset, failure.contextOffset + 1), "the list starts here")),
                nil
            )
        }
        if failure.problem.contains("control characters") {
            return (.init(message: "a control character, which YAML does not allow", span: here), nil)
        }
        let context2 = failure.context.map { " (\($0))" } ?? ""
        return (.init(message: "YAML: \(failure.problem)\(context2)", span: here), nil)
    }

    /// The `#…` that follows a key with nothing but blanks between, where YAML saw a comment.
    static func comment(after offset: Int, in source: SourceText) -> Span? {
        let line = source.lineSpan(at: offset)
        let rest = Array(source.text(Span(offset, line.end)).unicodeScalars)
        guard let hash = rest.firstIndex(where: { $0 != " " && $0 != "\t" && $0 != ":" }), rest[hash] == "#" else {
            return nil
        }
        let word = rest[hash...].prefix { $0 != " " && $0 != "\t" }
        return Span(offset + hash, offset + hash + word.count)
    }

    private static func swallowed(
        _ span: Span, as what: String, _ source: SourceText
    ) -> (YAMLReader.Problem, Span?) {
        let problem = YAMLReader.Problem(
            message: "YAML reads \(source.text(span)) as \(what): quote it", span: span,
            advice: quoteAdvice(span, source))
        return (problem, span)
    }

    /// `write key: "*.orange.*"`, with the key that stands before the value.
    static func quoteAdvice(_ span: Span, _ source: SourceText) -> String {
        let line = source.lineSpan(at: span.start)
        let before = source.text(Span(line.start, span.start))
        let value = quoted(source.text(span))
        guard before.reversed().first(where: { $0 != " " }) == ":" else { return "write \(value)" }
        let key = before.reversed().drop { $0 == " " || $0 == ":" }.prefix { !" ,{[\"'".contains($0) }
        return "write \(String(key.reversed())): \(value)"
    }

    /// A value's text, from its start to a comment, a closing bracket or the end of the line.
    private static func value(from start: Int, _ failure: SyntaxFailure, _ source: SourceText) -> Span {
        let scalars = Array(source.text(Span(start, source.lineSpan(at: start).end)).unicodeScalars)
        var end = 0
        var depth = 0
        while end < scalars.count {
            let scalar = scalars[end]
            if scalar == "#", end > 0, scalars[end - 1] == " " { break }
            if failure.isInFlow {
                if scalar == "{" || scalar == "[" { depth += 1 }
                if scalar == "}" || scalar == "]" {
                    if depth == 0 { break }
                    depth -= 1
                }
                if scalar == ",", depth == 0 { break }
            }
            end += 1
        }
        while end > 1, scalars[end - 1] == " " || scalars[end - 1] == "\t" { end -= 1 }
        return Span(start, start + max(end, 1))
    }

    /// `body: a: b`, or a key that is indented too far.
    private static func extraColon(_ failure: SyntaxFailure, _ source: SourceText) -> (YAMLReader.Problem, Span?) {
        let line = source.lineSpan(at: failure.problemOffset)
        let before = Array(source.text(Span(line.start, failure.problemOffset)).unicodeScalars)
        if let colon = before.indices.dropLast().first(where: { before[$0] == ":" && before[$0 + 1] == " " }),
            let start = before[(colon + 1)...].firstIndex(where: { $0 != " " })
        {
            let span = value(from: line.start + start, failure, source)
            return (
                .init(
                    message: "a second ':' in one value: quote it", span: span, advice: quoteAdvice(span, source)), span
            )
        }
        return (
            .init(
                message:
                    "a key cannot start here: the line above has a value already or lacks its ':', or this one is indented too far",
                span: Span(failure.problemOffset, failure.problemOffset + 1)), nil
        )
    }

    /// `{` or `[` that does not end where it should: a `#` that became a comment, a `:` too many, or just not closed.
    private static func unclosed(_ failure: SyntaxFailure, _ source: SourceText) -> (YAMLReader.Problem, Span?) {
        var offset = failure.contextOffset
        while offset < failure.problemOffset {
            let line = source.lineSpan(at: offset)
            let scalars = Array(source.text(Span(offset, line.end)).unicodeScalars)
            for index in scalars.indices.dropFirst() where scalars[index] == "#" {
                guard scalars[index - 1] == " " || scalars[index - 1] == "\t",
                    let previous = scalars[..<index].last(where: { $0 != " " && $0 != "\t" }),
                    previous == ":" || previous == "," || previous == "[",
                    scalars[index...].contains(where: { $0 == "}" || $0 == "]" || $0 == "," })
                else { continue }
                let word = scalars[index...].prefix { !" \t,}]".unicodeScalars.contains($0) }
                let span = Span(offset + index, offset + index + word.count)
                return (
                    .init(
                        message: "YAML reads what follows # as a comment: quote it", span: span,
                        advice: quoteAdvice(span, source)), span
                )
            }
            offset = max(offset, line.end) + 1
        }
        let open = Span(failure.contextOffset, failure.contextOffset + 1)
        let bracket = source.text(open)
        if failure.problemOffset >= source.scalarCount {
            return (.init(message: "this '\(bracket)' is never closed", span: open), nil)
        }
        if source.text(Span(failure.problemOffset, failure.problemOffset + 1)) == ":" {
            return (
                .init(
                    message: "a second ':' in one value: quote it",
                    span: Span(failure.problemOffset, failure.problemOffset + 1)), nil
            )
        }
        return (
            .init(
                message: "expected ',' or '\(bracket == "[" ? "]" : "}")' here",
                span: Span(failure.problemOffset, failure.problemOffset + 1),
                related: (open, "'\(bracket)' opens here")), nil
        )
    }
}
