import ClusterModel
import Control
import NIOCore
import RPC

/// Clients of this process, with numbers of their own.
enum ClientFactory {
    /// - Parameter part: tells apart the clients of one process: each numbers its calls for itself.
    static func client(
        _ context: NodeContext, _ endpoints: [ServerEndpoint], part: String, observer: any CallObserver
    ) -> RPCClient {
        client(context, endpoints.map { target($0, on: context.eventLoop) }, part: part, observer: observer)
    }

    static func client(
        _ context: NodeContext, _ targets: [any CallTransport], part: String, observer: any CallObserver
    ) -> RPCClient {
        let plan = context.plan
        let client = RPCClient(
            client: plan.instance, incarnation: "\(plan.incarnation).\(part)", targets: targets,
            eventLoop: context.eventLoop, seed: plan.seed)
        client.observer = observer
        return client
    }

    private static func target(_ endpoint: ServerEndpoint, on eventLoop: any EventLoop) -> GRPCTarget {
        GRPCTarget(target: endpoint.instance, configuration: .init(endpoint), eventLoop: eventLoop)
    }
}

extension GRPCConnectionConfiguration {
    package init(_ endpoint: ServerEndpoint) {
        self.init(host: "127.0.0.1", port: endpoint.port)
        limits.maximumMessageSize = 64 << 20
        if let tls = endpoint.tls {
            // Nodes are reached through links on loopback; a certificate for `localhost` is what people have for that.
            self.tls = ClientTLS(trust: .authorities(file: tls.authority ?? tls.certificate), serverName: "localhost")
            authority = "localhost:\(endpoint.port)"
        }
    }
}
