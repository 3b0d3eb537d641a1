import NIOCore

/// One server process over gRPC: a connection that is made at first use and again after it is lost. Before the first
/// call that needs it, the server is asked for its incarnation, once a connection.
package final class GRPCTarget: CallTransport {
    /// Between two tries to connect, at least.
    private static let pause = TimeAmount.milliseconds(20)
    /// For one answer of the server to the question for its incarnation; it is asked again.
    private static let handshakeTimeout: UInt64 = 500_000_000

    /// What is known of the server's incarnation on this connection.
    private enum Incarnation {
        case unasked, asked
        /// `nil`: a server that has none to tell.
        case known(String?)
    }

    private struct Waiter {
        var handshake: Bool
        var ready: (Result<String?, Unreachable>) -> Void
    }

    package let target: String
    private let configuration: GRPCConnectionConfiguration
    private let eventLoop: any EventLoop
    private var connection: GRPCConnection?
    private var isConnecting = false
    private var incarnation = Incarnation.unasked
    private var waiters: [Waiter] = []
    private var lastTry: NIODeadline?
    private var isClosed = false
    private var question: SessionQuestion?

    package init(target: String, configuration: GRPCConnectionConfiguration, eventLoop: any EventLoop) {
        self.target = target
        self.configuration = configuration
        self.eventLoop = eventLoop
    }

    package func prepare(handshake: Bool, _ ready: @escaping (Result<String?, Unreachable>) -> Void) {
        if let connection, connection.isUsable {
            guard handshake else { return ready(.success(nil)) }
            if case .known(let known) = incarnation { return ready(.success(known)) }
        }
        guard !isClosed else { return ready(.failure(Unreachable("closed"))) }
        waiters.append(Waiter(handshake: handshake, ready: ready))
        if connection?.isUsable == true { ask() } else { connect() }
    }

    package func start(
        path: String, metadata: Metadata, timeout: UInt64?, delegate: any ClientStreamDelegate
    ) -> any CallStream {
        // Between `ready` and this nothing of the event loop has run, but a caller may hold on to its readiness.
        guard let connection else { return NeverSent(delegate, eventLoop) }
        return connection.start(path: path, metadata: metadata, timeout: timeout, delegate: delegate)
    }

    /// Each answer says which life of the server it comes from. A link may keep a connection open beyond a server's
    /// restart: calls that begin from now on are meant for the life that has spoken last.
    package func heard(_ header: ReplyHeader) {
        if case .known(let known?) = incarnation, let token = header.incarnation, token != known {
            incarnation = .known(token)
        }
    }

    package func close() -> EventLoopFuture<Void> {
        isClosed = true
        fail("closed")
        guard let connection else { return eventLoop.makeSucceededVoidFuture() }
        let closed = eventLoop.makePromise(of: Void.self)
        connection.onClosed = { _ in closed.succeed() }
        connection.onUnusable = nil
        connection.drain()
        return closed.futureResult
    }

    // MARK: - Connecting

    private func connect() {
        guard !isConnecting else { return }
        isConnecting = true
        let now = NIODeadline.now()
        let next = lastTry.map { max(now, $0 + Self.pause) } ?? now
        guard next > now else { return tryToConnect() }
        eventLoop.assumeIsolated().scheduleTask(deadline: next) { self.tryToConnect() }
    }

    private func tryToConnect() {
        lastTry = .now()
        guard !isClosed else { return fail("closed") }
        GRPCConnection.connect(configuration, on: eventLoop).assumeIsolated().whenComplete { result in
            self.isConnecting = false
            switch result {
            case .success(let connection): self.connected(connection.value)
            case .failure(let error): self.fail("\(error)")
            }
        }
    }

    private func connected(_ connection: GRPCConnection) {
        guard !isClosed else {
            connection.close()
            return
        }
        self.connection = connection
        incarnation = .unasked
        connection.onUnusable = { [weak self, weak connection] in
            guard let self, let connection else { return }
            self.lost(connection)
        }
        tell { waiter in waiter.handshake ? nil : .success(nil) }
        if !waiters.isEmpty { ask() }
    }

    private func lost(_ connection: GRPCConnection) {
        guard self.connection === connection else { return }
        self.connection = nil
        incarnation = .unasked
        question = nil
        if !waiters.isEmpty { connect() }
    }

    private func fail(_ reason: String) { tell { _ in .failure(Unreachable(reason)) } }

    /// Answers those waiters that there is an answer for.
    private func tell(_ answer: (Waiter) -> Result<String?, Unreachable>?) {
        let all = waiters
        waiters = []
        for waiter in all {
            if let answer = answer(waiter) { waiter.ready(answer) } else { waiters.append(waiter) }
        }
    }

    // MARK: - The handshake

    private func ask() {
        guard let connection, question == nil else { return }
        incarnation = .asked
        let question = SessionQuestion { [weak self] ending, header in self?.answered(ending, header) }
        self.question = question
        let stream = connection.start(
            path: SessionPath.open, timeout: Self.handshakeTimeout, delegate: question)
        stream.send(ByteBuffer(), endOfStream: true)
    }

    private func answered(_ ending: ClientStreamEnding, _ header: ReplyHeader) {
        question = nil
        guard connection?.isUsable == true else {
            if !waiters.isEmpty { connect() }
            return
        }
        switch (ending.status.code, header.incarnation) {
        case (.ok, let token): known(token)
        // Whoever answers so has no incarnations, and filters no duplicates.
        case (.unimplemented, _), (.unauthenticated, _), (.permissionDenied, _), (.notFound, _): known(nil)
        default:
            incarnation = .unasked
            guard !waiters.isEmpty else { return }
            eventLoop.assumeIsolated().scheduleTask(in: Self.pause) { self.ask() }
        }
    }

    private func known(_ token: String?) {
        incarnation = .known(token)
        tell { _ in .success(token) }
    }
}

/// A transmission that found its connection gone.
private final class NeverSent: CallStream {
    let isWritable = true

    init(_ delegate: any ClientStreamDelegate, _ eventLoop: any EventLoop) {
        eventLoop.assumeIsolated().execute {
            delegate.finished(
                ClientStreamEnding(
                    GRPCStatus(.unavailable, "the connection is gone"), origin: .neverSent, wasSent: false))
        }
    }

    func send(_ message: ByteBuffer, endOfStream: Bool) {}
    func halfClose() {}
    func cancel() {}
}
