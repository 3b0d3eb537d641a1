import ClusterModel
import NIOCore
import NIOHTTP1

/// Carries out what a `WatchCore` decides, over HTTP. Confined to its event loop; whoever owns it has the timer.
package final class FeedWatcher {
    package private(set) var core: WatchCore
    private let role: WatchRole
    private let client: FeedClient
    private let now: () -> Int64
    private let act: (WatchCore.Action) -> Void
    private var parser = EventStreamParser()
    private var head: (status: Int, headers: HTTPHeaders)?
    private var body = ByteBuffer()

    /// `core.wakeUp` may be another.
    package var changed: (() -> Void)?

    /// - Parameters:
    ///   - now: nanoseconds of a clock that only goes on.
    ///   - act: what is not HTTP: shows items, logs, records.
    package init(
        _ role: WatchRole, _ client: FeedClient, now: @escaping () -> Int64, act: @escaping (WatchCore.Action) -> Void
    ) {
        self.role = role
        core = WatchCore(role)
        self.client = client
        self.now = now
        self.act = act
    }

    package func start() { carryOut(core.start(now: now())) }

    /// To be called at `core.wakeUp`.
    package func wake() { carryOut(core.wake(now: now())) }

    package func stop() {
        core.stop()
        client.abandon()
    }

    private func carryOut(_ actions: [WatchCore.Action]) {
        defer { changed?() }
        for action in actions {
            switch action {
            case .request(let query): request(query)
            case .abandon: client.abandon()
            default: act(action)
            }
        }
    }

    private func request(_ query: WatchCore.Query) {
        parser = EventStreamParser()
        head = nil
        body = ByteBuffer()
        client.request(FeedClient.Request(query, feed: role.feed)) { event in
            if query.isStream { self.streamed(event) } else { self.answered(event) }
        }
    }

    private func answered(_ event: FeedConnection.Event) {
        switch event {
        case .head(let status, let headers): head = (status, headers)
        case .body(var buffer): body.writeBuffer(&buffer)
        case .failed(let reason): carryOut(core.failed(reason, now: now()))
        case .end:
            guard let head else { return }
            let content = head.status == 200 ? FeedContent(body) : nil
            carryOut(
                core.replied(
                    .init(
                        status: head.status, epoch: head.headers.first(name: "orch-feed-epoch"),
                        oldest: Self.oldest(head.headers), content: content), now: now()))
        }
    }

    private func streamed(_ event: FeedConnection.Event) {
        switch event {
        case .head(let status, let headers):
            let type = headers.first(name: "content-type") ?? ""
            carryOut(
                core.streamOpened(
                    // What is no stream cannot be followed.
                    status: status == 200 && !type.hasPrefix("text/event-stream") ? 406 : status,
                    epoch: headers.first(name: "orch-feed-epoch"), oldest: Self.oldest(headers), now: now()))
        case .body(let buffer):
            do {
                let outputs = try parser.read(buffer.readableBytesView)
                carryOut(core.streamed(outputs, now: now()))
            } catch {
                client.abandon()
                carryOut(core.failed("an event is too long", now: now()))
            }
        case .end: carryOut(core.failed("the stream ended", now: now()))
        case .failed(let reason): carryOut(core.failed(reason, now: now()))
        }
    }

    private static func oldest(_ headers: HTTPHeaders) -> UInt64? {
        headers.first(name: "orch-feed-oldest").flatMap { UInt64($0) }.flatMap { $0 > 0 && $0 < .max / 2 ? $0 : nil }
    }
}
