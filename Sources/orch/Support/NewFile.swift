import ClusterModel

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Files that a command writes for its user.
enum NewFile {
    /// - Parameter force: whether a file that is there may be written over.
    /// - Throws: `usage` where it is there, `unavailable` where it cannot be written.
    static func write(_ text: String, to path: String, force: Bool) throws(OrchError) {
        let file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | (force ? O_TRUNC : O_EXCL), 0o644)
        guard file >= 0 else {
            if errno == EEXIST {
                throw OrchError(.usage, "'\(path)' is there already", advice: "--force writes over it")
            }
            throw OrchError(.unavailable, "cannot write '\(path)'", cause: String(cString: strerror(errno)))
        }
        defer { close(file) }
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { systemWrite(file, $0) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                throw OrchError(.unavailable, "cannot write '\(path)'", cause: String(cString: strerror(errno)))
            }
            rest = rest.dropFirst(count)
        }
    }

    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }
}

private func systemWrite(_ file: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
    write(file, bytes.baseAddress, bytes.count)
}
