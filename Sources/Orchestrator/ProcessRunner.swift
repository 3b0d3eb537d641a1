import ClusterModel
import NIOCore
import Subprocess
import SystemPackage

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Starts a process in a group of its own, and waits for its end and for that of all it started in its group.
struct ProcessRunner: Sendable {
    var executable: String
    var arguments: [String]
    /// Added to our own environment.
    var environment: [String: String]
    var directory: String?
    var log: String
    var loop: any EventLoop

    /// - Parameters:
    ///   - started: called with the pid; it is the group's number too.
    ///   - line: called for each line that it prints.
    /// - Returns: how it ended. By then its output has been read to the end.
    func run(
        started: @escaping @Sendable (Int32) async -> Void, line: @escaping @Sendable (String) -> Void
    ) async -> NodeLife.End {
        do {
            let (output, pipe) = try await LogCapture.open(path: log, on: loop, told: line)
            var options = PlatformOptions()
            options.processGroupID = 0
            var changes: [Environment.Key: String?] = [:]
            for (name, value) in environment { changes[Environment.Key(rawValue: name)!] = value }
            let descriptor = FileDescriptor(rawValue: output)
            let result = try await Subprocess.run(
                executable.contains("/") ? .path(FilePath(executable)) : .name(executable),
                arguments: Arguments(arguments), environment: .inherit.updating(changes),
                workingDirectory: directory.map { FilePath($0) }, platformOptions: options, input: .none,
                output: .fileDescriptor(descriptor, closeAfterSpawningProcess: true), error: .combinedWithOutput
            ) { execution in
                let pid = execution.processIdentifier.value
                await started(pid)
                return pid
            }
            // A node is its process; what that one left behind in its group ends with it.
            kill(-result.closureResult, SIGKILL)
            // Who left the group may hold the pipe; that must not hold us.
            let patience = loop.scheduleTask(in: .milliseconds(500)) { pipe.close(promise: nil) }
            try? await pipe.closeFuture.get()
            patience.cancel()
            switch result.terminationStatus {
            case .exited(let code): return .exited(code)
            case .signaled(let signal): return .signalled(signal)
            }
        } catch let error as OrchError {
            return .unstartable(error.message)
        } catch {
            return .unstartable("cannot start \(executable): \(error)")
        }
    }
}
