import Assertions
import ClusterModel
import History

/// `assert`
extension Cluster {
    /// Judges now, or again and again until `within:` has passed; the last verdict stands in the report, save that of an
    /// assertion that somebody typed to see how things are.
    func judge(_ spec: AssertionSpec, as step: StepName) async -> VerbResult {
        var last: AssertionResult?
        _ = await poll(within: spec.within ?? .zero, every: .milliseconds(100)) {
            last = await self.judgeNow(spec, isLive: spec.within == nil || !step.isRecorded)
            return last?.outcome == .pass
        }
        guard var result = last, !isEnding, phase == .running, endRequest == nil else { return .cut }
        result.title = "scenario: \(step.text) assert \(result.title)"
        if step.line > 0 || result.line == 0 { result.line = step.line }
        if step.isRecorded { scenario.add(result) }
        if result.outcome == .pass { return VerbResult(value: .bool(true)) }
        let reason = result.explanation.isEmpty ? "it holds, and was expected not to" : result.explanation
        let text = "\(spec.assertion.title): \(reason)"
        return result.outcome == .unknown ? .unknown(text) : .failed(text)
    }

    private func judgeNow(_ spec: AssertionSpec, isLive: Bool) async -> AssertionResult {
        if case .queue(let queue, _, _) = spec.assertion { await noteDepth(of: queue) }
        let asksForLogs = if case .log = spec.assertion { true } else { false }
        let logs = asksForLogs ? allLogLines() : [:]
        let (files, topology, models) = (folder.evidenceOfEffects, topology, options.models)
        let causes = folder.evidenceOfCauses
        return await Task.detached {
            Judge.judgeNow(
                spec, history: History.read(files, then: causes), topology: topology, logs: logs, models: models,
                isLive: isLive)
        }.value
    }
}
