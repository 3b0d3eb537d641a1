import ClusterModel
import History

extension Ledger {
    init(_ history: History, topology: Topology) {
        var builder = LedgerBuilder(history, topology)
        if var cursor = history.records {
            while cursor.advance() { builder.add(&cursor) }
        } else {
            for entry in history.events() { builder.add(entry) }
        }
        self = builder.finished()
    }
}

/// Reads a history once, in the order of time, and settles afterwards what needs to look ahead: which message a
/// delivery carries, and by when a transmission had certainly been routed.
struct LedgerBuilder {
    /// One channel of one connection.
    struct Lane {
        var connection: Int32
        /// Deliveries by the tag that the client saw; tags count from 1 without gaps.
        var tags = NumberTable()
        /// The queue that it got its last delivery from, and its name among `ledger.words`.
        var source: (queue: Int32, word: Int32) = (-1, -1)
        /// Management methods that the broker answered: when it was sent, and when the answer came.
        var answers: [(sent: Int64, answered: Int64)] = []
        /// Management methods without an answer so far, in order.
        var open: [OperationKey] = []
        /// The queue that it declared last.
        var lastQueue = ""
        /// Its consumers by their tags: what they consume, and since when.
        var consumers: [String: (queue: Int32, since: Int64)] = [:]
    }

    struct OperationKey: Hashable {
        var connection: UInt32
        var broker: String
        var sequence: UInt32
    }

    var ledger = Ledger()
    var lanes: [Lane] = []
    let sources: [EvidenceSource]
    var sourceProcess: [Int32] = []
    var connectionIndex: [UInt32: Int32] = [:]
    var laneIndex: [UInt64: Int32] = [:]
    var portIndex: [UInt64: Int32] = [:]
    var stamps = StampTable()
    var depthIndex: [Int32: Int] = [:]
    /// The numbers in `ledger.words` of the words of each file; -1: not asked for yet.
    var fileWords: [[Int32]]
    let slots = EventSlots()
    var sent: [OperationKey: (time: Int64, declaration: Declaration)] = [:]
    var unmatchedHandles = 0
    var calls = CallLedgerBuilder()
    var objects = ObjectLedgerBuilder()
    /// The time of the last record of each source.
    var lastWords: [Int64] = []
    /// Servers that record their executions, and those of them that are reached through a queue.
    var nativeServers: Set<Int32> = []
    var queueServers: Set<Int32> = []
    /// Servers of feeds: what they are asked is no call.
    var feedServers: Set<Int32> = []

    init(_ history: History, _ topology: Topology) {
        sources = history.sources
        ledger.problems = history.problems
        ledger.timeline.begin = history.times?.lowerBound ?? 0
        ledger.timeline.end = history.times?.upperBound ?? 0
        fileWords = history.wordCounts.map { Array(repeating: -1, count: $0) }
        _ = ledger.tables.number([])
        for node in topology.nodes {
            for process in node.instances {
                let number = ledger.processes.number(process)
                if node.command == nil, !node.consume.isEmpty { ledger.native.insert(number) }
                guard node.command == nil, let server = node.server else { continue }
                nativeServers.insert(number)
                if node.feed != nil, node.serve == nil { feedServers.insert(number) }
                if server.via != .grpc { queueServers.insert(number) }
            }
            if node.broker != nil { ledger.oracle.addBroker(node.name) }
        }
        sourceProcess = sources.map { $0.kind == .node ? ledger.processes.number($0.name) : -1 }
        lastWords = Array(repeating: .min, count: sources.count)
        ledger.transmissions.reserveCapacity(history.count(of: "transmission"))
        ledger.messages.reserveCapacity(history.count(of: "transmission"))
        ledger.deliveries.reserveCapacity(history.count(of: "delivery"))
    }

