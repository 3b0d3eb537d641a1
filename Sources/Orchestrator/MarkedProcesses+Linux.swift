#if os(Linux)
    #if canImport(Glibc)
        import Glibc
    #else
        import Musl
    #endif

    package enum MarkedProcesses {
        /// Processes that were started with this entry in their environment (`proc(5)`, `/proc/PID/environ`).
        package static func find(_ entry: String) -> [Int32] {
            guard let folder = opendir("/proc") else { return [] }
            defer { closedir(folder) }
            let wanted = Array(entry.utf8)
            var found: [Int32] = []
            while let item = readdir(folder) {
                let name = withUnsafeBytes(of: item.pointee.d_name) { bytes in
                    String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
                }
                guard let pid = Int32(name), !isZombie(pid),
                    environment(of: pid).contains(where: { $0.elementsEqual(wanted) })
                else { continue }
                found.append(pid)
            }
            return found
        }

        private static func environment(of pid: Int32) -> [ArraySlice<UInt8>] {
            contents("/proc/\(pid)/environ").split(separator: 0)
        }

        private static func isZombie(_ pid: Int32) -> Bool {
            let status = contents("/proc/\(pid)/stat")
            guard let close = status.lastIndex(of: UInt8(ascii: ")")), close + 2 < status.count else { return true }
            return status[close + 2] == UInt8(ascii: "Z")
        }

        private static func contents(_ path: String) -> [UInt8] {
            let descriptor = open(path, O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else { return [] }
            defer { close(descriptor) }
            var all: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 16_384)
            while true {
                let count = read(descriptor, &buffer, buffer.count)
                guard count > 0 else { return all }
                all += buffer[..<count]
            }
        }
    }
#endif
