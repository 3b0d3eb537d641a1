import AMQP
import NIOCore

/// What the client said it can do.
struct ClientCapabilities {
    var consumerCancelNotify = false
    var connectionBlocked = false
    var authenticationFailureClose = false

    init() {}

    init(_ properties: FieldTable) {
        let capabilities = properties["capabilities"]?.tableValue ?? [:]
        consumerCancelNotify = capabilities["consumer_cancel_notify"]?.boolValue ?? false
        connectionBlocked = capabilities["connection.blocked"]?.boolValue ?? false
        authenticationFailureClose = capabilities["authentication_failure_close"]?.boolValue ?? false
    }
}

/// From the protocol header to connection.open, and the methods of channel 0 (AMQP 0-9-1 §2.2.4).
extension Session {
    /// False if there is no whole header yet, or it was refused.
    func receiveProtocolHeader(_ bytes: inout ByteBuffer) -> Bool {
        headerBytes.writeBuffer(&bytes)
        switch ProtocolHeader.parse(&headerBytes) {
        case .needsMoreBytes: return false
        case .other:
            ProtocolHeader.encode(into: &output)
            finish()
            return false
        case .complete:
            bytes = headerBytes
            headerBytes = ByteBuffer()
            state = .awaitingStartOk
            send(
                .connectionStart(
                    Connection.Start(
                        versionMajor: 0, versionMinor: 9, serverProperties: Session.serverProperties,
                        mechanisms: "PLAIN AMQPLAIN", locales: "en_US")))
            return true
        }
    }

    private static let serverProperties: FieldTable = [
        "capabilities": .table([
            "publisher_confirms": true, "exchange_exchange_bindings": true, "basic.nack": true,
            "consumer_cancel_notify": true, "connection.blocked": true, "authentication_failure_close": true,
            "per_consumer_qos": true,
        ]),
        "product": "orch", "version": "0.1.0", "platform": "Swift",
        "information": "The broker embedded in orch",
    ]

    /// Anything that arrives while the connection is not open.
    func receiveBeforeOpen(_ type: FrameType, _ channel: UInt16, _ payload: UnsafeRawBufferPointer) throws(AMQPError) {
        if state == .closing {
            guard type == .method, channel == 0, let method = try? AMQPMethod(payload) else { return }
            switch method {
            case .connectionCloseOk: finish()
            case .connectionClose:
                send(.connectionCloseOk(Connection.CloseOk()))
                finish()
            default: break
            }
            return
        }
        guard channel == 0 else { throw .fail(.channelError, "channel \(channel) before the connection is open") }
        guard type == .method else { throw .fail(.unexpectedFrame, "a \(type) frame before the connection is open") }
        let method = try AMQPMethod(payload)
        switch (state, method) {
        case (.awaitingStartOk, .connectionStartOk(let startOk)): try authenticate(startOk)
        case (.awaitingTuneOk, .connectionTuneOk(let tuneOk)): try tune(tuneOk)
        case (.awaitingOpen, .connectionOpen(let open)): try self.open(open)
        case (_, .connectionClose):
            send(.connectionCloseOk(Connection.CloseOk()))
            finish()
        default:
            throw .fail(.commandInvalid, "\(method.name) does not belong here in the handshake")
                .blaming(classID: method.classID, methodID: method.methodID)
        }
    }

    /// Channel 0 of an open connection.
    func receiveConnection(_ method: AMQPMethod) throws(AMQPError) {
        switch method {
        case .connectionClose:
            send(.connectionCloseOk(Connection.CloseOk()))
            finish()
        case .connectionCloseOk: break
        default:
            throw .fail(
                method.classID == 10 ? .commandInvalid : .channelError,
                "\(method.name) on channel 0 of an open connection"
            ).blaming(classID: method.classID, methodID: method.methodID)
        }
    }

    private func authenticate(_ startOk: Connection.StartOk) throws(AMQPError) {
        client = ClientCapabilities(startOk.clientProperties)
        let credentials: (user: String, password: String)?
        switch startOk.mechanism {
        case "PLAIN": credentials = Session.plain(startOk.response)
        case "AMQPLAIN": credentials = Session.amqPlain(startOk.response)
        default:
            throw .fail(.accessRefused, "unknown authentication mechanism '\(startOk.mechanism)'")
        }
        guard let credentials else {
            throw .fail(.syntaxError, "the response does not fit the mechanism \(startOk.mechanism)")
        }
        guard core.configuration.users[credentials.user] == credentials.password else {
            guard client.authenticationFailureClose else { return finish() }
            throw .fail(
                .accessRefused,
                "Login was refused using authentication mechanism \(startOk.mechanism). For details see "
                    + "the broker logfile.")
        }
        user = credentials.user
        state = .awaitingTuneOk
        send(
            .connectionTune(
                Connection.Tune(
                    channelMax: core.configuration.channelMax, frameMax: core.configuration.frameMax,
                    heartbeat: core.configuration.heartbeat)))
    }

    /// RFC 4616: authorization identity, user, password, separated by zero octets.
    static func plain(_ response: [UInt8]) -> (user: String, password: String)? {
        let parts = response.split(separator: 0, maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, !parts[2].contains(0) else { return nil }
        return (String(decoding: parts[1], as: UTF8.self), String(decoding: parts[2], as: UTF8.self))
    }

    /// RabbitMQ's older mechanism: a table of LOGIN and PASSWORD, without its length.
    static func amqPlain(_ response: [UInt8]) -> (user: String, password: String)? {
        var buffer = ByteBuffer()
        buffer.writeInteger(UInt32(response.count))
        buffer.writeBytes(response)
        guard let table = try? FieldTable(decoding: &buffer), let user = table["LOGIN"]?.stringValue,
            let password = table["PASSWORD"]?.stringValue
        else { return nil }
        return (user, password)
    }

    /// The client may lower what we proposed; 0 stands for no limit of its own.
    private func tune(_ tuneOk: Connection.TuneOk) throws(AMQPError) {
        let limits = core.configuration
        guard tuneOk.frameMax == 0 || Int(tuneOk.frameMax) >= AMQPLimits.frameMin else {
            throw .fail(
                .notAllowed,
                "negotiated frame_max = \(tuneOk.frameMax) is lower than the minimum allowed value "
                    + "(\(AMQPLimits.frameMin))")
        }
        guard tuneOk.frameMax <= limits.frameMax else {
            throw .fail(
                .notAllowed,
                "negotiated frame_max = \(tuneOk.frameMax) is higher than the maximum allowed value "
                    + "(\(limits.frameMax))")
        }
        guard tuneOk.channelMax <= limits.channelMax else {
            throw .fail(
                .notAllowed,
                "negotiated channel_max = \(tuneOk.channelMax) is higher than the maximum allowed value "
                    + "(\(limits.channelMax))")
        }
        frameMax = Int(tuneOk.frameMax == 0 ? limits.frameMax : tuneOk.frameMax)
        channelMax = tuneOk.channelMax == 0 ? limits.channelMax : tuneOk.channelMax
        heartbeat = tuneOk.heartbeat
        state = .awaitingOpen
    }

    private func open(_ open: Connection.Open) throws(AMQPError) {
        guard let vhost = core.vhosts[open.virtualHost] else {
            throw AMQPError.fail(.notAllowed, "vhost \(open.virtualHost) not found").blaming(classID: 10, methodID: 40)
        }
        enter(vhost)
        send(.connectionOpenOk(Connection.OpenOk()))
    }
}
