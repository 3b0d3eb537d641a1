import ClusterModel
import NIOCore
import NIOPosix
import Subprocess

/// One look at whether a program is ready, by the probes that ask it from outside.
struct ReadinessCheck: Sendable {
    var probe: ReadinessProbe
    var loop: any EventLoop

    func holds(_ kind: ReadinessProbe.Kind) async -> Bool {
        switch kind {
        case .tcp(let address):
            guard let (host, port) = Self.split(address) else { return false }
            return await connects(host, port)
        case .http(let url): return await answers(url)
        case .exec(let words): return await succeeds(words)
        case .log, .consuming: return false
        }
    }

    private func connects(_ host: String, _ port: Int) async -> Bool {
        let socket = try? await ClientBootstrap(group: loop).connectTimeout(.seconds(1)).connect(host: host, port: port)
            .get()
        try? await socket?.close().get()
        return socket != nil
    }

    /// A GET by HTTP/1.1 that is answered with 2xx within two seconds.
    private func answers(_ url: String) async -> Bool {
        guard url.hasPrefix("http://") else { return false }
        let rest = url.dropFirst("http://".count)
        let place = rest.prefix { $0 != "/" }
        let path = rest.dropFirst(place.count)
        guard let (host, port) = Self.split(place.contains(":") ? String(place) : "\(place):80") else { return false }
        let request = "GET \(path.isEmpty ? "/" : path) HTTP/1.1\r\nHost: \(place)\r\nConnection: close\r\n\r\n"
        let promise = loop.makePromise(of: Bool.self)
        let alarm = loop.scheduleTask(in: .seconds(2)) { promise.succeed(false) }
        ClientBootstrap(group: loop).connectTimeout(.seconds(1))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(StatusLineHandler(request, promise))
                }
            }
            .connect(host: host, port: port)
            .whenFailure { _ in promise.succeed(false) }
        let answer = (try? await promise.futureResult.get()) ?? false
        alarm.cancel()
        return answer
    }

    private func succeeds(_ words: [String]) async -> Bool {
        guard let program = words.first else { return false }
        let result = try? await Subprocess.run(
            program.contains("/") ? .path(.init(program)) : .name(program),
            arguments: Arguments(Array(words.dropFirst())), output: .discarded, error: .discarded)
        return result?.terminationStatus == .exited(0)
    }

    private static func split(_ address: String) -> (String, Int)? {
        guard let colon = address.lastIndex(of: ":"), let port = Int(address[address.index(after: colon)...]) else {
            return nil
        }
        return (String(address[..<colon]), port)
    }
}

/// Sends a request and tells whether the answer's status line says 2xx.
private final class StatusLineHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let request: String
    private let promise: EventLoopPromise<Bool>
    private var received = ByteBuffer()

    init(_ request: String, _ promise: EventLoopPromise<Bool>) {
        self.request = request
        self.promise = promise
    }

    func channelActive(context: ChannelHandlerContext) {
        context.writeAndFlush(NIOAny(ByteBuffer(string: request)), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        received.writeBuffer(&bytes)
        guard received.readableBytes >= 12 else { return }
        let line = received.getString(at: received.readerIndex, length: 12) ?? ""
        promise.succeed(line.hasPrefix("HTTP/1.") && line.dropFirst(9).first == "2")
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) { promise.succeed(false) }
    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
