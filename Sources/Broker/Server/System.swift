#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What the broker asks the system for.
enum System {
    /// Octets of memory in the machine.
    static var physicalMemory: Int {
        let pages = sysconf(Int32(_SC_PHYS_PAGES))
        let pageSize = sysconf(Int32(_SC_PAGESIZE))
        guard pages > 0, pageSize > 0 else { return 2 << 30 }
        return pages * pageSize
    }

    /// The text of an errno.
    static func message(_ code: Int32) -> String { String(cString: strerror(code)) }
}
