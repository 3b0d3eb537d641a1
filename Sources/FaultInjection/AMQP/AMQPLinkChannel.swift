import AMQP
import ClusterModel
import DequeModule
import History
import NIOCore

/// One AMQP channel on a link: puts messages together, asks the dice, renumbers, holds and settles.
/// The two directions are in `AMQPLinkChannel+ToServer` and `AMQPLinkChannel+ToClient`. It belongs to one `AMQPLink`.
final class AMQPLinkChannel {
    /// A message that a fault swallowed and that the link owes a settlement.
    struct Swallowed {
        enum What {
            /// A publish or a confirm: the client waits for an answer to this number of its.
            case publish(UInt64)
            /// A delivery, or the settlement of one: the broker waits for it.
            case delivery(UInt64, stamp: Int64)
        }
        var what: What
        var fault: Int
        /// `nil`: not before the fault ends.
        var deadline: Int64?
    }

    /// What waits its turn behind a delayed message.
    enum Unit {
        case frames([Frame])
        case publish(PublishUnit)
        case delivery(DeliveryUnit)
        case settlements([UInt64], multiple: Bool, SettlementMethod)
        case confirms([UInt64], nack: Bool)
    }

    struct Held {
        var unit: Unit
        var release: Int64
        var bytes: Int
    }

    struct Waiting {
        var unit: Unit
        var hold: Hold
        var n: Int
        var bytes: Int
    }

    struct Consumer {
        var queue: String
        var autoAck: Bool
    }

    let id: UInt16
    var dice: MessageDice
    /// Frames of a message that is not complete, by direction.
    private var partial: BothWays<[Frame]?> = BothWays(nil, nil)
    /// Octets of its body to come; `nil` before its header.
    private var missing: BothWays<UInt64?> = BothWays(nil, nil)
    /// `nil` until `confirm.select`.
    var confirms: ConfirmTracker?
    /// Publishes of the open transaction, and of those whose commit or rollback is on its way; `nil` until `tx.select`.
    var transaction: [Int64]?
    var deliveries = DeliveryTracker()
    var consumers: [String: Consumer] = [:]
    /// Management methods that the broker has not answered, in order.
    var pending: Deque<Declaration> = []
    /// `basic.get`s that the broker has not answered, in order.
    var gets: Deque<Consumer> = []
    /// What an empty queue name stands for.
    var lastQueue = ""
    var swallowed: [Swallowed] = []
    private var held: BothWays<Deque<Held>> = BothWays([], [])
    /// Messages that wait to be overtaken, in the order of their ordinals.
    private var waiting: BothWays<[Waiting]> = BothWays([], [])
    /// Stamps of duplicated publishes whose one return has passed.
    var returned: Set<Int64> = []
    var duplicated: Set<Int64> = []

    init(id: UInt16, dice: MessageDice) {
        self.id = id
        self.dice = dice
    }

    // MARK: - Frames in

    func receive(_ frame: Frame, _ direction: Direction, now: Int64, _ link: inout AMQPLink) {
        switch frame.type {
        case .method:
            // A method in the midst of a message is the sender's error; the receiver shall see it as it is.
            if partial[direction] != nil { passPartial(direction, now: now, &link) }
            var payload = frame.payload
            guard let method = try? AMQPMethod(decoding: &payload) else {
                pass(.frames([frame]), direction, delay: 0, now: now, &link)
                return
            }
            if method.hasContent {
                partial[direction] = [frame]
            } else if direction == .toServer {
                receiveFromClient(method, frame, now: now, &link)
            } else {
                receiveFromServer(method, frame, now: now, &link)
            }
        case .header:
            guard partial[direction]?.count == 1, missing[direction] == nil,
                let size = frame.payload.getInteger(at: frame.payload.readerIndex + 4, as: UInt64.self)
            else {
                passOutOfTurn(frame, direction, now: now, &link)
                return
            }
            partial[direction]!.append(frame)
            missing[direction] = size
            if size == 0 { complete(direction, now: now, &link) }
        case .body:
            guard let left = missing[direction], UInt64(frame.payload.readableBytes) <= left else {
                passOutOfTurn(frame, direction, now: now, &link)
                return
            }
            partial[direction]!.append(frame)
            missing[direction] = left - UInt64(frame.payload.readableBytes)
            if missing[direction] == 0 { complete(direction, now: now, &link) }
        case .heartbeat:
            pass(.frames([frame]), direction, delay: 0, now: now, &link)
        }
    }

