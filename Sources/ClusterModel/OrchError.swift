#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The one error shape that people see: what kind, what happened, where, why, and what to do.
package struct OrchError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The process exit code that this error leads to (`language.md`, after BSD's sysexits).
    package enum Code: Int32, Sendable {
        case violated = 1
        case unknown = 2
        case usage = 64
        case badTopology = 65
        case unavailable = 69
        case internalError = 70
        case interrupted = 130
    }

    package var code: Code
    package var message: String
    package var location: SourceLocation?
    /// What it follows from, in words.
    package var cause: String?
    /// What the program that it is about printed last.
    package var lastLine: String?
    /// What the reader can do about it.
    package var advice: String?

    package init(
        _ code: Code, _ message: String, at location: SourceLocation? = nil, cause: String? = nil,
        lastLine: String? = nil, advice: String? = nil
    ) {
        self.code = code
        self.message = message
        self.location = location
        self.cause = cause
        self.lastLine = lastLine
        self.advice = advice
    }

    /// A port of 127.0.0.1 that cannot be had.
    /// - Parameters:
    ///   - purpose: `the link outside>broker`.
    ///   - errno: what the system said; 0 where it said nothing of the kind.
    package static func port(_ port: Int, for purpose: String, errno code: Int32, cause: String) -> OrchError {
        let isTaken = code == EADDRINUSE
        return OrchError(
            .unavailable, "cannot open port \(port) on 127.0.0.1 for \(purpose)",
            cause: isTaken
                ? "another program has it" : code == EACCES ? "ports below 1024 take the rights of root" : cause,
            advice: port == 0 ? nil : "choose another port, or leave 'port' out: any free one is taken then")
    }

    package var description: String {
        var text = ""
        if let location { text += "\(location): " }
        text += "error: \(message)"
        if let cause { text += "\n  cause: \(cause)" }
        if let lastLine { text += "\n  last line: \(lastLine)" }
        if let advice { text += "\n  help: \(advice)" }
        return text
    }
}
