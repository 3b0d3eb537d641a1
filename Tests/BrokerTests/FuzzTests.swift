import AMQP
import Testing

@testable import Broker

/// Clients that do anything, in any order, many of them wrong. What must hold whatever happens: no trap, and once all
/// queues are gone, no memory is held and no message is owed to the store.
struct FuzzTests {
    @Test(arguments: 0..<16)
    func anythingGoes(seed: UInt64) throws {
        var random = NameGenerator(state: seed)
        let broker = TestBroker {
            $0.hasStore = true
            $0.memoryLimit = 100_000
        }
        var clients: [TestClient] = []
        for _ in 0..<400 {
            if clients.isEmpty || (clients.count < 5 && Int.random(in: 0..<20, using: &random) == 0) {
                let client = TestClient(broker)
                try client.handshake(capabilities: ["consumer_cancel_notify": true, "connection.blocked": true])
                clients.append(client)
            }
            let index = Int.random(in: 0..<clients.count, using: &random)
            let client = clients[index]
            let channel = UInt16.random(in: 1...3, using: &random)
            switch Int.random(in: 0..<100, using: &random) {
            case 0..<30:
                client.publish(
                    "body", exchange: exchange(&random), key: name(&random), mandatory: Bool.random(using: &random),
                    properties: BasicProperties(deliveryMode: UInt8.random(in: 1...2, using: &random)), channel: channel
                )
            case 30..<32: client.session.isWritable = false
            case 32..<36:
                client.session.isWritable = true
                client.session.resumeDeliveries()
            case 36..<38:
                client.session.disconnected()
                clients.remove(at: index)
            case 38..<42: broker.endBatch()
            case 42..<50: complete(broker, success: Int.random(in: 0..<5, using: &random) > 0)
            case 50..<51: broker.advance(seconds: 1)
            default: client.send(method(&random), channel: channel)
            }
            for client in clients where client.session.state != .open {
                client.session.disconnected()
                clients.removeAll { $0 === client }
            }
            for client in clients where client.session.output.readableBytes > 1 << 20 { _ = try client.receive() }
        }
        for client in clients { client.session.disconnected() }
        complete(broker, success: true)
        let vhost = broker.core.vhosts["/"]!
        for queue in vhost.queues.values {
            #expect(queue.unacked == 0)
            #expect(queue.consumers.isEmpty)
            vhost.delete(queue)
        }
        complete(broker, success: true)
        #expect(broker.core.memory == 0)
        #expect(broker.core.sessions.isEmpty)
        #expect(broker.core.isStored)
    }

    private func complete(_ broker: TestBroker, success: Bool) {
        while broker.core.sealGroup(isTick: true) != nil {
            broker.core.groupCompleted(success: success)
            if !success { return }
        }
    }

    private func name(_ random: inout NameGenerator) -> String {
        ["a", "b", "c", "a.b", "", "amq.x"].randomElement(using: &random)!
    }

    private func exchange(_ random: inout NameGenerator) -> String {
        ["", "", "amq.direct", "amq.fanout", "amq.topic", "amq.headers", "x", "y"].randomElement(using: &random)!
    }

    private func method(_ random: inout NameGenerator) -> AMQPMethod {
        func flag(_ odds: Int = 2) -> Bool { Int.random(in: 0..<odds, using: &random) == 0 }
        let tag = UInt64.random(in: 0...6, using: &random)
        switch Int.random(in: 0..<32, using: &random) {
        case 0..<6: return .channelOpen(Channel.Open())
        case 6: return .channelClose(Channel.Close())
        case 7: return .channelCloseOk(Channel.CloseOk())
        case 8..<11:
            return .queueDeclare(
                Queue.Declare(
                    queue: name(&random), passive: flag(6), durable: flag(), exclusive: flag(8), autoDelete: flag(8),
                    noWait: flag()))
        case 11: return .queueDelete(Queue.Delete(queue: name(&random), ifUnused: flag(), ifEmpty: flag()))
        case 12: return .queuePurge(Queue.Purge(queue: name(&random)))
        case 13, 14:
            return .queueBind(Queue.Bind(queue: name(&random), exchange: exchange(&random), routingKey: name(&random)))
        case 15:
            return .queueUnbind(
                Queue.Unbind(queue: name(&random), exchange: exchange(&random), routingKey: name(&random)))
        case 16:
            return .exchangeDeclare(
                Exchange.Declare(
                    exchange: exchange(&random), type: ["direct", "topic"].randomElement(using: &random)!,
                    durable: flag(),
                    autoDelete: flag(), arguments: flag() ? ["alternate-exchange": "y"] : [:]))
        case 17: return .exchangeDelete(Exchange.Delete(exchange: exchange(&random), ifUnused: flag()))
        case 18:
            return .exchangeBind(
                Exchange.Bind(destination: exchange(&random), source: exchange(&random), routingKey: "a"))
        case 19..<22:
            return .basicConsume(
                Basic.Consume(
                    queue: name(&random), consumerTag: flag() ? "" : name(&random), noAck: flag(), exclusive: flag(9)))
        case 22: return .basicCancel(Basic.Cancel(consumerTag: name(&random)))
        case 23: return .basicGet(Basic.Get(queue: name(&random), noAck: flag()))
        case 24, 25: return .basicAck(Basic.Ack(deliveryTag: tag, multiple: flag()))
        case 26: return .basicNack(Basic.Nack(deliveryTag: tag, multiple: flag(), requeue: flag()))
        case 27: return .basicQos(Basic.Qos(prefetchCount: UInt16(tag), global: flag()))
        case 28: return .confirmSelect(Confirm.Select())
        case 29: return flag() ? .txSelect(Tx.Select()) : flag() ? .txCommit(Tx.Commit()) : .txRollback(Tx.Rollback())
        case 30: return .basicRecover(Basic.Recover(requeue: true))
        default: return .channelFlow(Channel.Flow(active: flag()))
        }
    }
}
