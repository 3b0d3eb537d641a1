import AMQP
import DequeModule
import NIOCore

/// The socket's side of a session.
protocol SessionTransport: AnyObject {
    /// Writes the session's output, closes if it is finished, reads on or stops reading.
    func flush()
}

/// One connection's side of the broker: handshake, channels, errors, heartbeats, limits. Octets in through `receive`,
/// out through `output`. Confined to the core's event loop; no socket.
final class Session {
    let core: BrokerCore
    /// Frames to be written at the end of the batch.
    var output = ByteBuffer()
    var isTouched = false

    enum State {
        case awaitingHeader, awaitingStartOk, awaitingTuneOk, awaitingOpen, open
        /// We sent connection.close and wait for its answer; what else comes is ignored.
        case closing
        /// Nothing more is read; the socket is to be closed once `output` is written.
        case finished
    }

    var state = State.awaitingHeader
    /// What came is no sequence of frames any more: nothing is parsed until the peer hangs up.
    private var isDeaf = false
    private var scanner = FrameScanner()
    /// The beginning of the protocol header.
    var headerBytes = ByteBuffer()

    // Of the handshake.
    private(set) var vhost: VirtualHost?
    var user = ""
    var client = ClientCapabilities()
    var frameMax: Int
    var channelMax: UInt16
    var heartbeat: UInt16 = 0

    private var channels: [SessionChannel?] = []
    private var openChannels = 0
    private var confirming: [SessionChannel] = []
    var exclusiveQueues: [MessageQueue] = []
    /// Consumers that wait until the connection can take more, in the order of their turns.
    private var parked: Deque<Consumer> = []

    /// Carries out what the session wants; nil in tests.
    weak var transport: (any SessionTransport)?
    /// Whether the socket takes more; kept up by the server.
    var isWritable = true
    /// Octets that the server holds for the socket, if it is not writable.
    var heldOutput = 0
    /// Deliveries stop when the socket is not writable; answers do not, and so have a bound of their own.
    private static let heldOutputLimit = 8 << 20
    /// It has published, and so is stopped by an alarm.
    private(set) var isPublisher = false
    private var isBlocked = false
    private var wasToldBlocked = false
    /// Octets of bodies that have begun and not ended.
    private var unfinished = 0
    private static let unfinishedLimit = 256 << 20

    // Of time, in nanoseconds.
    private var lastHeard: UInt64
    private var lastSaid: UInt64
    private var deadline: UInt64?
    private var heardSinceTick = false
    private var saidSinceTick = false
    private static let closeTimeout: UInt64 = 5_000_000_000

    init(core: BrokerCore, now: UInt64) {
        self.core = core
        frameMax = Int(core.configuration.frameMax)
        channelMax = core.configuration.channelMax
        lastHeard = now
        lastSaid = now
        deadline = now + core.configuration.handshakeTimeout
    }

    // MARK: In

    /// Takes octets from the socket, all of `bytes`.
    func receive(_ bytes: inout ByteBuffer) {
        heardSinceTick = true
        guard state != .finished, !isDeaf else {
            bytes.clear()
            return
        }
        if state == .awaitingHeader, !receiveProtocolHeader(&bytes) { return }
        scanner.feed(&bytes, frameMax: frameMax) { type, channel, payload in
            do throws(AMQPError) {
                try self.receive(type: type, channel: channel, payload: payload)
            } catch {
                self.fail(error, on: nil, classID: 0, methodID: 0)
            }
            return self.state != .finished && !self.isDeaf
        } failed: { error in
            self.fail(error, on: nil, classID: 0, methodID: 0)
            self.isDeaf = true
        }
    }

