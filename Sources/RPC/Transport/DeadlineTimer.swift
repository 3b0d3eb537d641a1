import NIOCore

/// Runs a `DeadlineQueue` on an event loop with a single timer: most calls end long before they are due, and cost none.
final class DeadlineTimer<Member: DeadlineHolder> {
    private let eventLoop: any EventLoop
    private let isDue: (Member) -> Void
    private var queue = DeadlineQueue<Member>()
    private var armed: (at: UInt64, task: Scheduled<Void>)?

    init(eventLoop: any EventLoop, isDue: @escaping (Member) -> Void) {
        self.eventLoop = eventLoop
        self.isDue = isDue
    }

    /// - Parameter deadline: nanoseconds of `NIODeadline`'s clock; nil takes the member out.
    func set(_ member: Member, _ deadline: UInt64?) {
        guard let deadline else { return queue.remove(member) }
        queue.set(member, deadline)
        if let armed, armed.at <= deadline { return }
        arm()
    }

    func stop() {
        armed?.task.cancel()
        armed = nil
        queue.removeAll()
    }

    private func arm() {
        armed?.task.cancel()
        armed = nil
        guard let next = queue.next else { return }
        // A deadline may lie centuries ahead, beyond what the event loop can count.
        let now = NIODeadline.now().uptimeNanoseconds
        let at = min(next, now + 3_600_000_000_000)
        armed = (
            at,
            eventLoop.assumeIsolated().scheduleTask(deadline: .uptimeNanoseconds(at)) { [weak self] in self?.fire() }
        )
    }

    private func fire() {
        armed = nil
        let now = NIODeadline.now().uptimeNanoseconds
        while let member = queue.popDue(now) { isDue(member) }
        // One of those may have armed it.
        if armed == nil { arm() }
    }
}
