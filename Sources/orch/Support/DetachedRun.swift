import ClusterModel
import Control
import Orchestrator

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif
#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// `orch up -d`: starts a process of its own session that runs the cluster, and waits until it answers.
struct DetachedRun {
    var folder: RunFolder
    var arguments: [String]

    /// - Parameter page: it serves a live page, whose address is printed too.
    func start(topology: Topology, wait: Bool, json: Bool, page: Bool, open: Bool) async throws {
        let pid = try DetachedProcess.start(Executable.path, arguments, output: folder.output)
        let clock = ContinuousClock()
        let deadline = clock.now + .seconds(60)
        while clock.now < deadline {
            if let cluster = try? await RunningCluster.connect(to: folder) {
                if wait { _ = try await cluster.ask(.awaitReady) }
                let url = page ? PageAddress.read(folder) : nil
                try show(cluster.status, pid, topology, json, url)
                if open, let url { PageAddress.open(url) }
                return
            }
            var status: Int32 = 0
            if waitpid(pid, &status, WNOHANG) == pid {
                try ended(status, topology, json)
                return
            }
            try await Task.sleep(for: .milliseconds(10))
        }
        throw OrchError(.unavailable, "the cluster does not answer", advice: "see \(folder.output)")
    }

    private func show(_ status: ClusterStatus, _ pid: Int32, _ topology: Topology, _ json: Bool, _ page: String?) throws
    {
        let terminal = Terminal.standardOutput
        if json {
            terminal.print(
                try JSONOutput.text(
                    Started(cluster: status.cluster, run: folder.path, pid: pid, seed: status.seed, page: page)))
        } else {
            terminal.print("\(topology.name) is up: seed \(status.seed), pid \(pid), run \(folder.name)")
            if let page { terminal.print("page  \(page)") }
            terminal.print("orch ps, orch logs -f, orch fault drop 30%, orch down")
        }
    }

    private struct Started: Encodable {
        var cluster: String
        var run: String
        var pid: Int32
        var seed: UInt64
        var page: String?
    }

    /// It was over before we could talk to it: its own words and code are the answer.
    private func ended(_ status: Int32, _ topology: Topology, _ json: Bool) throws {
        let text = FileManager.default.contents(atPath: folder.output).map { String(decoding: $0, as: UTF8.self) } ?? ""
        let code = status & 0x7F == 0 ? (status >> 8) & 0xFF : OrchError.Code.internalError.rawValue
        guard code == 0 else {
            Terminal.standardError.write(text)
            exit(code)
        }
        Terminal.standardOutput.write(text)
    }
}

enum DetachedProcess {
    /// Starts a program in a session of its own, with its output in a file.
    /// - Parameter input: its standard input; `nil`: nothing.
    /// - Returns: its pid. - Throws: `OrchError` (`unavailable`).
    static func start(_ program: String, _ arguments: [String], output: String, input: Int32? = nil) throws -> pid_t {
        #if os(Linux)
            var actions = posix_spawn_file_actions_t()
            var attributes = posix_spawnattr_t()
        #else
            var actions: posix_spawn_file_actions_t?
            var attributes: posix_spawnattr_t?
        #endif
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        if let input {
            posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO)
        } else {
            posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        }
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO)
        posix_spawnattr_setflags(&attributes, Int16(SpawnFlags.newSession))
        var words: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) }
        words.append(nil)
        defer { for word in words { free(word) } }
        var pid: pid_t = 0
        let error = posix_spawn(&pid, program, &actions, &attributes, words, environ)
        guard error == 0 else {
            throw OrchError(.unavailable, "cannot start \(program)", cause: String(cString: strerror(error)))
        }
        return pid
    }
}

enum SpawnFlags {
    #if os(Linux)
        /// POSIX_SPAWN_SETSID (glibc 2.26), which Swift's view of the headers lacks.
        static let newSession: Int32 = 0x80
    #else
        static let newSession: Int32 = 0x0400
    #endif
}
