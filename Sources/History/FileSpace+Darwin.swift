#if canImport(Darwin)
    import Darwin

    enum FileSpace {
        /// Extends a file with blocks that are really there.
        /// - Returns: 0, or the error number.
        static func reserve(_ descriptor: Int32, _ size: Int) -> Int32 {
            var store = fstore_t(
                fst_flags: UInt32(F_ALLOCATEALL), fst_posmode: F_PEOFPOSMODE, fst_offset: 0, fst_length: off_t(size),
                fst_bytesalloc: 0)
            guard fcntl(descriptor, F_PREALLOCATE, &store) != -1 else { return errno }
            return ftruncate(descriptor, off_t(size)) == 0 ? 0 : errno
        }
    }
#endif
