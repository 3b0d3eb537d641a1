import ClusterModel
import History

/// Events of every kind with fields drawn at random, the awkward values among them.
struct EventGenerator {
    var chance: SeededGenerator

    init(seed: UInt64) { chance = SeededGenerator(seed: seed, "events") }

    mutating func number<T: FixedWidthInteger>() -> T {
        switch Int.random(in: 0..<5, using: &chance) {
        case 0: 0
        case 1: T.max
        case 2: T.min
        case 3: T(truncatingIfNeeded: Int.random(in: 0...300, using: &chance))
        default: T(truncatingIfNeeded: chance.next())
        }
    }

    mutating func text() -> String {
        [
            "", "a", "producer.1.17", "naïve ☕️ 𝄞 日本語", "\u{0}\u{1F}\"\\\n\r\t", String(repeating: "x", count: 300),
            "e\u{301}",
        ]
        .randomElement(using: &chance)!
    }

    mutating func bytes() -> [UInt8] {
        (0..<Int.random(in: 0...40, using: &chance)).map { _ in UInt8.random(in: 0...255, using: &chance) }
    }

    mutating func flag() -> Bool { Bool.random(using: &chance) }
    mutating func type() -> OperationType {
        [.invoke, .ok, .fail, .info].randomElement(using: &chance)!
    }
    mutating func fate() -> Fate {
        [.passed, .dropped, .duplicated, .delayed, .undeliverable, .reordered, .corrupted, .answered, .truncated]
            .randomElement(using: &chance)!
    }
    private mutating func reference() -> DeliveryReference {
        DeliveryReference(port: number(), channel: number(), tag: number())
    }

    /// One event of each kind.
    mutating func all() -> [Event] { (0..<Self.kinds).map { next($0) } }

    static let kinds = 43

    mutating func any() -> Event { next(Int.random(in: 0..<Self.kinds, using: &chance)) }

    private mutating func next(_ kind: Int) -> Event {
        switch kind {
        case 0: .publish(publish())
        case 1: .publishResult(publishResult())
        case 2: .handle(handle())
        case 3: .handleResult(handleResult())
        case 4: .connection(connection())
        case 5: .connectionClosed(closed())
        case 6: .transmission(transmission())
        case 7: .transmissionResult(transmissionResult())
        case 8: .delivery(delivery())
        case 9: .settlement(settlement())
        case 10: .declaration(declaration())
        case 11: .node(node())
        case 12: .fault(fault())
        case 13: .phase(phase())
        case 14: .queueDepth(depth())
        case 15: .call(callAttempt())
        case 16: .callResult(callResult())
        case 17: .execution(execution())
        case 18: .executionResult(executionResult())
        case 19: .duplicateCall(duplicateCall())
        case 20: .callRequest(callRequest())
        case 21: .callReply(callReply())
        case 22: .objectInvocation(objectInvocation())
        case 23: .objectReply(objectReply())
        case 24: .objectChange(objectChange())
        case 25: .referenceChange(referenceChange())
        case 26: .objectState(objectState())
        case 27: .feedAppend(feedAppend())
        case 28: .feedWatch(feedWatch())
        case 29: .feedView(feedView())
        case 30: .appendAttempt(appendAttempt())
        case 31: .appendResult(appendResult())
        case 32: .streamEvent(streamEvent())
        case 33: .memberChange(memberChange())
        case 34: .peerSend(peerSend())
        case 35: .peerSendResult(peerSendResult())
        case 36: .peerReceipt(peerReceipt())
        case 37: .lookup(lookup())
        case 38: .lookupMessage(lookupMessage())
        case 39: .lookupResult(lookupResult())
        case 40: .resourceChange(resourceChange())
        case 41: .datagram(datagram())
        default: .leftover(leftover())
        }
    }

    private mutating func publish() -> Publish {
        var e = Publish()
        e.message = text()
        e.exchange = text()
        e.key = text()
        e.attempt = number()
        return e
    }

    private mutating func publishResult() -> PublishResult {
        var e = PublishResult()
        e.message = text()
        e.type = type()
        e.reason = text()
        return e
    }

