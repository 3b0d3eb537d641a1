import ClusterModel
import Control
import History
import NIOCore
import Objects
import Protobuf
import RPC

/// Objects as the roles and scripts of one process reach them: the ways to hosts and to the directory, what is believed
/// of where objects are, and the references that the process holds. Made at its first use.
final class ObjectNetwork: ObjectPlaces, ObjectPeers, ReferenceKeeper.Ways {
    /// Why an invocation of a script failed, in the words that scripts see.
    struct Failure: Error {
        /// The exception's name, or a gRPC code's.
        var name: String
        var message: String
        /// `executed`, `not-executed` or `unknown`.
        var outcome: String
    }

    /// For what hosts say to each other: an attempt is short, for a migration waits for it.
    private static let peerRetry = RetryPolicy(
        timeout: .milliseconds(250), attempts: 20, backoff: .milliseconds(5)...(.milliseconds(100)),
        deadline: .seconds(3))

    private unowned let context: NodeContext
    /// The objects of this process itself.
    weak var host: ObjectHost?
    let references: ReferenceKeeper
    private(set) lazy var resolver = ObjectResolver(self, eventLoop: context.eventLoop)
    private(set) lazy var directory = makeDirectory()
    /// Invocations of this process's scripts.
    private lazy var client = ObjectClient(
        process: context.plan.instance, incarnation: "\(context.plan.incarnation).s", resolver, observer: witness,
        seed: context.plan.seed)
    private lazy var witness = InvocationWitness(context)
    private var targets: [String: GRPCTarget] = [:]
    private var peers: [String: WireClient] = [:]
    private var schemas: [String: Schema] = [:]
    private var closing: EventLoopFuture<Void>?

    init(_ context: NodeContext) {
        self.context = context
        let plan = context.plan
        references = ReferenceKeeper(
            process: plan.instance, incarnation: UInt64(max(plan.incarnation, 0)), on: context.eventLoop)
        references.ways = self
        let holder = "\(plan.instance)/\(plan.incarnation)"
        references.changed = { [recorder = context.recorder] object, change in
            var event = ReferenceChange()
            event.object = object
            event.holder = holder
            switch change {
            case .held: event.change = .held
            case .released: event.change = .released
            case .expired, .gone: event.change = .expired
            }
            recorder.record(.referenceChange(event))
        }
    }

    /// A client of its own for a role, whose calls a witness of its own records.
    func client(part: String, observer: any InvocationObserver) -> ObjectClient {
        ObjectClient(
            process: context.plan.instance, incarnation: "\(context.plan.incarnation).\(part)", resolver,
            observer: observer, seed: context.plan.seed)
    }

    // MARK: - Types

    /// - Throws: `Failure` for what the file does not have.
    func method(_ typeName: String, _ method: String) throws -> (ObjectType, MethodType) {
        guard let type = context.plan.objects.first(where: { $0.name == typeName }) else {
            throw Failure(name: "UNIMPLEMENTED", message: "no type '\(typeName)'", outcome: "not-executed")
        }
        let schema = try schemas[typeName] ?? Schema(type.service.schema)
        schemas[typeName] = schema
        guard let found = schema.method(path: "/\(typeName)/\(method)") else {
            throw Failure(
                name: "UNIMPLEMENTED", message: "\(typeName) has no method '\(method)'", outcome: "not-executed")
        }
        return (type, found)
    }

    /// What a text names: a whole reference, or an object that the file declares.
    func reference(_ text: String) -> ObjectReference? {
        if let reference = ObjectReference(text) { return reference }
        let type = context.plan.objects.first { $0.instances.contains { $0.name == text } }
        return type.map { ObjectReference(type: $0.name, object: text) }
    }

    // MARK: - Invoking

