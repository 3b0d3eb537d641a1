import ClusterModel
import NIOCore
import NIOPosix
import Protobuf

/// A service somewhere else, to be called like a local one. Any gRPC server will do.
///
/// ```swift
/// let calculator = try await ServiceStub.connect(port: 50051, service: "Calculator")
/// let response = try await calculator.call("suma", ["a": 1, "b": 2])
/// print(response["total"]?.int)
/// await calculator.close()
/// ```
public struct ServiceStub: Sendable {
    /// What a call may rely on, and how it is repeated (`docs/rpc.md`). At-most-once needs a server that filters
    /// duplicates, as orch's do.
    public struct Policy: Sendable, Hashable {
        public enum Semantics: Sendable, Hashable { case maybe, atLeastOnce, atMostOnce }
        public var semantics: Semantics
        /// For one attempt.
        public var timeout: Duration
        /// Transmissions at most.
        public var attempts: Int
        /// For the whole call; nil: what the attempts take.
        public var deadline: Duration?

        public init(
            _ semantics: Semantics = .atMostOnce, timeout: Duration = .seconds(1), attempts: Int = 5,
            deadline: Duration? = nil
        ) {
            self.semantics = semantics
            self.timeout = timeout
            self.attempts = attempts
            self.deadline = deadline
        }

        package var options: CallOptions {
            let semantics: CallSemantics =
                switch self.semantics {
                case .maybe: .maybe
                case .atLeastOnce: .atLeastOnce
                case .atMostOnce: .atMostOnce
                }
            return CallOptions(
                semantics: semantics, retry: RetryPolicy(timeout: timeout, attempts: attempts, deadline: deadline))
        }
    }

    /// Full name.
    public let service: String
    public let policy: Policy
    private let schema: Schema
    private let client: NIOLoopBound<RPCClient>
    private let eventLoop: any EventLoop

    /// Connects, and learns the service's types.
    /// - Parameters:
    ///   - service: full name: `Calculator`, `shop.v1.Calculator`.
    ///   - descriptorSet: what `protoc --include_imports --descriptor_set_out` writes; nil: the server is asked (reflection).
    ///   - client: a name for this program in the servers' evidence, without `/`.
    /// - Throws: `RPCError`.
    public static func connect(
        host: String = "127.0.0.1", port: Int, service: String, descriptorSet: [UInt8]? = nil,
        client name: String = "swift", policy: Policy = Policy()
    ) async throws -> ServiceStub {
        let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
        // Another process, or another stub, of the same name is another caller.
        let incarnation = String(UInt64.random(in: 1...(.max)), radix: 16)
        guard CallID("\(name)/\(incarnation)/1") != nil else {
            throw RPCError("INVALID_ARGUMENT", "'\(name)' is no name for a client", outcome: .notExecuted)
        }
        let client = try await eventLoop.submit {
            let target = GRPCTarget(
                target: "\(host):\(port)", configuration: GRPCConnectionConfiguration(host: host, port: port),
                eventLoop: eventLoop)
            let client = RPCClient(
                client: name, incarnation: incarnation, targets: [target], eventLoop: eventLoop,
                seed: .random(in: 0...(.max)))
            return NIOLoopBound(client, eventLoop: eventLoop)
        }.get()
        do {
            let set: [UInt8]
            if let descriptorSet {
                set = descriptorSet
            } else {
                set = try await eventLoop.flatSubmit {
                    ReflectionClient.describe(service: service, by: client.value)
                }.get()
            }
            return ServiceStub(
                service: service, policy: policy, schema: try Schema(try ProtoSchema(descriptorSet: set)),
                client: client,
                eventLoop: eventLoop)
        } catch {
            try? await eventLoop.flatSubmit { client.value.close() }.get()
            throw (error as? RPCError) ?? RPCError("INTERNAL", "\(error)", outcome: .notExecuted)
        }
    }

    /// Calls a method that takes one message and answers with one.
    /// - Throws: `RPCError`, which says whether the method was executed.
    public func call(_ method: String, _ request: RPCValue = [:], policy: Policy? = nil) async throws -> RPCValue {
        guard let type = schema.method(path: "/\(service)/\(method)") else {
            throw RPCError("UNIMPLEMENTED", "\(service) has no method \(method)", outcome: .notExecuted)
        }
        guard !type.clientStreaming, !type.serverStreaming else {
            throw RPCError("UNIMPLEMENTED", "\(service).\(method) is a stream", outcome: .notExecuted)
        }
        let message: ByteBuffer
        do throws(ValueError) {
            message = ByteBuffer(bytes: try Message(type.input, request.untyped, root: "request").encoded)
        } catch {
            throw RPCError("INVALID_ARGUMENT", "\(error)", outcome: .notExecuted)
        }
        let client = self.client
        let options = (policy ?? self.policy).options
        let promise = eventLoop.makePromise(of: CallReport.self)
        eventLoop.execute {
            client.value.call(path: type.path, message: message, options: options) { promise.succeed($0) }
        }
        let report = try await promise.futureResult.get()
        if let error = RPCError(report.outcome) { throw error }
        do throws(DecodingError) {
            return RPCValue(try Message(report.messages.first ?? ByteBuffer(), as: type.output).untyped)
        } catch {
            throw RPCError("INTERNAL", "the response cannot be read: \(error)")
        }
    }

    /// Ends the calls that run, and the connection.
    public func close() async {
        let client = self.client
        try? await eventLoop.flatSubmit { client.value.close() }.get()
    }
}