    private func complete(_ direction: Direction, now: Int64, _ link: inout AMQPLink) {
        guard let frames = partial.take(direction) else { return }
        missing[direction] = nil
        var payload = frames[0].payload
        var headerPayload = frames[1].payload
        guard let method = try? AMQPMethod(decoding: &payload),
            let header = try? ContentHeader(decoding: &headerPayload)
        else {
            pass(.frames(frames), direction, delay: 0, now: now, &link)
            return
        }
        let message = AMQPLinkMessage(method: method, header: header, frames: frames)
        if direction == .toServer {
            receivePublish(message, now: now, &link)
        } else {
            receiveContent(message, now: now, &link)
        }
    }

    private func passOutOfTurn(_ frame: Frame, _ direction: Direction, now: Int64, _ link: inout AMQPLink) {
        passPartial(direction, now: now, &link)
        pass(.frames([frame]), direction, delay: 0, now: now, &link)
    }

    private func passPartial(_ direction: Direction, now: Int64, _ link: inout AMQPLink) {
        let frames = partial.take(direction) ?? []
        missing[direction] = nil
        if !frames.isEmpty { pass(.frames(frames), direction, delay: 0, now: now, &link) }
    }

    // MARK: - Units out

    /// Sends a message on, or lets it wait for a later one to overtake it.
    func pass(_ unit: Unit, _ direction: Direction, _ fate: MessageFate, now: Int64, _ link: inout AMQPLink) {
        guard fate.overtakenWithin != nil, let hold = fate.hold(now: now), let n = unit.ordinal else {
            pass(unit, direction, delay: fate.delay, now: now, &link)
            return
        }
        hide(unit)
        waiting[direction].append(Waiting(unit: unit, hold: hold, n: n, bytes: unit.size))
    }

    /// Sends a unit on, or lines it up: nothing overtakes what is held back on its channel and direction. A method
    /// overtakes no message at all: it may end what the message needs, a transaction or the channel.
    func pass(
        _ unit: Unit, _ direction: Direction, delay: Int64, now: Int64, _ link: inout AMQPLink
    ) {
        if case .frames = unit, !waiting[direction].isEmpty {
            let all = waiting[direction]
            waiting[direction] = []
            for item in all {
                pass(item.unit, direction, delay: max(0, item.hold.until - now), now: now, &link)
            }
        }
        let last = held[direction].last?.release
        guard delay > 0 || last != nil else {
            emit(unit, direction, now: now, &link)
            return
        }
        hide(unit)
        held[direction].append(Held(unit: unit, release: max(last ?? 0, now + delay), bytes: unit.size))
    }

    /// What the broker or the client has not got must not be covered by a `multiple`.
    private func hide(_ unit: Unit) {
        if case .delivery(let delivery) = unit, !delivery.consumer.autoAck { deliveries.hide(delivery.brokerTag) }
        if case .settlements(let tags, _, _) = unit { for tag in tags { deliveries.hide(tag) } }
    }

    func release(until now: Int64, _ link: inout AMQPLink) {
        for direction in [Direction.toServer, .toClient] {
            while let first = held[direction].first, first.release <= now {
                held[direction].removeFirst()
                emit(first.unit, direction, now: now, &link)
            }
            let due = waiting[direction].filter { $0.hold.release <= now }
            guard !due.isEmpty else { continue }
            waiting[direction].removeAll { $0.hold.release <= now }
            for item in due { pass(item.unit, direction, delay: 0, now: now, &link) }
        }
    }