    private func receive(type: FrameType, channel: UInt16, payload: UnsafeRawBufferPointer) throws(AMQPError) {
        guard type != .heartbeat else { return }
        guard state == .open else { return try receiveBeforeOpen(type, channel, payload) }
        if channel == 0 {
            guard type == .method else {
                throw .fail(.unexpectedFrame, "a \(type) frame on channel 0")
            }
            return try receiveConnection(AMQPMethod(payload))
        }
        guard Int(channel) < channels.count, let target = channels[Int(channel)] else {
            return try openChannel(channel, type, payload)
        }
        guard target.state == .open else { return receiveClosing(target, type, payload) }
        let (classID, methodID) = type == .method ? payload.methodIDs : (60, 40)
        do {
            switch type {
            case .method:
                if classID == 60, methodID == 40 {
                    return try target.receivePublish(UnsafeRawBufferPointer(rebasing: payload[4...]))
                }
                if classID == 60, methodID == 80, payload.count == 13, target.content == .none {
                    let tag = payload.loadUnaligned(fromByteOffset: 4, as: UInt64.self).bigEndian
                    return try target.settle(tag, multiple: payload[12] & 1 != 0, .ack)
                }
                let method = try AMQPMethod(payload)
                if case .channelClose = method {
                    close(target)
                    send(.channelCloseOk(Channel.CloseOk()), channel: channel)
                } else {
                    try target.receive(method)
                }
            case .header: try target.receiveHeader(payload)
            case .body: try target.receiveBody(payload)
            case .heartbeat: break
            }
        } catch {
            fail(error, on: target, classID: classID, methodID: methodID)
        }
    }

    /// A channel that we have sent channel.close on.
    private func receiveClosing(_ channel: SessionChannel, _ type: FrameType, _ payload: UnsafeRawBufferPointer) {
        guard type == .method, let method = try? AMQPMethod(payload) else { return }
        switch method {
        case .channelCloseOk: drop(channel)
        case .channelClose: send(.channelCloseOk(Channel.CloseOk()), channel: channel.number)
        default: break
        }
    }

    private func openChannel(_ number: UInt16, _ type: FrameType, _ payload: UnsafeRawBufferPointer) throws(AMQPError) {
        guard type == .method, case .channelOpen = try AMQPMethod(payload) else {
            // The answer to a close of ours that crossed a close of the client's.
            if type == .method, payload.methodIDs == (20, 41) { return }
            throw .fail(.channelError, "expected 'channel.open'")
        }
        guard number <= channelMax, openChannels < Int(channelMax) else {
            throw .fail(
                .notAllowed,
                "number of channels opened (\(openChannels)) has reached the negotiated channel_max "
                    + "(\(channelMax))")
        }
        while channels.count <= Int(number) { channels.append(nil) }
        channels[Int(number)] = SessionChannel(session: self, number: number)
        openChannels += 1
        send(.channelOpenOk(Channel.OpenOk()), channel: number)
    }

    // MARK: Out

    func send(_ method: AMQPMethod, channel: UInt16 = 0) {
        guard state != .finished else { return }
        output.writeFrame(method: method, channel: channel)
        core.touch(self)
    }

    func listConfirms(of channel: SessionChannel) {
        confirming.append(channel)
        core.touch(self)
    }

    /// The last thing before `output` is written.
    func finishBatch() {
        for channel in confirming { channel.flushConfirms() }
        confirming.removeAll(keepingCapacity: true)
        if output.readableBytes > 0 { saidSinceTick = true }
    }

    // MARK: Errors and ends

    /// Closes the channel, or with a hard code or without a channel the connection.
    func fail(_ error: AMQPError, on channel: SessionChannel?, classID: UInt16, methodID: UInt16) {
        let error = error.blaming(classID: classID, methodID: methodID)
        guard state != .closing, state != .finished else { return }
        if let channel, !error.code.isHard {
            channel.shutDown(.closing)
            send(
                .channelClose(
                    Channel.Close(
                        replyCode: error.code.rawValue, replyText: error.replyText, classID: error.classID,
                        methodID: error.methodID)), channel: channel.number)
            return
        }
        close(code: error.code, text: error.replyText, classID: error.classID, methodID: error.methodID)
    }

    /// Begins the closing handshake. What the connection held is released at once.
    func close(code: ReplyCode, text: String, classID: UInt16 = 0, methodID: UInt16 = 0) {
        release(.closing)
        deadline = nil
        send(
            .connectionClose(
                Connection.Close(replyCode: code.rawValue, replyText: text, classID: classID, methodID: methodID)))
    }

