/// The decisions of one transmission: whither it goes on when the process that it was sent to does not own the object.
///
/// - `moved` with a higher epoch than the one that it was sent by is followed. Anything else in its place is out of date,
///   and the directory is asked.
/// - After `not-here` the directory is asked. Its answer is followed to a higher epoch, or to another owner at the same.
/// - It never goes back to a lower epoch, and goes on four times at most: no set of wrong tombstones, clocks and
///   directories can make it go round.
package struct ObjectHops: Sendable, Equatable {
    package static let limit = 4

    package enum Action: Sendable, Equatable {
        /// The last refusal is the attempt's end.
        case end
        /// To `owner`.
        case send
        /// The directory; then `answered`.
        case ask
        /// The object is gone for ever: this is the attempt's end.
        case gone
    }

    /// The process that it is sent to.
    package private(set) var owner: String
    package private(set) var epoch: UInt64
    /// Of the object. It stays, wherever the object moves to.
    package let incarnation: String
    /// How often it was sent elsewhere before.
    package private(set) var count = 0

    package init(_ belief: ObjectCache.Belief) {
        owner = belief.owner
        epoch = belief.epoch
        incarnation = belief.incarnation
    }

    package mutating func moved(to owner: String?, epoch: UInt64?) -> Action {
        guard count < Self.limit else { return .end }
        guard let owner, !owner.isEmpty, let epoch, epoch > self.epoch else { return .ask }
        return follow(owner, epoch)
    }

    package mutating func notHere() -> Action { count < Self.limit ? .ask : .end }

    /// - Parameter record: what the directory says; nil: there is no such object.
    package mutating func answered(_ record: ObjectRecord?) -> Action {
        guard let record else { return .gone }
        switch record.standing {
        case .gone: return .gone
        case .orphaned: return .end
        case .owned:
            // Back from a snapshot it has another incarnation, which only a new attempt may be meant for.
            guard record.incarnation == incarnation else { return .end }
            guard record.epoch > epoch || record.epoch == epoch && record.owner != owner else { return .end }
            return follow(record.owner, record.epoch)
        }
    }

    private mutating func follow(_ owner: String, _ epoch: UInt64) -> Action {
        self.owner = owner
        self.epoch = epoch
        count += 1
        return .send
    }
}
