import DequeModule
import NIOCore
import NIOHPACK

/// One HTTP/2 stream of a link: the client's, or one that the link has opened to the server for it. It belongs to one
/// `HTTP2Link`, which does the work.
final class HTTP2Stream {
    /// A part of a message on its way out.
    enum Item {
        case headers(HPACKHeaders, isLast: Bool)
        case data(ByteBuffer, isLast: Bool)
        case reset(HTTP2ErrorCode)

        var isLast: Bool {
            switch self {
            case .headers(_, let isLast), .data(_, let isLast): isLast
            case .reset: true
            }
        }

        /// Octets, for the bounds on what a link holds.
        var size: Int {
            switch self {
            case .headers(let headers, _): headers.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count + 32 }
            case .data(let bytes, _): bytes.readableBytes
            case .reset: 0
            }
        }
    }

    /// The end that it leads to.
    let peer: HTTP2Party
    /// 0: the client's own; 1, 2: the request's copies at the server.
    let copy: UInt8
    /// `nil` once the stream is over: that is what breaks the circle.
    var call: HTTP2Call?
    /// 0: not opened yet.
    var id: UInt32
    var sendWindow: HTTP2SendWindow
    var receiveWindow = HTTP2ReceiveWindow(limit: HTTP2Side.streamWindow)
    /// What waits for a fault, for a window or for the stream to be opened.
    var queue: Deque<Item> = []
    /// What a fault holds it back for.
    var hold: Hold?
    /// The peer has ended its half.
    var hasEndedIn = false
    /// We have ended ours.
    var hasEndedOut = false
    /// It is among those that wait for the connection's window.
    var isBlocked = false
    /// Octets of the request that this copy has taken.
    var taken = 0
    /// What the server has answered on it.
    var answer = CallAnswer()
    /// Its end is in the evidence.
    var isAccounted = false

    init(peer: HTTP2Party, copy: UInt8, id: UInt32, window: Int, call: HTTP2Call?) {
        self.peer = peer
        self.copy = copy
        self.id = id
        sendWindow = HTTP2SendWindow(window)
        self.call = call
    }

    var isOver: Bool { hasEndedIn && hasEndedOut }
}

/// A request on a link and its reply.
final class HTTP2Call {
    let client: HTTP2Stream
    let facts: CallFacts
    let stamp: Int64
    /// Ordinal of the request.
    let n: Int
    /// It leaves evidence and counts as a message.
    let isRecorded: Bool
    /// The copies of the request; the reply of the second is eaten.
    var first: HTTP2Stream?
    var second: HTTP2Stream?
    /// Octets of the request's body, and those of them for which the client has its credit back.
    var received = 0
    var credited = 0
    /// Bits to flip.
    var requestCorruptions: [PayloadCorruption] = []
    var replyCorruptions: [PayloadCorruption] = []
    /// `nil` before the reply's first headers.
    var reply: Reply?
    /// The fault that swallowed the request or the reply.
    var swallowedBy: ActiveFault?
    /// The client has its end of the call, or will not get one.
    var isAnswered = false

    struct Reply {
        var n: Int
        var fate: MessageFate
    }

    init(client: HTTP2Stream, facts: CallFacts, stamp: Int64, n: Int, isRecorded: Bool) {
        self.client = client
        self.facts = facts
        self.stamp = stamp
        self.n = n
        self.isRecorded = isRecorded
    }

    var copies: [HTTP2Stream] { [first, second].compactMap { $0 } }

    /// The server's answer is not for the client: a fault took it.
    var isReplyDropped: Bool { reply?.fate.droppedBy != nil }
}
