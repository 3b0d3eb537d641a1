import ClusterModel

/// The faults that begin when a process comes to a step of a migration, each once, in the order of the file. A value; the
/// cluster carries out what it hands over.
package struct FailpointQueue: Sendable {
    /// Those that have not begun.
    package private(set) var unused: [FaultSpec]

    /// - Parameter faults: those without a failpoint are not its concern.
    package init(_ faults: [FaultSpec]) { unused = faults.filter { $0.failpoint != nil } }

    /// The fault that begins now; `nil`: none is left, and whoever waits goes on.
    package mutating func take(_ point: Failpoint) -> FaultSpec? {
        guard let index = unused.firstIndex(where: { $0.failpoint == point }) else { return nil }
        return unused.remove(at: index)
    }

    /// The steps at which a process that starts now is to stop.
    package var armed: [Failpoint] { Failpoint.allCases.filter { point in unused.contains { $0.failpoint == point } } }

    /// What a report says of those that never began.
    package var warnings: [String] {
        unused.map { fault in
            let line = fault.location.line > 0 ? " (line \(fault.location.line))" : ""
            return "the fault '\(fault.text)' at \(fault.failpoint!.rawValue)\(line) never began: no process came there"
        }
    }
}
