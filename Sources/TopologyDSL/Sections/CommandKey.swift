import ClusterModel

/// `command:` of a node.
enum CommandKey {
    private static let word = Format<String>.template(.process)
    private static let list = Format<[String]>.list(of: word)

    /// A list of words, or one text that is split at blanks (no quotes, no shell).
    static let format = Format<CommandRole>(
        "a command such as [python3, worker.py]",
        schema: [
            "anyOf": [["type": "string", "minLength": 1], ["type": "array", "items": word.schema, "minItems": 1]]
        ]
    ) { node, reading in
        var arguments: [String]?
        if case .sequence = node.content {
            arguments = list.read(node, reading)
        } else if let text = reading.at("0", value: node.span, { word.read(node, reading) }) {
            arguments = splitOutsideTemplates(text)
            if text.contains(where: { "\"'|&;<>`".contains($0) }) {
                reading.warning(
                    "no shell reads this command: quotes and | mean nothing in it", at: node.span,
                    advice: "write a list; for a shell, [sh, -c, \"…\"]")
            }
        }
        guard let arguments else { return nil }
        guard arguments.first?.isEmpty == false else {
            reading.error("an empty command: expected a program and its arguments", at: node.span)
            return nil
        }
        return CommandRole(arguments: arguments)
    }

    /// Blanks inside `$(random 1 10)` do not split.
    private static func splitOutsideTemplates(_ text: String) -> [String] {
        var words: [String] = []
        var word = ""
        var isInside = false
        var previous: Character = " "
        for character in text {
            if character == "(", previous == "$" { isInside = true }
            if character == ")" { isInside = false }
            previous = character
            if character.isWhitespace, !isInside {
                if !word.isEmpty { words.append(word) }
                word = ""
            } else {
                word.append(character)
            }
        }
        return word.isEmpty ? words : words + [word]
    }
}

/// `ready:` of a command.
enum ReadyKey {
    struct Draft: Sendable {
        var kind: ReadinessProbe.Kind?
        var timeout = ReadinessProbe(.consuming).timeout
        var interval = ReadinessProbe(.consuming).interval
    }

    static let kinds = ["log", "http", "tcp", "exec", "consuming"]

    static let record = Record<Draft>(
        "ready", "How one knows that a program is ready.", exactlyOne: kinds, from: Draft()
    ) {
        Key("log", optional: \.kind, Format<String>.words.map { .log($0) }, "A line of its output contains this text.")
        Key(
            "http", optional: \.kind,
            Format<String>.template(.process).check {
                $0.hasPrefix("http://")
                    ? nil : "expected a url such as http://127.0.0.1:8080/health, found '\(shortened($0))'"
            }.map { .http($0) }, "A GET of this URL is answered with 2xx; a template.")
        Key(
            "tcp", optional: \.kind,
            Format<String>.template(.process).check {
                $0.contains(":") || $0.contains("$(") ? nil : "expected host:port, found '\(shortened($0))'"
            }.map { .tcp($0) }, "A connection to this `host:port` succeeds; a template.")
        Key("exec", optional: \.kind, CommandKey.format.map { .exec($0.arguments) }, "This command ends with status 0.")
        Key(
            "consuming", optional: \.kind, Format<Bool>.nothing.map { _ in .consuming },
            "It has a consumer on a broker.")
        Key(
            "timeout", \.timeout, .duration(allowsZero: false), default: "30s",
            "After that the node has failed to start.")
        Key("interval", \.interval, .duration(allowsZero: false), default: "50ms", "Between two tries.")
    }

    private static let word = Format<ReadinessProbe>.scalar(
        "consuming, or a mapping with \(kinds.listed())", schema: ["const": "consuming"]
    ) { text throws(ValueProblem) in
        guard text == "consuming" else {
            throw ValueProblem(
                "'\(shortened(text))' says nothing about readiness: expected consuming, or a mapping with \(kinds.listed())"
                    + Suggestion.phrase(text, among: ["consuming"]),
                advice: "ready: { log: \"\(shortened(text))\" } waits for a line of output")
        }
        return ReadinessProbe(.consuming)
    }

    /// Without a sound kind there has been an error, and nobody will look at the probe.
    static let format = Format<ReadinessProbe>.either(
        word,
        or: record.format.map { ReadinessProbe($0.kind ?? .consuming, timeout: $0.timeout, interval: $0.interval) })
}
