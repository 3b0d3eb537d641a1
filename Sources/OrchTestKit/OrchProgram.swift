import Foundation

/// The `orch` program, run in the folder of one cluster.
struct OrchProgram: Sendable {
    let path: String
    let folder: String

    /// `ORCH`, or the one on `PATH`.
    /// - Throws: `OrchFailure` that says how to name one.
    static func find(in environment: [String: String] = ProcessInfo.processInfo.environment) throws -> String {
        if let named = environment["ORCH"] {
            guard isProgram(named) else {
                throw OrchFailure("ORCH is '\(named)', and that is no program: expected the path of orch")
            }
            return named
        }
        for folder in (environment["PATH"] ?? "").split(separator: ":") {
            let candidate = "\(folder)/orch"
            if isProgram(candidate) { return candidate }
        }
        throw OrchFailure("there is no orch on PATH: install it, or set ORCH to its path")
    }

    private static func isProgram(_ path: String) -> Bool {
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && !isFolder.boolValue
            && FileManager.default.isExecutableFile(atPath: path)
    }

    /// Runs a command to its end; a cancelled task ends it.
    /// - Throws: `OrchFailure` for a code that is not accepted, `CancellationError`.
    @discardableResult
    func run(_ arguments: [String], accepting codes: Set<Int32> = [0]) async throws -> Child.Ending {
        try Task.checkCancellation()
        let child = try Child(path, arguments, in: folder)
        let ending = await withTaskCancellationHandler {
            await child.ending()
        } onCancel: {
            child.signal(SIGTERM)
        }
        guard codes.contains(ending.code) else {
            try Task.checkCancellation()
            throw failure(arguments, ending)
        }
        return ending
    }

    func failure(_ arguments: [String], _ ending: Child.Ending) -> OrchFailure {
        OrchFailure(
            "orch \(arguments.joined(separator: " ")) ended with \(ending.code)", code: ending.code,
            output: [ending.errors, ending.output].filter { !$0.isEmpty }.joined(separator: "\n"))
    }
}
