import NIOCore
import NIOPosix

/// Writes on their way to a disk: in order, in groups, one group at a time on a thread of its own, so that many writes
/// share one `fsync`. Confined to its event loop.
///
/// A group that fails ends the writer: what was not yet on disk may or may not be, and everything after it could depend
/// on it. All further writes fail; only a restart, which reads the disk, can tell.
package final class GroupWriter<Write: Sendable> {
    package let eventLoop: any EventLoop
    package private(set) var failure: StoreFailure?
    private let thread: NIOThreadPool
    private let put: @Sendable ([Write]) throws(StoreFailure) -> Void
    private var group: [Write] = []
    private var completions: [(StoreFailure?) -> Void] = []
    private var isWriting = false
    private var isCompleting = false

    private init(
        on eventLoop: any EventLoop, _ thread: NIOThreadPool,
        _ put: @escaping @Sendable ([Write]) throws(StoreFailure) -> Void
    ) {
        self.eventLoop = eventLoop
        self.thread = thread
        self.put = put
    }

    /// Starts the thread. Fails with what `open` throws.
    /// - Parameters:
    ///   - open: opens the disk, on the thread.
    ///   - put: writes a group, on the thread.
    package static func start<State: Sendable>(
        on eventLoop: any EventLoop, open: @escaping @Sendable () throws -> State,
        put: @escaping @Sendable ([Write]) throws(StoreFailure) -> Void
    ) -> EventLoopFuture<NIOLoopBound<(GroupWriter, State)>> {
        let thread = NIOThreadPool(numberOfThreads: 1)
        thread.start()
        return thread.runIfActive(eventLoop: eventLoop, open)
            .map { NIOLoopBound((GroupWriter(on: eventLoop, thread, put), $0), eventLoop: eventLoop) }
            .flatMapErrorThrowing {
                thread.shutdownGracefully { _ in }
                throw $0
            }
    }

    /// Whether all that was written is on disk.
    package var isIdle: Bool { !isWriting && completions.isEmpty }

    /// - Parameter completion: with nil once these writes, and all before them, are on disk. Called later, on the event
    ///   loop.
    package func write(_ writes: [Write], _ completion: @escaping (StoreFailure?) -> Void) {
        group += writes
        completions.append(completion)
        if !isWriting, !isCompleting { flush() }
    }

    private func flush() {
        isWriting = true
        let group = self.group
        self.group = []
        let bound = NIOLoopBound((self, completions), eventLoop: eventLoop)
        completions = []
        let failure = self.failure
        let put = self.put
        let eventLoop = self.eventLoop
        thread.submit { state in
            var result = failure
            if result == nil, state != .active { result = .closed }
            if result == nil {
                do throws(StoreFailure) { try put(group) } catch { result = error }
            }
            let outcome = result
            eventLoop.execute {
                let (writer, completions) = bound.value
                writer.wrote(completions, outcome)
            }
        }
    }

    private func wrote(_ completions: [(StoreFailure?) -> Void], _ failure: StoreFailure?) {
        if self.failure == nil { self.failure = failure }
        isWriting = false
        // What the completions write becomes one group.
        isCompleting = true
        for completion in completions { completion(failure) }
        isCompleting = false
        if !self.completions.isEmpty { flush() }
    }

    /// Lets what is on its way reach the disk, and ends the thread: no write is taken any more.
    /// - Parameter last: what the thread does at the very end, such as to let go of the files; made on the event loop
    ///   when the group under way is done.
    package func close(_ last: @escaping () -> @Sendable () -> Void) -> EventLoopFuture<Void> {
        let promise = eventLoop.makePromise(of: Void.self)
        let bound = NIOLoopBound((self, last), eventLoop: eventLoop)
        let eventLoop = self.eventLoop
        let thread = self.thread
        thread.submit { _ in
            eventLoop.execute {
                let (writer, last) = bound.value
                if writer.failure == nil { writer.failure = .closed }
                let end = last()
                thread.submit { _ in
                    end()
                    thread.shutdownGracefully { _ in promise.succeed() }
                }
            }
        }
        return promise.futureResult
    }
}

extension StoreFailure {
    fileprivate static var closed: StoreFailure { StoreFailure(.closed, "the store is closed") }
}
