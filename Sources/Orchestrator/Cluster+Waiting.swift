import ClusterModel

/// What a run that goes on waits for.
extension Cluster {
    /// Says it once when nothing more is scheduled and the run goes on: a program that never ends keeps it up.
    func startWaitingNote() {
        guard !options.keep else { return }
        tasks.append(
            Task {
                _ = await self.wait(for: nil) { self.openFaults == 0 || self.phase != .running }
                // Most programs end by themselves, soon after.
                try? await Task.sleep(for: .seconds(2))
                guard !Task.isCancelled, self.phase == .running, self.endRequest == nil, self.openFaults == 0 else {
                    return
                }
                self.tell(.note(Self.waitingText(self.waitedFor, limit: self.options.runTime)))
            })
    }

    /// - Parameter limit: `--for`.
    package static func waitingText(_ names: [String], limit: Duration?) -> String {
        let end = limit.map { "the run ends \($0.text) after its start (--for)" } ?? "Ctrl-C or orch down ends the run"
        guard !names.isEmpty else { return "nothing more is scheduled, and nothing here ends by itself: \(end)" }
        let shown = names.prefix(5).joined(separator: ", ") + (names.count > 5 ? " and \(names.count - 5) more" : "")
        return "nothing more is scheduled: waiting for \(shown) to end (\(end))"
    }
}
