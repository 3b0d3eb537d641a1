#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The directory of one broker, locked against a second one for as long as the object lives. The system lets go of the
/// lock when the process ends, however it ends.
final class DataDirectory: Sendable {
    let path: String
    private let lock: Int32

    /// Makes the directory, and those above it, if missing. Throws `locked` or `io`.
    init(path: String) throws(StoreError) {
        self.path = path
        try DataDirectory.make(path)
        let file = path + "/lock"
        lock = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard lock >= 0 else { throw StoreError(.io, System.message(errno), path: file) }
        guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
            // The object is whole by now, so that `deinit` closes the file.
            let code = errno
            throw code == EWOULDBLOCK
                ? StoreError(.locked, "another broker uses this data directory", path: path)
                : StoreError(.io, System.message(code), path: file)
        }
    }

    deinit { close(lock) }

    private static func make(_ path: String) throws(StoreError) {
        var parent = ""
        for part in path.split(separator: "/", omittingEmptySubsequences: false) {
            parent += parent.isEmpty && part.isEmpty ? "/" : parent.isEmpty || parent == "/" ? "\(part)" : "/\(part)"
            guard !part.isEmpty, part != "." else { continue }
            guard mkdir(parent, 0o700) == 0 || errno == EEXIST else {
                throw StoreError(.io, System.message(errno), path: parent)
            }
        }
    }
}
