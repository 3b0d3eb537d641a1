import ClusterModel

/// When the turns of one scenario step are due, and what each does.
package struct ScenarioSchedule: Sendable {
    package struct Turn: Sendable, Equatable {
        /// After the step's beginning: that of the workloads where it has a time, else the end of the step before it. One
        /// that comes late begins at once.
        package var due: Duration
        package var action: Verb
    }

    private let step: ScenarioStep

    package init(_ step: ScenarioStep) { self.step = step }

    /// - Parameter index: from 0.
    /// - Returns: `nil` after the last one.
    package func turn(_ index: Int) -> Turn? {
        guard index >= 0, index < (step.every == nil ? 1 : step.times) else { return nil }
        let due = (step.at ?? .zero) + (step.every.map { $0 * index } ?? .zero)
        guard case .migrate(let object, let targets) = step.action else { return Turn(due: due, action: step.action) }
        guard !targets.isEmpty else { return nil }
        return Turn(due: due, action: .migrate(object: object, to: [targets[index % targets.count]]))
    }

    /// Whether a run waits for its last turn: `times` of `Int.max` is without end.
    package var isFinite: Bool { step.every == nil || step.times < .max }
}
