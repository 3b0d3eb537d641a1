import AMQP
import AMQPClient
import ClusterModel
import Control
import History
import NIOCore
import Protobuf
import RPC

/// Whom a handler may call and where it may publish: connections that are made at their first use.
final class Neighbours {
    /// Why a call of a handler failed.
    struct CallFailure: Error {
        var status: GRPCStatus
        /// `executed`, `not-executed` or `unknown`.
        var outcome: String
    }

    private unowned let context: NodeContext
    var objects: ObjectNetwork { context.objects }
    private var clients: [String: EventLoopFuture<NIOLoopBound<RPCClient>>] = [:]
    private var schemas: [String: Schema] = [:]
    private var publisher: HandlerPublisher?
    private lazy var appender = HandlerAppender(context)
    private let witness: CallWitness

    init(_ context: NodeContext) {
        self.context = context
        witness = CallWitness(context)
    }

    // MARK: - Calls

    /// Calls `Service.method` by the semantics that its service declares.
    func call(_ name: String, _ request: Untyped, _ completed: @escaping (Result<Message, CallFailure>) -> Void) {
        do {
            let (service, type) = try method(name)
            guard !type.clientStreaming, !type.serverStreaming else {
                throw CallFailure(status: .init(.unimplemented, "\(name) streams; call takes unary methods"))
            }
            let message: Message
            do {
                message = try Message(type.input, request, root: "request")
            } catch {
                throw CallFailure(status: .init(.invalidArgument, "\(error)"))
            }
            guard let node = context.plan.places[service.name]?.first else {
                throw CallFailure(status: .init(.unavailable, "no node serves \(service.name)"))
            }
            let options = CallOptions(semantics: service.semantics, retry: service.retry)
            client(to: node).assumeIsolated().whenComplete { result in
                switch result {
                case .failure(let error):
                    completed(.failure(CallFailure(status: .init(.unavailable, "\(error)"))))
                case .success(let client):
                    client.value.call(
                        path: type.path, message: ByteBuffer(bytes: message.encoded), options: options
                    ) { completed(Self.result($0, type)) }
                }
            }
        } catch let failure as CallFailure {
            context.eventLoop.assumeIsolated().execute { completed(.failure(failure)) }
        } catch {
            context.eventLoop.assumeIsolated().execute {
                completed(.failure(CallFailure(status: .init(.internalError, "\(error)"))))
            }
        }
    }

    private static func result(_ report: CallReport, _ type: MethodType) -> Result<Message, CallFailure> {
        switch report.outcome {
        case .success:
            guard let bytes = report.messages.first else {
                return .failure(CallFailure(status: .init(.internalError, "no reply"), outcome: "executed"))
            }
            do {
                return .success(try Message.decode(Array(bytes.readableBytesView), as: type.output))
            } catch {
                return .failure(
                    CallFailure(status: .init(.internalError, "the reply is malformed: \(error)"), outcome: "executed"))
            }
        case .executed(let status): return .failure(CallFailure(status: status, outcome: "executed"))
        case .notExecuted(let status, _): return .failure(CallFailure(status: status))
        case .unknown(let status, _): return .failure(CallFailure(status: status, outcome: "unknown"))
        }
    }

    private func method(_ name: String) throws -> (Service, MethodType) {
        let dot = name.lastIndex { $0 == "." || $0 == "/" }
        guard let dot else { throw CallFailure(status: .init(.unimplemented, "'\(name)' is no Service.method")) }
        let serviceName = name[..<dot]
        let methodName = String(name[name.index(after: dot)...])
        let service = context.plan.services.first { $0.name == serviceName || $0.shortName == serviceName }
        guard let service else { throw CallFailure(status: .init(.unimplemented, "no service '\(serviceName)'")) }
        let schema = try schemas[service.name] ?? Schema(service.schema)
        schemas[service.name] = schema
        guard let type = schema.method(path: "/\(service.name)/\(methodName)") else {
            throw CallFailure(status: .init(.unimplemented, "\(service.name) has no method '\(methodName)'"))
        }
        return (service, type)
    }

    private func client(to node: String) -> EventLoopFuture<NIOLoopBound<RPCClient>> {
        if let known = clients[node] { return known }
        let bound = NIOLoopBound((context, witness), eventLoop: context.eventLoop)
        let index = clients.count + 1
        let made = context.resolve(node).map { endpoints in
            let (context, witness) = bound.value
            // Numbered apart from the node's own `call:` roles.
            return NIOLoopBound(
                ClientFactory.client(context, endpoints, part: "h\(index)", observer: witness),
                eventLoop: context.eventLoop)
        }
        clients[node] = made
        return made
    }

    // MARK: - Messages

    /// Publishes, and tells what went wrong, or nil once the broker has confirmed it.
    func publish(
        exchange: String, key: String, body: [UInt8], headers: FieldTable?, _ completed: @escaping (String?) -> Void
    ) {
        do {
            let publisher = try publisher ?? HandlerPublisher(context)
            self.publisher = publisher
            publisher.publish(exchange: exchange, key: key, body: body, headers: headers, completed)
        } catch {
            let problem = (error as? OrchError)?.message ?? "\(error)"
            context.eventLoop.assumeIsolated().execute { completed(problem) }
        }
    }

    /// Appends to a feed, and tells the item's number, or what went wrong.
    func append(feed: String, body: [UInt8], _ completion: @escaping (Result<UInt64, AppendProblem>) -> Void) {
        appender.append(feed: feed, body: body, completion)
    }

    func close() -> EventLoopFuture<Void> {
        appender.close()
        var closed = clients.values.map { $0.flatMap { $0.value.close() } }
        if let publisher { closed.append(publisher.close()) }
        return EventLoopFuture.andAllComplete(closed, on: context.eventLoop)
    }
}

extension Neighbours.CallFailure {
    fileprivate init(status: GRPCStatus) { self.init(status: status, outcome: "not-executed") }
}
