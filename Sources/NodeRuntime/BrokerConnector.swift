import AMQP
import AMQPClient
import ClusterModel
import NIOCore

/// Keeps one channel to one broker open: connects, lets its owner set the channel up, and does both again, with growing
/// pauses, whenever it is lost. It belongs to its event loop.
final class BrokerConnector {
    private static let firstPause: Int64 = 20
    private static let longestPause: Int64 = 1_000

    private let context: NodeContext
    private let url: AMQPURL
    private let setUp: (ClientChannel) -> EventLoopFuture<Void>
    private(set) var connection: ClientConnection?
    private var pause = firstPause
    private var attempts = 0
    private var isStopped = false
    private let firstReady: EventLoopPromise<Void>
    /// Called when the socket takes more again.
    var writabilityChanged: (() -> Void)?

    /// - Parameter setUp: sets its delegate, declares and subscribes; it is called for each new channel.
    init(_ context: NodeContext, broker: String, setUp: @escaping (ClientChannel) -> EventLoopFuture<Void>) throws {
        guard let text = context.plan.endpoints[broker], let url = AMQPURL(text) else {
            throw OrchError(.internalError, "the plan has no URL for the broker '\(broker)'")
        }
        self.context = context
        self.url = url
        self.setUp = setUp
        firstReady = context.eventLoop.makePromise()
    }

    /// Succeeds when the first channel is set up.
    func start() -> EventLoopFuture<Void> {
        connect()
        return firstReady.futureResult
    }

    /// The channel is lost; tries again after a pause.
    func lost(_ error: ClientError) {
        connection = nil
        guard !isStopped else { return }
        attempts += 1
        // The first loss after a while is worth a line, and then every tenth.
        if attempts == 1 || attempts % 10 == 0 { context.log("broker: \(error); trying again") }
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        context.eventLoop.scheduleTask(in: .milliseconds(pause)) { bound.value.connect() }
        pause = min(pause * 2, Self.longestPause)
    }

    func stop() -> EventLoopFuture<Void> {
        isStopped = true
        return connection?.close() ?? context.eventLoop.makeSucceededVoidFuture()
    }

    private func connect() {
        guard !isStopped else { return }
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        ClientConnection.connect(to: url, name: context.plan.instance, on: context.eventLoop)
            .flatMap { connection in
                bound.value.connection = connection.value
                return connection.value.openChannel()
            }
            .flatMap { channel in
                let this = bound.value
                this.connection?.writabilityChanged = { [weak this] in this?.writabilityChanged?() }
                return this.setUp(channel.value)
            }
            .whenComplete { result in
                let this = bound.value
                switch result {
                case .success:
                    this.pause = Self.firstPause
                    this.attempts = 0
                    this.firstReady.succeed()
                case .failure(let error):
                    // A channel that ended tells its owner; only what failed before has nobody else to tell us.
                    let known = this.connection
                    this.connection = nil
                    _ = known?.close()
                    this.lost(error as? ClientError ?? .unreachable("\(error)"))
                }
            }
    }
}
