import NIOCore
import NIOHTTP1

/// Requests to one server of feeds, one at a time, on a connection that is kept as long as it can be. Confined to its
/// event loop.
package final class FeedClient {
    package struct Request {
        package var method: HTTPMethod
        package var target: String
        package var headers: [(String, String)]
        package var body: [UInt8]?
        /// Octets of the answer's body; 0: without limit.
        package var limit: Int

        package init(
            _ method: HTTPMethod, _ target: String, headers: [(String, String)] = [], body: [UInt8]? = nil,
            limit: Int = 32 << 20
        ) {
            self.method = method
            self.target = target
            self.headers = headers
            self.body = body
            self.limit = limit
        }
    }

    private let eventLoop: any EventLoop
    private let host: String
    private let port: Int
    private let timeout: TimeAmount
    private var connection: FeedConnection?
    /// Tells the current request from those that were given up.
    private var turn = 0

    /// - Parameter timeout: of the opening of a connection.
    package init(host: String = "127.0.0.1", port: Int, timeout: TimeAmount, on eventLoop: any EventLoop) {
        self.host = host
        self.port = port
        self.timeout = timeout
        self.eventLoop = eventLoop
    }

    /// - Parameters:
    ///   - willSend: called when there is a connection, before anything leaves.
    ///   - handler: told of the answer, unless the request is given up. It may be called at once.
    package func request(
        _ request: Request, willSend: @escaping () -> Void = {},
        _ handler: @escaping (FeedConnection.Event) -> Void
    ) {
        turn += 1
        let turn = self.turn
        let send = { (connection: FeedConnection) in
            willSend()
            connection.send(
                request.method, request.target, headers: request.headers, body: request.body, limit: request.limit
            ) { if turn == self.turn { handler($0) } }
        }
        if let connection, connection.isUsable { return send(connection) }
        connection?.close()
        connection = nil
        FeedConnection.connect(host: host, port: port, timeout: timeout, on: eventLoop).assumeIsolated()
            .whenComplete { result in
                guard turn == self.turn else {
                    if case .success(let late) = result { late.value.close() }
                    return
                }
                switch result {
                case .success(let connection):
                    self.connection = connection.value
                    send(connection.value)
                case .failure(let error): handler(.failed("cannot connect: \(error)"))
                }
            }
    }

    /// Gives the current request up, and its connection with it.
    package func abandon() {
        turn += 1
        connection?.close()
        connection = nil
    }
}

extension FeedClient.Request {
    /// What a watcher asks.
    package init(_ query: WatchCore.Query, feed: String) {
        var target = "/feeds/\(feed)?after=\(query.after)"
        if query.isStream {
            // No limit: the parser has its own.
            self.init(
                .GET, target, headers: [("accept", "text/event-stream"), ("last-event-id", "\(query.after)")], limit: 0)
        } else {
            target += "&limit=\(query.limit)"
            if let wait = query.wait { target += "&wait=\(max(1, wait.nanoseconds / 1_000_000))ms" }
            self.init(.GET, target, headers: [("accept", "application/json")])
        }
    }

    /// An append.
    package init(_ item: AppendCore.Item, feed: String) {
        self.init(
            .POST, "/feeds/\(feed)",
            headers: [("idempotency-key", item.key), ("content-type", "text/plain; charset=utf-8")],
            body: item.body, limit: 1 << 20)
    }
}
