import AMQP
import DequeModule
import NIOCore

/// What a channel tells its owner, always on the connection's event loop.
package protocol ClientChannelDelegate: AnyObject {
    func delivered(_ delivery: Basic.Deliver, _ header: ContentHeader, _ body: ByteBuffer)
    func confirmed(_ tag: UInt64, multiple: Bool, nack: Bool)
    func returned(_ method: Basic.Return, _ header: ContentHeader)
    /// The broker took the consumer away, for instance with its queue.
    func cancelled(_ consumerTag: String)
    /// All that could be read at once has been told; now is the time to answer in one go.
    func batchEnded()
    /// Nothing comes any more. Told once.
    func ended(_ error: ClientError)
}

/// A channel of a `ClientConnection`. It belongs to the connection's event loop: call it there only.
package final class ClientChannel {
    package let id: UInt16
    private let connection: ClientConnection
    package weak var delegate: (any ClientChannelDelegate)?
    private var assembler = ContentAssembler()
    /// Calls that wait for their answers, in order.
    private var waiting: Deque<EventLoopPromise<Answer>> = []
    package private(set) var failure: ClientError?

    /// The answer to a call; `content` for a get-ok.
    package struct Answer: Sendable {
        package var method: AMQPMethod
        package var header: ContentHeader?
        package var body: ByteBuffer?
    }

    init(id: UInt16, connection: ClientConnection) {
        self.id = id
        self.connection = connection
    }

    /// Sends a method and waits for the broker's answer to it.
    package func call(_ method: AMQPMethod) -> EventLoopFuture<Answer> {
        if let failure { return connection.eventLoop.makeFailedFuture(failure) }
        let promise = connection.eventLoop.makePromise(of: Answer.self)
        waiting.append(promise)
        connection.write(method, channel: id)
        connection.flush()
        return promise.futureResult
    }

    /// Sends a method that has no answer. Goes out with the next `flush`.
    package func send(_ method: AMQPMethod) {
        guard failure == nil else { return }
        connection.write(method, channel: id)
    }

    /// Publishes. Goes out with the next `flush`.
    package func publish(_ method: Basic.Publish, _ header: ContentHeader, _ body: ByteBuffer) {
        guard failure == nil else { return }
        connection.write(.basicPublish(method), header, body, channel: id)
    }

    package func flush() { connection.flush() }

    /// Whether the socket takes more; `writabilityChanged` of the connection says when it does again.
    package var isWritable: Bool { connection.isWritable }

    func receive(_ frame: Frame) throws(AMQPError) {
        guard let event = try assembler.receive(frame) else { return }
        switch event {
        case .content(.basicDeliver(let method), let header, let body): delegate?.delivered(method, header, body)
        case .content(.basicReturn(let method), let header, _): delegate?.returned(method, header)
        case .content(let method, let header, let body): answer(Answer(method: method, header: header, body: body))
        case .method(.basicAck(let ack)): delegate?.confirmed(ack.deliveryTag, multiple: ack.multiple, nack: false)
        case .method(.basicNack(let nack)): delegate?.confirmed(nack.deliveryTag, multiple: nack.multiple, nack: true)
        case .method(.basicCancel(let cancel)): delegate?.cancelled(cancel.consumerTag)
        case .method(.channelFlow(let flow)): send(.channelFlowOk(.init(active: flow.active)))
        case .method(.channelClose(let close)):
            send(.channelCloseOk(.init()))
            connection.flush()
            connection.forget(self)
            fail(.channelClosed(code: close.replyCode, text: close.replyText))
        case .method(let method): answer(Answer(method: method))
        }
    }

    private func answer(_ answer: Answer) { waiting.popFirst()?.succeed(answer) }

    func fail(_ error: ClientError) {
        guard failure == nil else { return }
        failure = error
        let abandoned = waiting
        waiting = []
        for promise in abandoned { promise.fail(error) }
        delegate?.ended(error)
    }
}
