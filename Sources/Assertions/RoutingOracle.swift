import ClusterModel
import History

/// Which queues a transmission is owed to.
struct Route: Sendable, Equatable {
    /// Queues that the bindings in force throughout the publish lead to, sorted.
    var certain: [Int32] = []
    /// Those, and the ones that a binding made or removed during the publish may have led to, sorted.
    var possible: [Int32] = []
    /// False where nothing tells what the exchange is.
    var known = true

    func leads(to queue: Int32) -> Bool { certain.holds(queue) }

    func mayLead(to queue: Int32) -> Bool { possible.holds(queue) }
}

extension [Int32] {
    /// Whether a sorted list holds a number.
    fileprivate func holds(_ number: Int32) -> Bool {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if self[middle] < number { low = middle + 1 } else { high = middle }
        }
        return low < count && self[low] == number
    }
}

/// An independent reading of the bindings: it shares no code with the broker, and knows only what links and the
/// orchestrator saw declared.
struct RoutingOracle: Sendable {
    private struct Target: Sendable {
        var exchange: String?
        var queue: Int32 = -1
    }

    private struct Rule: Sendable {
        var span: Span
        var type: String
        var key: String
        var pattern: TopicPattern?
        var arguments: HeaderTable?
        var target: Target
    }

    private struct Place: Hashable, Sendable {
        var broker: String
        var name: String
    }

    private struct Question: Hashable, Sendable {
        var broker: String
        var exchange: Int32
        var key: Int32
        var headers: Int32
        var headersKnown: Bool
        /// How many changes of anything had happened by the interval's start and by its end.
        var start: Int32
        var end: Int32
    }

    private var timeline = BindingTimeline()
    private(set) var answers: [Route] = []
    private var known: [Question: Int32] = [:]
    private var changes: [Int64] = []
    private var rules: [Place: [Rule]] = [:]
    private var exchanges: [Place: [BindingTimeline.Object]] = [:]
    private var queues: [Place: (number: Int32, spans: [Span])] = [:]
    private var tables: [Int32: HeaderTable] = [:]
    /// Publishes come in runs of a few kinds: the newest answers, by a hash that costs little.
    private var recent = [(question: Question, answer: Int32)?](repeating: nil, count: 256)

    // MARK: - Evidence

    mutating func addBroker(_ name: String) { timeline.addBroker(name) }

    var onlyBroker: String? { timeline.brokers.first }

    func brokerHolding(_ queue: String) -> String { timeline.brokerHolding(queue) }

    mutating func sent(_ event: Declaration, at time: Int64) { timeline.sent(event, at: time) }

    mutating func answered(_ event: Declaration, sent: Int64, at time: Int64) {
        timeline.answered(event, sent: sent, at: time)
    }

    mutating func neverAnswered(_ event: Declaration, sent: Int64) { timeline.neverAnswered(event, sent: sent) }

    mutating func connectionClosed(_ connection: UInt32, lastAlive: Int64) {
        timeline.connectionClosed(connection, lastAlive: lastAlive)
    }

    mutating func apply(_ change: NodeChange, at time: Int64) { timeline.apply(change, at: time) }

    /// Ends the collection of evidence; from here on questions can be answered.
    mutating func freeze(queues numbers: inout Interner<QueueKey>) {
        var times: Set<Int64> = []
        func note(_ span: Span) {
            for time in [span.possibleFrom, span.certainFrom, span.certainTo, span.possibleTo] where time != .max {
                times.insert(time)
            }
        }
        for object in timeline.objects {
            note(object.span)
            let place = Place(broker: object.key.broker, name: object.key.name)
            if object.key.isQueue {
                let number = numbers.number(QueueKey(broker: object.key.broker, name: object.key.name))
                queues[place, default: (number, [])].spans.append(object.span)
            } else {
                exchanges[place, default: []].append(object)
            }
        }
        for binding in timeline.bindings {
            note(binding.span)
            var rule = Rule(span: binding.span, type: binding.type, key: binding.key.key, target: Target())
            switch binding.type {
            case "topic": rule.pattern = TopicPattern(binding.key.key)
            case "headers": rule.arguments = HeaderTable(binding.key.arguments)
            default: break
            }
            let destination = binding.key.destination
            if destination.isQueue {
                rule.target.queue = numbers.number(QueueKey(broker: destination.broker, name: destination.name))
            } else {
                rule.target.exchange = destination.name
            }
            rules[Place(broker: binding.key.source.broker, name: binding.key.source.name), default: []].append(rule)
        }
        changes = times.sorted()
    }

    /// The arguments with which a queue was last declared.
    func arguments(of queue: QueueKey) -> HeaderTable {
        let key = BindingTimeline.ObjectKey(broker: queue.broker, isQueue: true, name: queue.name)
        return HeaderTable(timeline.objects.last { $0.key == key }?.arguments ?? [])
    }

    /// All places that a queue was ever bound to.
    func bindingPlaces(of queue: QueueKey) -> Set<BindingPlace> {
        Set(
            timeline.bindings.lazy
                .filter {
                    let destination = $0.key.destination
                    return destination.isQueue && destination.name == queue.name && destination.broker == queue.broker
                }
                .map { BindingPlace(source: $0.key.source.name, key: $0.key.key) })
    }

    /// When a queue was there: one span for each time that it was made anew.
    func spans(of queue: QueueKey) -> [Span] { queues[Place(broker: queue.broker, name: queue.name)]?.spans ?? [] }

