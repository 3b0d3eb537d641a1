#if DEBUG
    /// Breaks each n-th message of a queue, so that a test can see that verdicts notice. Only debug builds have it: a
    /// release build contains neither this nor the variable's name (`strings orch | grep ORCH_BROKER_MUTATION`).
    ///
    /// The environment of the broker's process chooses: `ORCH_BROKER_MUTATION="lose 1000"`. Messages are counted by the
    /// first queue of their route. For queues and messages that are not stored, and routes to one queue.
    struct Mutation {
        enum Kind: String {
            /// The message is confirmed and in no queue.
            case lose
            /// It is in its queue twice.
            case double
            /// It overtakes the one before it.
            case swap
            /// It is in its queue, and in another one of the virtual host: the first by name.
            case misroute
        }

        let kind: Kind
        let period: Int
        private var counts: [ObjectIdentifier: Int] = [:]
        /// With `swap`: the one that waits to be overtaken.
        var held: (message: Message, route: Route)?

        /// Nil where the variable is not there, or says something else.
        init?(environment: [String: String]) {
            let words = (environment["ORCH_BROKER_MUTATION"] ?? "").split(separator: " ")
            guard words.count == 2, let kind = Kind(rawValue: String(words[0])), let period = Int(words[1]), period > 1
            else { return nil }
            self.kind = kind
            self.period = period
        }

        /// The number of this message among those of its queue, from 1.
        mutating func count(_ queue: MessageQueue) -> Int {
            counts[ObjectIdentifier(queue), default: 0] += 1
            return counts[ObjectIdentifier(queue)]!
        }
    }

    extension BrokerCore {
        /// `publish`, for a broker that is broken on purpose.
        func publishMutated(_ message: Message, to route: Route) -> (isRouted: Bool, group: UInt64?) {
            guard let mutation, let queue = route.queues.first else { return place(message, in: route) }
            let number = self.mutation!.count(queue)
            if mutation.kind == .swap, number % mutation.period == mutation.period - 1 {
                self.mutation!.held = (message, route)
                return (true, nil)
            }
            guard number % mutation.period == 0 else { return place(message, in: route) }
            switch mutation.kind {
            case .lose: return (true, nil)
            case .double: return place(message, in: route.with(queues: [queue, queue]))
            case .misroute:
                let others = queue.vhost.queues.values.filter { other in !route.queues.contains { $0 === other } }
                let wrong = others.min { $0.name < $1.name }
                return place(message, in: route.with(queues: route.queues + (wrong.map { [$0] } ?? [])))
            case .swap:
                let result = place(message, in: route)
                if let held = mutation.held { _ = place(held.message, in: held.route) }
                self.mutation!.held = nil
                return result
            }
        }
    }
#endif
