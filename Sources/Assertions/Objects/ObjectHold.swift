import ClusterModel
import History

/// How long one life of a process held a reference to an object, as far as evidence tells (`docs/verdicts.md`, Objects).
struct ObjectHold: Sendable {
    enum End: Sendable {
        case released, expired, died
        /// The owner took the holder off its list; the holder itself never said that it held it.
        case unlisted
        case open
    }

    var life: ProcessLife
    /// The owner listed it, or it said itself that it holds the reference.
    var from: Int64
    /// It holds it no more, perhaps for some time.
    var to = Int64.max
    var end = End.open
    /// It certainly held it in between; nothing is certain where it never said so.
    var certainFrom = Int64.max
    var certainTo = Int64.min

    /// It certainly held it all the time from before an interval until after it.
    func covers(_ from: Int64, _ to: Int64) -> Bool { certainFrom < from && certainTo > to }
}

extension ObjectLedger {
    /// All that held a reference, in the order in which they came to it.
    /// - Parameter closing: the run's own end takes references away from then on.
    func holds(of object: Int32, lease: Duration, closing: Int64) -> [ObjectHold] {
        var holds: [ObjectHold] = []
        var open: [ProcessLife: Int] = [:]
        for number in referencesOfObject[object] {
            let fact = references[Int(number)]
            let known = open[fact.holder]
            switch fact.kind {
            case .held:
                let index = known ?? holds.count
                if known == nil { holds.append(ObjectHold(life: fact.holder, from: fact.time)) }
                open[fact.holder] = index
                holds[index].certainFrom = min(holds[index].certainFrom, fact.time)
            case .listed where known == nil:
                open[fact.holder] = holds.count
                holds.append(ObjectHold(life: fact.holder, from: fact.time))
            case .released, .expired:
                guard let known else { continue }
                open[fact.holder] = nil
                holds[known].to = fact.time
                holds[known].end = fact.kind == .released ? .released : .expired
            case .unlisted, .lapsed:
                // Of a holder that speaks for itself the owner's list is no evidence.
                guard let known, holds[known].certainFrom == .max else { continue }
                open[fact.holder] = nil
                holds[known].to = fact.time
                holds[known].end = .unlisted
            case .listed: break
            }
        }
        for index in holds.indices { settle(&holds[index], lease.nanoseconds, closing) }
        return holds
    }

    /// Deaths and expiries are noted a little late, and a process that was paused so long that its lease may have ended
    /// holds nothing for certain, unless it says later that it gave the reference back itself.
    private func settle(_ hold: inout ObjectHold, _ lease: Int64, _ closing: Int64) {
        let death = lives.end(of: hold.life)
        if death < hold.to {
            hold.to = death
            hold.end = .died
        }
        guard hold.certainFrom < .max else { return }
        let slack = min(1_000_000_000, lease / 4)
        var to = hold.to
        switch hold.end {
        case .released, .unlisted, .open: break
        case .expired: to = to.subtractingSaturated(slack)
        case .died: to = min(to, max(lives.lastWord(of: hold.life), to.subtractingSaturated(slack)))
        }
        if hold.end != .released,
            let pause = lives.pause(of: hold.life, from: hold.certainFrom, to: to, atLeast: lease / 2)
        {
            to = min(to, pause)
        }
        hold.certainTo = min(to, closing)
    }
}
