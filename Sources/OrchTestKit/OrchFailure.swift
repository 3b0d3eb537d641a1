/// An `orch` command did not do what was asked.
public struct OrchFailure: Error, Sendable, CustomStringConvertible {
    /// What was asked, and how it ended.
    public var message: String
    /// The command's exit code; `nil` where it did not come to that.
    public var code: Int32?
    /// What it wrote.
    public var output: String

    init(_ message: String, code: Int32? = nil, output: String = "") {
        self.message = message
        self.code = code
        self.output = output
    }

    public var description: String { output.isEmpty ? message : "\(message)\n\(output)" }
}
