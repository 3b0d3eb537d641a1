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

    /// Whether anybody listens on a port of loopback.
    package static func isListening(_ port: Int) -> Bool {
        let hex = String(port, radix: 16, uppercase: true)
        let padded = String(repeating: "0", count: 4 - hex.count) + hex
        let table = (try? String(contentsOfFile: "/proc/net/tcp", encoding: .utf8)) ?? ""
        return table.split(separator: "\n").dropFirst().contains { line in
            let fields = line.split(separator: " ")
            return fields.count > 3 && fields[1].hasSuffix(":\(padded)") && fields[3] == "0A"
        }
    }
}
