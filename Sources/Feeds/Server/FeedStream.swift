import ClusterModel
import NIOCore

/// One pushed-to watcher: gives what is to be written to it, whenever it takes more. Confined to its feed's event loop.
///
/// What waits for a watcher is not copied: it is a stretch of the feed (`PushCursor`). Only one piece at a time is on its
/// way to the socket.
final class FeedStream {
    /// Octets of one piece, more or less, and items.
    private static let pieceSize = 64 << 10
    private static let batch = 256
    /// How soon a browser comes back after a loss.
    private static let retry = 250

    let id: Int
    private let feed: LiveFeed
    private let eventLoop: any EventLoop
    private let disconnect: () -> Void
    private var cursor: PushCursor
    private var hasBegun = false
    private var hasEnded = false
    /// Who waits for the next piece.
    private var waiting: ((ByteBuffer?) -> Void)?
    private var heartbeat: Scheduled<Void>?

    init(
        _ id: Int, _ feed: LiveFeed, _ cursor: PushCursor, on eventLoop: any EventLoop, disconnect: @escaping () -> Void
    ) {
        self.id = id
        self.feed = feed
        self.cursor = cursor
        self.eventLoop = eventLoop
        self.disconnect = disconnect
    }

    /// - Parameter give: called once, with the next piece, or with nil at the end. It may be called at once.
    func next(_ give: @escaping (ByteBuffer?) -> Void) {
        guard !hasEnded else { return give(nil) }
        var piece = ByteBuffer()
        if !hasBegun {
            hasBegun = true
            EventStreamWriter.begin(retry: Self.retry, epoch: feed.log.epoch, into: &piece)
        }
        fill(&piece)
        guard !hasEnded else { return give(nil) }
        guard piece.readableBytes == 0 else { return give(piece) }
        waiting = give
        heartbeat = eventLoop.assumeIsolated().scheduleTask(in: .nanoseconds(feed.feed.heartbeat.nanoseconds)) {
            guard let waiting = self.waiting else { return }
            self.waiting = nil
            var piece = ByteBuffer()
            EventStreamWriter.heartbeat(last: self.feed.log.last, into: &piece)
            waiting(piece)
        }
    }

    /// Whether it has everything, and waits for more.
    var isIdle: Bool { waiting != nil }

    private func fill(_ piece: inout ByteBuffer) {
        while piece.readableBytes < Self.pieceSize {
            // One item may be long: their number is not the only bound.
            let mean = max(1, feed.log.item(cursor.next)?.body.count ?? 1)
            let batch = min(Self.batch, max(1, Self.pieceSize / mean))
            switch cursor.step(oldest: feed.log.oldest, last: feed.log.last, batch: batch) {
            case .items(let numbers):
                for number in numbers {
                    if let item = feed.log.item(number) { EventStreamWriter.item(item, into: &piece) }
                }
            case .gap(let numbers): EventStreamWriter.gap(numbers, into: &piece)
            case .wait: return
            case .disconnect: return cutOff()
            }
        }
    }

    /// There are new items.
    func wake() {
        if let waiting {
            self.waiting = nil
            heartbeat?.cancel()
            next(waiting)
        } else if !hasEnded, cursor.isTooSlow(last: feed.log.last) {
            // It does not take what it was given: nobody will ask for the next piece.
            cutOff()
        }
    }

    private func cutOff() {
        hasEnded = true
        feed.remove(self)
        disconnect()
    }

    /// The stream ends in order, or nobody reads it any more.
    func end() {
        hasEnded = true
        heartbeat?.cancel()
        feed.remove(self)
        guard let waiting else { return }
        self.waiting = nil
        waiting(nil)
    }
}
