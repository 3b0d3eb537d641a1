import Assertions
import ClusterModel
import History

/// Writes histories in a few words: every step moves the clock by a millisecond, and broker, links and nodes say what
/// they would say in a run. Names: `producer` publishes, `worker` consumes, `broker` is the broker.
struct HistoryBuilder {
    private(set) var history = History()
    var now: Int64 = 1_000_000_000
    private var sources: [String: Int] = [:]
    private var connections: [String: (number: UInt32, port: UInt16)] = [:]
    private var lastConnection: UInt32 = 0
    private var lastStamp: Int64 = 0
    private var lastTag: [String: UInt64] = [:]
    private var lastN: [UInt32: UInt64] = [:]
    private var lastSequence: UInt32 = 0
    private(set) var stamps: [String: [Int64]] = [:]

    /// One delivery, to settle or handle it later.
    struct Delivered {
        var process: String
        var tag: UInt64
        var stamp: Int64
        var message: String
        var queue: String
        var redelivered = false
    }

    init() { add(.phase(Phase())) }

    static let links = EvidenceSource(kind: .link, name: "links")
    static let orchestrator = EvidenceSource(kind: .orchestrator, name: "orchestrator")

    mutating func add(_ event: Event, by source: EvidenceSource = Self.orchestrator) {
        now += 1_000_000
        let key = "\(source)"
        if sources[key] == nil {
            sources[key] = history.sources.count
            history.sources.append(source)
        }
        history.entries.append(.init(time: now, source: sources[key]!, event: event))
    }

    /// Some of the evidence could not be read.
    mutating func damage(_ problem: String) { history.problems.append(problem) }

    private func node(_ name: String) -> EvidenceSource { EvidenceSource(kind: .node, name: name) }

    // MARK: - The orchestrator

    mutating func declare(
        _ operation: Declaration.Operation, _ name: String, _ other: String = "", key: String = "",
        arguments: [UInt8] = [], broker: String = "broker", client: String? = nil,
        answer: OperationType? = .ok, _ change: (inout Declaration) -> Void = { _ in }
    ) {
        var event = Declaration()
        lastSequence += 1
        event.sequence = lastSequence
        event.connection = client.map { connect($0).number } ?? 0
        event.operation = operation
        event.broker = broker
        event.name = name
        event.other = other
        event.key = key
        event.arguments = arguments
        change(&event)
        let count = event.count
        event.count = 0
        add(.declaration(event), by: client == nil ? Self.orchestrator : Self.links)
        guard let answer else { return }
        event.type = answer
        event.count = count
        add(.declaration(event), by: client == nil ? Self.orchestrator : Self.links)
    }

    mutating func exchange(_ name: String, _ type: String, _ change: (inout Declaration) -> Void = { _ in }) {
        declare(.declareExchange, name, type) { change(&$0) }
    }

    mutating func queue(
        _ name: String, boundTo exchange: String? = nil, key: String = "",
        _ change: (inout Declaration) -> Void = { _ in }
    ) {
        declare(.declareQueue, name) { change(&$0) }
        if let exchange { declare(.bindQueue, name, exchange, key: key) }
    }

    /// An anonymous queue, as a native consumer makes it: declared, bound, consumed from.
    mutating func anonymousQueue(_ name: String, of process: String, boundTo exchange: String, key: String = "") {
        let connection = connect(process).number
        var event = Declaration()
        lastSequence += 1
        event.sequence = lastSequence
        event.connection = connection
        event.broker = "broker"
        event.exclusive = true
        event.autoDelete = true
        add(.declaration(event), by: Self.links)
        event.type = .ok
        event.name = name
        add(.declaration(event), by: Self.links)
        declare(.bindQueue, name, exchange, key: key, client: process)
        consume(name, by: process)
    }

    mutating func consume(_ queue: String, by process: String) {
        declare(.consume, queue, "ctag-\(process)", client: process)
    }

    mutating func phase(_ name: Phase.Name, undrained: [String] = []) {
        var event = Phase()
        event.name = name
        event.undrained = undrained
        add(.phase(event))
    }

    /// The end of every run.
    mutating func finish(undrained: [String] = []) {
        phase(.drain)
        phase(.drained, undrained: undrained)
        phase(.stop)
    }

    mutating func node(
        _ name: String, _ state: NodeState, incarnation: UInt32 = 1, intended: Bool = false, detail: String = ""
    ) {
        var event = NodeChange()
        event.name = name
        event.state = state
        event.incarnation = incarnation
        event.intended = intended
        event.detail = detail
        event.pid = 4_242
        add(.node(event))
    }

    mutating func fault(_ text: String, link: String, on: Bool = true) {
        var event = FaultChange()
        event.name = text
        event.text = text
        event.link = link
        event.on = on
        add(.fault(event))
    }

    mutating func depth(_ queue: String, ready: UInt32 = 0, consumers: UInt32 = 0) {
        var event = QueueDepth()
        event.broker = "broker"
        event.queue = queue
        event.ready = ready
        event.consumers = consumers
        add(.queueDepth(event))
    }

    mutating func leftover(_ message: String, in queue: String) {
        var event = Leftover()
        event.broker = "broker"
        event.queue = queue
        event.stamp = stamps[message]?.last ?? 0
        event.message = message
        add(.leftover(event))
    }

