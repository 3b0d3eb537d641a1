import NIOCore

/// The one timer of a role that does things at their time. It belongs to the role's event loop.
final class WakeTimer {
    private let eventLoop: any EventLoop
    private let wake: () -> Void
    private var scheduled: Scheduled<Void>?
    private var moment = Int64.max

    init(_ eventLoop: any EventLoop, _ wake: @escaping () -> Void) {
        self.eventLoop = eventLoop
        self.wake = wake
    }

    /// Wakes once at this moment, in nanoseconds of `MonotonicClock`, and at no earlier one that was set before.
    /// - Parameter next: `nil`: not at all.
    func set(_ next: Int64?, now: Int64) {
        let next = next ?? .max
        guard next != moment || scheduled == nil else { return }
        cancel()
        moment = next
        guard next != .max else { return }
        scheduled = eventLoop.assumeIsolated().scheduleTask(in: .nanoseconds(next - now)) {
            self.scheduled = nil
            self.wake()
        }
    }

    func cancel() {
        scheduled?.cancel()
        scheduled = nil
    }
}
