import ClusterModel
import Control
import Membership
import NIOCore

/// What a peer does beside its membership: messages, broadcasts and lookups, with the workloads that begin them. It
/// belongs to the process's event loop, as its host does. `now` is `MonotonicClock`'s.
protocol PeerTalking: AnyObject {
    /// Whom it asks for what it cannot return: set once, before anything else is called.
    var host: (any PeerHost)? { get set }

    /// A datagram has come, of any kind but membership. What cannot be read is ignored.
    func receive(_ kind: PeerDatagram.Kind, _ payload: [UInt8], from: String, now: Int64) -> [PeerAction]
    /// The members that are held to be alive have changed; sorted, itself left out. Also called once at the start.
    func membersChanged(_ live: [String], now: Int64) -> [PeerAction]
    /// What is due by now, of its parts and its workloads.
    func tick(now: Int64) -> [PeerAction]
    /// When `tick` next has something to do.
    var nextDeadline: Int64? { get }
    /// Told of each action that is no datagram and no member's change, as the host has recorded it, so that it can count.
    func performed(_ action: PeerAction)

    /// Its peer is in place, and can send: it may register at the name service.
    func prepare(now: Int64) -> [PeerAction]
    /// What its peer waits for before it is ready; `nil`: nothing.
    var settled: EventLoopFuture<Void>? { get }
    /// All nodes are ready: workloads start.
    func run(now: Int64) -> [PeerAction]
    /// Nothing new is begun; what is in flight is finished.
    func drain()
    /// Adds its numbers: the goal, what is published, confirmed, failed, talked, lookups, and `isDone`.
    func report(_ progress: inout Progress)
    func survey() -> Survey
    /// The peer leaves; it sends no more. `performed` says to whom what is still open has failed.
    func stop(now: Int64)
}

extension PeerTalking {
    var settled: EventLoopFuture<Void>? { nil }
}

/// The peer that a conversation belongs to.
protocol PeerHost: AnyObject {
    /// Carries out what has come about outside of a call, such as an answer of the name service, and sets the timer.
    func perform(_ actions: [PeerAction])
    /// `nextDeadline` has changed outside of a call.
    func wake()
    /// Names to join through, as the name service has them. Tried until they have answered once.
    func join(_ names: [String])
    /// The members that are held to be alive, itself included; sorted.
    var live: [String] { get }
}
