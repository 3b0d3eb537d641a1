#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

package enum CloseOnExec {
    /// A pipe that no child inherits. (Between the two steps a child may be started elsewhere; our children close what
    /// they were not given.)
    /// - Returns: 0, or -1 with `errno` set.
    package static func pipe(_ ends: inout [Int32]) -> Int32 {
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

    /// A file to write that only its owner may read; made where it is not there.
    /// - Parameter appends: to what is there; otherwise that is thrown away.
    /// - Returns: a descriptor, or -1 with `errno` set.
    package static func ownFile(_ path: String, appends: Bool) -> Int32 {
        open(path, O_WRONLY | O_CREAT | O_CLOEXEC | (appends ? O_APPEND : O_TRUNC), 0o600)
    }
}
