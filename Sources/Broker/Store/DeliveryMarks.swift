#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// For each durable queue the highest position ever delivered, in a mapped file: what is written survives the process,
/// though not a power cut, without a system call. After a restart it tells the messages that may have been seen
/// (`redelivered`) from those that surely were not; acknowledgements are the store's.
///
/// Eight octets a queue, at `8 * id`, in the machine's order. Space is allocated before it is mapped to, for a write
/// to a hole on a full disk would kill the process.
///
/// `@unchecked Sendable`: made and closed by the store's owner; in between `mark` is called, and the memory used, by the
/// core's event loop alone.
final class DeliveryMarks: @unchecked Sendable {
    private let path: String
    private let file: Int32
    private let base: UnsafeMutableRawPointer
    private var allocated = 0
    private static let limit = 64 << 20
    private static let step = 64 << 10

    init(path: String) throws(StoreError) {
        self.path = path
        file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw StoreError(.io, System.message(errno), path: path) }
        let mapped = mmap(nil, DeliveryMarks.limit, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0)
        guard let mapped, mapped != MAP_FAILED else {
            let code = errno
            close(file)
            throw StoreError(.io, System.message(code), path: path)
        }
        base = mapped
        guard grow(to: max(Int(lseek(file, 0, SEEK_END)), DeliveryMarks.step)) else {
            // The object is whole by now, so that `deinit` unmaps and closes the file.
            throw StoreError(.io, System.message(errno), path: path)
        }
    }

    deinit {
        munmap(base, DeliveryMarks.limit)
        close(file)
    }

    /// Nil if there is no room for it, on the disk or in the map (8 million queues).
    func mark(_ queue: UInt32) -> UnsafeMutablePointer<UInt64>? {
        let offset = Int(queue) * 8
        guard offset + 8 <= allocated || grow(to: offset + 8) else { return nil }
        return (base + offset).assumingMemoryBound(to: UInt64.self)
    }

    private func grow(to size: Int) -> Bool {
        let wanted = (size + DeliveryMarks.step - 1) / DeliveryMarks.step * DeliveryMarks.step
        guard wanted <= DeliveryMarks.limit else { return false }
        #if canImport(Glibc)
            let code = posix_fallocate(file, 0, wanted)
            guard code == 0 else {
                errno = code
                return false
            }
        #else
            guard ftruncate(file, off_t(wanted)) == 0 else { return false }
        #endif
        allocated = wanted
        return true
    }
}
