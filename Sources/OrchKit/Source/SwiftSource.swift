import TopologyText

/// A topology as Swift source with the builder. What the builder has no words for goes through `Raw`, so that nothing
/// is lost.
package enum SwiftSource {
    /// A file: the import, and one constant that is called after the topology.
    /// - Parameter document: YAML's normal form.
    /// - Throws: `SourceProblem` where something at the top level has no words in Swift.
    package static func text(_ document: TopologyDocument) throws(SourceProblem) -> String {
        let name = document.sections.first { $0.key == "name" }?.value.plainText ?? "topology"
        return "import OrchKit\n\nlet \(identifier(name)) = \(try expression(document))\n"
    }

    /// The topology alone.
    package static func expression(_ document: TopologyDocument) throws(SourceProblem) -> String {
        let form = SourceForms.topology
        let settings = document.sections.filter { form.hasKey($0.key) }
        if let strange = settings.first(where: { form.arguments([$0]) == nil }) {
            throw SourceProblem("'\(strange.key): \(TopologyWriter.inline(strange.value))' has no words in Swift")
        }
        guard let head = form.call(settings) else { throw SourceProblem("the topology has no words in Swift") }
        var parts: [String] = []
        for section in document.sections where !form.hasKey(section.key) {
            switch section.value {
            case .mapping(let entries): parts += entries.map { part(section.key, $0.key, $0.value) }
            case .list(let items): parts += items.map { part(section.key, nil, $0) }
            case .block(let source): parts.append("Script(\(literal(source)))")
            default: parts.append(raw(section.key, nil, section.value))
            }
        }
        return "\(head) {\n\(parts.map(indented).joined(separator: "\n"))\n}"
    }

    /// One entry of a section.
    private static func part(_ section: String, _ name: String?, _ value: TopologyValue) -> String {
        SourceForms.part(section, name, value) ?? raw(section, name, value)
    }

    /// `Raw("faults", "…")`
    static func raw(_ key: String, _ name: String?, _ value: TopologyValue) -> String {
        let words = [key, name].compactMap { $0 }.map(literal)
        return "Raw(\((words + [literal(TopologyWriter.block(value))]).joined(separator: ", ")))"
    }

    package static func indented(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false).map { $0.isEmpty ? "" : "    \($0)" }
            .joined(separator: "\n")
    }

    /// A text as a literal; several lines as they are, where that is possible.
    static func literal(_ text: String) -> String {
        let isPlain = text.unicodeScalars.allSatisfy { $0 == "\n" || ($0.value >= 0x20 && $0.value != 0x7F) }
        if isPlain, text.contains("\n"), !text.contains("\"\"\"#"), !text.contains("\\#") {
            return "#\"\"\"\n\(text)\n\"\"\"#"
        }
        if isPlain, !text.contains("\n"), text.contains("\"") || text.contains("\\"), !text.contains("\"#"),
            !text.contains("\\#"), !text.hasPrefix("\"\"")
        {
            return "#\"\(text)\"#"
        }
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case _ where scalar.value < 0x20 || scalar.value == 0x7F:
                result += "\\u{\(String(scalar.value, radix: 16))}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }

    /// `peers-behind-firewalls` → `peersBehindFirewalls`.
    package static func identifier(_ name: String) -> String {
        let words = name.split { !($0.isASCII && ($0.isLetter || $0.isNumber)) }
        let joined = words.enumerated().map { index, word in
            index == 0 ? word.prefix(1).lowercased() + word.dropFirst() : word.prefix(1).uppercased() + word.dropFirst()
        }.joined()
        let isSound = joined.first?.isLetter == true && !keywords.contains(joined)
        return isSound ? joined : "topology\(joined.prefix(1).uppercased())\(joined.dropFirst())"
    }

    private static let keywords: Set<String> = [
        "as", "break", "case", "class", "continue", "default", "defer", "do", "else", "enum", "extension", "false",
        "for", "func", "guard", "if", "import", "in", "init", "is", "let", "nil", "operator", "private", "protocol",
        "public", "repeat", "return", "self", "static", "struct", "super", "switch", "throw", "throws", "true", "try",
        "var", "where", "while",
    ]
}

extension TopologyValue {
    var plainText: String? {
        switch self {
        case .text(let text), .template(let text), .block(let text), .word(let text): text
        default: nil
        }
    }
}

/// What Swift source cannot say.
package struct SourceProblem: Error, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }
}
