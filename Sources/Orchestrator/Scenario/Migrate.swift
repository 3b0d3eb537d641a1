import ClusterModel
import Control

/// `migrate`
extension Cluster {
    /// That it is not moved is a warning in the report, and fails nothing.
    /// - Returns: whether it was moved.
    func move(_ object: String, to targets: [String]) async -> VerbResult {
        guard let target = targets.first else { return .failed("no process to move \(object) to") }
        switch await migrate(object, to: target) {
        case .moved(let epoch, let pause):
            tell(.note("\(object) moved to \(target): epoch \(epoch), pause \(Duration.nanoseconds(pause).text)"))
            return VerbResult(value: .bool(true))
        case .failed(let reason):
            // What the end of the run cut short has not failed.
            guard !isEnding else { return .cut }
            tell(.note("\(object) was not moved to \(target): \(reason)"))
            scenario.failedMoves[object, default: []].append(reason)
            return VerbResult(value: .bool(false))
        case .notHere: return VerbResult(value: .bool(false))
        }
    }
}
