/// Finds out which message a delivery without a stamp carries: by its message id, else by the hash of its body, counted
/// as a multiset for each queue.
struct IdentityResolver {
    struct Found {
        var transmission: Int32 = -1
        var message: Int32 = -1
        var identity = DeliveryFact.Identity.none
    }

    private struct Body: Hashable {
        var hash: UInt64
        /// -1 where the place of publication is not known.
        var exchange: Int32
        var key: Int32
    }

    private struct Place: Hashable {
        var body: Body
        var queue: Int32
    }

    private var ids: [String: [Int32]]?
    private var bodies: [Body: [Int32]] = [:]
    /// How many of a body's transmissions have been seen in a queue.
    private var taken: [Place: Int] = [:]

    init(_ ledger: Ledger) {
        for (index, fact) in ledger.transmissions.enumerated() where !fact.stamped && fact.connection >= 0 {
            let body = Body(hash: fact.bodyHash, exchange: fact.exchange, key: fact.key)
            bodies[body, default: []].append(Int32(index))
            bodies[Body(hash: fact.bodyHash, exchange: -1, key: -1), default: []].append(Int32(index))
        }
    }

    mutating func find(
        id: String, hash: UInt64, exchange: String?, key: String?, queue: Int32, again: Bool, ledger: Ledger
    ) -> Found {
        if !id.isEmpty, let message = message(id, exchange, key, ledger) {
            return Found(
                transmission: ledger.messages[Int(message)].firstTransmission, message: message, identity: .id)
        }
        var body = Body(hash: hash, exchange: -1, key: -1)
        if let exchange, let key {
            guard let e = ledger.words.known(exchange), let k = ledger.words.known(key) else { return Found() }
            body.exchange = e
            body.key = k
        }
        guard let candidates = bodies[body] else { return Found() }
        let place = Place(body: body, queue: queue)
        var position = taken[place] ?? 0
        if again, position > 0 {
            position -= 1
        } else {
            taken[place] = position + 1
        }
        guard position < candidates.count else { return Found() }
        let transmission = candidates[position]
        return Found(
            transmission: transmission, message: ledger.transmissions[Int(transmission)].message, identity: .body)
    }

    /// Where several publishers use one id, the one that published to where this delivery comes from.
    private mutating func message(_ id: String, _ exchange: String?, _ key: String?, _ ledger: Ledger) -> Int32? {
        if ids == nil {
            var index: [String: [Int32]] = [:]
            for (number, fact) in ledger.messages.enumerated() where fact.name.series != -1 {
                index[ledger.ids.text(fact.name), default: []].append(Int32(number))
            }
            ids = index
        }
        guard let candidates = ids?[id] else { return nil }
        guard candidates.count > 1, let exchange, let key else { return candidates.first }
        let e = ledger.words.known(exchange)
        let k = ledger.words.known(key)
        return candidates.first {
            let first = ledger.transmissions[Int(ledger.messages[Int($0)].firstTransmission)]
            return first.exchange == e && first.key == k
        } ?? candidates.first
    }
}
