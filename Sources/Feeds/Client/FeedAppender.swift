import ClusterModel
import NIOCore
import NIOHTTP1

/// Carries out what an `AppendCore` decides, over HTTP. Confined to its event loop; whoever owns it has the timer.
package final class FeedAppender {
    package enum Event {
        /// An attempt is about to leave.
        case attempt(AppendCore.Item, number: Int)
        case ended(AppendCore.Item, AppendCore.Outcome)
    }

    package private(set) var core: AppendCore
    private let feed: String
    private let client: FeedClient
    private let now: () -> Int64
    private let act: (Event) -> Void
    private var status = 0
    private var body = ByteBuffer()

    /// `core.wakeUp` may be another.
    package var changed: (() -> Void)?

    /// - Parameter now: nanoseconds of a clock that only goes on.
    package init(
        feed: String, _ core: AppendCore, _ client: FeedClient, now: @escaping () -> Int64,
        act: @escaping (Event) -> Void
    ) {
        self.feed = feed
        self.core = core
        self.client = client
        self.now = now
        self.act = act
    }

    package func append(_ item: AppendCore.Item) { carryOut(core.add(item, now: now())) }

    /// To be called at `core.wakeUp`.
    package func wake() { carryOut(core.wake(now: now())) }

    package func stop() { client.abandon() }

    private func carryOut(_ actions: [AppendCore.Action]) {
        defer { changed?() }
        for action in actions {
            switch action {
            case .send(let item): send(item)
            case .abandon: client.abandon()
            case .ended(let item, let outcome): act(.ended(item, outcome))
            }
        }
    }

    private func send(_ item: AppendCore.Item) {
        status = 0
        body = ByteBuffer()
        client.request(FeedClient.Request(item, feed: feed)) {
            self.core.sent()
            self.act(.attempt(item, number: self.core.attempt))
        } _: { event in
            switch event {
            case .head(let status, _): self.status = status
            case .body(var buffer): self.body.writeBuffer(&buffer)
            case .failed(let reason): self.carryOut(self.core.ended(.unsure(reason), now: self.now()))
            case .end: self.carryOut(self.core.ended(self.end(), now: self.now()))
            }
        }
    }

    private func end() -> AppendCore.AttemptEnd {
        switch status {
        case 200, 201:
            guard let number = FeedContent.appended(body) else { return .unsure("the answer cannot be read") }
            return .appended(number)
        // These say that this request can never be carried out. Others may be somebody's on the way.
        case 400, 404, 405, 406, 410, 411, 413, 415, 422: return .refused("the server answered \(status)")
        default: return .unsure("the server answered \(status)")
        }
    }
}
