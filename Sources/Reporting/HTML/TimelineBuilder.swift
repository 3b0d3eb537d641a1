import ClusterModel
import History

/// Goes through the evidence once and joins what belongs to one message.
struct TimelineBuilder {
    private struct Execution: Hashable {
        var source: Int
        var number: UInt64
    }
    private struct Hop {
        var time: Int64
        var from: UInt16
        var to: UInt16
        var prefix: UInt32
        var number: UInt32
        var label: UInt32
    }
    private struct Item: Hashable {
        var feed: String
        var number: UInt64
    }
    private struct Sent {
        var time: Int64
        var from: UInt16
        var to: UInt16?
        var isReceived = false
    }

    private let history: History
    private let start: Int64
    private var data = TimelineData()
    private var lanes: [String: UInt16] = [:]
    private var labels: [String: UInt32] = [:]
    private var prefixes: [String: UInt32] = [:]
    private var connections: [UInt32: (client: UInt16, server: UInt16)] = [:]
    private var published: [String: Int64] = [:]
    private var byStamp: [Int64: Hop] = [:]
    private var byMessage: [String: Hop] = [:]
    private var attempts: [String: Int64] = [:]
    private var called: [String: Int64] = [:]
    /// Index of the arrow of a request.
    private var requests: [Int64: Int] = [:]
    private var executing: [Execution: Int64] = [:]
    private var executed: [Int64: Int64] = [:]
    private var items: [Item: (time: Int64, lane: UInt16)] = [:]
    private var watchers: Set<UInt16> = []
    private var pushed: [(arrow: TimelineData.Arrow, client: UInt16)] = []
    private var sends: [String: Sent] = [:]
    private var receipts: [String: Int64] = [:]
    private var open: [String: Int] = [:]
    private var datagrams = 0
    private var spansLeftOut = 0
    // For the plots.
    private var publishTimes: [Int64] = []
    private var deliveries: [(time: Int64, took: Int64)] = []
    private var answered: [(time: Int64, took: Int64)] = []
    private var failures: [Int64] = []
    private var views: [(time: Int64, took: Int64)] = []
    private var handOvers: [(time: Int64, took: Int64)] = []

    init(_ history: History, processes: [String]) {
        self.history = history
        start = history.times?.lowerBound ?? 0
        for process in processes { _ = lane(process) }
    }

    mutating func build() -> TimelineData {
        data.end = max(1, (history.times?.upperBound ?? 0) - start)
        for entry in history.events() { add(entry.event, at: entry.time - start, from: entry.source) }
        finish()
        return data
    }

    // MARK: - Events

