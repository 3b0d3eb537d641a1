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
    /// What the reader can do about it.
    package var advice: String?

    package init(
        _ code: Code, _ message: String, at location: SourceLocation? = nil, cause: String? = nil,
        advice: String? = nil
    ) {
        self.code = code
        self.message = message
        self.location = location
        self.cause = cause
        self.advice = advice
    }

    package var description: String {
        var text = ""
        if let location { text += "\(location): " }
        text += "error: \(message)"
        if let cause { text += "\n  cause: \(cause)" }
        if let advice { text += "\n  help: \(advice)" }
        return text
    }
}
