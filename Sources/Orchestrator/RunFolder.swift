import ClusterModel

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif
#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// `.orch/runs/NAME` — everything that a run leaves behind, and nothing of it elsewhere.
package struct RunFolder: Sendable {
    package let path: String
    package let name: String

    package var controlSocket: String { "\(path)/control.sock" }
    package var evidence: String { "\(path)/evidence" }
    package var logs: String { "\(path)/logs" }
    package var report: String { "\(path)/report.json" }
    /// The report as text.
    package var verdict: String { "\(path)/report.txt" }
    package var topology: String { "\(path)/topology.yaml" }
    package var plan: String { "\(path)/plan.json" }
    package var data: String { "\(path)/data" }
    /// What a detached orchestrator prints.
    package var output: String { "\(path)/orch.log" }

    /// The address of the live page, with its token, while there is one.
    package var page: String { "\(path)/page.url" }

    package var evidenceFiles: [String] { FolderListing.files(in: evidence, ending: ".events") }

    /// Of a run that goes on, what processes say of themselves is to be read before what links and the orchestrator saw:
    /// what a process did then never lacks its cause.
    package var evidenceOfEffects: [String] { evidenceFiles.filter { !Self.isOfCauses($0) } }
    package var evidenceOfCauses: [String] { evidenceFiles.filter(Self.isOfCauses) }

    static func isOfCauses(_ path: String) -> Bool {
        let name = path.split(separator: "/").last ?? ""
        return name.hasPrefix("links-") && !name.dropLast(7).contains(".") || name == "orchestrator.events"
    }

    package func log(of instance: String) -> String { "\(logs)/\(instance).log" }

    /// The folder for the files of one process, kept over its restarts.
    package func data(of instance: String) -> String { "\(data)/\(instance)" }

    package func makeData(of instance: String) throws(OrchError) { try Self.make(data(of: instance)) }

    /// An existing run's folder.
    package init(path: String) {
        self.path = path
        name = String(path.split(separator: "/").last ?? "")
    }

    /// Makes the folder of a new run below `base`.
    /// - Throws: `OrchError` (`unavailable`) where it cannot be made.
    package static func create(in base: String, topology: String) throws(OrchError) -> RunFolder {
        let runs = "\(base)/.orch/runs"
        try make(runs)
        // A topology may be called anything; a folder may not.
        let topology = String(topology.prefix(60).map { $0.isLetter || $0.isNumber || "._-".contains($0) ? $0 : "-" })
        let stamp = timestamp()
        var attempt = 1
        while true {
            let suffix = attempt == 1 ? "" : "-\(attempt)"
            let folder = RunFolder(path: "\(runs)/\(stamp)-\(topology)\(suffix)")
            if mkdir(folder.path, 0o700) == 0 {
                for path in [folder.evidence, folder.logs, folder.data] { try make(path) }
                return folder
            }
            guard errno == EEXIST, attempt < 1_000 else { throw failed(folder.path) }
            attempt += 1
        }
    }

    /// The newest run below a folder; `nil` where there is none.
    package static func latest(in base: String) -> RunFolder? {
        var buffer = [UInt8](repeating: 0, count: 4_096)
        let count = readlink("\(base)/.orch/runs/latest", &buffer, buffer.count)
        guard count > 0 else { return nil }
        return RunFolder(path: "\(base)/.orch/runs/" + String(decoding: buffer.prefix(count), as: UTF8.self))
    }

    /// All runs below a folder, the oldest first.
    package static func all(in base: String) -> [RunFolder] {
        let runs = "\(base)/.orch/runs"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: runs)) ?? []
        return names.filter { $0 != "latest" }.sorted().map { RunFolder(path: "\(runs)/\($0)") }
    }

    package func write(_ text: String, to path: String) throws(OrchError) {
        do {
            try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw OrchError(
                .unavailable, "cannot write \(path)", cause: String(cString: strerror(errno)),
                advice: "was the folder removed, or is the disk full?")
        }
    }

    /// A link that is replaced in one step, so that it always points somewhere.
    package func becomeLatest() {
        let runs = String(path.dropLast(name.count + 1))
        let next = "\(runs)/.latest-\(getpid())"
        unlink(next)
        guard symlink(name, next) == 0 else { return }
        if rename(next, "\(runs)/latest") != 0 { unlink(next) }
    }

    private static func make(_ path: String) throws(OrchError) {
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw failed(path)
        }
    }

    private static func failed(_ path: String) -> OrchError {
        OrchError(
            .unavailable, "cannot make the folder \(path)", cause: String(cString: strerror(errno)),
            advice: "run orch where you may write; a run keeps its files in .orch/runs")
    }

    /// `20261123-061512`, local time.
    private static func timestamp() -> String {
        var now = time(nil)
        var parts = tm()
        localtime_r(&now, &parts)
        func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(parts.tm_year + 1900)\(two(parts.tm_mon + 1))\(two(parts.tm_mday))-"
            + "\(two(parts.tm_hour))\(two(parts.tm_min))\(two(parts.tm_sec))"
    }
}
