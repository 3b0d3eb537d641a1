import ClusterModel
import NIOCore
import NIOPosix

/// UDP sockets on 127.0.0.1, as links use them.
enum DatagramSocket {
    /// Datagrams that one system call may bring.
    private static let batch: Int = 16
    private static let largest = 65_536
    /// Bytes that the kernel is asked to keep for us in each direction; it grants what it allows.
    private static let kernelBuffer: SocketOptionValue = 4 << 20

    /// - Parameters:
    ///   - port: 0 lets the kernel choose.
    ///   - handler: made on the loop.
    static func open(
        port: Int, on loop: any EventLoop, _ handler: @escaping @Sendable () throws -> DatagramHandler
    ) async throws -> any Channel {
        try await future(port: port, on: loop, handler).get()
    }

    static func future(
        port: Int, on loop: any EventLoop, _ handler: @escaping @Sendable () throws -> DatagramHandler
    ) -> EventLoopFuture<any Channel> {
        DatagramBootstrap(group: loop)
            .channelOption(.socketOption(.so_rcvbuf), value: kernelBuffer)
            .channelOption(.socketOption(.so_sndbuf), value: kernelBuffer)
            .channelOption(.datagramVectorReadMessageCount, value: batch)
            .channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: batch * largest))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(handler()) }
            }
            .bind(host: "127.0.0.1", port: port)
    }
}

/// Hands on what a socket reads, datagram by datagram, and says when a batch is over. Errors of single datagrams (nobody
/// listens at the other end; too long) concern nobody: datagrams may be lost.
final class DatagramHandler: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>

    private let received: (SocketAddress, ByteBuffer) -> Void
    private let completed: () -> Void

    init(received: @escaping (SocketAddress, ByteBuffer) -> Void, completed: @escaping () -> Void) {
        self.received = received
        self.completed = completed
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let envelope = unwrapInboundIn(data)
        received(envelope.remoteAddress, envelope.data)
    }

    func channelReadComplete(context: ChannelHandlerContext) { completed() }
    func errorCaught(context: ChannelHandlerContext, error: any Error) {}
}
