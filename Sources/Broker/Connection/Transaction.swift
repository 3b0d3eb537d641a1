/// What a channel in transaction mode has done since the last commit (AMQP 0-9-1 §1.9): carried out at commit, or
/// forgotten. One channel, one broker: no atomicity over queues is promised, as in RabbitMQ; the store makes it one
/// group all the same.
struct Transaction {
    enum Step {
        case publish(Message, isMandatory: Bool, headers: Range<Int>)
        case settle([UnackedLedger.Delivery], Settlement)
    }

    enum Settlement {
        case ack, drop, requeue
    }

    /// Octets and steps are bounded by this; beyond it the connection is closed with RESOURCE_ERROR.
    static let stepLimit = 1 << 20
    static let memoryLimit = 256 << 20

    private(set) var steps: [Step] = []
    private(set) var memory = 0

    var isFull: Bool { steps.count >= Transaction.stepLimit || memory >= Transaction.memoryLimit }

    mutating func append(_ step: Step) {
        steps.append(step)
        if case .publish(let message, _, _) = step { memory += message.memory }
    }

    mutating func takeSteps() -> [Step] {
        defer { self = Transaction() }
        return steps
    }

    /// Deliveries whose settling a rollback undoes.
    var settledDeliveries: [UnackedLedger.Delivery] {
        steps.flatMap { (step: Step) -> [UnackedLedger.Delivery] in
            if case .settle(let deliveries, _) = step { deliveries } else { [] }
        }
    }
}