    /// - Parameter completed: the result: one value, or a table of fields.
    func invoke(
        _ text: String, _ methodName: String, _ parameters: Untyped,
        _ completed: @escaping (Result<Untyped, Failure>) -> Void
    ) {
        do {
            guard let reference = reference(text) else {
                throw Failure(
                    name: "INVALID_ARGUMENT", message: "'\(text)' is no reference, and no object of the file",
                    outcome: "not-executed")
            }
            guard !references.hasExpired(reference.object) else {
                throw Failure(
                    name: "OBJECT_EXPIRED", message: "the reference was not renewed in time", outcome: "not-executed")
            }
            let (type, method) = try method(reference.type, methodName)
            let message: Message
            do {
                message = try Message(method.input, parameters == .null ? .table(.init()) : parameters, root: "params")
            } catch {
                throw Failure(name: "INVALID_ARGUMENT", message: "\(error)", outcome: "not-executed")
            }
            let passed = try ReferenceScan.references(in: message.untyped)
            let options = CallOptions(semantics: type.service.semantics, retry: type.service.retry)
            client.invoke(
                reference.object, path: method.path, message: ByteBuffer(bytes: message.encoded), options: options
            ) { [self] report in
                // Nobody knows whether it has arrived: whoever has it now needs time to say so.
                if case .unknown = report.outcome { references.pin(passed) }
                completed(result(report, type, method))
            }
        } catch {
            let failure =
                error as? Failure
                ?? Failure(name: "INVALID_ARGUMENT", message: "\(error)", outcome: "not-executed")
            context.eventLoop.assumeIsolated().execute { completed(.failure(failure)) }
        }
    }

    private func result(_ report: CallReport, _ type: ObjectType, _ method: MethodType) -> Result<Untyped, Failure> {
        guard let failure = ObjectFailure(report) else {
            do {
                let bytes = report.messages.first.map { Array($0.readableBytesView) } ?? []
                let value = try Message.decode(bytes, as: method.output).untyped
                return .success(type.singles.contains(method.name) ? value["value"] ?? .null : value)
            } catch {
                return .failure(
                    Failure(name: "INTERNAL", message: "the reply is malformed: \(error)", outcome: "executed"))
            }
        }
        let status = report.outcome.status
        let (name, outcome) =
            switch failure {
            case .exception(let name, _, _): (name, "executed")
            case .failed: (status.code.name, "executed")
            case .gone: ("OBJECT_GONE", "not-executed")
            case .expired: ("OBJECT_EXPIRED", "not-executed")
            case .wrongType, .notExecuted: (status.code.name, "not-executed")
            case .unknown: (status.code.name, "unknown")
            }
        return .failure(Failure(name: name, message: status.message, outcome: outcome))
    }

    /// Somebody who knows says where an object is now.
    func announce(_ object: String, owner: String, epoch: UInt64) {
        client.announce(object, owner: owner, epoch: epoch)
    }

    // MARK: - Ways

    func target(for process: String, _ ready: @escaping (Result<any CallTransport, Unreachable>) -> Void) {
        connection(process) { ready($0.map { $0 }) }
    }

    private func connection(_ process: String, _ ready: @escaping (Result<GRPCTarget, Unreachable>) -> Void) {
        if let known = targets[process] { return ready(.success(known)) }
        guard process != context.plan.instance else {
            // There is no link within a process.
            let target = target(ServerEndpoint(instance: process, port: context.port))
            return ready(.success(target))
        }
        context.resolve(process).assumeIsolated().whenComplete { [self] result in
            switch result {
            case .success(let endpoints):
                guard let endpoint = endpoints.first(where: { $0.instance == process }) else {
                    return ready(.failure(Unreachable("there is no process '\(process)'")))
                }
                ready(.success(target(endpoint)))
            case .failure(let error): ready(.failure(Unreachable("\(error)")))
            }
        }
    }

    private func target(_ endpoint: ServerEndpoint) -> GRPCTarget {
        if let known = targets[endpoint.instance] { return known }
        let target = GRPCTarget(
            target: endpoint.instance, configuration: .init(endpoint), eventLoop: context.eventLoop)
        targets[endpoint.instance] = target
        return target
    }

    func lookup(_ object: String, _ completed: @escaping (Result<ObjectRecord?, GRPCStatus>) -> Void) {
        directory.lookup([object]) { result in
            switch result {
            case .success(let reply): completed(.success(reply.objects.first.flatMap { $0.epoch > 0 ? $0 : nil }))
            case .failure(let failure): completed(.failure(failure.status))
            }
        }
    }

    func done() -> EventLoopFuture<Void> { context.eventLoop.makeSucceededVoidFuture() }

