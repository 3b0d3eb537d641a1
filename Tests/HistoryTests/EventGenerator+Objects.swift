import ClusterModel
import History

/// Events of distributed objects.
extension EventGenerator {
    mutating func objectInvocation() -> ObjectInvocation {
        var e = ObjectInvocation()
        e.call = text()
        e.object = text()
        e.type = text()
        e.method = text()
        e.arguments = bytes()
        return e
    }

    mutating func objectReply() -> ObjectReply {
        var e = ObjectReply()
        e.call = text()
        e.result = bytes()
        e.exception = text()
        return e
    }

    mutating func objectChange() -> ObjectChange {
        var e = ObjectChange()
        e.object = text()
        e.type = text()
        e.change = [
            .created, .draining, .resumed, .activated, .moved, .recovered, .restored, .collected, .fenced, .ended,
        ].randomElement(using: &chance)!
        e.epoch = number()
        e.incarnation = text()
        e.peer = text()
        e.reason = text()
        return e
    }

    mutating func referenceChange() -> ReferenceChange {
        var e = ReferenceChange()
        e.object = text()
        e.holder = text()
        e.change = [.held, .released, .expired, .listed, .unlisted, .lapsed].randomElement(using: &chance)!
        return e
    }

    mutating func objectState() -> ObjectState {
        var e = ObjectState()
        e.object = text()
        e.type = text()
        e.host = text()
        e.epoch = number()
        e.state = text()
        e.holders = number()
        return e
    }
}
