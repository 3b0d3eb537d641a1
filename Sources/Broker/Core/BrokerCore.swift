import AMQP

/// What the core must know, without anything of sockets or disks.
struct CoreConfiguration {
    var users: [String: String] = ["guest": "guest"]
    var vhosts: [String] = ["/"]
    /// Octets of messages in memory above which publishers are stopped; below 9/10 of it they go on.
    var memoryLimit = 1 << 30
    /// Seconds proposed to clients; 0 for none.
    var heartbeat: UInt16 = 60
    var channelMax: UInt16 = 2047
    var frameMax: UInt32 = UInt32(AMQPLimits.defaultFrameMax)
    var maxMessageSize = AMQPLimits.bodySize
    /// From accept to connection.open, in nanoseconds.
    var handshakeTimeout: UInt64 = 10_000_000_000
    /// Octets that may wait in a connection's output before deliveries to it stop.
    var outputLimit = 256 << 10
    var hasStore = false
}

/// The broker's decisions: virtual hosts, connections and what they do to one another.
///
/// No sockets, no disk, no clock, no chance of its own: octets come in through `Session.receive` and collect in
/// `Session.output`; `now` and a generator are handed in; changes to be stored leave through `sealGroup`. A class that
/// is confined to one event loop, so that the path of a message takes no lock and copies no state.
final class BrokerCore {
    let configuration: CoreConfiguration
    private(set) var vhosts: [String: VirtualHost] = [:]
    private(set) var sessions: [ObjectIdentifier: Session] = [:]
    /// Connections with something to be done at the end of the batch: output, confirms, closing.
    private var touched: [Session] = []
    private var spareTouched: [Session] = []

    private var generator: any RandomNumberGenerator
    private var pipeline = StorePipeline()
    private var lastMessageID: UInt64 = 0
    private var lastQueueID: UInt32 = 0
    private var freeQueueIDs: [UInt32] = []
    #if DEBUG
        /// Breaks messages on purpose, to see that verdicts notice.
        var mutation: Mutation?
    #endif
    private var marks: (UInt32) -> UnsafeMutablePointer<UInt64>? = { _ in nil }

    /// Octets of messages that are in queues or unacknowledged.
    private(set) var memory = 0
    /// Publishers are stopped because of `memoryLimit`.
    private(set) var isAlarmed = false
    /// Operations that may wait for the store before reading stops.
    private static let backlogLimit = 200_000

    private(set) var connectionsOpened: UInt64 = 0
    var published: UInt64 = 0
    var unroutable: UInt64 = 0

    init(configuration: CoreConfiguration, generator: some RandomNumberGenerator) {
        self.configuration = configuration
        self.generator = generator
        for name in configuration.vhosts { vhosts[name] = VirtualHost(name: name, core: self) }
    }

    // MARK: Connections

    func open(now: UInt64) -> Session {
        let session = Session(core: self, now: now)
        sessions[ObjectIdentifier(session)] = session
        connectionsOpened += 1
        return session
    }

    func forget(_ session: Session) { sessions[ObjectIdentifier(session)] = nil }

    func touch(_ session: Session) {
        guard !session.isTouched else { return }
        session.isTouched = true
        touched.append(session)
    }

    /// Whether there is something to write, to sockets or to disk.
    var hasWork: Bool { hasTouched || pipeline.canSeal }
    var hasTouched: Bool { !touched.isEmpty }

    /// Ends a batch: gives each touched connection a last chance to write its confirms, then hands it over. What
    /// `flush` touches is for the next batch.
    func finishBatch(_ flush: (Session) -> Void) {
        swap(&touched, &spareTouched)
        for session in spareTouched {
            session.finishBatch()
            session.isTouched = false
        }
        for session in spareTouched { flush(session) }
        spareTouched.removeAll(keepingCapacity: true)
    }

    /// Heartbeats and deadlines. To be called about twice a second. `now` in nanoseconds of a monotonic clock.
    func tick(now: UInt64) {
        for session in sessions.values { session.tick(now: now) }
    }

    // MARK: Names

    /// 22 letters of 6 bits: about the 128 bits that RabbitMQ takes.
    func makeName(prefix: String) -> String {
        let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
        var name = prefix
        var bits: UInt64 = 0
        for index in 0..<22 {
            if index % 10 == 0 { bits = generator.next() }
            name.unicodeScalars.append(Unicode.Scalar(letters[Int(bits & 63)]))
            bits >>= 6
        }
        return name
    }

    // MARK: Messages

    /// Routes a message. Gives whether it reached a queue, and the group to wait for if it must be stored.
    func publish(_ message: Message, to route: Route) -> (isRouted: Bool, group: UInt64?) {
        #if DEBUG
            if mutation != nil { return publishMutated(message, to: route) }
        #endif
        return place(message, in: route)
    }

    func place(_ message: Message, in route: Route) -> (isRouted: Bool, group: UInt64?) {
        published += 1
        route.exchange.published += 1
        let queues = route.queues
        guard !queues.isEmpty else {
            unroutable += 1
            return (false, nil)
        }
        message.references = queues.count
        memory += message.memory
        if memory > configuration.memoryLimit, !isAlarmed { raiseAlarm() }
        // Into the store first: a delivery under automatic ack settles at once.
        var group: UInt64?
        if configuration.hasStore, message.isPersistent {
            for queue in queues where queue.storeID != 0 {
                if message.storedReferences == 0 { group = store(message) }
                message.storedReferences += 1
                pipeline.append(.entry(queue: queue.storeID, position: queue.nextPosition, message: message))
            }
        }
        for queue in queues { queue.enqueue(message) }
        return (true, group)
    }

