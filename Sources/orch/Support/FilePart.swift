#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

enum FilePart {
    /// Up to 1 MiB of a file from an offset; `nil` where it cannot be read.
    static func read(_ path: String, from offset: UInt64) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var all: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while all.count < 1 << 20 {
            let count = pread(descriptor, &buffer, buffer.count, off_t(offset) + off_t(all.count))
            guard count > 0 else { break }
            all += buffer[..<count]
        }
        return all
    }
}