    private mutating func add(_ event: Event, at time: Int64, from source: Int) {
        switch event {
        case .connection(let event): connections[event.connection] = (lane(event.client), lane(event.server))
        case .publish(let event): published[event.message] = time
        case .transmission(let event): add(event, time)
        case .transmissionResult(let event): add(event, time)
        case .delivery(let event): add(event, time)
        case .call(let event):
            attempts[event.call] = time
            if called[event.call] == nil { called[event.call] = time - event.late }
        case .callResult(let event):
            guard let began = called[event.call] else { return }
            if event.type == .ok { answered.append((time, time - began)) } else { failures.append(time) }
        case .callRequest(let event): add(event, time)
        case .callReply(let event): add(event, time)
        case .execution(let event):
            guard event.stamp != 0 else { return }
            executing[Execution(source: source, number: event.number)] = event.stamp
            guard let index = requests[event.stamp], data.arrows[index].outcome != .lost else { return }
            if executed[event.stamp] == nil { data.arrows[index].end = time }
        case .executionResult(let event):
            guard let stamp = executing.removeValue(forKey: Execution(source: source, number: event.number))
            else { return }
            executed[stamp] = time
        case .feedAppend(let event):
            items[Item(feed: event.feed, number: event.item)] = (time, lane(source))
        case .feedView(let event):
            let watcher = lane(source)
            watchers.insert(watcher)
            guard let item = items[Item(feed: event.feed, number: event.item)] else { return }
            views.append((time, time - item.time))
            append(.feed, item.time, time, item.lane, watcher, .arrived, event.feed, "\(event.feed) \(event.item)")
        case .streamEvent(let event): add(event, time)
        case .peerSend(let event):
            let to = event.to.isEmpty ? nil : lane(event.to)
            sends[event.message] = Sent(time: time, from: lane(source), to: to)
        case .peerReceipt(let event): add(event, time, lane(source))
        case .lookupMessage(let event):
            append(.lookup, time, time, lane(source), lane(event.to), .arrived, "lookup", event.lookup)
        case .memberChange(let event):
            guard event.status == .dead || event.status == .suspect else { return }
            guard data.marks.count < TimelineData.spanLimit else {
                spansLeftOut += 1
                return
            }
            let text = "thinks \(event.member) \(event.status == .dead ? "dead" : "suspect")"
            data.marks.append(.init(time: time, lane: lane(source), text: text))
        case .datagram: datagrams += 1
        case .objectChange(let event): add(event, time, source)
        case .node(let event):
            close("node \(event.name)", time)
            begin(\.states, "node \(event.name)", time, event.state.rawValue, event.name)
        case .fault(let event):
            let key = "fault \(event.text) \(event.link)"
            close(key, time)
            if event.on { begin(\.faults, key, time, event.text, event.link) }
        case .phase(let event):
            if event.name == .run { data.zero = time }
            close("phase", time)
            begin(\.phases, "phase", time, "\(event.name)", "")
        default: break
        }
    }

    private mutating func add(_ event: Transmission, _ time: Int64) {
        guard let ends = connections[event.connection] else { return }
        // An earlier time than the link's where the publisher said it.
        let began = published.removeValue(forKey: event.message) ?? time
        publishTimes.append(time)
        let id = event.message.isEmpty ? "\(data.lanes[Int(ends.client)])#\(event.n)" : event.message
        let label = event.key.isEmpty ? event.exchange : "\(event.exchange) \(event.key)"
        append(.publish, began, time, ends.client, ends.server, outcome(event.fate), label, id)
        guard let arrow = data.arrows.last else { return }
        let hop = Hop(
            time: time, from: ends.client, to: ends.server, prefix: arrow.prefix, number: arrow.number,
            label: arrow.label)
        byStamp[event.stamp] = hop
        if !event.stamped, !event.message.isEmpty { byMessage[event.message] = hop }
    }

    private mutating func add(_ event: TransmissionResult, _ time: Int64) {
        guard let hop = byStamp[event.stamp] else { return }
        let outcome: TimelineData.Outcome = event.outcome == .acked ? outcome(event.fate) : .lost
        data.arrows.append(
            .init(
                start: time, end: time, from: hop.to, to: hop.from, kind: .confirm, outcome: outcome,
                label: label("\(event.outcome)"), prefix: hop.prefix, number: hop.number))
    }

    private mutating func add(_ event: Delivery, _ time: Int64) {
        guard let ends = connections[event.connection] else { return }
        let outcome = outcome(event.fate)
        let hop = byStamp[event.stamp] ?? byMessage[event.message]
        if let hop {
            if outcome != .lost { deliveries.append((time, time - hop.time)) }
            data.arrows.append(
                .init(
                    start: hop.time, end: time, from: ends.server, to: ends.client, kind: .deliver, outcome: outcome,
                    label: label(event.queue), prefix: hop.prefix, number: hop.number))
        } else {
            let id = event.message.isEmpty ? "\(event.queue)#\(event.n)" : event.message
            if outcome != .lost { deliveries.append((time, 0)) }
            append(.deliver, time, time, ends.server, ends.client, outcome, event.queue, id)
        }
    }

