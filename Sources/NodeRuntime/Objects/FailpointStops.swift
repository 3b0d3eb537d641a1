import ClusterModel

/// Who waits in this process at an armed step of a migration.
struct FailpointStops {
    private let armed: Set<Failpoint>
    private var waiting: [Int: () -> Void] = [:]
    private var last = 0

    init(armed: [Failpoint]) { self.armed = Set(armed) }

    /// - Returns: the number under which it waits; `nil` where nothing holds it.
    mutating func arrive(_ point: Failpoint, _ goOn: @escaping () -> Void) -> Int? {
        guard armed.contains(point) else { return nil }
        last += 1
        waiting[last] = goOn
        return last
    }

    /// - Returns: what to do now; `nil` where nobody waits under this number.
    mutating func leave(_ id: Int) -> (() -> Void)? { waiting.removeValue(forKey: id) }
}
