import AMQP
import AMQPClient
import ClusterModel
import History
import NIOCore

/// The orchestrator's own connection to one broker: declares what the topology says, asks for depths, looks at what is
/// left, and takes its own things away again from a broker that is not ours. It goes straight to the broker; no fault
/// touches it.
actor BrokerAdministrator {
    /// A queue's state by the answer to a passive declare.
    struct Depth: Sendable, Equatable {
        var ready: Int
        var consumers: Int
    }

    private let url: AMQPURL
    private let broker: String
    private let loop: any EventLoop
    private var connection: NIOLoopBound<ClientConnection>?
    private var channel: NIOLoopBound<ClientChannel>?
    /// Things that were not there before us, to be deleted at the end (external brokers only).
    private var createdQueues: [String] = []
    private var createdExchanges: [String] = []
    /// Its own evidence, so that what it declares is recorded in its order, and before it happens.
    private let recorder: Recorder
    private var sequence: UInt32 = 0

    /// - Parameter evidence: the file that takes the evidence of what is declared.
    /// - Throws: `OrchError` where it cannot be made.
    init(broker: String, url: AMQPURL, loop: any EventLoop, evidence: String) throws {
        self.broker = broker
        self.url = url
        self.loop = loop
        recorder = try Recorder(path: evidence, source: .init(kind: .orchestrator, name: "orchestrator"))
    }

    /// What went wrong with recording, if anything did.
    var recordingFailure: OrchError? { recorder.failure }

    // MARK: - Declaring

    /// Declares the broker's exchanges, queues and bindings.
    /// - Parameters:
    ///   - isExternal: leftovers are then refused, or purged where `purge` says so.
    /// - Throws: `OrchError`: what could not be declared, where it stands in the file, and the broker's reason.
    func declare(_ topology: Topology, isExternal: Bool, purge: Bool) async throws {
        let exchanges = topology.exchanges.filter { $0.broker == broker }
        let queues = topology.allQueues.filter { $0.broker == broker }
        for exchange in exchanges {
            if isExternal, try await !exists(.exchangeDeclare(.init(exchange: exchange.name, passive: true))) {
                createdExchanges.append(exchange.name)
            }
            try await declare(exchange)
        }
        for queue in queues {
            if isExternal, try await !exists(.queueDeclare(.init(queue: queue.name, passive: true))) {
                createdQueues.append(queue.name)
            }
            try await declare(queue, isExternal: isExternal, purge: purge)
        }
        for queue in queues { for binding in queue.bindings { try await bind(queue.name, binding, queue.location) } }
        for node in topology.nodes {
            for role in node.consume where role.broker == broker {
                guard let queue = role.queue else { continue }
                for binding in role.bindings { try await bind(queue, binding, node.location) }
            }
        }
    }

    private func declare(_ exchange: ClusterModel.Exchange) async throws {
        var arguments = FieldTable(arguments: exchange.arguments)
        if let alternate = exchange.alternate { arguments["alternate-exchange"] = .longString(alternate) }
        var note = Declaration()
        note.operation = .declareExchange
        note.name = exchange.name
        note.other = exchange.kind.rawValue
        note.durable = exchange.durable
        note.autoDelete = exchange.autoDelete
        note.isInternal = exchange.isInternal
        note.alternate = exchange.alternate ?? ""
        try await perform(
            .exchangeDeclare(
                .init(
                    exchange: exchange.name, type: exchange.kind.rawValue, durable: exchange.durable,
                    autoDelete: exchange.autoDelete, internal: exchange.isInternal, arguments: arguments)),
            note, "exchange '\(exchange.name)'", exchange.location)
    }

    private func declare(_ queue: ClusterModel.Queue, isExternal: Bool, purge: Bool) async throws {
        var note = Declaration()
        note.operation = .declareQueue
        note.name = queue.name
        note.durable = queue.durable
        note.autoDelete = queue.autoDelete
        note.arguments = encoded(FieldTable(arguments: queue.arguments))
        let answer = try await perform(
            .queueDeclare(
                .init(
                    queue: queue.name, durable: queue.durable, autoDelete: queue.autoDelete,
                    arguments: FieldTable(arguments: queue.arguments))),
            note, "queue '\(queue.name)'", queue.location)
        guard isExternal, case .queueDeclareOk(let ok) = answer, ok.messageCount > 0 else { return }
        guard purge else {
            throw OrchError(
                .unavailable, "the queue '\(queue.name)' of the external broker holds \(ok.messageCount) messages",
                at: queue.location,
                advice: "empty it, use another name, or say `purge: true` under the node's `broker:`")
        }
        _ = try await call(.queuePurge(.init(queue: queue.name)))
    }

    private func bind(_ queue: String, _ binding: Binding, _ location: SourceLocation) async throws {
        let arguments = FieldTable(arguments: binding.arguments)
        var note = Declaration()
        note.operation = .bindQueue
        note.name = queue
        note.other = binding.exchange
        note.key = binding.key
        note.arguments = encoded(arguments)
        try await perform(
            .queueBind(
                .init(queue: queue, exchange: binding.exchange, routingKey: binding.key, arguments: arguments)),
            note, "binding of '\(queue)' to '\(binding.exchange)'", location)
    }

    /// As AMQP encodes it, with its length; nothing for an empty table.
    private func encoded(_ table: FieldTable) -> [UInt8] {
        guard !table.isEmpty else { return [] }
        var buffer = ByteBuffer()
        table.encode(into: &buffer)
        return Array(buffer.readableBytesView)
    }

    @discardableResult
    private func perform(
        _ method: AMQPMethod, _ declaration: Declaration, _ what: String, _ location: SourceLocation
    ) async throws -> AMQPMethod {
        var note = declaration
        sequence += 1
        note.sequence = sequence
        note.broker = broker
        note.type = .invoke
        recorder.record(.declaration(note))
        do {
            let answer = try await call(method)
            note.type = .ok
            recorder.record(.declaration(note))
            return answer
        } catch let error as ClientError {
            note.type = .fail
            recorder.record(.declaration(note))
            throw OrchError(
                .unavailable, "the broker '\(broker)' refuses the \(what)", at: location, cause: error.description,
                advice: "something of that name may exist with other properties")
        }
    }

    private func exists(_ passive: AMQPMethod) async throws -> Bool {
        do {
            _ = try await call(passive)
            return true
        } catch ClientError.channelClosed(let code, _) where code == ReplyCode.notFound.rawValue {
            return false
        }
    }

    // MARK: - Asking

    /// `nil` where there is no such queue, or it is another connection's own.
    func depth(of queue: String) async -> Depth? {
        guard case .queueDeclareOk(let ok) = try? await call(.queueDeclare(.init(queue: queue, passive: true))) else {
            return nil
        }
        return Depth(ready: Int(ok.messageCount), consumers: Int(ok.consumerCount))
    }

    /// Looks at up to `limit` messages of a queue and puts them back.
    func leftovers(in queue: String, limit: Int) async -> [Leftover] {
        guard let looking = try? await openChannel() else { return [] }
        var found: [Leftover] = []
        while found.count < limit {
            let answer = try? await loop.flatSubmit { looking.value.call(.basicGet(.init(queue: queue))) }.get()
            guard let answer, case .basicGetOk = answer.method, let header = answer.header else { break }
            var leftover = Leftover()
            leftover.broker = broker
            leftover.queue = queue
            leftover.stamp = HeaderStamp.stamp(key: "x-orch-id", of: header.properties) ?? 0
            leftover.message = HeaderStamp.messageID(of: header.properties) ?? ""
            leftover.bodyHash = StableHash.ofBody(answer.body.map { Array($0.readableBytesView) } ?? [])
            found.append(leftover)
        }
        // What was not acknowledged goes back to its place.
        _ = try? await loop.flatSubmit { looking.value.call(.channelClose(.init(replyCode: 200, replyText: ""))) }.get()
        return found
    }

    // MARK: - Ending

    /// Deletes what was not there before, and says goodbye.
    func close(deleting: Bool) async {
        if deleting {
            for queue in createdQueues { _ = try? await call(.queueDelete(.init(queue: queue))) }
            for exchange in createdExchanges { _ = try? await call(.exchangeDelete(.init(exchange: exchange))) }
        }
        guard let connection else { return }
        self.connection = nil
        channel = nil
        try? await loop.flatSubmit { connection.value.close() }.get()
    }

    // MARK: - The wire

    private func connected() async throws -> NIOLoopBound<ClientConnection> {
        if let connection { return connection }
        let made = try await ClientConnection.connect(to: url, name: "orch", on: loop).get()
        connection = made
        return made
    }

    /// A channel error closes the channel; the next call opens another.
    private func call(_ method: AMQPMethod) async throws -> AMQPMethod {
        let current = try await usableChannel()
        return try await loop.flatSubmit { current.value.call(method) }.get().method
    }

    private func usableChannel() async throws -> NIOLoopBound<ClientChannel> {
        if let known = channel, try await loop.submit({ known.value.failure == nil }).get() { return known }
        let made: NIOLoopBound<ClientChannel>
        do {
            made = try await openChannel()
        } catch {
            // The connection may be one to an earlier life of the broker.
            connection = nil
            made = try await openChannel()
        }
        channel = made
        return made
    }

    private func openChannel() async throws -> NIOLoopBound<ClientChannel> {
        let connection = try await connected()
        return try await loop.flatSubmit { connection.value.openChannel() }.get()
    }
}
