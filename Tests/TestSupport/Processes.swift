import Foundation

/// What is left of a run, by the kernel's word.
package enum Processes {
    /// Processes that were started for any run below a folder.
    package static func ofRuns(in folder: String) -> [Int32] {
        let wanted = Array("ORCH_RUN=\(folder)".utf8)
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap(Int32.init).filter { pid in
            guard let data = try? Data(contentsOf: URL(fileURLWithPath: "/proc/\(pid)/environ")), isAlive(pid) else {
                return false
            }
            return data.split(separator: 0).contains { $0.starts(with: wanted) }
        }
    }

    /// Neither gone nor a zombie.
    package static func isAlive(_ pid: Int32) -> Bool { !["", "Z", "X"].contains(state(pid)) }

    /// The letter of `ps`: `R`, `S`, `T`, `Z`; empty for a process that is gone.
    package static func state(_ pid: Int32) -> String {
        guard let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
            let close = text.lastIndex(of: ")")
        else { return "" }
        return String(text[text.index(close, offsetBy: 2)...].prefix(1))
    }

    /// Whether anybody listens on a port of loopback: whether it takes a connection. (`/proc/net/tcp` leaves lines out
    /// where other sockets come and go while it is read.)
    package static func isListening(_ port: Int) -> Bool {
        #if canImport(Glibc)
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        #else
            let descriptor = socket(AF_INET, SOCK_STREAM, 0)
        #endif
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}
