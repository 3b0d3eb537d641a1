import ClusterModel
import NIOCore

@testable import RPC

/// The way from a client to a dispatcher in the same process, over a network that drops, duplicates and delays whole
/// requests and replies, and whose server may be exchanged for another life of it without the client's noticing.
final class LossyTransport: CallTransport {
    let target = "server-1"
    var dispatcher: ServiceDispatcher
    var drop: Double
    var duplicate: Double
    private var random: SeededGenerator
    private var incarnation: String?

    init(_ dispatcher: ServiceDispatcher, drop: Double, duplicate: Double = 0, seed: UInt64) {
        self.dispatcher = dispatcher
        self.drop = drop
        self.duplicate = duplicate
        random = SeededGenerator(seed: seed, "lossy")
        incarnation = dispatcher.configuration.incarnation
    }

    func prepare(handshake: Bool, _ ready: @escaping (Result<String?, Unreachable>) -> Void) {
        ready(.success(handshake ? incarnation : nil))
    }

    /// The client's connection is made anew.
    func reconnect() { incarnation = dispatcher.configuration.incarnation }

    func start(
        path: String, metadata: Metadata, timeout: UInt64?, delegate: any ClientStreamDelegate
    ) -> any CallStream {
        Stream(self, path, metadata, timeout, delegate)
    }

    func heard(_ header: ReplyHeader) {}

    func close() -> EventLoopFuture<Void> { Loop.eventLoop.makeSucceededVoidFuture() }

    fileprivate func chance(_ share: Double) -> Bool { Double.random(in: 0..<1, using: &random) < share }

    /// Mostly at once, sometimes late enough to be overtaken.
    fileprivate func later(_ action: @escaping () -> Void) {
        let loop = Loop.eventLoop.assumeIsolated()
        if chance(0.8) {
            loop.execute(action)
        } else {
            loop.scheduleTask(in: .microseconds(Int64.random(in: 0...8_000, using: &random)), action)
        }
    }

    private final class Stream: CallStream {
        private let transport: LossyTransport
        private let path: String
        private let metadata: Metadata
        private let timeout: UInt64?
        private var delegate: (any ClientStreamDelegate)?
        private var requests: [InboundRequest] = []
        let isWritable = true

        init(
            _ transport: LossyTransport, _ path: String, _ metadata: Metadata, _ timeout: UInt64?,
            _ delegate: any ClientStreamDelegate
        ) {
            self.transport = transport
            self.path = path
            self.metadata = metadata
            self.timeout = timeout
            self.delegate = delegate
        }

        func send(_ message: ByteBuffer, endOfStream: Bool) {
            guard !transport.chance(transport.drop) else { return }
            for copy in 0..<(transport.chance(transport.duplicate) ? 2 : 1) {
                transport.later { [self] in
                    let answer = Reply(self, isCopy: copy > 0)
                    let request = transport.dispatcher.open(
                        InboundCall(path: path, metadata: metadata, timeout: timeout, responder: answer))
                    if let request, copy == 0 { requests.append(request) }
                    request?.received(message)
                    request?.halfClosed()
                }
            }
        }

        func halfClose() {}

        func cancel() {
            delegate = nil
            for request in requests { request.cancelled(.reset(code: 8)) }
        }

        func finished(_ message: ByteBuffer?, _ status: GRPCStatus, _ trailers: Metadata) {
            guard !transport.chance(transport.drop) else { return }
            transport.later { [self] in
                let delegate = self.delegate
                self.delegate = nil
                if let message { delegate?.received(message) }
                delegate?.finished(ClientStreamEnding(status, trailers: trailers, origin: .serverStatus, wasSent: true))
            }
        }
    }

    private final class Reply: CallResponder {
        private let stream: Stream
        private let isCopy: Bool
        private var message: ByteBuffer?
        let isWritable = true
        var isReading = true

        init(_ stream: Stream, isCopy: Bool) {
            self.stream = stream
            self.isCopy = isCopy
        }

        func sendHeaders(_ metadata: Metadata) {}
        func send(_ message: ByteBuffer) { self.message = message }
        /// The answer to a copy that the network made goes nowhere.
        func finish(_ status: GRPCStatus, trailers: Metadata) {
            if !isCopy { stream.finished(message, status, trailers) }
        }
    }
}
