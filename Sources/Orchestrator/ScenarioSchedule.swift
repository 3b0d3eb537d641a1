import ClusterModel

/// When the turns of one scenario step are due, and what each does.
package struct ScenarioSchedule: Sendable {
    package struct Turn: Sendable, Equatable {
        /// After the workloads have started; one that comes late begins at once.
        package var due: Duration
        package var action: Action
    }

    package enum Action: Sendable, Equatable {
        case migrate(object: String, to: String)
    }

    private let step: ScenarioStep

    package init(_ step: ScenarioStep) { self.step = step }

    /// - Parameter index: from 0.
    /// - Returns: `nil` after the last one.
    package func turn(_ index: Int) -> Turn? {
        guard index >= 0, index < (step.every == nil ? 1 : step.times) else { return nil }
        let due = step.at + (step.every.map { $0 * index } ?? .zero)
        switch step.action {
        case .migrate(let object, let targets):
            guard !targets.isEmpty else { return nil }
            return Turn(due: due, action: .migrate(object: object, to: targets[index % targets.count]))
        }
    }

    /// Whether a run waits for its last turn: `times` of `Int.max` is without end.
    package var isFinite: Bool { step.every == nil || step.times < .max }
}
