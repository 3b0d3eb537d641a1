import ClusterModel
import NIOCore
import Protobuf

/// Asks a server's reflection for the files that describe a service, one question after the other. Confined to the
/// client's event loop.
final class ReflectionClient: StreamingCallDelegate {
    /// Files that a service may need.
    private static let mostFiles = 500

    private let stream: (any StreamingCallDelegate) -> StreamingCall
    private let request: MessageType
    private let response: MessageType
    private let service: String
    private let promise: EventLoopPromise<[UInt8]>
    private var call: StreamingCall?
    private var files: [String: [UInt8]] = [:]
    private var asked: Set<String> = []
    private var wanted: [String] = []

    /// Asks version `v1`, or `v1alpha` where a server knows nothing else.
    /// - Returns: a serialized `FileDescriptorSet`. Fails with `RPCError`.
    static func describe(service: String, by client: RPCClient) -> EventLoopFuture<[UInt8]> {
        let eventLoop = client.eventLoop
        let bound = NIOLoopBound(client, eventLoop: eventLoop)
        return ask(service, client, "v1").flatMapError { error in
            guard (error as? RPCError)?.name == "UNIMPLEMENTED" else { return eventLoop.makeFailedFuture(error) }
            return ask(service, bound.value, "v1alpha")
        }
    }

    private static func ask(_ service: String, _ client: RPCClient, _ version: String) -> EventLoopFuture<[UInt8]> {
        let promise = client.eventLoop.makePromise(of: [UInt8].self)
        do {
            let schema = try Schema(reflectionSchema(version: version))
            let package = "grpc.reflection.\(version)"
            guard let request = schema.message("\(package).ServerReflectionRequest"),
                let response = schema.message("\(package).ServerReflectionResponse")
            else { throw RPCError("INTERNAL", "no reflection schema") }
            let question = ReflectionClient(request, response, service, promise) { delegate in
                client.stream(
                    path: "/\(package).ServerReflection/ServerReflectionInfo",
                    options: CallOptions(
                        semantics: .maybe, retry: RetryPolicy(timeout: .seconds(10), attempts: 1)),
                    delegate: delegate)
            }
            question.start()
        } catch {
            promise.fail(error)
        }
        return promise.futureResult
    }

    private init(
        _ request: MessageType, _ response: MessageType, _ service: String, _ promise: EventLoopPromise<[UInt8]>,
        _ stream: @escaping (any StreamingCallDelegate) -> StreamingCall
    ) {
        self.request = request
        self.response = response
        self.service = service
        self.promise = promise
        self.stream = stream
    }

    private func start() {
        call = stream(self)
        ask(["file_containing_symbol": .string(service)])
    }

    private func ask(_ question: Untyped) {
        guard let message = try? Message(request, question) else { return }
        call?.send(ByteBuffer(bytes: message.encoded))
    }

    // MARK: - StreamingCallDelegate

    func becameWritable() {}

    func received(_ message: ByteBuffer) {
        do {
            try read(Message(message, as: response).untyped)
        } catch {
            fail((error as? RPCError) ?? RPCError("INTERNAL", "the server's reflection cannot be read: \(error)"))
        }
    }

    private func read(_ answer: Untyped) throws {
        if case .string(let text) = answer["error_response"]?["error_message"] {
            throw RPCError("NOT_FOUND", "\(service): \(text)")
        }
        guard case .list(let found) = answer["file_descriptor_response"]?["file_descriptor_proto"] else {
            throw RPCError("INTERNAL", "the server's reflection gives no file")
        }
        for case .bytes(let bytes) in found {
            let head = try Message.decode(bytes, as: Self.head).untyped
            guard case .string(let name) = head["name"], files[name] == nil else { continue }
            files[name] = bytes
            if case .list(let dependencies) = head["dependency"] {
                for case .string(let dependency) in dependencies { wanted.append(dependency) }
            }
        }
        guard files.count <= Self.mostFiles else { throw RPCError("RESOURCE_EXHAUSTED", "too many files") }
        // Some servers give a file without those that it imports.
        while let next = wanted.popLast() {
            guard files[next] == nil, !WellKnownNames.contains(next) else { continue }
            guard asked.insert(next).inserted else { throw RPCError("NOT_FOUND", "no file \(next)") }
            return ask(["file_by_filename": .string(next)])
        }
        call?.halfClose()
        var set: [UInt8] = []
        for (_, bytes) in files.sorted(by: { $0.key < $1.key }) {
            set.append(0x0A)
            var length = bytes.count
            while length > 127 {
                set.append(UInt8(length & 127) | 128)
                length >>= 7
            }
            set.append(UInt8(length))
            set += bytes
        }
        promise.succeed(set)
    }

    func ended(_ report: CallReport) {
        call = nil
        promise.fail(RPCError(report.outcome) ?? RPCError("UNAVAILABLE", "the server's reflection ended early"))
    }

    private func fail(_ error: RPCError) {
        promise.fail(error)
        call?.cancel()
    }

    /// The built-in files, which nobody needs to describe.
    private enum WellKnownNames {
        private static let names = Set(Schema.wellKnownFileDescriptors.map(\.name))
        static func contains(_ name: String) -> Bool { names.contains(name) }
    }

    /// As much of a `FileDescriptorProto` as matters here.
    private static let head: MessageType = {
        let name = FieldDefinition(name: "name", number: 1, type: .string)
        let dependency = FieldDefinition(name: "dependency", number: 3, type: .string, cardinality: .repeated)
        let schema = try? Schema(
            ProtoSchema(messages: [MessageDefinition(name: "Head", fields: [name, dependency])]))
        guard let type = schema?.message("Head") else { fatalError("a schema of ours is wrong") }
        return type
    }()
}

extension RPCClient {
    /// What the server's reflection says of a service: a serialized `FileDescriptorSet`. Fails with `RPCError`.
    /// - Parameter service: full name.
    package func describe(service: String) -> EventLoopFuture<[UInt8]> {
        ReflectionClient.describe(service: service, by: self)
    }
}
