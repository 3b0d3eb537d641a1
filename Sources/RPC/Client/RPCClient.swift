import ClusterModel
import NIOCore

/// Makes calls to the replicas of one server, with call semantics. Confined to its event loop.
///
/// Calls are numbered under one origin (`client/incarnation`); at most 2^63 - 1 of them.
package final class RPCClient {
    package let eventLoop: any EventLoop
    /// `client/incarnation`.
    package let origin: String
    package weak var observer: (any CallObserver)?
    private var targets: [any CallTransport]
    private var turn = 0
    var sequence = ClientSequence()
    var generator: SeededGenerator
    private var running: [ObjectIdentifier: UnaryCall] = [:]
    private(set) lazy var timer = DeadlineTimer<UnaryCall>(eventLoop: eventLoop) { $0.wake() }

    /// - Parameters:
    ///   - client: any token without `/`; with the incarnation, nobody else's on these servers.
    ///   - seed: of the backoffs' jitter.
    package init(
        client: String, incarnation: String, targets: [any CallTransport], eventLoop: any EventLoop, seed: UInt64 = 0
    ) {
        origin = "\(client)/\(incarnation)"
        self.targets = targets
        self.eventLoop = eventLoop
        generator = SeededGenerator(seed: seed, "rpc", client, incarnation)
    }

    package var targetNames: [String] { targets.map(\.target) }

    /// Calls in flight.
    package var inFlight: Int { sequence.count }

    /// Of the call that is made next.
    package var nextCall: CallID { CallID(origin: origin, sequence: sequence.next) }

    /// Makes a unary call.
    /// - Parameters:
    ///   - due: when it should have begun, for the evidence.
    ///   - completed: told once, on the event loop, never before this returns.
    package func call(
        path: String, message: ByteBuffer, options: CallOptions, due: Int64? = nil,
        completed: @escaping (CallReport) -> Void
    ) {
        let call = UnaryCall(
            self, CallID(origin: origin, sequence: sequence.allocate()), path: path, message: message,
            options: options, due: due ?? Self.now, completed: completed)
        running[ObjectIdentifier(call)] = call
        call.start()
    }

    /// Makes a call of a streaming method. It is transmitted once, whatever the semantics: nobody can repeat half a
    /// conversation.
    package func stream(
        path: String, options: CallOptions, due: Int64? = nil, delegate: any StreamingCallDelegate
    ) -> StreamingCall {
        let call = StreamingCall(
            self, CallID(origin: origin, sequence: sequence.allocate()), path: path, options: options,
            due: due ?? Self.now, delegate: delegate)
        call.start()
        return call
    }

    /// Connects to every server ahead of the first call, and learns its incarnation where that will be needed. Those
    /// that cannot be reached are tried again.
    /// - Parameter isStopped: ends the tries.
    package func connect(handshake: Bool, isStopped: @escaping () -> Bool = { false }) -> EventLoopFuture<Void> {
        let connected = targets.map { target -> EventLoopFuture<Void> in
            let promise = eventLoop.makePromise(of: Void.self)
            func attempt() {
                guard !isStopped() else { return promise.fail(Unreachable("stopped")) }
                target.prepare(handshake: handshake) { result in
                    switch result {
                    case .success: promise.succeed()
                    case .failure: attempt()
                    }
                }
            }
            attempt()
            return promise.futureResult
        }
        return EventLoopFuture.andAllSucceed(connected, on: eventLoop)
    }

    /// Ends what runs as cancelled, and closes the connections.
    package func close() -> EventLoopFuture<Void> {
        for call in running.values { call.cancel() }
        timer.stop()
        return EventLoopFuture.andAllComplete(targets.map { $0.close() }, on: eventLoop)
    }

    // MARK: - For calls

    static var now: Int64 { Int64(clamping: NIODeadline.now().uptimeNanoseconds) }

    /// The way to a process, or the next in turn; `nil` where there is none of that name.
    func transport(to name: String?) -> (any CallTransport)? {
        guard let name else {
            guard !targets.isEmpty else { return nil }
            defer { turn = (turn + 1) % targets.count }
            return targets[turn]
        }
        return targets.first { $0.target == name }
    }

    func ended(_ call: UnaryCall) {
        running[ObjectIdentifier(call)] = nil
        timer.set(call, nil)
    }
}
