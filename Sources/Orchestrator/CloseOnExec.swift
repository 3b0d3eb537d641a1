#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

enum CloseOnExec {
    /// A pipe that no child inherits. (Between the two steps a child may be started elsewhere; our children close what
    /// they were not given.)
    /// - Returns: 0, or -1 with `errno` set.
    static func pipe(_ ends: inout [Int32]) -> Int32 {
        #if canImport(Glibc)
            guard Glibc.pipe(&ends) == 0 else { return -1 }
        #elseif canImport(Musl)
            guard Musl.pipe(&ends) == 0 else { return -1 }
        #else
            guard Darwin.pipe(&ends) == 0 else { return -1 }
        #endif
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return 0
    }
}
