import Dispatch

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Turns Ctrl-C and its kin into an asynchronous sequence of signal numbers.
enum SignalWatcher {
    /// The handler may only do what is safe in one (signal-safety(7)): write to this pipe.
    private nonisolated(unsafe) static var writeEnd: Int32 = -1

    /// Call once in a process's life. Handlers, unlike ignored signals, are not inherited by children.
    static func signals(_ numbers: [Int32] = [SIGINT, SIGTERM, SIGHUP]) -> AsyncStream<Int32> {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { return AsyncStream { $0.finish() } }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        writeEnd = ends[1]
        for number in numbers {
            signal(number) { received in
                var byte = UInt8(truncatingIfNeeded: received)
                _ = write(SignalWatcher.writeEnd, &byte, 1)
            }
        }
        let (stream, continuation) = AsyncStream.makeStream(of: Int32.self)
        let readEnd = ends[0]
        DispatchQueue.global().async {
            var byte: UInt8 = 0
            while true {
                let count = read(readEnd, &byte, 1)
                if count == 1 { continuation.yield(Int32(byte)) } else if count == 0 || errno != EINTR { break }
            }
            continuation.finish()
        }
        return stream
    }
}