    mutating func add(_ entry: History.Entry) {
        let time = entry.time
        if entry.source < lastWords.count { lastWords[entry.source] = max(lastWords[entry.source], time) }
        switch entry.event {
        case .publish(let event): add(event, time, process(of: entry))
        case .publishResult(let event): add(event, process(of: entry))
        case .handle(let event): add(event, time, process(of: entry))
        case .handleResult(let event): add(event, time, process(of: entry))
        case .call, .callResult, .execution, .executionResult, .duplicateCall, .callRequest, .callReply:
            addCall(entry)
        case .objectInvocation, .objectChange, .referenceChange, .objectState: addObject(entry)
        case .objectReply: break
        // Of feeds and of peers: those who judge them read them themselves.
        case .feedAppend, .feedWatch, .feedView, .appendAttempt, .appendResult, .streamEvent: break
        case .memberChange, .peerSend, .peerSendResult, .peerReceipt, .lookup, .lookupMessage, .lookupResult,
            .resourceChange, .datagram:
            break
        case .connection(let event): add(event, time)
        case .connectionClosed(let event): add(event, time)
        case .transmission(let event): add(event, time)
        case .transmissionResult(let event): add(event, time)
        case .delivery(let event): add(event, time)
        case .settlement(let event): add(event, time)
        case .declaration(let event): add(event, time)
        case .node(let event):
            ledger.timeline.changes.append(.init(time: time, change: event))
            if time < ledger.timeline.closing { ledger.oracle.apply(event, at: time) }
        case .fault(let event): ledger.timeline.add(event, at: time)
        case .phase(let event): ledger.timeline.add(event, at: time)
        case .queueDepth(let event):
            let queue = queue(event.broker, event.queue)
            let fact = DepthFact(queue: queue, ready: Int(event.ready), consumers: Int(event.consumers))
            if let index = depthIndex[queue] {
                ledger.depths[index] = fact
            } else {
                depthIndex[queue] = ledger.depths.count
                ledger.depths.append(fact)
            }
        case .leftover(let event):
            ledger.leftovers.append(
                LeftoverFact(
                    queue: queue(event.broker, event.queue), stamp: event.stamp, bodyHash: event.bodyHash,
                    id: event.message, time: time))
        }
    }

    func process(of entry: History.Entry) -> Int32 {
        entry.source < sourceProcess.count ? sourceProcess[entry.source] : -1
    }

    mutating func queue(_ broker: String, _ name: String) -> Int32 {
        ledger.queues.number(QueueKey(broker: broker, name: name))
    }

    /// The message of that id, made where it is new; one without an id is always new.
    mutating func message(_ publisher: Int32, _ id: UnsafeRawBufferPointer, _ time: Int64) -> Int32 {
        var name = MessageTable.Name()
        if !id.isEmpty {
            let known = ledger.ids.known(publisher, id)
            if known >= 0 { return known }
            name = ledger.ids.add(Int32(ledger.messages.count), publisher, id)
        }
        ledger.messages.append(MessageFact(publisher: publisher, name: name, time: time))
        return Int32(ledger.messages.count - 1)
    }

    // MARK: - What nodes say

    private mutating func add(_ event: Publish, _ time: Int64, _ process: Int32) {
        guard !event.message.isEmpty else { return }
        let number = event.message.withBytes { message(process, $0, time) }
        published(number, exchange: ledger.words.number(event.exchange), key: ledger.words.number(event.key))
    }

    mutating func published(_ message: Int32, exchange: Int32, key: Int32) {
        ledger.messages[Int(message)].exchange = exchange
        ledger.messages[Int(message)].key = key
    }

    private mutating func add(_ event: PublishResult, _ process: Int32) {
        guard event.type == .ok, event.reason != "sent" else { return }
        confirmed(event.message.withBytes { ledger.ids.known(process, $0) })
    }

    mutating func confirmed(_ message: Int32) {
        if message >= 0 { ledger.messages[Int(message)].confirmedByNode = true }
    }

    private mutating func add(_ event: Handle, _ time: Int64, _ process: Int32) {
        if handled(event.reference, time, process) { return }
        // No link saw it: the handling itself is the evidence of the delivery.
        unmatchedHandles += 1
        let broker = ledger.oracle.brokerHolding(event.queue)
        let lane = lane(-1 - process, event.reference)
        ledger.deliveries.append(
            DeliveryFact(
                connection: -1, lane: lane, consumer: process, queue: queue(broker, event.queue), stamp: 0,
                tag: event.reference.tag, time: time, bodyHash: 0, redelivered: event.redelivered, autoAck: false,
                fate: .passed, handling: .open, handlingStart: time))
        let number = Int32(ledger.deliveries.count - 1)
        handledIDs[number] = event.message
        remember(number, lane, event.reference.tag)
    }

    /// A consumer has begun with a delivery.
    /// - Returns: whether a link saw that delivery.
    mutating func handled(_ reference: DeliveryReference, _ time: Int64, _ process: Int32) -> Bool {
        ledger.native.insert(process)
        guard let number = delivery(reference, process) else { return false }
        ledger.deliveries[Int(number)].handling = .open
        ledger.deliveries[Int(number)].handlingStart = time
        return true
    }

    /// Message ids of deliveries that carry no stamp.
    var handledIDs: [Int32: String] = [:]

    mutating func add(_ event: HandleResult, _ time: Int64, _ process: Int32) {
        guard let number = delivery(event.reference, process) ?? unseen(event.reference, process) else { return }
        ledger.deliveries[Int(number)].handlingEnd = time
        switch event.type {
        case .ok: ledger.deliveries[Int(number)].handling = .ok
        case .fail: ledger.deliveries[Int(number)].handling = .failed
        case .invoke, .info: break
        }
    }

