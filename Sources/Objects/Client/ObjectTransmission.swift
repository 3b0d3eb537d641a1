import NIOCore
import RPC

/// One transmission of an attempt on its way to an object: carries out what its `ObjectHops` decides. Its sender sees one
/// stream, however many hosts have refused it: they have not executed it, and each gets the same call id and attempt.
///
/// Only a request of one message is sent on. A stream's refusal is its end.
final class ObjectTransmission: CallStream, ClientStreamDelegate {
    private let transport: ObjectTransport
    private let path: String
    private let metadata: Metadata
    private let timeout: UInt64?
    private let deadline: UInt64?
    /// Nil once the end was told.
    private var delegate: (any ClientStreamDelegate)?
    private var hops: ObjectHops?
    /// To the owner as it is believed now; nil between two.
    private var stream: (any CallStream)?
    private var request: ByteBuffer?
    private var messages = 0
    /// Not told yet: who refuses may have sent some, too.
    private var initialMetadata: Metadata?
    private var hasReply = false
    private var isCancelled = false

    init(
        _ transport: ObjectTransport, path: String, metadata: Metadata, timeout: UInt64?,
        _ delegate: any ClientStreamDelegate
    ) {
        self.transport = transport
        self.path = path
        self.metadata = metadata
        self.timeout = timeout
        self.delegate = delegate
        deadline = timeout.map { timeout in
            let (sum, overflow) = transport.resolver.now().addingReportingOverflow(timeout)
            return overflow ? .max : sum
        }
    }

    private var object: String { transport.target }
    private var resolver: ObjectResolver { transport.resolver }

    // MARK: - Out

    func begin(_ belief: ObjectCache.Belief, _ owner: any CallTransport) {
        hops = ObjectHops(belief)
        transmit(over: owner, timeout)
    }

    /// Nothing can be sent; told after the sender has got hold of this.
    func end(notSent reason: String) { endSoon(.notSent(reason)) }

    func endAsGone() { endSoon(.gone(object)) }

    private func endSoon(_ ending: ClientStreamEnding) {
        resolver.eventLoop.assumeIsolated().execute { self.end(ending) }
    }

    private func transmit(over owner: any CallTransport, _ timeout: UInt64?) {
        var metadata = self.metadata
        do {
            try metadata.add(contentsOf: transport.header(hops: hops?.count ?? 0))
        } catch {
            return endSoon(.notSent("the call's metadata is too large"))
        }
        stream = owner.start(path: path, metadata: metadata, timeout: timeout, delegate: self)
    }

    var isWritable: Bool { stream?.isWritable ?? true }

    func send(_ message: ByteBuffer, endOfStream: Bool) {
        messages += 1
        request = endOfStream && messages == 1 ? message : nil
        stream?.send(message, endOfStream: endOfStream)
    }

    func halfClose() { stream?.halfClose() }

    func cancel() {
        guard delegate != nil, !isCancelled else { return }
        isCancelled = true
        // If nobody has it now, all who had it have refused it.
        let ending = ClientStreamEnding(
            GRPCStatus(.cancelled, "cancelled by the caller"), origin: .cancelled, wasSent: stream != nil)
        if let stream {
            transport.abandoned()
            stream.cancel()
        }
        end(ending)
    }

    // MARK: - In

    func received(initialMetadata: Metadata) { self.initialMetadata = initialMetadata }

    func received(_ message: ByteBuffer) {
        hasReply = true
        tellInitialMetadata()
        delegate?.received(message)
    }

    func becameWritable() { delegate?.becameWritable() }

    func finished(_ ending: ClientStreamEnding) {
        stream = nil
        guard delegate != nil, let hops else { return }
        guard ending.origin == .serverStatus else {
            broke(ending, hops)
            return end(ending)
        }
        transport.answered()
        if ending.status.isOK {
            noteEpoch(ending, hops)
            return end(ending)
        }
        var header = ReplyHeader()
        if let initialMetadata { header.read(initialMetadata) }
        header.read(ending.trailers)
        refused(ending, header, hops)
    }

    /// The stream has ended without an answer.
    private func broke(_ ending: ClientStreamEnding, _ hops: ObjectHops) {
        switch ending.origin {
        case .serverStatus, .cancelled, .protocolError: break
        case _ where !ending.wasSent: resolver.forget(object, epoch: hops.epoch)
        case .refusedStream, .reset, .goAwayUnprocessed, .connectionLost, .neverSent, .localDeadline:
            resolver.refresh(object)
        }
    }