    private func store(_ message: Message) -> UInt64 {
        lastMessageID += 1
        message.id = lastMessageID
        message.storeGroup = pipeline.number
        pipeline.append(.message(message))
        return pipeline.number
    }

    /// A message is done with at one place: acknowledged, dropped, purged.
    func settle(_ entry: QueueEntry, of queue: MessageQueue) {
        let message = entry.message
        queue.noteSettled()
        message.references -= 1
        if message.references == 0 {
            memory -= message.memory
            if isAlarmed, memory < configuration.memoryLimit / 10 * 9 { endAlarm() }
        }
        guard message.id != 0, queue.storeID != 0 else { return }
        message.storedReferences -= 1
        if message.storedReferences == 0, message.storeGroup == pipeline.number {
            pipeline.cancel(message)
            return
        }
        pipeline.append(.removeEntry(queue: queue.storeID, position: entry.position))
        if message.storedReferences == 0 { pipeline.append(.removeMessage(id: message.id)) }
    }

    // MARK: Limits

    /// Whether no connection may be read from: the store lags.
    var isStoreBehind: Bool { pipeline.backlog > BrokerCore.backlogLimit }

    private func raiseAlarm() {
        isAlarmed = true
        for session in sessions.values where session.isPublisher { session.block() }
    }

    private func endAlarm() {
        isAlarmed = false
        for session in sessions.values { session.unblock() }
    }

    // MARK: The store

    func record(_ change: TopologyChange) {
        guard configuration.hasStore else { return }
        pipeline.append(.topology(change))
    }

    /// Whether something is on its way to disk that `channel` should wait for; if so the number of the group, of which
    /// the channel will be told.
    func barrier(_ channel: SessionChannel) -> UInt64? {
        guard configuration.hasStore, pipeline.backlog > 0 || pipeline.inFlightHasTopology else { return nil }
        pipeline.wait(channel)
        return pipeline.number
    }

    func wait(_ channel: SessionChannel) { pipeline.wait(channel) }

    /// Whether nothing is on its way to disk, or waits for it.
    var isStored: Bool { pipeline.inFlight == nil && pipeline.backlog == 0 }

    /// The next group to write, if it is time.
    func sealGroup(isTick: Bool = false) -> StoreGroup? {
        configuration.hasStore ? pipeline.seal(lastMessageID: lastMessageID, isTick: isTick) : nil
    }

    /// The group that `sealGroup` gave last is on disk, or failed.
    func groupCompleted(success: Bool) {
        let wasBehind = isStoreBehind
        if success, let group = pipeline.inFlight?.group {
            for case .topology(.deleteQueue(let id)) in group.operations { freeQueueIDs.append(id) }
        }
        let (number, _, waiters) = pipeline.complete(success: success)
        for channel in waiters { channel.groupCompleted(number, success: success) }
        if wasBehind { for session in sessions.values { touch(session) } }
    }

    func takeQueueID() -> UInt32 {
        guard configuration.hasStore else { return 0 }
        if let id = freeQueueIDs.popLast() { return id }
        lastQueueID += 1
        return lastQueueID
    }

    /// The mark of a new queue.
    func resetMark(_ queueID: UInt32) -> UnsafeMutablePointer<UInt64>? {
        guard queueID != 0, let mark = marks(queueID) else { return nil }
        mark.pointee = 0
        return mark
    }

    /// Takes over what a store held, before any connection.
    func restore(_ state: RecoveredState, marks: @escaping (UInt32) -> UnsafeMutablePointer<UInt64>?) {
        self.marks = marks
        lastMessageID = state.lastMessageID
        for stored in state.exchanges {
            guard let vhost = vhost(stored.vhost), vhost.exchanges[stored.name] == nil else { continue }
            vhost.insert(
                MessageExchange(
                    name: stored.name, type: stored.type, isDurable: true, isAutoDelete: stored.isAutoDelete,
                    isInternal: stored.isInternal, arguments: stored.arguments))
        }
        for stored in state.queues {
            guard let vhost = vhost(stored.vhost) else { continue }
            let mark = marks(stored.id)
            let queue = MessageQueue(
                name: stored.name, vhost: vhost, isDurable: true, isAutoDelete: stored.isAutoDelete,
                arguments: stored.arguments, owner: nil, storeID: stored.id, mark: mark)
            vhost.insert(queue)
            let entries = state.entries[stored.id] ?? []
            for (message, _) in entries {
                if message.references == 0 { memory += message.memory }
                message.references += 1
                message.storedReferences += 1
            }
            queue.restore(entries, delivered: mark?.pointee ?? 0)
            lastQueueID = max(lastQueueID, stored.id)
        }
        let used = Set(state.queues.map(\.id))
        freeQueueIDs = lastQueueID == 0 ? [] : (1...lastQueueID).filter { !used.contains($0) }
        for stored in state.bindings {
            guard let vhost = vhost(stored.vhost), let source = vhost.exchanges[stored.source] else { continue }
            let destination: Destination
            if stored.isQueue {
                guard let queue = vhost.queues[stored.destination] else { continue }
                destination = .queue(queue)
            } else {
                guard let exchange = vhost.exchanges[stored.destination] else { continue }
                destination = .exchange(exchange)
            }
            _ = vhost.link(
                Binding(
                    source: source, destination: destination, routingKey: stored.routingKey,
                    arguments: stored.arguments))
        }
        if memory > configuration.memoryLimit { isAlarmed = true }
    }

    /// A virtual host that the store knows exists, configured or not.
    private func vhost(_ name: String) -> VirtualHost? {
        if let vhost = vhosts[name] { return vhost }
        let vhost = VirtualHost(name: name, core: self)
        vhosts[name] = vhost
        return vhost
    }
}