    private mutating func add(_ event: CallRequest, _ time: Int64) {
        guard let ends = connections[event.connection] else { return }
        let id =
            event.call.isEmpty
            ? "\(data.lanes[Int(ends.client)]):\(event.connection)#\(event.n)" : event.call
        let began = event.call.isEmpty ? time : attempts[event.call] ?? time
        requests[event.stamp] = data.arrows.count
        append(.request, began, time, ends.client, ends.server, outcome(event.fate), event.method, id)
    }

    private mutating func add(_ event: CallReply, _ time: Int64) {
        guard let index = requests[event.stamp] else { return }
        let request = data.arrows[index]
        // The copies of a reply never reach the client: one answer a request is drawn, and what stood in for it.
        guard event.copy <= 1 else { return }
        let isAnswer = event.copy == 1 && event.outcome == .finished
        let began = isAnswer ? min(time, max(request.end, executed[event.stamp] ?? time)) : time
        data.arrows.append(
            .init(
                start: began, end: time, from: request.to, to: request.from, kind: .reply,
                outcome: isAnswer ? outcome(event.fate) : .lost,
                label: label(isAnswer ? "status \(event.code)" : "\(event.outcome)"), prefix: request.prefix,
                number: request.number))
    }

    private mutating func add(_ event: StreamEvent, _ time: Int64) {
        guard let index = requests[event.stamp] else { return }
        let request = data.arrows[index]
        let (prefix, number) = name(event.id.isEmpty ? "event #\(event.n)" : "event \(event.id)")
        pushed.append(
            (
                .init(
                    start: time, end: time, from: request.to, to: request.from, kind: .feed,
                    outcome: outcome(event.fate), label: request.label, prefix: prefix, number: number),
                request.from
            ))
    }

    private mutating func add(_ event: PeerReceipt, _ time: Int64, _ lane: UInt16) {
        let sent = sends[event.message]
        sends[event.message]?.isReceived = true
        receipts["\(event.message) \(lane)"] = time
        let via = event.via.isEmpty ? nil : self.lane(event.via)
        let from = via ?? sent?.from ?? self.lane(event.from)
        let began = via.flatMap { receipts["\(event.message) \($0)"] } ?? sent?.time ?? time
        handOvers.append((time, time - (sent?.time ?? time)))
        append(.peer, began, time, from, lane, .arrived, event.kind == .send ? "send" : "broadcast", event.message)
    }

    private mutating func add(_ event: ObjectChange, _ time: Int64, _ source: Int) {
        let host = history.sources[source].name
        let key = "object \(event.object) \(host)"
        switch event.change {
        case .created, .activated, .recovered, .restored:
            close(key, time)
            begin(\.owners, key, time, host, event.object)
        case .moved, .collected, .fenced, .ended: close(key, time)
        case .draining, .resumed: break
        }
    }

    // MARK: - The end

    private mutating func finish() {
        // What never came to its member.
        for (message, sent) in sends where !sent.isReceived {
            guard let to = sent.to else { continue }
            append(.peer, sent.time, sent.time, sent.from, to, .lost, "send", message)
        }
        // A watcher that says itself what it saw needs the wire only for what it did not.
        for event in pushed where event.arrow.outcome != .arrived || !watchers.contains(event.client) {
            data.arrows.append(event.arrow)
        }
        var order = data.arrows.indices.map { (start: data.arrows[$0].start, index: $0) }
        order.sort { ($0.start, $0.index) < ($1.start, $1.index) }
        data.arrows = order.map { data.arrows[$0.index] }

        let span = data.end
        data.plots = [
            TimelinePlot.rate(
                "messages",
                [
                    ("published", publishTimes), ("delivered", deliveries.map(\.time)),
                    ("feed items seen", views.map(\.time)), ("peer messages", handOvers.map(\.time)),
                ], span: span),
            TimelinePlot.latency("publish to delivery", deliveries, span: span),
            TimelinePlot.latency("append to sight", views, span: span),
            TimelinePlot.latency("send to receipt", handOvers, span: span),
            TimelinePlot.rate("calls", [("succeeded", answered.map(\.time)), ("failed", failures)], span: span),
            TimelinePlot.latency("call latency", answered, span: span),
        ].compactMap(\.self)
        if datagrams > 0 {
            data.leftOut.append("\(datagrams) datagrams are not drawn; the messages that they carried are")
        }
        if spansLeftOut > 0 {
            data.leftOut.append("\(spansLeftOut) states, faults and views beyond the first of their kind")
        }
    }

