import ClusterModel
import History

extension PeerLedger {
    /// Linear in the number of events.
    init(_ history: History, topology: Topology) {
        var builder = PeerLedgerBuilder(history, topology)
        for entry in history.events() { builder.add(entry) }
        self = builder.finished()
    }
}

/// Reads the events of peers once, in the order of time.
private struct PeerLedgerBuilder {
    private var ledger = PeerLedger()
    private let sources: [EvidenceSource]
    private var messages: [String: Int32] = [:]
    private var searches: [String: Int] = [:]

    init(_ history: History, _ topology: Topology) {
        sources = history.sources
        ledger.timeline = RunTimeline(history)
        ledger.records = ProcessRecords(ledger.timeline)
        let members = topology.nodes.filter { $0.peer != nil }.flatMap(\.instances)
        for member in members { _ = ledger.names.number(member) }
        ledger.network = NetworkCuts(ledger.timeline, members: members, names: ledger.names)
    }

    mutating func add(_ entry: History.Entry) {
        switch entry.event {
        case .memberChange, .peerSend, .peerSendResult, .peerReceipt, .lookup, .lookupMessage, .lookupResult,
            .resourceChange:
            break
        default: return
        }
        guard sources.indices.contains(entry.source), sources[entry.source].kind == .node else { return }
        let source = sources[entry.source]
        let life = PeerLedger.Life(process: source.name, incarnation: source.incarnation)
        switch entry.event {
        case .memberChange(let event): add(event, entry.time, life)
        case .peerSend(let event): add(event, entry.time, life)
        case .peerSendResult(let event): add(event, entry.time)
        case .peerReceipt(let event): add(event, entry.time, life)
        case .lookup(let event):
            searches[event.lookup] = ledger.searches.count
            ledger.searches.append(
                PeerLedger.Search(
                    id: event.lookup, group: event.group, resource: event.resource, way: event.by, asker: life,
                    start: entry.time))
        case .lookupMessage(let event):
            if let search = searches[event.lookup] { ledger.searches[search].messages += 1 }
        case .lookupResult(let event): add(event, entry.time)
        case .resourceChange(let event): add(event, entry.time, life)
        default: break
        }
    }

    private mutating func add(_ event: MemberChange, _ time: Int64, _ life: PeerLedger.Life) {
        let viewer = ledger.names.number(life.process)
        if event.member == life.process, event.status == .left {
            ledger.goodbyes[life] = min(ledger.goodbyes[life] ?? .max, time)
        }
        ledger.changes.append(
            PeerLedger.Change(
                time: time, group: event.group, viewer: viewer, life: life.incarnation,
                member: ledger.names.number(event.member), incarnation: event.incarnation, status: event.status))
    }

    // MARK: - Messages

    private mutating func add(_ event: PeerSend, _ time: Int64, _ life: PeerLedger.Life) {
        if let known = messages[event.message] {
            // What was handed over before its sending was seen.
            guard ledger.messages[Int(known)].sent == nil else { return }
            ledger.messages[Int(known)].sent = time
            ledger.messages[Int(known)].sender = life
            ledger.messages[Int(known)].to = event.to
            return
        }
        messages[event.message] = Int32(ledger.messages.count)
        ledger.messages.append(
            PeerLedger.Message(
                id: event.message, group: event.group, kind: event.kind, sender: life, to: event.to, sent: time))
    }

    private mutating func add(_ event: PeerSendResult, _ time: Int64) {
        guard let known = messages[event.message], ledger.messages[Int(known)].result == nil else { return }
        ledger.messages[Int(known)].result = event.type
        ledger.messages[Int(known)].resultTime = time
        ledger.messages[Int(known)].attempts = Int(event.attempts)
        ledger.messages[Int(known)].reason = event.reason
    }

    private mutating func add(_ event: PeerReceipt, _ time: Int64, _ life: PeerLedger.Life) {
        if messages[event.message] == nil {
            messages[event.message] = Int32(ledger.messages.count)
            ledger.messages.append(
                PeerLedger.Message(
                    id: event.message, group: event.group, kind: event.kind,
                    sender: PeerLedger.Life(process: event.from, incarnation: 0), to: ""))
        }
        ledger.receipts.append(
            PeerLedger.Receipt(message: messages[event.message]!, time: time, member: life, via: event.via))
    }

    // MARK: - Lookups

    private mutating func add(_ event: LookupResult, _ time: Int64) {
        guard let search = searches[event.lookup], ledger.searches[search].result == nil else { return }
        ledger.searches[search].result = event.type
        ledger.searches[search].end = time
        ledger.searches[search].holder = event.holder
        ledger.searches[search].hops = Int(event.hops)
    }

    private mutating func add(_ event: ResourceChange, _ time: Int64, _ life: PeerLedger.Life) {
        let key = PeerLedger.ResourceKey(group: event.group, resource: event.resource)
        let open = ledger.sharings[key]?.lastIndex { $0.holder == life && $0.to == .max }
        if event.shared {
            guard open == nil else { return }
            ledger.sharings[key, default: []].append(PeerLedger.Sharing(holder: life, from: time, to: .max))
        } else if let open {
            ledger.sharings[key]![open].to = time
        }
    }

    mutating func finished() -> PeerLedger {
        for key in ledger.sharings.keys {
            for index in ledger.sharings[key]!.indices {
                let holder = ledger.sharings[key]![index].holder
                let end = ledger.records.life(holder.incarnation, of: holder.process)?.to ?? .max
                ledger.sharings[key]![index].to = min(ledger.sharings[key]![index].to, end)
            }
        }
        return ledger
    }
}
