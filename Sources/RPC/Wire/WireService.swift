import ClusterModel
import NIOCore
import Protobuf

/// One of the services that nodes offer each other, as a server has it: no call semantics of its own,
/// since every method may be repeated.
package struct WireService {
    private let name: String
    private let schema: Schema
    private var handlers: [String: any MethodHandler] = [:]

    package init(_ schema: Schema, service: String) {
        name = WireSchema.qualified(service)
        self.schema = schema
    }

    /// - Parameter body: answers with `reply`, now or later. UNAVAILABLE says that nothing is certain: the caller may ask
    ///   again. Every other failure is the method's own.
    package mutating func on<Request: WireMessage, Reply: WireMessage>(
        _ method: String,
        _ body: @escaping (_ request: Request, _ reply: @escaping (Result<Reply, GRPCStatus>) -> Void) -> Void
    ) {
        handlers[method] = ClosureHandler { execution in
            guard let message = execution.request else { return execution.fail(GRPCStatus(.invalidArgument)) }
            body(Request(message)) { result in
                do {
                    execution.finish(try result.get().message(execution.method.output))
                } catch let status as GRPCStatus {
                    execution.fail(status, outcome: status.code == .unavailable ? .unknown : .executed)
                } catch {
                    execution.fail(GRPCStatus(.internalError, "\(error)"))
                }
            }
        }
    }

    package var served: ServedService {
        ServedService(
            schema, name: name, duplicates: DuplicatePolicy(on: .execute), handlers: handlers, isManagement: true)
    }
}

/// Calls methods of such a service: repeated until an answer comes or the policy's time is up.
package struct WireClient {
    package let client: RPCClient
    private let schema: Schema
    private let service: String
    private let options: CallOptions

    package init(_ client: RPCClient, _ schema: Schema, service: String, retry: RetryPolicy) {
        self.client = client
        self.schema = schema
        self.service = WireSchema.qualified(service)
        options = CallOptions(semantics: .atLeastOnce, retry: retry)
    }

    /// - Parameter completed: told once, on the event loop; the failure is the status of the last attempt.
    package func ask<Request: WireMessage, Reply: WireMessage>(
        _ method: String, _ request: Request, _ completed: @escaping (Result<Reply, GRPCStatus>) -> Void
    ) {
        ask(method, request) { (result: Result<Reply, WireFailure>) in completed(result.mapError(\.status)) }
    }

    /// The same, for callers to whom it matters whether the method was executed.
    package func ask<Request: WireMessage, Reply: WireMessage>(
        _ method: String, _ request: Request, _ completed: @escaping (Result<Reply, WireFailure>) -> Void
    ) {
        let path = "/\(service)/\(method)"
        guard let type = schema.method(path: path), let message = try? request.message(type.input) else {
            let status = GRPCStatus(.internalError, "\(path) cannot be asked")
            return completed(.failure(WireFailure(status: status, isCertain: true)))
        }
        client.call(path: path, message: ByteBuffer(bytes: message.encoded), options: options) { report in
            guard case .success = report.outcome, let bytes = report.messages.first else {
                let isCertain = if case .unknown = report.outcome { false } else { true }
                return completed(.failure(WireFailure(status: report.outcome.status, isCertain: isCertain)))
            }
            do {
                completed(.success(Reply(try Message.decode(Array(bytes.readableBytesView), as: type.output))))
            } catch {
                let status = GRPCStatus(.internalError, "the reply is malformed: \(error)")
                completed(.failure(WireFailure(status: status, isCertain: false)))
            }
        }
    }
}

/// Why there is no answer.
package struct WireFailure: Error, Sendable, Equatable {
    package var status: GRPCStatus
    /// Nothing was done: it was refused, or never arrived. False: nobody knows.
    package var isCertain: Bool

    package init(status: GRPCStatus, isCertain: Bool) {
        self.status = status
        self.isCertain = isCertain
    }
}
