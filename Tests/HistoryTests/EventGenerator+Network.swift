import ClusterModel
import History

/// Events of feeds and of peers.
extension EventGenerator {
    mutating func feedAppend() -> FeedAppend {
        var e = FeedAppend()
        e.feed = text()
        e.item = number()
        e.message = text()
        return e
    }

    mutating func feedWatch() -> FeedWatch {
        var e = FeedWatch()
        e.feed = text()
        e.after = number()
        e.way = number()
        return e
    }

    mutating func feedView() -> FeedView {
        var e = FeedView()
        e.feed = text()
        e.item = number()
        return e
    }

    mutating func appendAttempt() -> AppendAttempt {
        var e = AppendAttempt()
        e.feed = text()
        e.message = text()
        e.attempt = number()
        return e
    }

    mutating func appendResult() -> AppendResult {
        var e = AppendResult()
        e.message = text()
        e.type = type()
        e.item = number()
        e.reason = text()
        return e
    }

    mutating func streamEvent() -> StreamEvent {
        var e = StreamEvent()
        e.stamp = number()
        e.n = number()
        e.id = text()
        e.size = number()
        e.fate = fate()
        return e
    }

    mutating func memberChange() -> MemberChange {
        var e = MemberChange()
        e.group = text()
        e.member = text()
        e.incarnation = number()
        e.status = MemberStatus.allCases.randomElement(using: &chance)!
        return e
    }

    private mutating func messageKind() -> PeerMessageKind {
        [.send, .broadcast].randomElement(using: &chance)!
    }

    mutating func peerSend() -> PeerSend {
        var e = PeerSend()
        e.group = text()
        e.message = text()
        e.kind = messageKind()
        e.to = text()
        return e
    }

    mutating func peerSendResult() -> PeerSendResult {
        var e = PeerSendResult()
        e.message = text()
        e.type = type()
        e.attempts = number()
        e.reason = text()
        return e
    }

    mutating func peerReceipt() -> PeerReceipt {
        var e = PeerReceipt()
        e.group = text()
        e.message = text()
        e.kind = messageKind()
        e.from = text()
        e.via = text()
        return e
    }

    mutating func lookup() -> Lookup {
        var e = Lookup()
        e.group = text()
        e.lookup = text()
        e.resource = text()
        e.way = number()
        return e
    }

    mutating func lookupMessage() -> LookupMessage {
        var e = LookupMessage()
        e.lookup = text()
        e.to = text()
        return e
    }

    mutating func lookupResult() -> LookupResult {
        var e = LookupResult()
        e.lookup = text()
        e.type = type()
        e.holder = text()
        e.hops = number()
        return e
    }

    mutating func resourceChange() -> ResourceChange {
        var e = ResourceChange()
        e.group = text()
        e.resource = text()
        e.shared = flag()
        return e
    }

    mutating func datagram() -> Datagram {
        var e = Datagram()
        e.client = text()
        e.server = text()
        e.back = flag()
        e.n = number()
        e.size = number()
        e.hash = number()
        e.fate = fate()
        return e
    }
}