    // MARK: - Links

    @discardableResult
    mutating func connect(_ process: String, to broker: String = "broker") -> (number: UInt32, port: UInt16) {
        if let known = connections[process] { return known }
        lastConnection += 1
        var event = ConnectionOpened()
        event.connection = lastConnection
        event.client = process
        event.server = broker
        event.ordinal = 1
        event.port = UInt16(40_000 + lastConnection)
        add(.connection(event), by: Self.links)
        connections[process] = (lastConnection, event.port)
        return (lastConnection, event.port)
    }

    mutating func disconnect(_ process: String, orderly: Bool = false, by: String = "client") {
        guard let known = connections.removeValue(forKey: process) else { return }
        var event = ConnectionClosed()
        event.connection = known.number
        event.orderly = orderly
        event.by = by
        add(.connectionClosed(event), by: Self.links)
        lastTag[process] = nil
    }

    /// A publish as node (if native) and link see it.
    @discardableResult
    mutating func publish(
        _ message: String, to exchange: String, key: String = "", by process: String = "producer", native: Bool = true,
        fate: Fate = .passed, confirm: Bool = true, confirmFate: Fate = .passed,
        _ change: (inout Transmission) -> Void = { _ in }
    ) -> Int64 {
        let connection = connect(process).number
        if native {
            var publish = Publish()
            publish.message = message
            publish.exchange = exchange
            publish.key = key
            add(.publish(publish), by: node(process))
        }
        lastStamp += 1
        var event = Transmission()
        event.stamp = lastStamp
        event.connection = connection
        event.channel = 1
        event.message = message
        event.exchange = exchange
        event.key = key
        event.confirming = confirm
        event.fate = fate
        lastN[connection, default: 0] += 1
        event.n = lastN[connection]!
        change(&event)
        add(.transmission(event), by: Self.links)
        stamps[message, default: []].append(event.stamp)
        if confirm {
            let swallowed = fate == .dropped || fate == .undeliverable
            result(event.stamp, swallowed ? .settled : .acked, fate: confirmFate)
        }
        return event.stamp
    }

    /// The publisher's own word that a message was confirmed.
    mutating func confirmedByNode(_ message: String, by process: String) {
        var event = PublishResult()
        event.message = message
        event.reason = "confirmed"
        add(.publishResult(event), by: node(process))
    }

    mutating func result(_ stamp: Int64, _ outcome: TransmissionOutcome, fate: Fate = .passed) {
        var event = TransmissionResult()
        event.stamp = stamp
        event.outcome = outcome
        event.fate = fate
        add(.transmissionResult(event), by: Self.links)
    }

    @discardableResult
    mutating func deliver(
        _ message: String, from queue: String, to process: String, fate: Fate = .passed, redelivered: Bool = false,
        autoAck: Bool = false, stamp: Int64? = nil, _ change: (inout Delivery) -> Void = { _ in }
    ) -> Delivered {
        var event = Delivery()
        event.connection = connect(process).number
        event.channel = 1
        if fate != .dropped {
            lastTag[process, default: 0] += 1
            event.tag = lastTag[process]!
        }
        event.stamp = stamp ?? stamps[message]?.last ?? 0
        event.message = message
        event.queue = queue
        event.redelivered = redelivered
        event.autoAck = autoAck
        event.fate = fate
        change(&event)
        add(.delivery(event), by: Self.links)
        return Delivered(
            process: process, tag: event.tag, stamp: event.stamp, message: message, queue: queue,
            redelivered: redelivered)
    }

    mutating func settle(_ delivered: Delivered, _ outcome: SettlementOutcome = .acked, fate: Fate = .passed) {
        var event = Settlement()
        event.connection = connect(delivered.process).number
        event.channel = 1
        event.tag = delivered.tag
        event.stamp = delivered.stamp
        event.outcome = outcome
        event.fate = fate
        add(.settlement(event), by: Self.links)
    }

    // MARK: - Native consumers

    mutating func handle(_ delivered: Delivered) {
        var event = Handle()
        event.reference = DeliveryReference(port: connect(delivered.process).port, channel: 1, tag: delivered.tag)
        event.message = delivered.message
        event.queue = delivered.queue
        event.redelivered = delivered.redelivered
        add(.handle(event), by: node(delivered.process))
    }

    mutating func handled(_ delivered: Delivered, _ type: OperationType = .ok, reason: String = "") {
        var event = HandleResult()
        event.reference = DeliveryReference(port: connect(delivered.process).port, channel: 1, tag: delivered.tag)
        event.type = type
        event.reason = reason
        add(.handleResult(event), by: node(delivered.process))
    }

    /// Delivered, handled and acknowledged by a native consumer.
    mutating func work(_ message: String, from queue: String, by process: String, redelivered: Bool = false) {
        let delivered = deliver(message, from: queue, to: process, redelivered: redelivered)
        handle(delivered)
        handled(delivered)
        settle(delivered)
    }

    /// Delivered to and acknowledged by a user's program.
    mutating func serve(_ message: String, from queue: String, by process: String, redelivered: Bool = false) {
        settle(deliver(message, from: queue, to: process, redelivered: redelivered))
    }
}
