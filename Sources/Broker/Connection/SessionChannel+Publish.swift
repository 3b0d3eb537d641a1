import AMQP

/// basic.publish and its content: the hot path, on the octets themselves.
extension SessionChannel {
    /// `arguments` as they follow class and method: reserved, exchange, routing key, flags.
    func receivePublish(_ arguments: UnsafeRawBufferPointer) throws(AMQPError) {
        try expect(.none, "a method")
        guard arguments.count >= 5 else { throw .truncated }
        let keyAt = 3 + Int(arguments[2])
        guard keyAt < arguments.count else { throw .truncated }
        let flagsAt = keyAt + 1 + Int(arguments[keyAt])
        guard flagsAt == arguments.count - 1 else { throw .truncated }
        let flags = arguments[flagsAt]
        if flags & 2 != 0 { throw .fail(.notImplemented, "immediate=true") }
        routing.set(UnsafeRawBufferPointer(rebasing: arguments[2..<flagsAt]))
        isMandatory = flags & 1 != 0
        content = .header
    }

    func receiveHeader(_ payload: UnsafeRawBufferPointer) throws(AMQPError) {
        try expect(.header, "a content header")
        guard payload.count >= 14 else { throw .truncated }
        let prefix = payload.loadUnaligned(as: UInt32.self).bigEndian
        guard prefix >> 16 == 60 else {
            throw .fail(.frameError, "a content header of class \(prefix >> 16)")
        }
        guard prefix & 0xFFFF == 0 else { throw .fail(.frameError, "the weight of a content header is not 0") }
        let size = payload.loadUnaligned(fromByteOffset: 4, as: UInt64.self).bigEndian
        guard size <= UInt64(core.configuration.maxMessageSize) else {
            throw .fail(
                .preconditionFailed,
                "message size \(size) is larger than configured max size \(core.configuration.maxMessageSize)")
        }
        let properties = UnsafeRawBufferPointer(rebasing: payload[12...])
        guard let scan = PropertyScan(properties) else {
            throw .fail(.syntaxError, "the properties do not fit their flags")
        }
        if scan.hasExpiration { throw .fail(.notImplemented, "the property 'expiration' is not implemented") }
        if let range = scan.userID { try checkUser(UnsafeRawBufferPointer(rebasing: properties[range])) }
        headers = scan.headers
        let message = routing.withBytes {
            Message(routing: $0, properties: properties, bodyLength: Int(size), isPersistent: scan.isPersistent)
        }
        if size == 0 {
            content = .none
            try publish(message)
        } else {
            content = .body
            incoming = message
        }
    }

    func receiveBody(_ payload: UnsafeRawBufferPointer) throws(AMQPError) {
        try expect(.body, "a content body")
        guard let message = incoming else { return }
        guard payload.count <= message.missingBody else {
            throw .fail(
                .frameError, "\(payload.count) octets of body where \(message.missingBody) were left to come")
        }
        message.append(payload)
        guard message.isComplete else { return try session.noteUnfinished(payload.count) }
        try session.noteUnfinished(payload.count - message.bodyLength)
        incoming = nil
        content = .none
        try publish(message)
    }

    private func expect(_ expected: ContentState, _ kind: StaticString) throws(AMQPError) {
        guard content != expected else { return }
        throw unexpected("\(kind)")
    }

    func unexpected(_ got: String) -> AMQPError {
        let wanted =
            switch content {
            case .none: "a method"
            case .header: "a content header"
            case .body: "a content body"
            }
        return .fail(.unexpectedFrame, "expected \(wanted) frame for class 60, got \(got) frame instead")
    }

    private func checkUser(_ bytes: UnsafeRawBufferPointer) throws(AMQPError) {
        let name = String(decoding: bytes, as: UTF8.self)
        guard name != session.user else { return }
        throw .fail(
            .preconditionFailed,
            "user_id property set to '\(name)' but authenticated user was '\(session.user)'")
    }

    private func publish(_ message: Message) throws(AMQPError) {
        session.notePublish()
        let route = try checkedRoute(message, headers)
        if transaction != nil {
            guard transaction?.isFull == false else {
                throw .fail(.resourceError, "a transaction holds more than this broker keeps")
            }
            transaction?.append(.publish(message, isMandatory: isMandatory, headers: headers))
            return
        }
        let group = send(message, to: route, isMandatory: isMandatory)
        guard confirms != nil else { return }
        if let group {
            confirms?.published(waitingFor: group)
            core.wait(self)
        } else {
            confirms?.published()
            noteConfirms()
        }
    }

    func checkedRoute(_ message: Message, _ headers: Range<Int>) throws(AMQPError) -> Route {
        guard let route = try vhost.route(message, headers: headers) else {
            throw .noExchange(message.exchange, in: vhost.name)
        }
        guard !route.exchange.isInternal else {
            throw .fail(
                .accessRefused,
                "cannot publish to internal exchange '\(route.exchange.name)' in vhost '\(vhost.name)'")
        }
        return route
    }

    /// Gives the group to wait for, if the message is stored.
    @discardableResult
    func send(_ message: Message, to route: Route, isMandatory: Bool) -> UInt64? {
        let (isRouted, group) = core.publish(message, to: route)
        if !isRouted, isMandatory {
            session.output.writeReturn(
                channel: number, code: 312, text: "NO_ROUTE", message: message, frameMax: session.frameMax)
            core.touch(session)
        }
        return group
    }
}

extension AMQPError {
    static var truncated: AMQPError { .fail(.syntaxError, "the payload and its fields do not fit") }
}
