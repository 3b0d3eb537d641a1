import ClusterModel
import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore
import NIOPosix

/// Serves the live page of one cluster over HTTP/1.1, on the loopback interface only.
package final class PageServer: Sendable {
    package let token: PageToken
    package let port: Int
    private let server: Server<HTTP1Channel>
    private let running: Task<Void, Never>
    private let looking: Task<Void, Never>
    private let director: PageDirector

    /// Open at once; further ones wait until one is closed.
    private static let connections = 64
    /// For browsers to take the last word.
    private static let grace = Duration.milliseconds(500)

    /// - Parameters:
    ///   - port: 0 for any free one.
    ///   - page: the page itself, HTML.
    /// - Throws: `OrchError` (`unavailable`) where the port is taken.
    package static func start(
        port: Int = 0, page: String, director: PageDirector, token: PageToken = PageToken()
    ) async throws -> PageServer {
        let (ports, listening) = AsyncStream.makeStream(of: Int.self)
        let desk = PageDesk(page: ByteBuffer(string: page), director: director, token: token)
        let server = Server(
            childChannelSetup: HTTP1Channel(
                responder: { request, writer, _ in try await desk.respond(request, writer) },
                configuration: .init(idleTimeout: .seconds(75))),
            configuration: ServerConfiguration(
                address: .hostname("127.0.0.1", port: port),
                availableConnectionsDelegate: MaximumAvailableConnections(connections)),
            onServerRunning: { channel in
                let port = channel.localAddress?.port ?? 0
                desk.listens(at: port)
                listening.yield(port)
            },
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
            logger: Logger(label: "page") { _ in SwiftLogNoOpLogHandler() })
        let running = Task {
            try? await server.run()
            listening.finish()
        }
        guard let bound = await ports.first(where: { _ in true }) else {
            throw OrchError(
                .unavailable, "the port \(port) cannot be had for the live page",
                advice: "say another --ui-port, or none: any free one is taken then")
        }
        return PageServer(token, bound, server, running, Task { await director.run() }, director)
    }

    private init(
        _ token: PageToken, _ port: Int, _ server: Server<HTTP1Channel>, _ running: Task<Void, Never>,
        _ looking: Task<Void, Never>, _ director: PageDirector
    ) {
        self.token = token
        self.port = port
        self.server = server
        self.running = running
        self.looking = looking
        self.director = director
    }

    package var url: String { "http://127.0.0.1:\(port)/?token=\(token.text)" }

    /// Tells browsers how the run came out, lets them take it, and closes.
    package func end(_ outcome: PageEnd) async {
        await director.finish(outcome)
        let clock = ContinuousClock()
        let deadline = clock.now + Self.grace
        while clock.now < deadline, await director.watchers > 0 { try? await clock.sleep(for: .milliseconds(10)) }
        await stop()
    }

    package func stop() async {
        looking.cancel()
        await director.close()
        // In order where all goes well; cut off where a browser takes nothing.
        let cut = Task {
            try? await Task.sleep(for: Self.grace)
            if !Task.isCancelled { running.cancel() }
        }
        try? await server.shutdownGracefully()
        await running.value
        cut.cancel()
    }
}
