import Dispatch
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// For all objects of one assertion together; what they end is unknown.
package struct LinearizabilityLimits: Sendable {
    /// Bytes, about.
    package var memory = 512 << 20
    package var time = Duration.seconds(30)

    package init() {}
}

/// What was found about one of several objects.
package protocol JudgedObject: Sendable {
    var verdict: Verdict { get }
}

/// Judges objects by themselves, as many at a time as there are processors.
///
/// Where there are several, each is first tried for a short while, so that one that takes long does not keep the others
/// from being judged; then those that are left, until one is proven wrong.
package struct ParallelJudging: Sendable {
    let limits: LinearizabilityLimits
    /// Steps of each search at first.
    var firstSteps = 1 << 18

    package init(limits: LinearizabilityLimits = .init()) { self.limits = limits }

    /// - Parameters:
    ///   - sizes: the operations of each object.
    ///   - judge: judges one object, with so many bytes, until its search has taken so many steps that it is over.
    /// - Returns: a finding an object.
    package func findings<Finding: JudgedObject>(
        _ sizes: [Int],
        _ judge: @Sendable (_ object: Int, _ memory: Int, _ isOver: @escaping (Int) -> Bool) -> Finding
    ) -> [Finding] {
        let clock = ContinuousClock()
        let deadline = clock.now + limits.time
        let width = min(sizes.count, max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))))
        guard width > 0 else { return [] }
        let memory = limits.memory / width
        let found = Mutex<[Finding?]>(Array(repeating: nil, count: sizes.count))
        // The long ones first, so that none of them is left for the end.
        let order = sizes.indices.sorted { (sizes[$1], $0) < (sizes[$0], $1) }
        for steps in sizes.count > 1 ? [firstSteps, Int.max] : [Int.max] {
            let open = found.withLock { found in order.filter { (found[$0]?.verdict ?? .unknown) == .unknown } }
            let isFirst = steps != Int.max
            let isDecided = Atomic<Bool>(!isFirst && found.withLock { $0.contains { $0?.verdict == .fail } })
            let upcoming = Atomic<Int>(0)
            DispatchQueue.concurrentPerform(iterations: width) { _ in
                while isFirst || !isDecided.load(ordering: .relaxed) {
                    let place = upcoming.add(1, ordering: .relaxed).oldValue
                    guard place < open.count else { return }
                    let finding = judge(open[place], memory) {
                        $0 >= steps || clock.now >= deadline || (!isFirst && isDecided.load(ordering: .relaxed))
                    }
                    if finding.verdict == .fail { isDecided.store(true, ordering: .relaxed) }
                    found.withLock { $0[open[place]] = finding }
                }
            }
        }
        return found.withLock { $0.compactMap { $0 } }
    }
}
