import ClusterModel

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A port for a program that must be told where to listen.
enum FreePort {
    /// A port on 127.0.0.1 that nobody has at this moment: of TCP, or of UDP.
    /// - Throws: `OrchError` (`unavailable`) where the kernel gives none.
    static func find(forDatagrams: Bool = false) throws -> Int {
        #if os(Linux)
            let kind = Int32((forDatagrams ? SOCK_DGRAM : SOCK_STREAM).rawValue)
        #else
            let kind = forDatagrams ? SOCK_DGRAM : SOCK_STREAM
        #endif
        let descriptor = socket(AF_INET, kind, 0)
        guard descriptor >= 0 else { throw failed(errno) }
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(descriptor, pointer, length) == 0 ? getsockname(descriptor, pointer, &length) : -1
            }
        }
        guard result == 0 else { throw failed(errno) }
        return Int(UInt16(bigEndian: address.sin_port))
    }

    private static func failed(_ code: Int32) -> OrchError {
        OrchError(.unavailable, "no port can be had on 127.0.0.1", cause: String(cString: strerror(code)))
    }
}
