import Logging
import NIOCore

/// Between a socket and its session: octets in, octets out, and back-pressure both ways.
final class ConnectionHandler: ChannelDuplexHandler, SessionTransport {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let loop: BrokerLoop
    private let session: Session
    private var context: ChannelHandlerContext?
    private var wantsRead = true
    private var heldRead = false

    /// Above this an output buffer is given back instead of kept for the next batch.
    private static let keptCapacity = 512 << 10

    init(loop: BrokerLoop, session: Session) {
        self.loop = loop
        self.session = session
        session.transport = self
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }
    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        session.receive(&bytes)
        loop.noteWork()
    }

    func channelInactive(context: ChannelHandlerContext) {
        session.disconnected()
        loop.noteWork()
        context.fireChannelInactive()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        session.isWritable = context.channel.isWritable
        if session.isWritable { session.resumeDeliveries() }
        updateReading()
        loop.noteWork()
        context.fireChannelWritabilityChanged()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        loop.logger.debug("connection failed", metadata: ["error": "\(error)"])
        context.close(promise: nil)
    }

    func read(context: ChannelHandlerContext) {
        if wantsRead { context.read() } else { heldRead = true }
    }

    // MARK: SessionTransport

    func flush() {
        guard let context else { return }
        if session.output.readableBytes > 0 {
            context.writeAndFlush(wrapOutboundOut(session.output), promise: nil)
            // Keeps the memory if the socket took all of it; otherwise makes another.
            if session.output.storageCapacity > ConnectionHandler.keptCapacity {
                session.output = ByteBuffer()
            } else {
                session.output.clear()
            }
        }
        if session.state == .finished {
            context.close(promise: nil)
            return
        }
        updateReading()
        if session.hasParked { session.resumeDeliveries() }
    }

    private func updateReading() {
        session.heldOutput = 0
        if !session.isWritable, let options = context?.channel.syncOptions {
            session.heldOutput = (try? options.getOption(.bufferedWritableBytes)) ?? 0
        }
        wantsRead = session.wantsRead
        guard wantsRead, heldRead, let context else { return }
        heldRead = false
        context.read()
    }
}