    // MARK: - Questions

    /// - Parameters:
    ///   - headersKnown: false for a message of which no link saw the headers.
    ///   - from: when the publish was seen first; `to`: by when it had certainly been routed.
    /// - Returns: the number of the answer in `answers`.
    mutating func answer(
        broker: String, exchange: Int32, key: Int32, headers: Int32, headersKnown: Bool, from: Int64, to: Int64,
        words: Interner<String>, tables source: Interner<[UInt8]>
    ) -> Int32 {
        let question = Question(
            broker: broker, exchange: exchange, key: key, headers: headers, headersKnown: headersKnown,
            start: generation(from), end: generation(to))
        let slot = Int((exchange &* 31 &+ key &* 7 &+ headers &* 13 &+ question.start) & 255)
        if let last = recent[slot], last.question == question { return last.answer }
        if let number = known[question] {
            recent[slot] = (question, number)
            return number
        }
        if tables[headers] == nil { tables[headers] = HeaderTable(source[headers]) }
        let route = route(
            broker, words[exchange], words[key], headersKnown ? tables[headers] : nil, from, Swift.max(from, to))
        let number = Int32(answers.count)
        answers.append(route)
        known[question] = number
        recent[slot] = (question, number)
        return number
    }

    private func generation(_ time: Int64) -> Int32 {
        var low = 0
        var high = changes.count
        while low < high {
            let middle = (low + high) / 2
            if changes[middle] <= time { low = middle + 1 } else { high = middle }
        }
        return Int32(low)
    }

    /// - Parameter headers: `nil` where they are not known.
    func route(
        _ broker: String, _ exchange: String, _ key: String, _ headers: HeaderTable?, _ from: Int64, _ to: Int64
    ) -> Route {
        var certain: Set<Int32> = []
        var possible: Set<Int32> = []
        var isKnown = true
        if exchange.isEmpty {
            if let queue = queues[Place(broker: broker, name: key)] {
                if queue.spans.contains(where: { $0.covers(from, to) }) { certain.insert(queue.number) }
                if queue.spans.contains(where: { $0.touches(from, to) }) { possible.insert(queue.number) }
            }
            return Route(certain: certain.sorted(), possible: possible.sorted())
        }
        let words = TopicPattern.split(key)
        // An exchange is looked at once, or twice where it turns out to be reached for certain after all.
        var seen: [String: Bool] = [:]
        var open: [(name: String, certain: Bool, first: Bool)] = [(exchange, true, true)]
        while let next = open.popLast() {
            if let before = seen[next.name], before || !next.certain { continue }
            seen[next.name] = next.certain
            let state = state(broker, next.name, from, to, published: next.first)
            if next.first, !state.known { isKnown = false }
            guard state.possible else { continue }
            let reached = next.certain && state.certain
            var matched = (certain: false, possible: false)
            for rule in rules[Place(broker: broker, name: next.name)] ?? [] where rule.span.touches(from, to) {
                let fit = matches(rule, key, words, headers)
                guard fit != .no else { continue }
                let sure = fit == .yes && rule.span.covers(from, to)
                matched.possible = true
                if sure { matched.certain = true }
                if let exchange = rule.target.exchange {
                    open.append((exchange, reached && sure, false))
                } else {
                    possible.insert(rule.target.queue)
                    if reached && sure { certain.insert(rule.target.queue) }
                }
            }
            // What an exchange cannot route goes to its alternate.
            for alternate in state.alternates where !matched.certain {
                open.append((alternate.name, reached && alternate.certain && !matched.possible, false))
            }
        }
        return Route(certain: certain.sorted(), possible: possible.sorted(), known: isKnown)
    }

    private enum Fit { case yes, no, perhaps }

    private func matches(_ rule: Rule, _ key: String, _ words: [Substring], _ headers: HeaderTable?) -> Fit {
        switch rule.type {
        case "fanout": return .yes
        case "direct": return rule.key == key ? .yes : .no
        case "topic": return rule.pattern?.matches(words) == true ? .yes : .no
        case "headers":
            guard let headers, let arguments = rule.arguments, !headers.isDamaged, !arguments.isDamaged else {
                return .perhaps
            }
            return headers.satisfies(arguments) ? .yes : .no
        default: return .perhaps
        }
    }

    /// Whether an exchange was there, and where what it cannot route goes.
    private func state(_ broker: String, _ name: String, _ from: Int64, _ to: Int64, published: Bool) -> (
        certain: Bool, possible: Bool, known: Bool, alternates: [(name: String, certain: Bool)]
    ) {
        guard let lives = exchanges[Place(broker: broker, name: name)] else {
            let isKnown = BindingTimeline.predeclared(name) != nil
            return (isKnown, true, isKnown, [])
        }
        var result = (
            certain: false, possible: false, known: true, alternates: [(name: String, certain: Bool)]()
        )
        for life in lives where life.span.touches(from, to) {
            // A client may not publish to an internal exchange; the broker refuses it.
            if published, life.isInternal { continue }
            let sure = life.span.covers(from, to)
            result.possible = true
            if sure { result.certain = true }
            let alternate =
                life.alternate.isEmpty
                ? HeaderTable(life.arguments).text("alternate-exchange") ?? "" : life.alternate
            if !alternate.isEmpty { result.alternates.append((alternate, sure)) }
        }
        return result
    }
}