    private mutating func handle() -> Handle {
        var e = Handle()
        e.reference = reference()
        e.message = text()
        e.queue = text()
        e.redelivered = flag()
        return e
    }

    private mutating func handleResult() -> HandleResult {
        var e = HandleResult()
        e.reference = reference()
        e.type = type()
        e.reason = text()
        return e
    }

    private mutating func connection() -> ConnectionOpened {
        var e = ConnectionOpened()
        e.connection = number()
        e.client = text()
        e.server = text()
        e.ordinal = number()
        e.port = number()
        return e
    }

    private mutating func closed() -> ConnectionClosed {
        var e = ConnectionClosed()
        e.connection = number()
        e.orderly = flag()
        e.by = text()
        return e
    }

    private mutating func transmission() -> Transmission {
        var e = Transmission()
        e.stamp = number()
        e.stamped = flag()
        e.connection = number()
        e.channel = number()
        e.n = number()
        e.message = text()
        e.exchange = text()
        e.key = text()
        e.headers = bytes()
        e.bodyHash = number()
        e.size = number()
        e.confirming = flag()
        e.mandatory = flag()
        e.persistent = flag()
        e.fate = fate()
        return e
    }

    private mutating func transmissionResult() -> TransmissionResult {
        var e = TransmissionResult()
        e.stamp = number()
        e.outcome = [.acked, .nacked, .returned, .settled].randomElement(using: &chance)!
        e.fate = fate()
        return e
    }

    private mutating func delivery() -> Delivery {
        var e = Delivery()
        e.connection = number()
        e.channel = number()
        e.tag = number()
        e.stamp = number()
        e.message = text()
        e.queue = text()
        e.exchange = text()
        e.key = text()
        e.redelivered = flag()
        e.autoAck = flag()
        e.bodyHash = number()
        e.n = number()
        e.fate = fate()
        return e
    }

    private mutating func settlement() -> Settlement {
        var e = Settlement()
        e.connection = number()
        e.channel = number()
        e.tag = number()
        e.stamp = number()
        e.outcome = [.acked, .requeued, .rejected, .settled].randomElement(using: &chance)!
        e.fate = fate()
        return e
    }

    private mutating func declaration() -> Declaration {
        var e = Declaration()
        e.connection = number()
        e.channel = number()
        e.sequence = number()
        e.type = type()
        e.operation = Declaration.Operation(rawValue: UInt8.random(in: 0...10, using: &chance))!
        e.broker = text()
        e.name = text()
        e.other = text()
        e.key = text()
        e.arguments = bytes()
        e.durable = flag()
        e.exclusive = flag()
        e.autoDelete = flag()
        e.isInternal = flag()
        e.passive = flag()
        e.autoAck = flag()
        e.alternate = text()
        e.count = number()
        return e
    }

    private mutating func node() -> NodeChange {
        var e = NodeChange()
        e.name = text()
        e.incarnation = number()
        e.pid = number()
        e.state = NodeState.allCases.randomElement(using: &chance)!
        e.detail = text()
        e.intended = flag()
        return e
    }

    private mutating func fault() -> FaultChange {
        var e = FaultChange()
        e.name = text()
        e.text = text()
        e.link = text()
        e.on = flag()
        e.cut = (0..<Int.random(in: 0...3, using: &chance)).map { _ in text() }
        return e
    }

    private mutating func phase() -> Phase {
        var e = Phase()
        e.name = [.run, .drain, .drained, .stop].randomElement(using: &chance)!
        e.undrained = (0..<Int.random(in: 0...3, using: &chance)).map { _ in text() }
        return e
    }

    private mutating func depth() -> QueueDepth {
        var e = QueueDepth()
        e.broker = text()
        e.queue = text()
        e.ready = number()
        e.consumers = number()
        return e
    }

    private mutating func leftover() -> Leftover {
        var e = Leftover()
        e.broker = text()
        e.queue = text()
        e.stamp = number()
        e.message = text()
        e.bodyHash = number()
        return e
    }
}