    /// Has the socket closed once the output is written.
    func finish() {
        release(.finished)
        core.touch(self)
    }

    /// The socket is gone.
    func disconnected() {
        release(.finished)
        output = ByteBuffer()
        core.forget(self)
    }

    /// Closes channels without a word, and deletes the connection's exclusive queues. The state comes first: what one
    /// channel gives back must not be delivered to the next.
    private func release(_ state: State) {
        self.state = state
        for case let channel? in channels { channel.shutDown(.closed) }
        channels = []
        openChannels = 0
        confirming = []
        parked = []
        let queues = exclusiveQueues
        exclusiveQueues = []
        for queue in queues { queue.vhost.delete(queue) }
    }

    private func close(_ channel: SessionChannel) {
        channel.flushConfirms()
        drop(channel)
    }

    private func drop(_ channel: SessionChannel) {
        channel.shutDown(.closed)
        channels[Int(channel.number)] = nil
        openChannels -= 1
    }

    func enter(_ vhost: VirtualHost) {
        self.vhost = vhost
        state = .open
        deadline = nil
    }

    // MARK: Back-pressure

    /// Whether a delivery may be added to the output.
    var canDeliver: Bool {
        isWritable && state == .open && output.readableBytes < core.configuration.outputLimit
    }

    /// Whether the socket should be read: not while publishers are stopped, the store lags, or the peer leaves too much
    /// of what it asked for unread. A peer that just reads slowly is read from: it may be about to acknowledge.
    var wantsRead: Bool {
        state == .closing || (!isBlocked && !core.isStoreBehind && heldOutput < Session.heldOutputLimit)
    }

    func park(_ consumer: Consumer) { parked.append(consumer) }

    /// The socket takes more: consumers go on, each in turn until the output is full again.
    func resumeDeliveries() {
        while canDeliver, let consumer = parked.popFirst() { consumer.wake() }
    }

    var hasParked: Bool { !parked.isEmpty }

    func notePublish() {
        isPublisher = true
        if core.isAlarmed { block() }
    }

    func block() {
        guard !isBlocked, state == .open else { return }
        isBlocked = true
        core.touch(self)
        guard client.connectionBlocked else { return }
        wasToldBlocked = true
        send(.connectionBlocked(Connection.Blocked(reason: "low on memory")))
    }

    func unblock() {
        guard isBlocked else { return }
        isBlocked = false
        core.touch(self)
        guard wasToldBlocked else { return }
        wasToldBlocked = false
        send(.connectionUnblocked(Connection.Unblocked()))
    }

    /// Counts octets of unfinished bodies, over all channels. RESOURCE_ERROR if they are too many.
    func noteUnfinished(_ octets: Int) throws(AMQPError) {
        unfinished += octets
        guard unfinished <= Session.unfinishedLimit else {
            throw .fail(.resourceError, "more than \(Session.unfinishedLimit) octets of unfinished messages")
        }
    }

    func forgetUnfinished(_ octets: Int) { unfinished -= octets }

    // MARK: Time

    /// Sends a heartbeat after half an interval of silence, gives up a peer that is silent for two.
    func tick(now: UInt64) {
        // A peer that is not read from cannot be heard.
        if heardSinceTick || !wantsRead { lastHeard = now }
        if saidSinceTick { lastSaid = now }
        if !saidSinceTick, output.readableBytes == 0 { output = ByteBuffer() }
        heardSinceTick = false
        saidSinceTick = false
        if state == .closing, deadline == nil { deadline = now + Session.closeTimeout }
        if let deadline, now >= deadline { return finish() }
        guard state == .open, heartbeat > 0 else { return }
        let interval = UInt64(heartbeat) * 1_000_000_000
        if now - lastHeard >= 2 * interval { return finish() }
        if now - lastSaid >= interval / 2 {
            output.writeHeartbeat()
            core.touch(self)
        }
    }
}
