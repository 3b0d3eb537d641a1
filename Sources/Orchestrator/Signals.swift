#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Signals by name.
package enum Signals {
    private static let numbers: [String: Int32] = [
        "HUP": SIGHUP, "INT": SIGINT, "QUIT": SIGQUIT, "KILL": SIGKILL, "TERM": SIGTERM, "USR1": SIGUSR1,
        "USR2": SIGUSR2, "STOP": SIGSTOP, "CONT": SIGCONT, "ABRT": SIGABRT, "SEGV": SIGSEGV,
    ]

    /// `TERM`, `SIGTERM`; `nil` for what is no signal's name.
    package static func number(_ name: String) -> Int32? {
        let upper = name.uppercased()
        return numbers[upper.hasPrefix("SIG") ? String(upper.dropFirst(3)) : upper]
    }

    /// Whether a process that gets it is expected to end.
    static func asksForTheEnd(_ signal: Int32) -> Bool {
        [SIGKILL, SIGTERM, SIGINT, SIGHUP, SIGQUIT].contains(signal)
    }
}
