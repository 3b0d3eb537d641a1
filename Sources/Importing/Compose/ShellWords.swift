/// A command that is one text, split as a shell (and compose) splits it: blanks, quotes and backslashes; nothing else.
enum ShellWords {
    /// - Returns: `nil` for a quote that is never closed.
    static func split(_ text: String) -> [String]? {
        var words: [String] = []
        var word = ""
        var isWord = false
        var quote: Character?
        var isEscaped = false
        for character in text {
            if isEscaped {
                // Inside double quotes a backslash stands for itself before most characters.
                if quote == "\"", character != "\"", character != "\\", character != "$", character != "`" {
                    word += "\\"
                }
                if character != "\n" { word.append(character) }
                isEscaped = false
            } else if let open = quote {
                if character == open {
                    quote = nil
                } else if character == "\\", open == "\"" {
                    isEscaped = true
                } else {
                    word.append(character)
                }
            } else if character == "\"" || character == "'" {
                quote = character
                isWord = true
            } else if character == "\\" {
                isEscaped = true
                isWord = true
            } else if character.isWhitespace {
                if isWord { words.append(word) }
                word = ""
                isWord = false
            } else {
                word.append(character)
                isWord = true
            }
        }
        guard quote == nil, !isEscaped else { return nil }
        return isWord ? words + [word] : words
    }
}