    private func refused(_ ending: ClientStreamEnding, _ header: ReplyHeader, _ hops: ObjectHops) {
        let mayGoOn = header.outcome == .notExecuted && request != nil && !hasReply && !isCancelled
        switch header.reason.flatMap(RefusalReason.init(rawValue:)) {
        case .moved:
            let owner = value(ObjectHeader.owner, ending)
            let epoch = value(ObjectHeader.epoch, ending).flatMap { UInt64($0) }
            if let owner, !owner.isEmpty, let epoch {
                resolver.learned(object, owner: owner, epoch: epoch, incarnation: hops.incarnation)
            }
            guard mayGoOn else { return end(ending) }
            perform(self.hops?.moved(to: owner, epoch: epoch), ending)
        case .notHere:
            resolver.forget(object, epoch: hops.epoch)
            guard mayGoOn else { return end(ending) }
            perform(self.hops?.notHere(), ending)
        case .gone, .serverRestarted:
            resolver.forget(object, epoch: hops.epoch)
            end(ending)
        case .lease, .draining:
            resolver.refresh(object)
            end(ending)
        default:
            noteEpoch(ending, hops)
            end(ending)
        }
    }

    /// An owner says at which epoch it is one.
    private func noteEpoch(_ ending: ClientStreamEnding, _ hops: ObjectHops) {
        guard let text = value(ObjectHeader.epoch, ending), let epoch = UInt64(text), epoch > hops.epoch else { return }
        resolver.learned(object, owner: hops.owner, epoch: epoch, incarnation: nil)
    }

    private func value(_ name: String, _ ending: ClientStreamEnding) -> String? {
        ending.trailers[name] ?? initialMetadata?[name]
    }

    // MARK: - On to another host

    private func perform(_ action: ObjectHops.Action?, _ refusal: ClientStreamEnding) {
        switch action {
        case nil, .end: end(refusal)
        case .gone: end(.gone(object))
        case .send: sendOn(refusal)
        case .ask:
            resolver.ask(object) { result in
                guard self.delegate != nil else { return }
                switch result {
                case .success(let record): self.perform(self.hops?.answered(record), refusal)
                case .failure: self.end(refusal)
                }
            }
        }
    }

    private func sendOn(_ refusal: ClientStreamEnding) {
        guard let hops else { return }
        initialMetadata = nil
        resolver.target(hops.owner) { result in
            guard self.delegate != nil else { return }
            switch result {
            case .failure(let error): self.unreachable(error)
            case .success(let owner):
                owner.prepare(handshake: false) { result in
                    guard self.delegate != nil else { return }
                    switch result {
                    case .failure(let error): self.unreachable(error)
                    case .success: self.repeatRequest(to: owner, refusal)
                    }
                }
            }
        }
    }

    private func repeatRequest(to owner: any CallTransport, _ refusal: ClientStreamEnding) {
        guard let request else { return end(refusal) }
        var left: UInt64?
        if let deadline {
            let now = resolver.now()
            guard now < deadline else { return end(refusal) }
            left = deadline - now
        }
        transmit(over: owner, left)
        stream?.send(request, endOfStream: true)
    }

    private func unreachable(_ error: Unreachable) {
        if let hops { resolver.forget(object, epoch: hops.epoch) }
        end(.notSent(error.reason))
    }

    // MARK: - End

    private func end(_ ending: ClientStreamEnding) {
        guard let delegate else { return }
        tellInitialMetadata()
        self.delegate = nil
        stream = nil
        request = nil
        delegate.finished(ending)
    }

    private func tellInitialMetadata() {
        guard let initialMetadata else { return }
        self.initialMetadata = nil
        delegate?.received(initialMetadata: initialMetadata)
    }
}

extension ClientStreamEnding {
    fileprivate static func notSent(_ reason: String) -> Self {
        Self(GRPCStatus(.unavailable, reason), origin: .neverSent, wasSent: false)
    }

    /// What a host would answer that knew of it.
    fileprivate static func gone(_ object: String) -> Self {
        Self(
            GRPCStatus(
                RefusalReason.gone.code, "\(object) is gone: it was collected, its state is lost, or it never was"),
            trailers: ReplyHeader(outcome: .notExecuted, reason: RefusalReason.gone.rawValue).metadata,
            origin: .serverStatus, wasSent: false)
    }
}
