import ClusterModel
import Subprocess
import Synchronization
import SystemPackage

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The orchestrator's hold on its watchdog: starts it, keeps it informed, and starts another should it be killed.
final class WatchdogHandle: Sendable {
    private struct State {
        var pipe: Int32 = -1
        var groups: Set<Int32> = []
        var isOver = false
    }

    private let executable: String
    private let mark: String
    private let state = Mutex(State())

    init(executable: String, mark: String) {
        self.executable = executable
        self.mark = mark
    }

    /// Keeps a watchdog running until `finish`; returns when the last one has done its work.
    /// - Parameter started: called once, when the first one is there (or has failed).
    func run(started: @escaping @Sendable (OrchError?) -> Void) async {
        var isFirst = true
        while !state.withLock({ $0.isOver }) {
            var ends: [Int32] = [-1, -1]
            guard CloseOnExec.pipe(&ends) == 0 else {
                started(OrchError(.unavailable, "cannot open a pipe", cause: String(cString: strerror(errno))))
                return
            }
            let writing = ends[1]
            var options = PlatformOptions()
            options.createSession = true
            let first = isFirst
            do {
                _ = try await Subprocess.run(
                    .path(FilePath(executable)), arguments: ["watchdog", mark], platformOptions: options,
                    input: .fileDescriptor(FileDescriptor(rawValue: ends[0]), closeAfterSpawningProcess: true),
                    output: .discarded, error: .discarded
                ) { _ in
                    self.adopt(writing)
                    if first { started(nil) }
                }
            } catch {
                close(writing)
                if first { started(OrchError(.unavailable, "cannot start the watchdog", cause: "\(error)")) }
                return
            }
            isFirst = false
            drop()
        }
    }

    func add(group: Int32) { tell("+", group) { $0.groups.insert(group) } }

    func remove(group: Int32) { tell("-", group) { $0.groups.remove(group) } }

    /// The run is over: the watchdog ends what is left, and then itself.
    func finish() {
        state.withLock { state in
            state.isOver = true
            if state.pipe >= 0 { close(state.pipe) }
            state.pipe = -1
        }
    }

    private func adopt(_ pipe: Int32) {
        state.withLock { state in
            guard !state.isOver else {
                close(pipe)
                return
            }
            state.pipe = pipe
            for group in state.groups { Self.write("+\(group)\n", to: pipe) }
        }
    }

    private func drop() {
        state.withLock { state in
            if state.pipe >= 0 { close(state.pipe) }
            state.pipe = -1
        }
    }

    private func tell(_ sign: String, _ group: Int32, _ change: (inout State) -> Void) {
        state.withLock { state in
            change(&state)
            if state.pipe >= 0 { Self.write("\(sign)\(group)\n", to: state.pipe) }
        }
    }

    private static func write(_ text: String, to pipe: Int32) {
        let bytes = Array(text.utf8)
        #if canImport(Glibc)
            _ = Glibc.write(pipe, bytes, bytes.count)
        #elseif canImport(Musl)
            _ = Musl.write(pipe, bytes, bytes.count)
        #else
            _ = Darwin.write(pipe, bytes, bytes.count)
        #endif
    }
}
