import Dispatch

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Standard input as a sign of life of the process that holds its other end.
enum InputWatcher {
    /// Calls `body` once, on a thread of its own, when everybody who could write has closed it. A process that still
    /// lives 15 s later is killed; a cluster's watchdog then ends its nodes.
    static func atEnd(_ body: @escaping @Sendable () -> Void) {
        DispatchQueue.global().async {
            var bytes = [UInt8](repeating: 0, count: 256)
            while true {
                let count = read(STDIN_FILENO, &bytes, bytes.count)
                if count > 0 || (count < 0 && errno == EINTR) { continue }
                break
            }
            body()
            sleep(15)
            kill(getpid(), SIGKILL)
        }
    }
}
