/// Texts of a compose file as texts of a topology.
enum ComposeText {
    /// Both fill in `${NAME}` and its kind from the environment. `$NAME` becomes `${NAME}`, and a dollar sign that means
    /// nothing in compose is doubled.
    /// - Returns: the text, and the substitutions that a topology does not know (`${NAME:+text}`), which become nothing.
    static func template(_ text: String) -> (text: String, unknown: [String]) {
        var result = ""
        var unknown: [String] = []
        var rest = text[...]
        while let dollar = rest.firstIndex(of: "$") {
            result += rest[..<dollar]
            let after = rest[rest.index(after: dollar)...]
            if after.first == "$" {
                result += "$$"
                rest = after.dropFirst()
            } else if after.first == "{", let close = closingBrace(after) {
                let inner = after[after.index(after: after.startIndex)..<close]
                let name = inner.prefix(while: isName)
                let rule = inner.dropFirst(name.count)
                let isKnown = rule.isEmpty || [":-", "-", ":?", "?"].contains { rule.hasPrefix($0) }
                if name.isEmpty || name.first?.isNumber == true || !isKnown {
                    unknown.append("${\(inner)}")
                } else {
                    result += "${\(inner)}"
                }
                rest = after[after.index(after: close)...]
            } else {
                let name = after.prefix(while: isName)
                if let first = name.first, !first.isNumber {
                    result += "${\(name)}"
                    rest = after.dropFirst(name.count)
                } else {
                    result += "$$"
                    rest = after
                }
            }
        }
        return (result + rest, unknown)
    }

    private static func isName(_ character: Character) -> Bool {
        character.isASCII && (character.isLetter || character.isNumber || character == "_")
    }

    /// - Parameter text: from its `{`.
    private static func closingBrace(_ text: Substring) -> Substring.Index? {
        var depth = 0
        for index in text.indices {
            if text[index] == "{" { depth += 1 }
            if text[index] == "}" {
                depth -= 1
                if depth == 0 { return index }
            }
        }
        return nil
    }

    /// Splits at a character, but not inside `${…}`.
    static func split(_ text: String, at separator: Character) -> [String] {
        var parts = [""]
        var depth = 0
        for character in text {
            if character == "{" { depth += 1 }
            if character == "}" { depth -= 1 }
            if character == separator, depth <= 0 { parts.append("") } else { parts[parts.count - 1].append(character) }
        }
        return parts
    }
}

/// `scheme://user:password@host:port/rest`, or `host:port`, or a host alone; perhaps after `--option=` or a quote.
struct ComposeAddress: Equatable {
    var lead = ""
    var scheme: String?
    var user: String?
    var host: String
    var port: String?
    /// From the slash or question mark on.
    var rest: String
    /// Closing quotes.
    var tail = ""

    init?(_ text: String) {
        var remaining = text[...]
        let head = remaining.firstRange(of: "://").map { remaining[..<$0.lowerBound] } ?? remaining
        if let sign = head.lastIndex(where: { "=\"'".contains($0) }) {
            lead = String(remaining[...sign])
            remaining = remaining[remaining.index(after: sign)...]
        }
        if let mark = remaining.firstRange(of: "://") {
            scheme = String(remaining[..<mark.lowerBound])
            remaining = remaining[mark.upperBound...]
        }
        while let last = remaining.last, last == "\"" || last == "'" {
            tail = "\(last)\(tail)"
            remaining.removeLast()
        }
        let end = Self.end(of: remaining)
        rest = String(remaining[end...])
        var authority = remaining[..<end]
        if let at = authority.lastIndex(of: "@") {
            user = String(authority[..<at])
            authority = authority[authority.index(after: at)...]
        }
        let parts = ComposeText.split(String(authority), at: ":")
        guard parts.count <= 2, let first = parts.first, !first.isEmpty else { return nil }
        host = first
        port = parts.count == 2 ? parts[1] : nil
        if scheme == nil, user != nil { return nil }
    }

    /// The first `/` or `?` outside of `${…}`.
    private static func end(of text: Substring) -> Substring.Index {
        var depth = 0
        for index in text.indices {
            if text[index] == "{" { depth += 1 }
            if text[index] == "}" { depth -= 1 }
            if depth <= 0, text[index] == "/" || text[index] == "?" { return index }
        }
        return text.endIndex
    }

    var text: String {
        var text = scheme.map { "\($0)://" } ?? ""
        if let user { text += "\(user)@" }
        text += host
        if let port { text += ":\(port)" }
        return lead + text + rest + tail
    }
}
