import ClusterModel

/// One thing that happened, as one witness saw it.
///
/// There are three kinds of witness, and they must not be confused (`docs/evidence.md`): a *node* says what it did, a
/// *link* saw what passed on the wire, on the program's side of any fault, and the *orchestrator* notes what it did
/// itself to processes, faults and phases.
package enum Event: Sendable, Equatable {
    // What a node says.
    case publish(Publish)
    case publishResult(PublishResult)
    case handle(Handle)
    case handleResult(HandleResult)
    case call(CallAttempt)
    case callResult(CallResult)
    case execution(Execution)
    case executionResult(ExecutionResult)
    case duplicateCall(DuplicateCall)
    case objectInvocation(ObjectInvocation)
    case objectReply(ObjectReply)
    case objectChange(ObjectChange)
    case referenceChange(ReferenceChange)
    case feedAppend(FeedAppend)
    case feedWatch(FeedWatch)
    case feedView(FeedView)
    case appendAttempt(AppendAttempt)
    case appendResult(AppendResult)
    case memberChange(MemberChange)
    case peerSend(PeerSend)
    case peerSendResult(PeerSendResult)
    case peerReceipt(PeerReceipt)
    case lookup(Lookup)
    case lookupMessage(LookupMessage)
    case lookupResult(LookupResult)
    case resourceChange(ResourceChange)
    // What a link saw.
    case connection(ConnectionOpened)
    case connectionClosed(ConnectionClosed)
    case transmission(Transmission)
    case transmissionResult(TransmissionResult)
    case delivery(Delivery)
    case settlement(Settlement)
    case declaration(Declaration)
    case callRequest(CallRequest)
    case callReply(CallReply)
    case streamEvent(StreamEvent)
    case datagram(Datagram)
    // What the orchestrator notes.
    case node(NodeChange)
    case fault(FaultChange)
    case phase(Phase)
    case queueDepth(QueueDepth)
    case leftover(Leftover)
    case objectState(ObjectState)
}

/// How an operation stands, in the form that Jepsen uses. `info` is unknown and stays open.
package enum OperationType: UInt8, Sendable, Codable {
    case invoke, ok, fail, info
}

/// What a link did with a message.
package enum Fate: UInt8, Sendable, Codable {
    case passed, dropped, duplicated, delayed
    /// A fault let it pass, but the link had no peer left to give it to.
    case undeliverable
    /// Later messages have overtaken it; one bit of its payload is not what it was.
    case reordered, corrupted
    /// The link answered it in the server's place; it was cut off in the middle.
    case answered, truncated
}

// MARK: - What a node says

/// A publisher is about to hand one transmission of a message to its connection.
package struct Publish: Sendable, Equatable {
    /// The message id, unique in the run: `node.incarnation.sequence` for native publishers.
    package var message = ""
    package var exchange = ""
    package var key = ""
    /// From 1.
    package var attempt: UInt32 = 1
    package init() {}
}

/// What became of a message, as its publisher knows it: `ok` confirmed (or, without confirms, handed to the socket:
/// `reason` is then `sent`), `fail` certainly not taken (`nacked`), `info` unknown (`timeout`, `disconnected`).
package struct PublishResult: Sendable, Equatable {
    package var message = ""
    package var type: OperationType = .ok
    package var reason = ""
    package init() {}
}

/// Names one delivery on one connection, for node and link alike: the client's TCP port, the channel, and the delivery
/// tag as the client sees it.
package struct DeliveryReference: Sendable, Hashable {
    package var port: UInt16 = 0
    package var channel: UInt16 = 0
    package var tag: UInt64 = 0
    package init() {}
    package init(port: UInt16, channel: UInt16, tag: UInt64) {
        self.port = port
        self.channel = channel
        self.tag = tag
    }
}

/// A consumer starts to handle a delivery.
package struct Handle: Sendable, Equatable {
    package var reference = DeliveryReference()
    /// The message id property; empty where there is none.
    package var message = ""
    package var queue = ""
    package var redelivered = false
    package init() {}
}

/// A consumer ended the handling of a delivery: `ok` it is processed, `fail` it gave it back (`requeued`) or threw it
/// away (`rejected`).
package struct HandleResult: Sendable, Equatable {
    package var reference = DeliveryReference()
    package var type: OperationType = .ok
    package var reason = ""
    package init() {}
}

// MARK: - What a link saw

package struct ConnectionOpened: Sendable, Equatable {
    /// Unique in the run.
    package var connection: UInt32 = 0
    /// The process at the client's end, and the one at the server's: `producer`, `broker`.
    package var client = ""
    package var server = ""
    /// Ordinal on its link, from 1; a part of the dice.
    package var ordinal: UInt32 = 0
    /// The client's TCP port.
    package var port: UInt16 = 0
    package init() {}
}

package struct ConnectionClosed: Sendable, Equatable {
    package var connection: UInt32 = 0
    /// Both sides had said `connection.close` and `close-ok`.
    package var orderly = false
    /// `client`, `server`, or the fault that did it; of an orderly end in AMQP, the side that said `close` first.
    package var by = ""
    package init() {}
}

/// One publish on one link, seen before any fault.
package struct Transmission: Sendable, Equatable {
    /// The link's own id of it, unique in the run and never 0; it travels with the message as `x-orch-id`.
    package var stamp: Int64 = 0
    /// False where the header could not be added, or `stamp: false`: deliveries then carry no stamp.
    package var stamped = true
    package var connection: UInt32 = 0
    package var channel: UInt16 = 0
    /// Ordinal of the publish on its connection and channel, from 1; a part of the dice.
    package var n: UInt64 = 0
    /// The message id property; empty where there is none.
    package var message = ""
    package var exchange = ""
    package var key = ""
    /// The headers table as AMQP encodes it (with its length); empty where there is none.
    package var headers: [UInt8] = []
    package var bodyHash: UInt64 = 0
    package var size: UInt32 = 0
    /// The channel is in confirm mode.
    package var confirming = false
    package var mandatory = false
    package var persistent = false
    package var fate: Fate = .passed
    package init() {}
}

