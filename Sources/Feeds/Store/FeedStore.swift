import NIOCore
import Storage

/// The durable feeds of a node, on their way to the disk. Confined to its event loop.
final class FeedStore {
    private let disk: any FeedDisk
    private let writer: GroupWriter<FeedWrite>

    private init(_ disk: any FeedDisk, _ writer: GroupWriter<FeedWrite>) {
        self.disk = disk
        self.writer = writer
    }

    var eventLoop: any EventLoop { writer.eventLoop }
    var failure: StoreFailure? { writer.failure }

    /// Fails with `StoreFailure`.
    /// - Parameter feeds: with the epoch that a new one begins with.
    static func open(
        _ disk: any FeedDisk, feeds: [(name: String, epoch: String)], on eventLoop: any EventLoop
    ) -> EventLoopFuture<NIOLoopBound<(FeedStore, [String: StoredFeed])>> {
        GroupWriter.start(
            on: eventLoop, open: { try disk.open(feeds) },
            put: { (writes) throws(StoreFailure) in try disk.write(writes) }
        ).map { started in
            let (writer, stored) = started.value
            return NIOLoopBound((FeedStore(disk, writer), stored), eventLoop: eventLoop)
        }
    }

    /// - Parameter completion: with nil once the item, and all before it, is on disk. Called later, on the event loop.
    func write(_ write: FeedWrite, _ completion: @escaping (StoreFailure?) -> Void) {
        writer.write([write], completion)
    }

    /// Waits for what is being written, and lets go of the file.
    /// - Parameter known: the last item of each feed that was made known.
    func close(known: @escaping () -> [String: UInt64]) -> EventLoopFuture<Void> {
        let disk = self.disk
        return writer.close {
            let last = known()
            return { disk.close(known: last) }
        }
    }
}