    private func unseen(_ reference: DeliveryReference, _ process: Int32) -> Int32? {
        laneIndex[laneKey(-1 - process, reference)].flatMap { find($0, reference.tag) }
    }

    /// The delivery that a native consumer speaks of, on the newest connection that it has from that port.
    private func delivery(_ reference: DeliveryReference, _ process: Int32) -> Int32? {
        guard process >= 0, let connection = portIndex[UInt64(process) << 16 | UInt64(reference.port)] else {
            return nil
        }
        guard let lane = laneIndex[laneKey(connection, reference.channel)] else { return nil }
        return find(lane, reference.tag)
    }

    // MARK: - Lanes and tags

    private func laneKey(_ connection: Int32, _ channel: UInt16) -> UInt64 {
        UInt64(UInt32(bitPattern: connection)) << 16 | UInt64(channel)
    }

    /// Lanes of deliveries that no link saw are told apart by process, port and channel.
    private func laneKey(_ process: Int32, _ reference: DeliveryReference) -> UInt64 {
        1 << 63 | UInt64(UInt32(bitPattern: process) & 0x7FFF_FFFF) << 32 | UInt64(reference.port) << 16
            | UInt64(reference.channel)
    }

    mutating func lane(_ connection: Int32, _ channel: UInt16) -> Int32 {
        lane(laneKey(connection, channel), connection)
    }

    private mutating func lane(_ process: Int32, _ reference: DeliveryReference) -> Int32 {
        lane(laneKey(process, reference), -1)
    }

    private mutating func lane(_ key: UInt64, _ connection: Int32) -> Int32 {
        if let known = laneIndex[key] { return known }
        lanes.append(Lane(connection: connection))
        laneIndex[key] = Int32(lanes.count - 1)
        return Int32(lanes.count - 1)
    }

    private mutating func remember(_ delivery: Int32, _ lane: Int32, _ tag: UInt64) {
        if tag > 0 { lanes[Int(lane)].tags[tag] = delivery }
    }

    private func find(_ lane: Int32, _ tag: UInt64) -> Int32? {
        let number = lanes[Int(lane)].tags[tag]
        return number >= 0 ? number : nil
    }

    // MARK: - What links saw

    private mutating func add(_ event: ConnectionOpened, _ time: Int64) {
        let client = ledger.processes.number(event.client)
        let number = Int32(ledger.connections.count)
        ledger.connections.append(
            ConnectionFact(
                client: client, server: ledger.processes.number(event.server), opened: time, lastSeen: time))
        connectionIndex[event.connection] = number
        portIndex[UInt64(client) << 16 | UInt64(event.port)] = number
    }

    private mutating func add(_ event: ConnectionClosed, _ time: Int64) {
        guard let number = connectionIndex[event.connection] else { return }
        let index = Int(number)
        ledger.connections[index].closed = time
        ledger.connections[index].orderly = event.orderly
        ledger.connections[index].by = event.by
        guard time < ledger.timeline.closing else { return }
        // In an orderly end, or one by the broker, its exclusive queues went some time before the link saw it.
        let last =
            event.orderly || event.by == "server" ? ledger.connections[index].lastSeen : time
        ledger.oracle.connectionClosed(event.connection, lastAlive: last)
    }

    mutating func seen(_ connection: UInt32, _ time: Int64) -> Int32 {
        guard let number = connectionIndex[connection] else { return -1 }
        ledger.connections[Int(number)].lastSeen = time
        return number
    }

    private mutating func add(_ event: Transmission, _ time: Int64) {
        event.message.withBytes {
            sent(
                event, id: $0, exchange: ledger.words.number(event.exchange), key: ledger.words.number(event.key),
                headers: ledger.tables.number(event.headers), at: time)
        }
    }

    /// A publish passed a link; the event's own texts are not looked at.
    mutating func sent(
        _ event: Transmission, id: UnsafeRawBufferPointer, exchange: Int32, key: Int32, headers: Int32, at time: Int64
    ) {
        let connection = seen(event.connection, time)
        let publisher = connection < 0 ? -1 : ledger.connections[Int(connection)].client
        let broker = connection < 0 ? -1 : ledger.connections[Int(connection)].server
        let message = message(publisher, id, time)
        let number = Int32(ledger.transmissions.count)
        ledger.transmissions.append(
            TransmissionFact(
                stamp: event.stamp, message: message, connection: connection, lane: lane(connection, event.channel),
                time: time, exchange: exchange, key: key, headers: headers, broker: broker, bodyHash: event.bodyHash,
                fate: event.fate, stamped: event.stamped, confirming: event.confirming))
        link(number, to: message)
        stamps[event.stamp] = number
    }

