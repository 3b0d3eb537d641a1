#if os(Linux)
    #if canImport(Glibc)
        import Glibc
    #else
        import Musl
    #endif

    enum FileSpace {
        /// Extends a file with blocks that are really there, so that writing to its mapping cannot raise SIGBUS.
        /// - Returns: 0, or the error number.
        static func reserve(_ descriptor: Int32, _ size: Int) -> Int32 {
            posix_fallocate(descriptor, 0, off_t(size))
        }
    }
#endif
