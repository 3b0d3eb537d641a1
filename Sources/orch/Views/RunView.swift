import Control
import Orchestrator

/// Shows a run while it goes on.
protocol RunView: Sendable {
    func show(_ event: ClusterEvent) async
    /// The run is over; what was drawn stays or goes.
    func end() async
}
