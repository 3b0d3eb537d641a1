/// What this process believes of where objects are. A belief may be out of date, never ahead of its time: epochs only
/// grow, so of two beliefs the one with the higher epoch is the later one.
///
/// Bounded; what was not asked for in a long time goes first. It is kept in two generations: when the young one is full
/// it becomes the old one, and what the old one still held is forgotten.
package struct ObjectCache: Sendable {
    package struct Belief: Sendable, Equatable {
        /// The process.
        package var owner: String
        package var epoch: UInt64
        /// The object's own.
        package var incarnation: String

        package init(owner: String, epoch: UInt64, incarnation: String) {
            self.owner = owner
            self.epoch = epoch
            self.incarnation = incarnation
        }
    }

    private let generation: Int
    private var young: [String: Belief] = [:]
    private var old: [String: Belief] = [:]

    /// - Parameter limit: of objects.
    package init(limit: Int = 100_000) { generation = max(limit / 2, 1) }

    package var count: Int { young.count + old.count }

    package mutating func belief(of object: String) -> Belief? {
        if let belief = young[object] { return belief }
        guard let belief = old.removeValue(forKey: object) else { return nil }
        keep(object, belief)
        return belief
    }

    /// Follows growing epochs only: an equal or a lower one changes nothing.
    /// - Parameter incarnation: nil from who does not know it: it stays, and an object that is not known yet is not
    ///   learned, for it could not be called.
    package mutating func learned(_ object: String, owner: String, epoch: UInt64, incarnation: String?) {
        let known = belief(of: object)
        if let known, known.epoch >= epoch { return }
        guard let incarnation = incarnation ?? known?.incarnation else { return }
        keep(object, Belief(owner: owner, epoch: epoch, incarnation: incarnation))
    }

    /// What is believed at this epoch or a lower one is not so. Later beliefs stay.
    package mutating func forget(_ object: String, epoch: UInt64) {
        if let known = young[object], known.epoch <= epoch { young[object] = nil }
        if let known = old[object], known.epoch <= epoch { old[object] = nil }
    }

    private mutating func keep(_ object: String, _ belief: Belief) {
        young[object] = belief
        old[object] = nil
        guard young.count >= generation else { return }
        old = young
        young = [:]
    }
}
