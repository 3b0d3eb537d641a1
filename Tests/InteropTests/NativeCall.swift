import NIOCore
import NIOPosix
import RPC

/// One call of the native client, step by step: for what no stub shows.
struct NativeCall: Sendable {
    enum Event: Sendable {
        case headers(Metadata)
        case message([UInt8])
        case finished(ClientStreamEnding)
    }

    private let stream: NIOLoopBound<ClientStream>
    private let events: AsyncStream<Event>

    static func connect(port: Int) async throws -> NIOLoopBound<GRPCConnection> {
        try await GRPCConnection.connect(
            GRPCConnectionConfiguration(host: "127.0.0.1", port: port), on: MultiThreadedEventLoopGroup.singleton.next()
        ).get()
    }

    static func start(
        _ connection: NIOLoopBound<GRPCConnection>, _ path: String, metadata: Metadata = Metadata(),
        timeout: UInt64? = 10_000_000_000
    ) async throws -> NativeCall {
        let (events, continuation) = AsyncStream.makeStream(of: Event.self)
        let stream = try await connection.eventLoop.submit {
            connection.value.start(
                path: path, metadata: metadata, timeout: timeout, delegate: Listener(continuation)
            ).bound
        }.get()
        return NativeCall(stream: stream, events: events)
    }

    func send(_ bytes: [UInt8], last: Bool = false) async throws {
        try await stream.eventLoop.submit { stream.value.send(ByteBuffer(bytes: bytes), endOfStream: last) }.get()
    }

    func halfClose() async throws { try await stream.eventLoop.submit { stream.value.halfClose() }.get() }

    func cancel() async throws { try await stream.eventLoop.submit { stream.value.cancel() }.get() }

    /// The next reply; `nil` at the end.
    func message() async -> [UInt8]? {
        for await event in events {
            if case .message(let bytes) = event { return bytes }
            if case .finished = event { return nil }
        }
        return nil
    }

    struct Outcome: Sendable {
        var headers = Metadata()
        var messages: [[UInt8]] = []
        var ending = ClientStreamEnding(GRPCStatus(.unknown), origin: .neverSent, wasSent: false)
    }

    /// All that is still to come.
    func outcome() async -> Outcome {
        var outcome = Outcome()
        for await event in events {
            switch event {
            case .headers(let metadata): outcome.headers = metadata
            case .message(let bytes): outcome.messages.append(bytes)
            case .finished(let ending):
                outcome.ending = ending
                return outcome
            }
        }
        return outcome
    }

    private final class Listener: ClientStreamDelegate {
        private let events: AsyncStream<Event>.Continuation
        private var keep: Listener?

        init(_ events: AsyncStream<Event>.Continuation) {
            self.events = events
            // Streams hold their delegates weakly or not; until the end this one holds itself.
            keep = self
        }

        func received(initialMetadata: Metadata) { events.yield(.headers(initialMetadata)) }
        func received(_ message: ByteBuffer) { events.yield(.message(Array(message.readableBytesView))) }
        func finished(_ ending: ClientStreamEnding) {
            events.yield(.finished(ending))
            events.finish()
            keep = nil
        }
    }
}
