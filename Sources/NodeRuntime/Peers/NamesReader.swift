import ClusterModel
import Control
import NIOCore
import NIOPosix
import RPC

/// Reads all that a name service knows, for programs outside the cluster.
package enum NamesReader {
    private static let retry = RetryPolicy(
        timeout: .milliseconds(500), attempts: 20, backoff: .milliseconds(10)...(.milliseconds(250)),
        deadline: .seconds(5))

    /// - Throws: `GRPCStatus` where it does not answer within 5 s.
    package static func list(_ endpoint: ServerEndpoint, limit: Int) async throws -> [NameEntry] {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let schema = try NamesMethod.schema()
        let way = try await loop.submit {
            var generator = SystemRandomNumberGenerator()
            let target = GRPCTarget(target: endpoint.instance, configuration: .init(endpoint), eventLoop: loop)
            let client = RPCClient(
                client: "orch-names", incarnation: String(generator.next() as UInt64, radix: 36), targets: [target],
                eventLoop: loop)
            let wire = WireClient(client, schema, service: NamesMethod.service, retry: retry)
            return NIOLoopBound(wire, eventLoop: loop)
        }.get()
        defer { loop.execute { _ = way.value.client.close() } }
        var entries: [NameEntry] = []
        var hasMore = true
        while hasMore, entries.count < limit {
            let skip = entries.count
            let part: NameEntries = try await loop.flatSubmit {
                let promise = loop.makePromise(of: NameEntries.self)
                var request = ListNames()
                request.skip = UInt64(skip)
                request.limit = UInt64(limit - skip)
                way.value.ask(NamesMethod.list.rawValue, request) { (result: Result<NameEntries, GRPCStatus>) in
                    promise.completeWith(result.mapError { $0 })
                }
                return promise.futureResult
            }.get()
            entries += part.entries
            hasMore = part.more && !part.entries.isEmpty
        }
        return entries
    }
}
