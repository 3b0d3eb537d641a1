import ClusterModel
import Scripting

/// What Lua's compiler says of a handler, at its place in the file.
enum HandlerCheck {
    static func check(_ handler: HandlerKey.Draft, _ reading: Reading) {
        guard let problem = ScriptEngine.check(handler.source, name: handler.method) else { return }
        // What is missing at the end is missed on the last line that says something.
        let lines = handler.source.split(separator: "\n", omittingEmptySubsequences: false)
        let last = lines.lastIndex { !$0.allSatisfy(\.isWhitespace) } ?? 0
        let line = min(problem.line ?? 1, last + 1)
        // A folded or quoted text of several lines has lines of its own.
        let isElsewhere = handler.firstLine == nil && line > 1
        var place = handler.place(ofLine: line, reading)
        if let source = reading.source, let near = token(in: problem.message) {
            let written = source.text(place)
            let matches = written.ranges(of: near)
            if matches.count == 1 {
                let start = place.start + written[..<matches[0].lowerBound].unicodeScalars.count
                place = Span(start, start + near.unicodeScalars.count)
            }
        }
        reading.error("Lua: \(isElsewhere ? "line \(line): " : "")\(problem.message)", at: place)
    }

    /// `'=' expected near 'b'` → `b`.
    private static func token(in message: String) -> String? {
        guard let start = message.firstRange(of: " near '")?.upperBound, message.hasSuffix("'") else { return nil }
        let token = message[start...].dropLast()
        return token.isEmpty ? nil : String(token)
    }
}