    func close() -> EventLoopFuture<Void> {
        references.stop()
        if let closing { return closing }
        let closing = EventLoopFuture.andAllComplete(targets.values.map { $0.close() }, on: context.eventLoop)
        self.closing = closing
        return closing
    }

    private func makeDirectory() -> DirectoryClient {
        let process = context.plan.directoryInstance ?? ""
        let client = ClientFactory.client(
            context, [DeferredTarget(process, self)], part: "d", observer: SilentObserver.shared)
        do {
            return try DirectoryClient(client)
        } catch {
            // Of our own messages, which are always the same.
            preconditionFailure("the directory's messages: \(error)")
        }
    }

    // MARK: - ObjectPeers

    func prepare(
        at process: String, _ transfer: ObjectTransfer,
        _ completed: @escaping (Result<TransferAnswer, GRPCStatus>) -> Void
    ) {
        ask(process, "Prepare", transfer, completed)
    }

    func tell(
        _ process: String, _ notice: OwnershipNotice,
        _ completed: @escaping (Result<Acknowledgement, GRPCStatus>) -> Void
    ) {
        ask(process, "Tell", notice, completed)
    }

    private func ask<Request: WireMessage, Reply: WireMessage>(
        _ process: String, _ method: String, _ request: Request,
        _ completed: @escaping (Result<Reply, GRPCStatus>) -> Void
    ) {
        do {
            let peer: WireClient
            if let known = peers[process] {
                peer = known
            } else {
                let client = ClientFactory.client(
                    context, [DeferredTarget(process, self)], part: "p\(peers.count + 1)",
                    observer: SilentObserver.shared)
                peer = WireClient(
                    client, try HostSchema.make().schema(), service: HostSchema.service, retry: Self.peerRetry)
                peers[process] = peer
            }
            peer.ask(method, request) { (result: Result<Reply, WireFailure>) in
                completed(result.mapError(\.status))
            }
        } catch {
            completed(.failure(GRPCStatus(.internalError, "\(error)")))
        }
    }

    // MARK: - ReferenceKeeper.Ways

    func owner(of object: String, _ located: @escaping (Result<String?, Unreachable>) -> Void) {
        if host?.has(object) ?? false { return located(.success(context.plan.instance)) }
        resolver.owner(of: object, located)
    }

    func refer(
        _ notice: ReferenceNotice, to process: String,
        _ completed: @escaping (Result<ReferenceAnswers, Unreachable>) -> Void
    ) {
        if process == context.plan.instance, let host { return completed(.success(host.referred(notice))) }
        ask(process, "Refer", notice) { (result: Result<ReferenceAnswers, GRPCStatus>) in
            completed(result.mapError { Unreachable($0.message) })
        }
    }

    func doubt(_ object: String) { resolver.doubt(object) }
}

/// A target whose place is asked for at its first use.
private final class DeferredTarget: CallTransport {
    let target: String
    private unowned let network: ObjectNetwork
    private var made: (any CallTransport)?

    init(_ process: String, _ network: ObjectNetwork) {
        target = process
        self.network = network
    }

    func prepare(handshake: Bool, _ ready: @escaping (Result<String?, Unreachable>) -> Void) {
        if let made { return made.prepare(handshake: handshake, ready) }
        network.target(for: target) { result in
            switch result {
            case .success(let target):
                self.made = target
                target.prepare(handshake: handshake, ready)
            case .failure(let problem): ready(.failure(problem))
            }
        }
    }

    func start(
        path: String, metadata: Metadata, timeout: UInt64?, delegate: any ClientStreamDelegate
    ) -> any CallStream {
        // Only after `ready`, which had one.
        made!.start(path: path, metadata: metadata, timeout: timeout, delegate: delegate)
    }

    func heard(_ header: ReplyHeader) { made?.heard(header) }

    /// It is others' too, and stays.
    func close() -> EventLoopFuture<Void> { network.done() }
}

/// What hosts and the directory say to each other is no call of anybody's.
private final class SilentObserver: CallObserver, Sendable {
    static let shared = SilentObserver()

    func attemptSent(_ id: CallID, path: String, target: String, attempt: Int, due: Int64) {}
    func callEnded(_ report: CallReport, path: String) {}
}
