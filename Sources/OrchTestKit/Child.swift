import Foundation
import Synchronization

/// A process of ours, with its output in files: a cluster's nodes would hold a pipe open.
final class Child: Sendable {
    struct Ending: Sendable {
        /// 128 and more for a signal.
        var code: Int32
        var output: String
        var errors: String
    }

    private struct State {
        var code: Int32?
        var waiting: [CheckedContinuation<Int32, Never>] = []
    }

    private let process = Process()
    private let state = Mutex(State())
    private let output: URL
    private let errors: URL
    /// Its standard input, which tells it that we live.
    private let input: Pipe?

    /// - Parameter holdsInput: whether its standard input stays open until `closeInput`, or until we die.
    /// - Throws: `OrchFailure` where it cannot be started.
    init(_ program: String, _ arguments: [String], in folder: String, holdsInput: Bool = false) throws {
        let name = "\(folder)/\(UUID().uuidString)"
        output = URL(fileURLWithPath: "\(name).out")
        errors = URL(fileURLWithPath: "\(name).err")
        input = holdsInput ? Pipe() : nil
        for file in [output, errors] {
            guard FileManager.default.createFile(atPath: file.path, contents: nil) else {
                throw OrchFailure("cannot write to \(folder)")
            }
        }
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        process.standardInput = input ?? FileHandle.nullDevice
        process.standardOutput = try FileHandle(forWritingTo: output)
        process.standardError = try FileHandle(forWritingTo: errors)
        process.terminationHandler = { [weak self] process in
            self?.ended(
                process.terminationReason == .exit ? process.terminationStatus : 128 + process.terminationStatus)
        }
        do { try process.run() } catch { throw OrchFailure("cannot run \(program): \(error)") }
        // Ours is not to hold what it reads from.
        try? input?.fileHandleForReading.close()
    }

    var hasEnded: Bool { state.withLock { $0.code != nil } }

    /// Waits for its end, whether or not the task is cancelled.
    func ending() async -> Ending {
        let code = await withCheckedContinuation { continuation in
            let code = state.withLock { state -> Int32? in
                if state.code == nil { state.waiting.append(continuation) }
                return state.code
            }
            if let code { continuation.resume(returning: code) }
        }
        return Ending(code: code, output: text(output), errors: text(errors))
    }

    func signal(_ number: Int32) {
        // Under the lock: the id cannot have gone to another process before its end was noted.
        state.withLock { state in
            if state.code == nil, process.isRunning { kill(process.processIdentifier, number) }
        }
    }

    func closeInput() { try? input?.fileHandleForWriting.close() }

    private func ended(_ code: Int32) {
        let waiting = state.withLock { state in
            state.code = code
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume(returning: code) }
    }

    private func text(_ file: URL) -> String {
        String(decoding: (try? Data(contentsOf: file)) ?? Data(), as: UTF8.self)
            .trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
