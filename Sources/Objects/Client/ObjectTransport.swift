import NIOCore
import RPC

/// The way from this process to one object, wherever it is: what an `RPCClient` takes for a server of the object's name,
/// whose incarnation is the object's. Confined to its event loop.
///
/// - An object that the directory does not know, or knows to be gone, is reached: each transmission ends at once with
///   NOT_FOUND, *not executed*, `object-gone`, which no caller repeats.
/// - A host that cannot be reached is no longer believed to be the owner: the next attempt asks the directory. An owner
///   that is silent, or out of its lease, is still believed until the directory has said otherwise: the directory may be
///   the one that is away.
package final class ObjectTransport: CallTransport {
    private enum Readiness {
        case no
        case gone
        case yes(ObjectCache.Belief, any CallTransport)
    }

    /// The object's id.
    package let target: String
    let resolver: ObjectResolver
    private let caller: String
    /// What the first transmission of an attempt says of the object.
    private let header: Metadata
    /// As of the latest `ready`.
    private var readiness = Readiness.no
    private var connecting = 0
    /// Transmissions since the last answer of any kind.
    private var unanswered = 0
    private var isClosed = false

    /// - Parameters:
    ///   - object: its id; visible ASCII (`ObjectReference.isName`).
    ///   - caller: this process.
    package init(_ object: String, caller: String, _ resolver: ObjectResolver) {
        target = object
        self.caller = caller
        self.resolver = resolver
        header = Self.header(object, caller, hops: 0)
    }

    package func prepare(handshake: Bool, _ ready: @escaping (Result<String?, Unreachable>) -> Void) {
        guard !isClosed, !resolver.isClosed else { return ready(.failure(Unreachable("closed"))) }
        if let belief = resolver.belief(of: target), let owner = resolver.knownTarget(belief.owner) {
            return connect(belief, owner, handshake, ready)
        }
        resolver.locate(target) { place in
            switch place {
            case .unresolved(let reason): ready(.failure(Unreachable(reason)))
            case .gone:
                self.readiness = .gone
                ready(.success(nil))
            case .at(let belief):
                self.resolver.target(belief.owner) { result in
                    switch result {
                    case .success(let owner): self.connect(belief, owner, handshake, ready)
                    case .failure(let error):
                        self.resolver.forget(self.target, epoch: belief.epoch)
                        ready(.failure(error))
                    }
                }
            }
        }
    }

    private func connect(
        _ belief: ObjectCache.Belief, _ owner: any CallTransport, _ handshake: Bool,
        _ ready: @escaping (Result<String?, Unreachable>) -> Void
    ) {
        // An earlier one waits still: the host may be away for long.
        if connecting > 0 { resolver.refresh(target) }
        connecting += 1
        owner.prepare(handshake: false) { result in
            self.connecting -= 1
            switch result {
            case .success:
                self.readiness = .yes(belief, owner)
                ready(.success(handshake ? belief.incarnation : nil))
            case .failure(let error):
                self.resolver.forget(self.target, epoch: belief.epoch)
                ready(.failure(error))
            }
        }
    }

    package func start(
        path: String, metadata: Metadata, timeout: UInt64?, delegate: any ClientStreamDelegate
    ) -> any CallStream {
        let transmission = ObjectTransmission(self, path: path, metadata: metadata, timeout: timeout, delegate)
        switch readiness {
        case .no: transmission.end(notSent: "the object was not looked for")
        case .gone: transmission.endAsGone()
        case .yes(let belief, let owner):
            if unanswered > 0, let attempt = metadata[CallHeader.Name.attempt], attempt != "1" {
                resolver.refresh(target)
            }
            unanswered += 1
            transmission.begin(belief, owner)
        }
        return transmission
    }

    /// The answers themselves have been heard.
    package func heard(_ header: ReplyHeader) {}

    /// The hosts' connections are others' too, and stay.
    package func close() -> EventLoopFuture<Void> {
        isClosed = true
        return resolver.eventLoop.makeSucceededVoidFuture()
    }

    // MARK: - For transmissions

    func header(hops: Int) -> Metadata { hops == 0 ? header : Self.header(target, caller, hops: hops) }

    func answered() { unanswered = 0 }

    /// Nobody waits for a transmission any more that has no answer.
    func abandoned() { if unanswered > 0 { resolver.refresh(target) } }

    private static func header(_ object: String, _ caller: String, hops: Int) -> Metadata {
        var metadata = Metadata()
        try? metadata.add(ObjectHeader.object, object)
        try? metadata.add(ObjectHeader.hops, String(hops), repeats: true)
        try? metadata.add(ObjectHeader.caller, caller, repeats: true)
        return metadata
    }
}
