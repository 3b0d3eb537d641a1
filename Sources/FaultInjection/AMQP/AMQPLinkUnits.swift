import AMQP
import ClusterModel
import History
import NIOCore

/// A whole message as it came: method, header and body frames.
struct AMQPLinkMessage {
    var method: AMQPMethod
    var header: ContentHeader
    /// The first two are the method's and the header's.
    var frames: [Frame]

    /// The identity of a message that carries no other.
    var bodyHash: UInt64 { StableHash.ofBody(frames.dropFirst(2).lazy.flatMap { $0.payload.readableBytesView }) }

    /// Flips bits of the body, each for its fault; an empty body has none.
    mutating func corrupt(_ corruptions: [MessageFate.Corruption], _ kind: MessageKind) {
        guard header.bodySize > 0 else { return }
        for corruption in corruptions {
            var place = PayloadCorruption(corruption, isGRPC: false, contentLength: Int(clamping: header.bodySize))
            for index in frames.indices.dropFirst(2) where place.pass(&frames[index].payload) {
                corruption.fault.countAffected(kind)
            }
        }
    }

    var messageID: String { HeaderStamp.messageID(of: header.properties) ?? "" }
}

/// A publish on its way to the broker.
struct PublishUnit {
    var frames: [Frame]
    /// The client's number in confirm mode.
    var confirmTag: UInt64?
    var stamp: Int64
    var copies: Int
    var n: Int
}

/// A delivery, a get-ok or a return on its way to the client.
struct DeliveryUnit {
    var message: AMQPLinkMessage
    var brokerTag: UInt64
    var stamp: Int64
    var consumer: AMQPLinkChannel.Consumer
    var copies: Int
    var n: Int
    /// Of one copy.
    var fate: Fate
    /// The body as it came, for messages without a stamp.
    var bodyHash: UInt64
}

/// How a client settles: the method to repeat towards the broker.
enum SettlementMethod {
    case ack
    case nack(requeue: Bool)
    case reject(requeue: Bool)
}

extension AMQPLinkChannel.Unit {
    /// The ordinal of a message that others may overtake, and that may overtake them.
    var ordinal: Int? {
        switch self {
        case .publish(let unit): unit.n
        case .delivery(let unit): unit.n
        case .frames, .settlements, .confirms: nil
        }
    }

    /// Octets of payload, for the bound on what a link holds.
    var size: Int {
        switch self {
        case .frames(let frames): frames.reduce(0) { $0 + $1.encodedSize }
        case .publish(let unit): unit.frames.reduce(0) { $0 + $1.encodedSize }
        case .delivery(let unit): unit.message.frames.reduce(0) { $0 + $1.encodedSize }
        case .settlements(let tags, _, _), .confirms(let tags, _): tags.count * 21
        }
    }
}
