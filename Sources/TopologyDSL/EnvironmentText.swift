import ClusterModel

/// `${NAME}`, `${NAME:-default}` and `${NAME:?message}` in the values of a file, from its parameters and the environment.
///
/// What comes in is text, never syntax: its dollar signs are doubled, so that a password with `$(` in it stays as it
/// is. `$$` is passed over here and becomes one dollar sign where the value is used.
struct EnvironmentText {
    let environment: [String: String]
    /// They come before the environment.
    let parameters: [Parameter]
    let reading: Reading

    /// The tree with every scalar value completed; keys stay as they are.
    func complete(_ node: YAMLNode) -> YAMLNode {
        var node = node
        switch node.content {
        case .broken: break
        case .scalar(let text, let style):
            guard text.contains("${") else { break }
            if let completed = expand(text[...], node, depth: 0) {
                node.content = .scalar(completed, style)
            } else {
                node.content = .broken
            }
        case .sequence(let items): node.content = .sequence(items.map(complete))
        case .mapping(var pairs):
            for index in pairs.indices { pairs[index].value = complete(pairs[index].value) }
            node.content = .mapping(pairs)
        }
        return node
    }

    private static let depthLimit = 8

    /// - Returns: `nil` after an error.
    private func expand(_ text: Substring, _ node: YAMLNode, depth: Int) -> String? {
        guard depth <= Self.depthLimit else {
            reading.error("'${' nested more than \(Self.depthLimit) times", at: node.span)
            return nil
        }
        var result = ""
        var rest = text
        while let dollar = rest.firstIndex(of: "$") {
            result += rest[..<dollar]
            let after = rest.index(after: dollar)
            guard after < rest.endIndex, rest[after] == "{" || rest[after] == "$" else {
                result += "$"
                rest = rest[after...]
                continue
            }
            guard rest[after] == "{" else {
                result += "$$"
                rest = rest[rest.index(after: after)...]
                continue
            }
            guard let close = closingBrace(of: rest, from: after) else {
                reading.error(
                    "'${' without its '}'", at: place(of: "${", node), advice: "for the text itself, write $${")
                return nil
            }
            guard let value = value(of: rest[rest.index(after: after)..<close], node, depth: depth) else { return nil }
            result += value
            rest = rest[rest.index(after: close)...]
        }
        return result + rest
    }

    private func closingBrace(of text: Substring, from open: Substring.Index) -> Substring.Index? {
        var depth = 0
        var index = open
        var previous: Character = "$"
        while index < text.endIndex {
            if text[index] == "{", previous == "$" { depth += 1 }
            if text[index] == "}" {
                depth -= 1
                if depth == 0 { return index }
            }
            previous = text[index]
            index = text.index(after: index)
        }
        return nil
    }

    /// `NAME`, `NAME:-default`, `NAME-default`, `NAME:?message`, `NAME?message`: as in a shell.
    private func value(of inner: Substring, _ node: YAMLNode, depth: Int) -> String? {
        let name = String(inner.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") })
        var rest = inner.dropFirst(name.count)
        let place = place(of: "${\(name)", node)
        guard let first = name.first, !first.isNumber else {
            reading.error("'${\(shortened(String(inner)))}': expected the name of a variable", at: place)
            return nil
        }
        let emptyCounts = !rest.hasPrefix(":")
        if !emptyCounts { rest = rest.dropFirst() }
        let found = parameters.first { $0.name == name }?.value ?? environment[name]
        let known = found.flatMap { $0.isEmpty && !emptyCounts ? nil : $0 }
        switch rest.first {
        case nil where emptyCounts:
            guard let known else {
                reading.warning(
                    "the environment variable \(name) is not set: empty here"
                        + Suggestion.phrase(name, among: parameters.map(\.name)), at: place,
                    advice: templateAdvice(inner)
                        ?? "${\(name):-default} gives it a default, $${\(name)} leaves it to your program")
                return ""
            }
            return doubled(known)
        case "-": return known.map(doubled) ?? expand(rest.dropFirst(), node, depth: depth + 1)
        case "?":
            if let known { return doubled(known) }
            let message = rest.dropFirst()
            reading.error(
                "the environment variable \(name) is not set" + (message.isEmpty ? "" : ": \(message)"), at: place)
            return nil
        default:
            reading.error(
                "'${\(shortened(String(inner)))}': expected ${NAME}, ${NAME:-default} or ${NAME:?message}", at: place,
                advice: templateAdvice(inner))
            return nil
        }
    }

    /// For `${broker.url}` and `${seq}`.
    private func templateAdvice(_ inner: Substring) -> String? {
        let word = inner.prefix { $0 != " " && $0 != "." }
        guard inner.dropFirst(word.count).first == "." || Template.names.contains(String(word)) else { return nil }
        return "templates have parentheses: $(\(shortened(String(inner))))"
    }

    private func doubled(_ text: String) -> String {
        text.split(separator: "$", omittingEmptySubsequences: false).joined(separator: "$$")
    }

    /// Where in the file the text stands, if the scalar is written as it reads.
    private func place(of text: String, _ node: YAMLNode) -> Span {
        guard let source = reading.source else { return node.span }
        let written = source.text(node.span)
        guard let found = written.firstRange(of: text) else { return node.span }
        let start = node.span.start + written[..<found.lowerBound].unicodeScalars.count
        return Span(start, start + text.unicodeScalars.count)
    }
}