package enum TransmissionOutcome: UInt8, Sendable, Codable {
    /// `basic.ack`, `basic.nack`, `basic.return` of the broker.
    case acked, nacked, returned
    /// The link's own nack for what a fault swallowed.
    case settled
}

/// The broker's word on a transmission, on its way to the client. `fate` says whether the client saw it.
package struct TransmissionResult: Sendable, Equatable {
    package var stamp: Int64 = 0
    package var outcome: TransmissionOutcome = .acked
    package var fate: Fate = .passed
    package init() {}
    package init(stamp: Int64, outcome: TransmissionOutcome, fate: Fate = .passed) {
        self.stamp = stamp
        self.outcome = outcome
        self.fate = fate
    }
}

/// One delivery (or get-ok) on its way to a client.
package struct Delivery: Sendable, Equatable {
    package var connection: UInt32 = 0
    package var channel: UInt16 = 0
    /// As the client sees it; 0 where it never saw it.
    package var tag: UInt64 = 0
    /// 0 where the message carried none.
    package var stamp: Int64 = 0
    package var message = ""
    package var queue = ""
    package var exchange = ""
    package var key = ""
    package var redelivered = false
    package var autoAck = false
    package var bodyHash: UInt64 = 0
    package var n: UInt64 = 0
    package var fate: Fate = .passed
    package init() {}
}

package enum SettlementOutcome: UInt8, Sendable, Codable {
    case acked, requeued, rejected
    /// The link's own reject with requeue for what a fault swallowed.
    case settled
}

/// The end of one delivery under manual ack, seen before any fault.
package struct Settlement: Sendable, Equatable {
    package var connection: UInt32 = 0
    package var channel: UInt16 = 0
    /// As the client sees it; 0 for a delivery that it never saw.
    package var tag: UInt64 = 0
    package var stamp: Int64 = 0
    package var outcome: SettlementOutcome = .acked
    package var fate: Fate = .passed
    package init() {}
}

/// A management method of AMQP: `invoke` when the client sent it, `ok` or `fail` when the broker answered.
package struct Declaration: Sendable, Equatable {
    package enum Operation: UInt8, Sendable, Codable {
        case declareExchange, deleteExchange, declareQueue, deleteQueue, purge
        case bindQueue, unbindQueue, bindExchange, unbindExchange
        case consume, cancel
    }

    package var connection: UInt32 = 0
    package var channel: UInt16 = 0
    /// Tells apart the operations of one connection; an answer has the number of its invoke.
    package var sequence: UInt32 = 0
    package var type: OperationType = .invoke
    package var operation: Operation = .declareQueue
    /// The broker node.
    package var broker = ""
    /// The queue or exchange declared, deleted, purged, consumed from, or bound (the destination). Of a `cancel` only
    /// where it was not the client's wish: the broker closed the channel.
    package var name = ""
    /// The source exchange of a binding; the type of a declared exchange; the consumer tag of consume and cancel.
    package var other = ""
    package var key = ""
    /// Arguments table as AMQP encodes it (with its length); empty where there is none.
    package var arguments: [UInt8] = []
    package var durable = false
    package var exclusive = false
    package var autoDelete = false
    package var isInternal = false
    /// It only asks whether the queue or exchange is there.
    package var passive = false
    package var autoAck = false
    /// The name of an alternate exchange.
    package var alternate = ""
    /// Messages deleted or purged, where the broker said how many.
    package var count: UInt32 = 0
    package init() {}
}

// MARK: - What the orchestrator notes

package struct NodeChange: Sendable, Equatable {
    package var name = ""
    /// From 1; each start of the process is a new one.
    package var incarnation: UInt32 = 0
    package var pid: Int32 = 0
    package var state: NodeState = .starting
    /// `exit 3`, `signal 9`; empty while it lives.
    package var detail = ""
    /// The end (or pause) is the work of a fault of ours, or of a stop that we asked for.
    package var intended = false
    package init() {}
}

package struct FaultChange: Sendable, Equatable {
    package var name = ""
    package var text = ""
    package var link = ""
    package var on = true
    /// What a partition cuts, as `a>b`: what the first sends does not reach the second. Empty where it is more than
    /// 4,096 directions; `Topology.cut` then says it from the text.
    package var cut: [String] = []
    package init() {}
}

package struct Phase: Sendable, Equatable {
    package enum Name: UInt8, Sendable, Codable {
        /// All nodes are ready and the workloads start.
        case run
        /// The finite workloads and scheduled faults have ended; faults are lifted.
        case drain
        /// The drain has ended.
        case drained
        case stop
    }

    package var name: Name = .run
    /// What could not be emptied, at the end of the drain.
    package var undrained: [String] = []
    package init() {}
}

/// What a queue held when the drain had ended, by the broker's answer to a passive declare.
package struct QueueDepth: Sendable, Equatable {
    package var broker = ""
    package var queue = ""
    package var ready: UInt32 = 0
    package var consumers: UInt32 = 0
    package init() {}
}

/// A message that was still in a queue without consumers when the drain had ended.
package struct Leftover: Sendable, Equatable {
    package var broker = ""
    package var queue = ""
    package var stamp: Int64 = 0
    package var message = ""
    package var bodyHash: UInt64 = 0
    package init() {}
}
