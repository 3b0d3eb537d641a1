import Foundation

/// The `orch up` of one cluster, from its start to its end, with a folder of its own, so that its commands find no other.
///
/// It holds the reading end of a pipe of ours: when we die, however that comes about, it sees it close and ends its
/// nodes.
final class Run: Sendable {
    /// How long a cluster that is not judged may take to end; it is killed then, and its own watchdog ends its nodes.
    private static let grace = Duration.seconds(20)

    let orch: OrchProgram
    private let child: Child
    private let arguments: [String]

    /// - Parameter topology: a path, or a bundled topology's name.
    init(_ topology: String, seed: UInt64?, params: [String: String], keep: Bool, orch: String?) throws {
        let program = try orch ?? OrchProgram.find()
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("orch-\(UUID().uuidString)").path
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw OrchFailure("cannot make a folder for the cluster: \(error)")
        }
        var words = ["up", topology, "--json", "--until-input-ends"]
        if keep { words.append("--keep") }
        if let seed { words += ["--seed", "\(seed)"] }
        for (name, value) in params.sorted(by: { $0.key < $1.key }) { words += ["--param", "\(name)=\(value)"] }
        arguments = words
        self.orch = OrchProgram(path: program, folder: folder)
        do {
            child = try Child(program, words, in: folder, holdsInput: true)
        } catch {
            try? FileManager.default.removeItem(atPath: folder)
            throw error
        }
    }

    /// Waits until the workloads run, or are over already.
    /// - Throws: `OrchFailure` where it cannot be started, `CancellationError`.
    func start() async throws -> Cluster {
        while true {
            try Task.checkCancellation()
            if child.hasEnded {
                let ending = await child.ending()
                guard Self.verdicts.contains(ending.code) else { throw orch.failure(arguments, ending) }
                let report = try Self.report(ending)
                return Cluster(run: name ?? report.topology, seed: report.seed, process: self)
            }
            if let name, let status = try? await status(), !["starting", "ready"].contains(status.phase) {
                return Cluster(run: name, seed: status.seed, process: self)
            }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    func status() async throws -> Status {
        let answer = try await orch.run(["status", "--json"])
        return try JSONDecoder().decode(Status.self, from: Data(answer.output.utf8))
    }

    /// Drains, judges, and waits for the end; what it came to, however often it is asked.
    /// - Throws: `OrchFailure`, `CancellationError`.
    func finish() async throws -> Report {
        if !child.hasEnded {
            do {
                try await orch.run(["down"], accepting: Self.verdicts)
            } catch let failure as OrchFailure {
                // It may have come to its end by itself, just then.
                guard failure.code == 69 else { throw failure }
            }
        }
        let ending = await child.ending()
        guard Self.verdicts.contains(ending.code) else { throw orch.failure(arguments, ending) }
        return try Self.report(ending)
    }

    /// Ends it, unjudged, if it has not ended; its files go too. Not part of the task: cancelling that does not stop it
    /// half way.
    func end() async {
        await Task { [child, orch] in
            child.closeInput()
            child.signal(SIGINT)
            let timer = Task {
                try await Task.sleep(for: Self.grace)
                child.signal(SIGKILL)
            }
            _ = await child.ending()
            timer.cancel()
            try? FileManager.default.removeItem(atPath: orch.folder)
        }.value
    }

    /// Pass, violated, unknown, interrupted.
    private static let verdicts: Set<Int32> = [0, 1, 2, 130]

    /// Of the run: `pubsub-20260101-120000-1`; `nil` until it has begun.
    private var name: String? {
        let link = "\(orch.folder)/.orch/runs/latest"
        return (try? FileManager.default.destinationOfSymbolicLink(atPath: link))?
            .split(separator: "/").last.map(String.init)
    }

    private static func report(_ ending: Child.Ending) throws -> Report {
        do {
            return try JSONDecoder().decode(Report.self, from: Data(ending.output.utf8))
        } catch {
            throw OrchFailure("the report cannot be read: \(error)", code: ending.code, output: ending.output)
        }
    }
}
