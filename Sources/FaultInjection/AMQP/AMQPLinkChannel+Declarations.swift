import AMQP
import History
import NIOCore

/// Management methods: they pass untouched, and are noted with their answers, so that the oracle knows the bindings in
/// force at any moment.
extension AMQPLinkChannel {
    func noteDeclaration(_ method: AMQPMethod, now: Int64, _ link: inout AMQPLink) {
        guard var note = Declaration(method, lastQueue: lastQueue) else { return }
        link.declarationCount += 1
        note.connection = link.facts.id
        note.channel = id
        note.sequence = link.declarationCount
        note.broker = link.facts.link.server
        link.events.append(.declaration(note))
        if method.isWithoutAnswer {
            // Nobody says when the broker has done it; whoever reads the evidence sees what is answered later.
            apply(note, &link)
        } else {
            pending.append(note)
        }
    }

    func noteAnswer(_ method: AMQPMethod, _ link: inout AMQPLink) {
        guard method.answersDeclaration, let note = pending.popFirst() else { return }
        finish(note, answer: method, &link)
    }

    /// The broker closes the channel: what it had not answered has failed, or not been looked at.
    func failPending(_ link: inout AMQPLink) {
        while var note = pending.popFirst() {
            note.type = .fail
            link.events.append(.declaration(note))
        }
    }

    /// The channel is gone, and its consumers with it.
    func endConsumers(_ link: inout AMQPLink, isAsked: Bool) {
        for (tag, consumer) in consumers.sorted(by: { $0.key < $1.key }) {
            link.declarationCount += 1
            var note = Declaration()
            note.connection = link.facts.id
            note.channel = id
            note.sequence = link.declarationCount
            note.broker = link.facts.link.server
            note.operation = .cancel
            // As of a consumer that the client has cancelled itself, where it has closed the channel.
            note.name = isAsked ? "" : consumer.queue
            note.other = tag
            link.events.append(.declaration(note))
            note.type = .ok
            link.events.append(.declaration(note))
        }
        consumers = [:]
    }

    private func finish(_ declared: Declaration, answer: AMQPMethod, _ link: inout AMQPLink) {
        var note = declared
        note.type = .ok
        switch answer {
        case .queueDeclareOk(let ok): note.name = ok.queue
        case .basicConsumeOk(let ok): note.other = ok.consumerTag
        case .queueDeleteOk(let ok): note.count = ok.messageCount
        case .queuePurgeOk(let ok): note.count = ok.messageCount
        default: break
        }
        apply(note, &link)
        link.events.append(.declaration(note))
    }

    /// What the channel itself must know of it.
    private func apply(_ note: Declaration, _ link: inout AMQPLink) {
        switch note.operation {
        case .declareQueue: lastQueue = note.name
        case .consume:
            consumers[note.other] = Consumer(queue: note.name, autoAck: note.autoAck)
            link.passed.consumers += 1
        case .cancel: consumers[note.other] = nil
        default: break
        }
    }
}

extension Declaration {
    /// `nil` for methods that declare nothing.
    fileprivate init?(_ method: AMQPMethod, lastQueue: String) {
        self.init()
        switch method {
        case .exchangeDeclare(let m):
            operation = .declareExchange
            name = m.exchange
            other = m.type
            durable = m.durable
            autoDelete = m.autoDelete
            isInternal = m.internal
            alternate = m.arguments["alternate-exchange"]?.stringValue ?? ""
            passive = m.passive
        case .exchangeDelete(let m):
            operation = .deleteExchange
            name = m.exchange
        case .exchangeBind(let m):
            operation = .bindExchange
            name = m.destination
            other = m.source
            key = m.routingKey
            arguments = m.arguments.encodedBytes
        case .exchangeUnbind(let m):
            operation = .unbindExchange
            name = m.destination
            other = m.source
            key = m.routingKey
            arguments = m.arguments.encodedBytes
        case .queueDeclare(let m):
            operation = .declareQueue
            name = m.queue
            durable = m.durable
            exclusive = m.exclusive
            autoDelete = m.autoDelete
            passive = m.passive
            arguments = m.arguments.encodedBytes
        case .queueBind(let m):
            operation = .bindQueue
            name = m.queue.isEmpty ? lastQueue : m.queue
            other = m.exchange
            key = m.routingKey
            arguments = m.arguments.encodedBytes
        case .queueUnbind(let m):
            operation = .unbindQueue
            name = m.queue.isEmpty ? lastQueue : m.queue
            other = m.exchange
            key = m.routingKey
            arguments = m.arguments.encodedBytes
        case .queueDelete(let m):
            operation = .deleteQueue
            name = m.queue.isEmpty ? lastQueue : m.queue
        case .queuePurge(let m):
            operation = .purge
            name = m.queue.isEmpty ? lastQueue : m.queue
        case .basicConsume(let m):
            operation = .consume
            name = m.queue.isEmpty ? lastQueue : m.queue
            other = m.consumerTag
            autoAck = m.noAck
            exclusive = m.exclusive
        case .basicCancel(let m):
            operation = .cancel
            other = m.consumerTag
        default: return nil
        }
    }
}

extension AMQPMethod {
    fileprivate var isWithoutAnswer: Bool {
        switch self {
        case .exchangeDeclare(let m): m.noWait
        case .exchangeDelete(let m): m.noWait
        case .exchangeBind(let m): m.noWait
        case .exchangeUnbind(let m): m.noWait
        case .queueDeclare(let m): m.noWait
        case .queueBind(let m): m.noWait
        case .queueDelete(let m): m.noWait
        case .queuePurge(let m): m.noWait
        case .basicConsume(let m): m.noWait
        case .basicCancel(let m): m.noWait
        default: false
        }
    }

    fileprivate var answersDeclaration: Bool {
        switch self {
        case .exchangeDeclareOk, .exchangeDeleteOk, .exchangeBindOk, .exchangeUnbindOk, .queueDeclareOk, .queueBindOk,
            .queueUnbindOk, .queueDeleteOk, .queuePurgeOk, .basicConsumeOk, .basicCancelOk:
            true
        default: false
        }
    }
}

extension FieldTable {
    /// As AMQP encodes it, with its length; nothing for an empty table.
    fileprivate var encodedBytes: [UInt8] {
        guard !isEmpty else { return [] }
        var buffer = ByteBuffer()
        encode(into: &buffer)
        return Array(buffer.readableBytesView)
    }
}