    private mutating func begin(
        _ list: WritableKeyPath<TimelineData, [TimelineData.Span]>, _ key: String, _ time: Int64, _ text: String,
        _ about: String
    ) {
        guard data[keyPath: list].count < TimelineData.spanLimit else {
            spansLeftOut += 1
            return
        }
        lists[key] = list
        open[key] = data[keyPath: list].count
        data[keyPath: list].append(.init(start: time, end: data.end, text: text, about: about))
    }

    private var lists: [String: WritableKeyPath<TimelineData, [TimelineData.Span]>] = [:]

    private mutating func close(_ key: String, _ time: Int64) {
        guard let index = open.removeValue(forKey: key), let list = lists[key] else { return }
        data[keyPath: list][index].end = time
    }

    // MARK: - Words

    private mutating func append(
        _ kind: TimelineData.Kind, _ start: Int64, _ end: Int64, _ from: UInt16, _ to: UInt16,
        _ outcome: TimelineData.Outcome, _ text: String, _ id: String
    ) {
        let (prefix, number) = name(id)
        data.arrows.append(
            .init(
                start: start, end: max(start, end), from: from, to: to, kind: kind, outcome: outcome,
                label: label(text), prefix: prefix, number: number))
    }

    private func outcome(_ fate: Fate) -> TimelineData.Outcome {
        switch fate {
        case .passed: .arrived
        case .duplicated, .delayed, .reordered, .corrupted: .touched
        case .dropped, .undeliverable, .answered, .truncated: .lost
        }
    }

    private mutating func lane(_ source: Int) -> UInt16 { lane(history.sources[source].name) }

    private mutating func lane(_ name: String) -> UInt16 {
        if let known = lanes[name] { return known }
        if lanes.count >= TimelineData.laneLimit {
            if data.lanes.count == TimelineData.laneLimit {
                data.lanes.append("others")
                data.leftOut.append("processes beyond \(TimelineData.laneLimit) share one lane")
            }
            return UInt16(TimelineData.laneLimit)
        }
        let index = UInt16(data.lanes.count)
        data.lanes.append(name)
        lanes[name] = index
        return index
    }

    private mutating func label(_ text: String) -> UInt32 {
        if let known = labels[text] { return known }
        let index = UInt32(data.labels.count)
        data.labels.append(text)
        labels[text] = index
        return index
    }

    /// Ids are numbered within a process: what is before the number is kept once.
    private mutating func name(_ id: String) -> (prefix: UInt32, number: UInt32) {
        let bytes = id.utf8
        var digits = bytes.suffix(9)
        if let last = digits.lastIndex(where: { !(48...57).contains($0) }) {
            digits = digits[bytes.index(after: last)...]
        }
        // A zero in front belongs to the text.
        if digits.count > 1 {
            digits = digits[(digits.firstIndex { $0 != 48 } ?? bytes.index(before: digits.endIndex))...]
        }
        let number = digits.isEmpty ? UInt32.max : digits.reduce(0) { $0 * 10 + UInt32($1 - 48) }
        let text = String(Substring(bytes[..<digits.startIndex]))
        if let known = prefixes[text] { return (known, number) }
        let index = UInt32(data.prefixes.count)
        data.prefixes.append(text)
        prefixes[text] = index
        return (index, number)
    }
}
