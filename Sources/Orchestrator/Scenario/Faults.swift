import ClusterModel
import FaultInjection

/// `fault` and `clear`.
extension Cluster {
    /// - Returns: the fault's name.
    func start(_ spec: FaultSpec) -> VerbResult {
        let fault = begin(spec, round: round(of: spec))
        let isAwaited = spec.duration != nil || spec.fault.isInstant
        if isAwaited {
            openFaults += 1
            tasks.append(
                Task {
                    await self.endInTime(fault)
                    self.closedFault()
                })
        }
        return VerbResult(value: .string(fault.name))
    }

    func clear(_ name: String?) async -> VerbResult {
        for fault in injector.active where name == nil || fault.name == name { await end(fault) }
        return VerbResult()
    }

    /// One that comes again chooses its processes anew.
    func round(of spec: FaultSpec) -> Int { injector.all.count { $0.spec.text == spec.text } + 1 }
}
