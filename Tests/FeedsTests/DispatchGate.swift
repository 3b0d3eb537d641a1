import Dispatch

/// Holds a thread up until it is opened, once and for all.
final class DispatchGate: Sendable {
    private let semaphore: DispatchSemaphore

    init(isOpen: Bool) { semaphore = DispatchSemaphore(value: isOpen ? 1 : 0) }

    func pass() {
        semaphore.wait()
        semaphore.signal()
    }

    func open() { semaphore.signal() }
}
