#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A Unix socket's path as the kernel takes it: under 107 octets, however deep its folder.
package struct SocketPath: ~Copyable, Sendable {
    /// What to bind or connect to while this value lives.
    package let path: String
    private let descriptor: Int32

    /// - Parameter path: where the socket is. Its folder must exist where the path is long.
    package init(_ path: String) {
        let slash = path.lastIndex(of: "/")
        guard path.utf8.count > 100, let slash else {
            self.path = path
            descriptor = -1
            return
        }
        descriptor = open(String(path[..<slash]), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        let name = path[path.index(after: slash)...]
        self.path = descriptor >= 0 ? DescriptorFolder.path(descriptor) + "/\(name)" : path
    }

    deinit { if descriptor >= 0 { close(descriptor) } }
}
