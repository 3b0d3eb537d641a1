import ClusterModel
import Foundation
import NIOCore
import NIOPosix
import Testing

@testable import FaultInjection

/// A whole link between sockets: what the machine decides is what a client gets.
@Suite struct HTTP1SocketTests {
    /// Answers whatever it reads with the same words.
    private final class Answering: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        private let words: String

        init(_ words: String) { self.words = words }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            context.writeAndFlush(NIOAny(ByteBuffer(string: words)), promise: nil)
        }
    }

    /// Collects what it reads until the connection ends or that is enough.
    private final class Collecting: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        private var heard = ""
        private var isReset = false
        private let enough: String
        private let promise: EventLoopPromise<Heard>

        init(enough: String, _ promise: EventLoopPromise<Heard>) {
            self.enough = enough
            self.promise = promise
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            heard += String(buffer: unwrapInboundIn(data))
            if heard.hasSuffix(enough) { promise.succeed(Heard(text: heard, end: .none)) }
        }

        func channelInactive(context: ChannelHandlerContext) {
            promise.succeed(Heard(text: heard, end: isReset ? .reset : .closed))
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            isReset = true
            context.close(promise: nil)
        }
    }

    private struct Heard: Equatable {
        enum End { case none, closed, reset }

        var text: String
        var end: End
    }

    /// - Returns: what a client hears that says these words through a link with a fault.
    private func hear(_ words: String, answer: String, _ spec: FaultSpec?, enough: String = "enough") async throws
        -> Heard
    {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("http1-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let loops = try LinkLoops(threads: 1, folder: folder.path)
        let server = try await ServerBootstrap(group: loops.group)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Answering(answer))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let link = Link(
            identity: LinkIdentity(client: "a", server: "b"), context: LinkContext(seed: 1, nonce: 1, loops: loops))
        try await link.open()
        link.lead(to: server.localAddress)
        if let spec {
            var faults = LinkFaults()
            let fault = ActiveFault(id: 1, name: "fault", spec: spec)
            faults.toServer.append(fault)
            faults.toClient.append(fault)
            link.apply(faults)
        }
        let promise = loops.group.next().makePromise(of: Heard.self)
        let client = try await ClientBootstrap(group: loops.group)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Collecting(enough: enough, promise))
                }
            }
            .connect(host: "127.0.0.1", port: link.port).get()
        try await client.writeAndFlush(ByteBuffer(string: words)).get()
        let heard = try await promise.futureResult.get()
        try? await client.close().get()
        await link.close()
        try await server.close().get()
        try await loops.group.shutdownGracefully()
        return heard
    }

    private let get = "GET /a HTTP/1.1\r\nHost: b\r\n\r\n"
    private let ok = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nenough"

    @Test func whatNoFaultTouchesArrives() async throws {
        #expect(try await hear(get, answer: ok, nil) == Heard(text: ok, end: .none))
    }

    @Test func aCutReplyEndsWithAReset() async throws {
        let heard = try await hear(get, answer: ok, FaultSpec(.truncate(Share(1))))
        #expect(ok.hasPrefix(heard.text) && heard.text.hasPrefix("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\ne"))
        #expect(heard.text != ok)
        #expect(heard.end == .reset)
    }

    @Test func aDroppedRequestEndsWithoutAnAnswer() async throws {
        let spec = FaultSpec(.drop(Share(1)), settle: .milliseconds(20))
        #expect(try await hear(get, answer: ok, spec) == Heard(text: "", end: .closed))
    }

    @Test func anAnswerOfTheLinkArrivesBeforeTheEnd() async throws {
        let spec = FaultSpec(.error(Share(1), status: 503))
        let heard = try await hear("GET /a HTTP/1.0\r\n\r\n", answer: ok, spec)
        #expect(heard.text.hasPrefix("HTTP/1.1 503 Service Unavailable\r\n") && heard.text.hasSuffix("}"))
        #expect(heard.end == .closed)
    }

    @Test func wordsThatAreNoRequestGoOnAfterAMoment() async throws {
        #expect(try await hear("hello", answer: "enough", nil) == Heard(text: "enough", end: .none))
    }
}