    /// A message has gone on: those before it that waited for that follow.
    private func overtake(_ n: Int, _ direction: Direction, now: Int64, _ link: inout AMQPLink) {
        guard !waiting[direction].isEmpty else { return }
        var free: [Waiting] = []
        for index in waiting[direction].indices where waiting[direction][index].n < n {
            waiting[direction][index].hold.isOvertaken = true
        }
        waiting[direction].removeAll { item in
            guard item.hold.isOvertaken, item.hold.until <= now else { return false }
            free.append(item)
            return true
        }
        for item in free { emit(item.unit, direction, now: now, &link) }
    }

    private func emit(_ unit: Unit, _ direction: Direction, now: Int64, _ link: inout AMQPLink) {
        switch unit {
        case .frames(let frames):
            for frame in frames { link.output[direction].writeFrame(frame) }
        case .publish(let publish): emit(publish, &link)
        case .delivery(let delivery): emit(delivery, &link)
        case .settlements(let tags, let multiple, let method): emit(tags, multiple: multiple, method: method, &link)
        case .confirms(let tags, let nack): emit(confirms: tags, nack: nack, &link)
        }
        if let n = unit.ordinal { overtake(n, direction, now: now, &link) }
    }

    // MARK: - Settling

    func swallow(_ what: Swallowed.What, by fault: ActiveFault, now: Int64) {
        let deadline = fault.spec.settle.map { now + $0.nanoseconds }
        swallowed.append(Swallowed(what: what, fault: fault.id, deadline: deadline))
        if case .delivery(let tag, _) = what { deliveries.hide(tag) }
    }

    func settle(due now: Int64, _ link: inout AMQPLink) {
        settle(where: { $0.deadline.map { $0 <= now } ?? false }, &link)
    }

    func settle(faults: Set<Int>, _ link: inout AMQPLink) {
        settle(where: { faults.contains($0.fault) }, &link)
    }

    private func settle(where isDue: (Swallowed) -> Bool, _ link: inout AMQPLink) {
        guard swallowed.contains(where: isDue) else { return }
        let due = swallowed.filter(isDue)
        swallowed.removeAll(where: isDue)
        var nacks: [UInt64] = []
        for item in due {
            switch item.what {
            case .publish(let tag):
                guard let answer = confirms?.settle(tag) else { continue }
                nacks.append(tag)
                link.events.append(.transmissionResult(.init(stamp: answer.stamp, outcome: .settled)))
            case .delivery(let tag, let stamp):
                deliveries.reveal(tag)
                link.output.toServer.writeFrame(
                    method: .basicReject(.init(deliveryTag: tag, requeue: true)), channel: id)
                var event = Settlement()
                event.connection = link.facts.id
                event.channel = id
                event.stamp = stamp
                event.outcome = .settled
                link.events.append(.settlement(event))
            }
        }
        if !nacks.isEmpty { emit(confirms: nacks.sorted(), nack: true, &link) }
    }

    /// The channel is gone, on the word of either side; the broker requeues what was unsettled on its own.
    /// - Parameter isAsked: the client asked for it.
    func reset(_ link: inout AMQPLink, isAsked: Bool) {
        endConsumers(&link, isAsked: isAsked)
        confirms = nil
        transaction = nil
        deliveries = DeliveryTracker()
        pending = []
        gets = []
        swallowed = []
        returned = []
        duplicated = []
    }

    // MARK: - State

    var nextDeadline: Int64? {
        let releases = [held.toServer.first?.release, held.toClient.first?.release].compactMap { $0 }
        let ends = (waiting.toServer + waiting.toClient).map(\.hold.release)
        return (releases + ends + swallowed.compactMap(\.deadline)).min()
    }

    func isHolding(_ direction: Direction) -> Bool { !held[direction].isEmpty || !waiting[direction].isEmpty }

    func heldBytes(_ direction: Direction) -> Int {
        held[direction].reduce(0) { $0 + $1.bytes } + waiting[direction].reduce(0) { $0 + $1.bytes }
    }

    var unsettled: Int {
        deliveries.open + swallowed.count + held.toServer.count + held.toClient.count + waiting.toServer.count
            + waiting.toClient.count
    }
}
