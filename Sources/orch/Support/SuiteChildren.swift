import ClusterModel
import Dispatch
import Orchestrator
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The processes of a suite: one `orch up` a running topology, each the head of a session of its own.
///
/// They all have the reading end of one pipe as their standard input; only we have the other end. When we die, however
/// that comes about, they see it close, and end their clusters.
final class SuiteChildren: Sendable {
    struct Ending: Sendable {
        /// The exit code; 128 and more for a signal.
        var code: Int32
        var timedOut: Bool
    }

    /// How long a run may take to end after it was asked to; it is killed then.
    static let grace = Duration.seconds(10)

    private let lifeline: Int32
    private struct State {
        /// Those that have not been waited for: their ids cannot have gone to others.
        var pids: Set<pid_t> = []
        /// What all were sent; whoever comes later gets it too.
        var sent: Int32?
    }

    private let living = Mutex(State())

    /// - Throws: `OrchError` (`unavailable`).
    init() throws(OrchError) {
        var ends: [Int32] = [-1, -1]
        guard CloseOnExec.pipe(&ends) == 0 else {
            throw OrchError(.unavailable, "cannot open a pipe", cause: String(cString: strerror(errno)))
        }
        lifeline = ends[0]
    }

    /// Runs `orch` with these arguments to its end, or for `limit`; what it leaves behind is ended too.
    /// - Throws: `OrchError` (`unavailable`) where it cannot be started.
    func run(_ arguments: [String], in folder: RunFolder, limit: Duration) async throws -> Ending {
        let pid = try start(arguments, folder)
        let (endings, continuation) = AsyncStream.makeStream(of: Int32.self)
        DispatchQueue.global().async {
            continuation.yield(self.wait(for: pid))
            continuation.finish()
        }
        let timer = Task {
            try await Task.sleep(for: limit)
            self.signal(pid, SIGINT)
            try await Task.sleep(for: Self.grace)
            self.signal(pid, SIGKILL)
        }
        let clock = ContinuousClock()
        let started = clock.now
        var code: Int32 = OrchError.Code.internalError.rawValue
        for await ended in endings { code = ended }
        timer.cancel()
        let timedOut = clock.now - started >= limit
        // One that came to its end has ended its nodes itself, and says so in its code.
        if code >= 128 || timedOut { await sweep(folder) }
        return Ending(code: code, timedOut: timedOut)
    }

    /// To every run and, with SIGKILL, to what is in its process group.
    func signalAll(_ number: Int32) {
        living.withLock { state in
            state.sent = number
            for pid in state.pids { kill(number == SIGKILL ? -pid : pid, number) }
        }
    }

    private func start(_ arguments: [String], _ folder: RunFolder) throws -> pid_t {
        try living.withLock { state in
            let pid = try DetachedProcess.start(
                Executable.path, arguments, output: folder.output, input: lifeline)
            state.pids.insert(pid)
            if let sent = state.sent { kill(pid, sent) }
            return pid
        }
    }

    private func signal(_ pid: pid_t, _ number: Int32) {
        living.withLock { state in
            if state.pids.contains(pid) { kill(number == SIGKILL ? -pid : pid, number) }
        }
    }

    private func wait(for pid: pid_t) -> Int32 {
        // It stays a zombie, and its id its own, until nobody can signal it any more.
        var info = siginfo_t()
        while waitid(P_PID, id_t(pid), &info, WEXITED | WNOWAIT) != 0 && errno == EINTR {}
        return living.withLock { state in
            var status: Int32 = 0
            while waitpid(pid, &status, 0) < 0 && errno == EINTR {}
            state.pids.remove(pid)
            let signal = status & 0x7F
            return signal == 0 ? (status >> 8) & 0xFF : 128 + signal
        }
    }

    /// Ends what still carries the run's mark: its watchdog does so too, but we are not to end before it has.
    private func sweep(_ folder: RunFolder) async {
        for _ in 0..<250 {
            let left = MarkedProcesses.find("\(Watchdog.mark)=\(folder.path)")
            if left.isEmpty { return }
            for pid in left { kill(pid, SIGKILL) }
            try? await Task.sleep(for: .milliseconds(20))
        }
    }
}
