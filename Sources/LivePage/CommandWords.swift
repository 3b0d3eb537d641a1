import ClusterModel

/// A command line, cut into words as a shell would, where a shell would do nothing else with it.
package enum CommandWords {
    /// - Throws: `OrchError` (`usage`) where a quote has no end, or where a shell would do more.
    package static func split(_ text: String) throws(OrchError) -> [String] {
        var words: [String] = []
        var word: String?
        var quote: Character?
        var isEscaped = false
        for character in text {
            if isEscaped {
                // Between double quotes a backslash is itself before most characters.
                word = (word ?? "") + (quote == nil || "\"\\$`".contains(character) ? "" : "\\") + String(character)
                isEscaped = false
                continue
            }
            switch (character, quote) {
            case ("'", "'"), ("\"", "\""): quote = nil
            case ("\\", nil), ("\\", "\""): isEscaped = true
            case (_, "'"): word = (word ?? "") + String(character)
            case ("$", "\""), ("`", "\""):
                throw OrchError(.usage, "'\(character)' means something to a shell, and this is none", advice: quoted)
            case (_, "\""): word = (word ?? "") + String(character)
            case ("'", _), ("\"", _):
                quote = character
                word = word ?? ""
            case ("\n", _), ("\r", _), ("\r\n", _):
                throw OrchError(.usage, "one command at a time, on one line")
            case _ where character.isWhitespace:
                if let done = word { words.append(done) }
                word = nil
            case _ where "|&;<>()$`*?[]{}~#!".contains(character):
                throw OrchError(.usage, "'\(character)' means something to a shell, and this is none", advice: quoted)
            default: word = (word ?? "") + String(character)
            }
        }
        guard quote == nil, !isEscaped else { throw OrchError(.usage, "a quote has no end") }
        if let word { words.append(word) }
        return words
    }

    private static let quoted = "put the word between single quotes"
}
