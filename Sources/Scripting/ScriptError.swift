/// Why a task failed. Tracebacks are a line a frame, innermost first, at most 2 KB.
package enum ScriptError: Error, Sendable, Equatable {
    /// An error with a text: a mistake in the script or `error("…")`. The message begins with `chunk:line: ` where known.
    case failed(message: String, traceback: String)
    /// `raise(status, message, details)`, which is a table with these fields, or `error(value)` with any other value.
    case raised(ScriptValue, traceback: String)
    case instructionLimit(traceback: String)
    case memoryLimit(traceback: String)
    /// A value that cannot leave or enter the engine, and why.
    case unconvertible(String)
}

/// Thrown by a host function to raise a value in the script. Any other error is raised as its description.
package struct ScriptRaise: Error, Sendable, Equatable {
    package var value: ScriptValue

    package init(_ value: ScriptValue) { self.value = value }
}

/// What is wrong with the text of a script.
package struct ScriptProblem: Error, Sendable, Equatable {
    /// From 1, within the text; nil if it is about all of it.
    package var line: Int?
    package var message: String

    package init(line: Int?, message: String) {
        self.line = line
        self.message = message
    }
}

extension ScriptProblem {
    /// Lua writes `name:line: message`.
    init(lua problem: String, name: String) {
        message = problem
        guard problem.hasPrefix(name + ":") else { return }
        let rest = problem.dropFirst(name.count + 1)
        guard let end = rest.firstIndex(of: ":"), let line = Int(rest[..<end]) else { return }
        self.line = line
        message = String(rest[end...].dropFirst(2))
    }
}
