import Foundation

/// The `orch` that was built beside the tests, run as a user would run it, in a folder of its own.
package struct OrchBinary: Sendable {
    package struct Result: Sendable {
        package var code: Int32
        package var output: String
        package var errors: String
        package var seconds: Double
    }

    package static var path: String {
        var folder = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
            .deletingLastPathComponent()
        for _ in 0..<4 {
            let candidate = folder.appendingPathComponent("orch").path
            var isFolder: ObjCBool = false
            if FileManager.default.fileExists(atPath: candidate, isDirectory: &isFolder), !isFolder.boolValue {
                return candidate
            }
            folder.deleteLastPathComponent()
        }
        return "\(root)/.build/debug/orch"
    }

    /// The repository.
    package static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path

    package let folder: String

    /// Makes a folder for one test's runs.
    package init() {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("orch-test-\(UUID().uuidString)").path
        try! FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    package func remove() { try? FileManager.default.removeItem(atPath: folder) }

    @discardableResult
    package func write(_ text: String, to name: String) -> String {
        let path = "\(folder)/\(name)"
        try! text.write(toFile: path, atomically: true, encoding: .utf8)
        return path
    }

    /// Starts it and does not wait.
    package func start(_ arguments: [String], environment: [String: String] = [:]) throws -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: Self.path)
        process.arguments = arguments
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle(forWritingAtPath: makeFile("out"))
        process.standardError = FileHandle(forWritingAtPath: makeFile("err"))
        try process.run()
        return process
    }

    /// Runs it to its end.
    package func run(_ arguments: String..., environment: [String: String] = [:]) async throws -> Result {
        try await run(arguments, environment: environment)
    }

    package func run(_ arguments: [String], environment: [String: String] = [:]) async throws -> Result {
        try await Shell.run(Self.path, arguments, in: folder, environment: environment)
    }

    /// The report of the newest run.
    package func report() throws -> [String: Any] {
        let data = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/.orch/runs/latest/report.json"))
        return try JSONSerialization.jsonObject(with: data) as! [String: Any]
    }

    private func makeFile(_ name: String) -> String {
        let path = "\(folder)/\(name)-\(UUID().uuidString)"
        _ = FileManager.default.createFile(atPath: path, contents: nil)
        return path
    }
}

/// Programs, run to their end.
package enum Shell {
    package static func run(
        _ program: String, _ arguments: [String], in folder: String? = nil, environment: [String: String] = [:],
        input: String? = nil
    ) async throws -> OrchBinary.Result {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program.hasPrefix("/") ? program : "/usr/bin/env")
        process.arguments = program.hasPrefix("/") ? arguments : [program] + arguments
        if let folder { process.currentDirectoryURL = URL(fileURLWithPath: folder) }
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        let place = FileManager.default.temporaryDirectory
        let output = place.appendingPathComponent(UUID().uuidString)
        let errors = place.appendingPathComponent(UUID().uuidString)
        _ = FileManager.default.createFile(atPath: output.path, contents: nil)
        _ = FileManager.default.createFile(atPath: errors.path, contents: nil)
        defer {
            try? FileManager.default.removeItem(at: output)
            try? FileManager.default.removeItem(at: errors)
        }
        process.standardOutput = try FileHandle(forWritingTo: output)
        process.standardError = try FileHandle(forWritingTo: errors)
        if let input {
            let source = place.appendingPathComponent(UUID().uuidString)
            try input.write(to: source, atomically: true, encoding: .utf8)
            process.standardInput = try FileHandle(forReadingFrom: source)
            try? FileManager.default.removeItem(at: source)
        } else {
            process.standardInput = FileHandle.nullDevice
        }
        let clock = ContinuousClock()
        let started = clock.now
        let code: Int32 = try await withCheckedThrowingContinuation { continuation in
            process.terminationHandler = {
                continuation.resume(
                    returning: $0.terminationReason == .exit ? $0.terminationStatus : 128 + $0.terminationStatus)
            }
            do { try process.run() } catch { continuation.resume(throwing: error) }
        }
        let elapsed = clock.now - started
        return OrchBinary.Result(
            code: code, output: String(decoding: (try? Data(contentsOf: output)) ?? Data(), as: UTF8.self),
            errors: String(decoding: (try? Data(contentsOf: errors)) ?? Data(), as: UTF8.self),
            seconds: Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) / 1e18)
    }
}

/// Waits for conditions, not for times.
package enum Eventually {
    package struct TimedOut: Error, CustomStringConvertible {
        package var description: String
    }

    /// Looks again every few milliseconds until the condition holds; throws after `limit` seconds.
    package static func holds(
        _ what: String, within limit: Double = 20, _ condition: () async throws -> Bool
    ) async throws {
        let clock = ContinuousClock()
        let deadline = clock.now + .milliseconds(Int(limit * 1_000))
        while try await !condition() {
            guard clock.now < deadline else { throw TimedOut(description: "not within \(limit) s: \(what)") }
            try await clock.sleep(for: .milliseconds(5))
        }
    }
}
