import ClusterModel
import NIOCore
import NIOPosix
import Protobuf

/// What a server says of its own services.
package enum Reflection {
    /// The types of one service.
    /// - Parameter service: full name.
    /// - Throws: `RPCError`.
    package static func schema(of service: String, host: String, port: Int) async throws -> ProtoSchema {
        let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
        let client = try await eventLoop.submit {
            let target = GRPCTarget(
                target: "\(host):\(port)", configuration: GRPCConnectionConfiguration(host: host, port: port),
                eventLoop: eventLoop)
            return NIOLoopBound(
                RPCClient(client: "reflection", incarnation: "1", targets: [target], eventLoop: eventLoop),
                eventLoop: eventLoop)
        }.get()
        let described = await Result {
            try await eventLoop.flatSubmit { ReflectionClient.describe(service: service, by: client.value) }.get()
        }
        try? await eventLoop.flatSubmit { client.value.close() }.get()
        return try ProtoSchema(descriptorSet: try described.get())
    }
}

extension Result where Failure == any Error {
    fileprivate init(_ body: () async throws -> Success) async {
        do { self = .success(try await body()) } catch { self = .failure(error) }
    }
}