    mutating func link(_ transmission: Int32, to message: Int32) {
        let index = Int(message)
        if ledger.messages[index].firstTransmission < 0 {
            ledger.messages[index].firstTransmission = transmission
        } else {
            ledger.transmissions[Int(ledger.messages[index].lastTransmission)].next = transmission
        }
        ledger.messages[index].lastTransmission = transmission
    }

    mutating func add(_ event: TransmissionResult, _ time: Int64) {
        let index = Int(stamps[event.stamp])
        guard index >= 0 else { return }
        let connection = Int(ledger.transmissions[index].connection)
        if connection >= 0 { ledger.connections[connection].lastSeen = time }
        if event.outcome == .returned {
            ledger.transmissions[index].returned = true
            if ledger.transmissions[index].resultTime == 0 { ledger.transmissions[index].resultTime = time }
            return
        }
        let seen = event.fate != .dropped && event.fate != .undeliverable
        if event.outcome == .acked, seen { ledger.transmissions[index].acknowledged = true }
        // The first word counts; the link's own nack may follow a confirm that a fault swallowed.
        if ledger.transmissions[index].result == nil || ledger.transmissions[index].result == .settled {
            ledger.transmissions[index].result = event.outcome
            ledger.transmissions[index].resultTime = time
        }
    }

    private mutating func add(_ event: Delivery, _ time: Int64) {
        arrived(event, queue: ledger.words.number(event.queue), at: time) {
            (event.message, (event.exchange, event.key))
        }
    }

    /// A delivery passed a link; the event's own texts are not looked at.
    /// - Parameters:
    ///   - word: the queue's name among `ledger.words`.
    ///   - origin: message id, exchange and key; asked for where the stamp does not tell.
    mutating func arrived(
        _ event: Delivery, queue word: Int32, at time: Int64,
        origin: () -> (id: String, place: (exchange: String, key: String))
    ) {
        let connection = seen(event.connection, time)
        let consumer = connection < 0 ? -1 : ledger.connections[Int(connection)].client
        let lane = lane(connection, event.channel)
        if lanes[Int(lane)].source.word != word {
            let broker = connection < 0 ? "" : ledger.processes[ledger.connections[Int(connection)].server]
            let queue = queue(broker, ledger.words[word])
            lanes[Int(lane)].source = (queue, word)
            consumed(queue, by: consumer)
        }
        let number = Int32(ledger.deliveries.count)
        ledger.deliveries.append(
            DeliveryFact(
                connection: connection, lane: lane, consumer: consumer, queue: lanes[Int(lane)].source.queue,
                stamp: event.stamp, tag: event.tag, time: time, bodyHash: event.bodyHash,
                redelivered: event.redelivered, autoAck: event.autoAck, fate: event.fate))
        remember(number, lane, event.tag)
        if event.stamp != 0, !ledger.deliveries[Int(number)].reached {
            unseen[UnseenKey(lane: lane, stamp: event.stamp)] = number
        }
        if stamps[event.stamp] < 0 { (handledIDs[number], wire[number]) = origin() }
    }

    /// Where deliveries that carry no stamp were published to.
    var wire: [Int32: (exchange: String, key: String)] = [:]

    mutating func consumed(_ queue: Int32, by process: Int32) {
        guard process >= 0, ledger.consumers[queue]?.contains(process) != true else { return }
        ledger.consumers[queue, default: []].append(process)
    }

    mutating func add(_ event: Settlement, _ time: Int64) {
        let connection = seen(event.connection, time)
        let lane = lane(connection, event.channel)
        var found = event.tag > 0 ? find(lane, event.tag) : nil
        if found == nil, event.stamp != 0 { found = unseen[UnseenKey(lane: lane, stamp: event.stamp)] }
        guard let number = found else { return }
        let index = Int(number)
        if event.outcome == .settled {
            ledger.deliveries[index].settledByLink = time
        } else if ledger.deliveries[index].settlement == nil {
            ledger.deliveries[index].settlement = event.outcome
            ledger.deliveries[index].settlementTime = time
            ledger.deliveries[index].settlementPassed = event.fate != .dropped && event.fate != .undeliverable
            // The link will give it back under its stamp.
            if event.fate == .dropped, event.stamp != 0 { unseen[UnseenKey(lane: lane, stamp: event.stamp)] = number }
        }
    }

    private struct UnseenKey: Hashable {
        var lane: Int32
        var stamp: Int64
    }

    /// The newest delivery of a stamp on a lane that a fault swallowed, or whose ack it swallowed.
    private var unseen: [UnseenKey: Int32] = [:]
}
