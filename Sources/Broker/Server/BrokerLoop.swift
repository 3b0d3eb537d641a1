import Logging
import NIOCore

/// Drives a core on its event loop: ends batches, hands groups to the store, keeps time. Confined to the loop.
///
/// A batch is what the loop reads in one turn, from all connections. At its end each touched connection is written once,
/// and what collected for the store is handed over.
final class BrokerLoop {
    let core: BrokerCore
    let store: (any MessageStore)?
    let eventLoop: any EventLoop
    let logger: Logger
    private var isScheduled = false
    private var storeFails = false
    /// Turns in which connections go on at once, before other events get their turn.
    private static let rounds = 4

    init(core: BrokerCore, store: (any MessageStore)?, eventLoop: any EventLoop, logger: Logger) {
        self.core = core
        self.store = store
        self.eventLoop = eventLoop
        self.logger = logger
    }

    /// To be called whenever the core may have work.
    func noteWork() {
        guard !isScheduled, core.hasWork else { return }
        isScheduled = true
        eventLoop.assumeIsolatedUnsafeUnchecked().execute { self.endBatch() }
    }

    private func endBatch() {
        isScheduled = false
        for _ in 0..<BrokerLoop.rounds {
            commit()
            core.finishBatch { $0.transport?.flush() }
            guard core.hasWork else { return }
        }
        // Not `execute`: the loop would run it before it looks at the sockets again.
        isScheduled = true
        eventLoop.assumeIsolatedUnsafeUnchecked().scheduleTask(in: .microseconds(10)) { self.endBatch() }
    }

    private func commit(isTick: Bool = false) {
        guard let store, let group = core.sealGroup(isTick: isTick) else { return }
        let handle = NIOLoopBound(self, eventLoop: eventLoop)
        let eventLoop = eventLoop
        store.commit(group) { result in
            eventLoop.execute { handle.value.committed(result) }
        }
    }

    private func committed(_ result: Result<Void, StoreError>) {
        switch result {
        case .success:
            if storeFails { logger.notice("the store writes again") }
            storeFails = false
            core.groupCompleted(success: true)
        case .failure(let error):
            if !storeFails {
                logger.error(
                    "the store cannot write; persistent publishes are refused", metadata: ["error": "\(error)"])
            }
            storeFails = true
            core.groupCompleted(success: false)
        }
        noteWork()
    }

    /// `now` of the monotonic clock.
    func tick(now: NIODeadline) {
        core.tick(now: now.uptimeNanoseconds)
        commit(isTick: true)
        noteWork()
    }
}
