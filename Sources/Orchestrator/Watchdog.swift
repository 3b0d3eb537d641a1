import ClusterModel

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The process that outlives the orchestrator, whatever kills it. It holds the reading end of a pipe whose writing end
/// only the orchestrator has. When the pipe closes, it ends every process group that is still registered, and then every
/// process that carries the run's mark in its environment: stopped ones, and grandchildren that left their group.
package enum Watchdog {
    /// The variable that marks all processes of a run; its value is the run's folder.
    package static let mark = "ORCH_RUN"

    /// The process's work, from its standard input: lines `+GROUP` and `-GROUP`. Returns when all is gone.
    package static func run(mark value: String) {
        for signal in [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE] { ignore(signal) }
        var groups: Set<Int32> = []
        var line: [UInt8] = []
        var byte: UInt8 = 0
        while true {
            let count = read(STDIN_FILENO, &byte, 1)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { break }
            guard byte == UInt8(ascii: "\n") else {
                line.append(byte)
                continue
            }
            let text = String(decoding: line, as: UTF8.self)
            line.removeAll()
            guard let group = Int32(text.dropFirst()), group > 1 else { continue }
            if text.hasPrefix("+") { groups.insert(group) } else { groups.remove(group) }
        }
        for group in groups { kill(-group, SIGKILL) }
        // A process between fork and exec has not got its mark yet: look until two looks in a row find nothing.
        var clean = 0
        for _ in 0..<200 where clean < 2 {
            let found = MarkedProcesses.find("\(mark)=\(value)").filter { $0 != getpid() }
            for pid in found { kill(pid, SIGKILL) }
            clean = found.isEmpty ? clean + 1 : 0
            usleep(10_000)
        }
    }

    private static func ignore(_ number: Int32) { _ = signal(number, SIG_IGN) }
}
