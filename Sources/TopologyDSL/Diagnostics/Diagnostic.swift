import ClusterModel

/// One problem of a topology file.
package struct Diagnostic: Sendable, Hashable, Codable {
    package enum Severity: String, Sendable, Codable { case error, warning }

    /// Another place that has to do with it, such as the first of two definitions.
    package struct Related: Sendable, Hashable, Codable {
        package var location: SourceLocation
        package var message: String
    }

    package var severity: Severity
    /// Line 0: the problem is the file itself, not a place in it.
    package var location: SourceLocation
    /// Characters that the caret underlines, at least 1.
    package var length: Int
    /// What is wrong, what was expected, and what was perhaps meant.
    package var message: String
    /// What to do about it.
    package var advice: String?
    package var related: [Related]
    /// The source line, for the excerpt under the message.
    package var line: String?

    package init(
        _ message: String, severity: Severity = .error, at location: SourceLocation = .init(), length: Int = 1,
        advice: String? = nil, related: [Related] = [], line: String? = nil
    ) {
        self.severity = severity
        self.location = location
        self.length = max(length, 1)
        self.message = message
        self.advice = advice
        self.related = related
        self.line = line
    }

    /// As a person reads it, without a final line break:
    /// ```
    /// pubsub.yaml:12:20: error: there is no exchange 'log', did you mean 'logs'?
    ///    12 |     publish: { to: log }
    ///       |                    ^~~
    /// ```
    package func rendered(colour: Bool = false) -> String {
        func paint(_ code: String, _ text: String) -> String { colour ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text }
        var text = paint("1", place(location))
        let label = severity == .error ? paint("1;31", "error:") : paint("1;35", "warning:")
        text += "\(text.isEmpty ? "" : " ")\(label) \(paint("1", message))"
        if let line, location.line > 0 {
            let number = String(location.line)
            let margin = String(repeating: " ", count: max(5 - number.count, 0)) + number
            let (shown, padding, underline) = Self.excerpt(line, column: location.column, length: length)
            text += "\n\(margin) | \(shown)"
            text += "\n\(String(repeating: " ", count: margin.count)) | \(padding)\(paint("1;32", underline))"
        }
        for other in related { text += "\n      \(place(other.location)) \(other.message)" }
        if let advice { text += "\n      \(paint("36", "help:")) \(advice)" }
        return text
    }

    private func place(_ location: SourceLocation) -> String {
        if location.line > 0 { return "\(location):" }
        return location.file.isEmpty ? "" : "\(location.file):"
    }

    /// For `--json`.
    var json: JSON {
        var members: [(String, JSON)] = [
            ("severity", .string(severity.rawValue)), ("file", .string(location.file)),
            ("line", .int(location.line)), ("column", .int(location.column)), ("length", .int(length)),
            ("message", .string(message)),
        ]
        if let advice { members.append(("advice", .string(advice))) }
        if !related.isEmpty {
            members.append(
                (
                    "related",
                    .array(
                        related.map {
                            .object([
                                ("line", .int($0.location.line)), ("column", .int($0.location.column)),
                                ("message", .string($0.message)),
                            ])
                        })
                ))
        }
        return .object(members)
    }

    /// One line of JSON.
    package var jsonText: String { json.text(pretty: false) }

    /// Cuts long lines around the caret and pads it so that it stands under its character on a terminal.
    private static func excerpt(_ line: String, column: Int, length: Int) -> (String, padding: String, String) {
        var characters = line.map { isControl($0) ? "\u{FFFD}" : $0 }
        var start = max(column - 1, 0)
        let widest = 110
        if characters.count > widest {
            let from = max(0, min(start - widest / 2, characters.count - widest))
            let to = min(from + widest, characters.count)
            let head: [Character] = from > 0 ? ["…"] : []
            let tail: [Character] = to < characters.count ? ["…"] : []
            characters = head + characters[from..<to] + tail
            start = start - from + head.count
        }
        var padding = ""
        for character in characters.prefix(start) {
            padding += character == "\t" ? "\t" : String(repeating: " ", count: terminalWidth(character))
        }
        let marked = characters.dropFirst(start).prefix(length)
        let width = marked.reduce(0) { $0 + ($1 == "\t" ? 1 : terminalWidth($1)) }
        return (String(characters), padding, "^" + String(repeating: "~", count: max(width - 1, 0)))
    }

    private static func isControl(_ character: Character) -> Bool {
        character != "\t" && character.unicodeScalars.contains { $0.properties.generalCategory == .control }
    }

    /// Columns of a terminal: 2 for East Asian wide characters and emoji (UAX #11, in rough).
    private static func terminalWidth(_ character: Character) -> Int {
        guard let first = character.unicodeScalars.first else { return 0 }
        if first.properties.generalCategory == .nonspacingMark || first.properties.generalCategory == .format {
            return 0
        }
        if first.properties.isEmojiPresentation { return 2 }
        switch first.value {
        case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
            0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1FAFF, 0x20000...0x3FFFD:
            return 2
        default: return 1
        }
    }
}

extension [Diagnostic] {
    package var hasErrors: Bool { contains { $0.severity == .error } }

    package func rendered(colour: Bool = false) -> String {
        map { $0.rendered(colour: colour) }.joined(separator: "\n")
    }

    /// A JSON array, for `--json`.
    package var jsonText: String { JSON.array(map(\.json)).text() }
}
