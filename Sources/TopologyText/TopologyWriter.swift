/// Writes YAML as a person would: short things on one line, long ones below one another, quotes where they are needed.
package enum TopologyWriter {
    /// Longer lines are broken where they can be.
    private static let width = 110

    package static func text(_ document: TopologyDocument) -> String {
        var lines = document.header.map(comment)
        for section in document.sections {
            if !section.comment.isEmpty || section.value.isCollection || section.value.isBlock { lines.append("") }
            write(section, indent: 0, &lines)
        }
        if !document.footer.isEmpty { lines += [""] + document.footer.map(comment) }
        return lines.joined(separator: "\n") + "\n"
    }

    /// One value on one line, for comments.
    package static func inline(_ value: TopologyValue) -> String { flow(value, isInFlow: false) }

    private static func comment(_ line: String) -> String {
        // A line break in a name must not end the comment, nor anything else that YAML cannot read spoil it.
        var tame = String.UnicodeScalarView()
        for scalar in line.unicodeScalars { tame.append(isReadable(scalar) ? scalar : " ") }
        let line = String(tame)
        return line.isEmpty ? "#" : "# \(line)"
    }

    private static func write(_ entry: TopologyValue.Entry, indent: Int, _ lines: inout [String], isTop: Bool? = nil) {
        let margin = String(repeating: " ", count: indent)
        lines += entry.comment.map { margin + comment($0) }
        write(
            "\(margin)\(scalar(entry.key, isInFlow: false)):", entry.value, indent: indent, &lines,
            isTop: isTop ?? (indent == 0))
    }

    /// - Parameter head: what stands before the value on its line.
    private static func write(
        _ head: String, _ value: TopologyValue, indent: Int, _ lines: inout [String], isTop: Bool = false
    ) {
        if let inner = below(value) {
            let margin = String(repeating: " ", count: indent + 2)
            lines.append(head + inner.mark)
            lines += inner.lines.map { $0.isEmpty ? "" : margin + $0 }
            return
        }
        let line = "\(head) \(flow(value, isInFlow: false))"
        let isOpen = isTop && value.isCollection
        if !isOpen, !value.isCollection || value.isEmpty || value.isSimple && line.count <= width {
            lines.append(line)
            return
        }
        lines.append(head)
        switch value {
        case .mapping(let entries): for entry in entries { write(entry, indent: indent + 2, &lines) }
        case .list(let items): for item in items { write(item: item, indent: indent + 2, &lines) }
        case .word, .text, .template, .block, .raw: break
        }
    }

    /// What stands on lines of its own below its key: after ` |` or the like, or as it is.
    private static func below(_ value: TopologyValue) -> (mark: String, lines: [String])? {
        switch value {
        case .block(let text):
            guard let mark = blockMark(text) else { return nil }
            let body = text.hasSuffix("\n") ? text.dropLast() : text[...]
            return (
                " \(mark)",
                doubled(String(body)).split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
            )
        case .raw(let text) where text.contains("\n"):
            let body = text.hasSuffix("\n") ? text.dropLast() : text[...]
            return ("", body.split(separator: "\n", omittingEmptySubsequences: false).map(String.init))
        default: return nil
        }
    }

    /// `|` for a text that ends with a line feed, `|-` for one that does not; `nil` for what only quotes can hold.
    private static func blockMark(_ text: String) -> String? {
        guard text.contains("\n"), let first = text.first, first != " ", first != "\n", first != "\t",
            !text.hasSuffix("\n\n")
        else { return nil }
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.allSatisfy({ line in line.isEmpty || line.contains { $0 != " " } }),
            text.unicodeScalars.allSatisfy({ $0 == "\n" || $0 == "\t" || isReadable($0) })
        else { return nil }
        return text.hasSuffix("\n") ? "|" : "|-"
    }

    /// One value, below one another where it is long.
    package static func block(_ value: TopologyValue) -> String {
        var lines: [String] = []
        switch value {
        case .mapping(let entries) where !entries.isEmpty:
            for entry in entries { write(entry, indent: 0, &lines, isTop: false) }
        case .list(let items) where !items.isEmpty: for item in items { write(item: item, indent: 0, &lines) }
        default: return inline(value)
        }
        return lines.joined(separator: "\n")
    }

    private static func write(item: TopologyValue, indent: Int, _ lines: inout [String]) {
        let margin = String(repeating: " ", count: indent)
        guard case .mapping(let entries) = item, !entries.isEmpty,
            !item.isSimple || "\(margin)- \(flow(item, isInFlow: false))".count > width
        else { return write("\(margin)-", item, indent: indent, &lines) }
        var inner: [String] = []
        for entry in entries { write(entry, indent: indent + 2, &inner) }
        inner[0] = "\(margin)- \(inner[0].dropFirst(indent + 2))"
        lines += inner
    }

    private static func flow(_ value: TopologyValue, isInFlow: Bool) -> String {
        switch value {
        case .word(let text), .raw(let text): text
        case .text(let text), .block(let text): scalar(doubled(text), isInFlow: isInFlow)
        case .template(let text): scalar(text, isInFlow: isInFlow)
        case .list(let items): "[" + items.map { flow($0, isInFlow: true) }.joined(separator: ", ") + "]"
        case .mapping(let entries):
            entries.isEmpty
                ? "{}"
                : "{ "
                    + entries.map { "\(scalar($0.key, isInFlow: true)): \(flow($0.value, isInFlow: true))" }
                    .joined(separator: ", ") + " }"
        }
    }

    /// `$` → `$$`, which stands for it.
    private static func doubled(_ text: String) -> String {
        text.split(separator: "$", omittingEmptySubsequences: false).joined(separator: "$$")
    }

    /// A text as YAML: without quotes where nobody could read it as something else.
    package static func scalar(_ text: String, isInFlow: Bool) -> String {
        if isPlain(text) { return text }
        if text.unicodeScalars.allSatisfy(isReadable), text.contains("\"") || text.contains("\\") {
            return "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''") + "'"
        }
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case "\r": result += "\\r"
            case _ where !isReadable(scalar):
                let hex = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }

    /// Neither a control character nor a line break, nor what YAML has no place for.
    private static func isReadable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case ..<0x20, 0x7F...0x9F, 0x2028, 0x2029, 0xFEFF, 0xFFFE, 0xFFFF: false
        default: true
        }
    }

    private static let reserved: Set<String> = [
        "null", "true", "false", "yes", "no", "on", "off", "y", "n", "~", "<<", ".inf", ".nan",
    ]

    private static func isPlain(_ text: String) -> Bool {
        guard let first = text.unicodeScalars.first, let last = text.unicodeScalars.last else { return false }
        let isLetter = { (scalar: Unicode.Scalar) in
            ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar)
                || scalar.value > 0xA0 && scalar.properties.isAlphabetic
        }
        let isDigit = { (scalar: Unicode.Scalar) in ("0"..."9").contains(scalar) }
        guard isLetter(first) || isDigit(first) || first == "_" || first == "/" || first == "." || first == "$",
            last != " ", last != ":", !reserved.contains(text.lowercased())
        else { return false }
        // A number, a date or a time to somebody.
        if isDigit(first) || first == ".",
            text.unicodeScalars.allSatisfy({ isDigit($0) || "._+-:xXoeEabcdefABCDEF".unicodeScalars.contains($0) })
        {
            return false
        }
        var previous: Unicode.Scalar = " "
        for scalar in text.unicodeScalars {
            guard isLetter(scalar) || isDigit(scalar) || " _-./:$()+@%=".unicodeScalars.contains(scalar),
                !(previous == ":" && scalar == " ")
            else { return false }
            previous = scalar
        }
        return true
    }
}

extension TopologyValue {
    fileprivate var isCollection: Bool {
        switch self {
        case .list, .mapping: true
        case .word, .text, .template, .block, .raw: false
        }
    }

    fileprivate var isBlock: Bool { if case .block = self { true } else { false } }

    fileprivate var isEmpty: Bool {
        switch self {
        case .list(let items): items.isEmpty
        case .mapping(let entries): entries.isEmpty
        case .word, .text, .template, .block, .raw: false
        }
    }

    /// Fit for one line, if it is short: no comments in it, and not too much at once.
    fileprivate var isSimple: Bool {
        switch self {
        case .word, .text, .template: true
        case .block(let text), .raw(let text): !text.contains("\n")
        case .list(let items): items.allSatisfy(\.isSimple) && items.count { $0.isCollection } < 2
        case .mapping(let entries):
            entries.count <= 6 && entries.allSatisfy { $0.comment.isEmpty && $0.value.isSimple }
                && entries.count { $0.value.isCollection && !$0.value.isEmpty } < 2
        }
    }
}
