#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

enum InheritedFiles {
    /// Closes everything but standard input, output and error. A process in the background must not hold what its
    /// parent had open: whoever waits for the end of a pipe would wait for it.
    /// To be called before anything else is opened.
    static func close() {
        var limit = rlimit()
        #if canImport(Glibc)
            let found = getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0
        #else
            let found = getrlimit(RLIMIT_NOFILE, &limit) == 0
        #endif
        let highest = found ? Int32(clamping: min(limit.rlim_cur, 65_536)) : 1_024
        for descriptor in 3..<max(highest, 4) { _ = closeOne(descriptor) }
    }

    private static func closeOne(_ descriptor: Int32) -> Int32 {
        #if canImport(Glibc)
            Glibc.close(descriptor)
        #elseif canImport(Musl)
            Musl.close(descriptor)
        #else
            Darwin.close(descriptor)
        #endif
    }
}
