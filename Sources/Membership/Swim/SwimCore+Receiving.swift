extension SwimCore {
    /// What a datagram says of each member is taken first; then what it asks is done.
    mutating func heard(_ message: SwimMessage, from sender: Int, now: Int64) {
        let wasStranger = !table.standings[sender].isLive
        let before = table.standings[me].incarnation
        lastMark &+= 1
        let mark = lastMark
        merge(sender, message.incarnation, .alive, now: now)
        // What the sender has wrong, and would go on with.
        var corrections: [Int] = []
        for entry in message.entries {
            guard let id = intern(message.octets(entry)) else { continue }
            table.standings[id].mark = mark
            let isStale = merge(id, entry.incarnation, entry.state, now: now) == .stale
            guard isStale, corrections.count < 64 else { continue }
            if message.kind == .state || entry.state != .alive || table.standings[id].isBuried {
                corrections.append(id)
            }
        }
        // Where there are too many names, its own may have made room for others.
        guard table.standings[sender].isKnown else { return }
        let isAccused = table.standings[sender].state != .alive
        let hasRefuted = table.standings[me].incarnation != before
        var hasAnswered = false

        switch message.kind {
        case .probe:
            send(.answer, message.number, to: sender, first: corrections)
            hasAnswered = true
        case .answer: answered(message.number, by: sender)
        case .request: carry(message, for: sender, now: now)
        case .carriedAnswer: if probe?.number == message.number { probe?.isAnswered = true }
        case .compare:
            hasAnswered = true
            if message.number == digest { send(.equal, digest, to: sender) } else { sendView(to: sender) }
        case .equal: break
        case .state:
            hasAnswered = sendBetter(than: message, mark, (hasRefuted ? [me] : []) + corrections, to: sender)
        case .tell: corrections = []
        }
        if !hasAnswered, hasRefuted || isAccused || !corrections.isEmpty {
            send(.tell, 0, to: sender, first: (hasRefuted ? [me] : []) + corrections)
        }
        let isNew = wasStranger && table.standings[sender].isLive
        if isNew, !hasCompared, message.kind == .probe || message.kind == .answer || message.kind == .tell {
            hasCompared = true
            send(.compare, digest, to: sender)
        }
    }

    // MARK: - Probes

    private mutating func answered(_ number: UInt64, by sender: Int) {
        if let probe, probe.number == number, probe.target == sender {
            self.probe?.isAnswered = true
        } else if let index = relays.firstIndex(where: { $0.number == number && $0.target == sender }) {
            let relay = relays.remove(at: index)
            send(.carriedAnswer, relay.asked, to: relay.asker, first: [sender])
        }
    }

    private mutating func carry(_ message: SwimMessage, for asker: Int, now: Int64) {
        guard let target = table.find(message.name), target != me, target != asker,
            relays.count < SwimConfiguration.relayLimit
        else { return }
        lastNumber &+= 1
        relays.append(
            Relay(
                number: lastNumber, target: target, asker: asker, asked: message.number,
                deadline: now + configuration.period))
        send(.probe, lastNumber, to: target)
    }

    // MARK: - Comparing views

    /// All that it knows, in as many datagrams as that takes; as long as it may in this period.
    private mutating func sendView(to id: Int) {
        var position = 0
        repeat {
            guard stateTokens > 0 else { return }
            stateTokens -= 1
            position = sendPart(from: position, to: id)
        } while position < table.count
    }

    /// - Returns: the position after the last that had room.
    private mutating func sendPart(from start: Int, to id: Int) -> Int {
        let lower: ArraySlice<UInt8> = start == 0 ? [] : table.octets(Int(table.order[start - 1]))
        var body = PeerWriter()
        // Room for the head at its largest.
        let limit = payloadLimit - 32 - lower.count
        var position = start
        while position < table.count {
            let number = Int(table.order[position])
            let standing = table.standings[number]
            if standing.isKnown {
                let size = PeerWriter.size(ofEntry: table.length(number), standing.incarnation)
                guard body.count + size <= limit else { break }
                body.entry(table.octets(number), standing.incarnation, standing.state)
            }
            position += 1
        }
        var writer = PeerWriter()
        writer.reserve(SwimConfiguration.datagramLimit)
        writer.byte(SwimMessage.Kind.state.rawValue)
        writer.incarnation(table.standings[me].incarnation)
        writer.number(0)
        writer.number(UInt64(lower.count))
        writer.raw(lower)
        writer.byte(position == table.count ? 1 : 0)
        writer.raw(body.bytes)
        out.append(.send(.membership, writer.bytes, to: table.names[id]))
        return position
    }

    /// What this peer knows better than a part of the sender's view, and what is missing there.
    /// - Returns: whether there was anything.
    private mutating func sendBetter(
        than message: SwimMessage, _ mark: UInt32, _ corrections: [Int], to sender: Int
    ) -> Bool {
        var better = corrections
        let start = table.position(after: message.name)
        let end = message.entries.last.map { message.isLast ? table.count : table.position(after: message.octets($0)) }
        for position in start..<max(start, end ?? table.count) {
            let id = Int(table.order[position])
            if table.standings[id].isKnown, table.standings[id].mark != mark { better.append(id) }
        }
        var rest = better[...]
        while !rest.isEmpty, stateTokens > 0 {
            stateTokens -= 1
            let sent = send(.tell, 0, to: sender, first: Array(rest))
            guard sent > 0 else { break }
            rest = rest.dropFirst(sent)
        }
        return !better.isEmpty
    }

    // MARK: - Sending

    /// Sends a datagram with as many changes as it has room for: how the receiver itself stands, where it is accused;
    /// `first`; changes that are still passed on; and whom this peer suspects.
    /// - Returns: how many of `first` are in it, counted from its beginning.
    @discardableResult
    mutating func send(
        _ kind: SwimMessage.Kind, _ number: UInt64, to id: Int, about target: Int? = nil, first: [Int] = []
    ) -> Int {
        var writer = PeerWriter()
        writer.reserve(updates.count > 8 ? SwimConfiguration.datagramLimit : 256)
        writer.byte(kind.rawValue)
        writer.incarnation(table.standings[me].incarnation)
        writer.number(number)
        if let target {
            writer.number(UInt64(table.length(target)))
            writer.raw(table.octets(target))
        }
        lastMark &+= 1
        let mark = lastMark
        let limit = payloadLimit
        let standing = table.standings[id]
        if standing.isKnown, standing.state != .alive { _ = table.put(id, mark, limit, &writer) }
        var sent = 0
        for entry in first {
            guard table.put(entry, mark, limit, &writer) != nil else { break }
            sent += 1
        }
        updates.offer(limit: retransmissions, &table) { $1.put($0, mark, limit, &writer) }
        // As long as it suspects somebody, whoever knows better can say so.
        for offset in 0..<min(suspects.count, 8) {
            let entry = Int(suspects[(periods &+ offset) % suspects.count])
            if table.standings[entry].state == .suspect { _ = table.put(entry, mark, limit, &writer) }
        }
        out.append(.send(.membership, writer.bytes, to: table.names[id]))
        return sent
    }
}

extension MemberTable {
    /// Writes a member's entry.
    /// - Parameters:
    ///   - mark: of the datagram.
    ///   - limit: octets that it may have in all.
    /// - Returns: whether it is written now; `false` where it is in there already; `nil` where there was no room.
    fileprivate mutating func put(_ id: Int, _ mark: UInt32, _ limit: Int, _ writer: inout PeerWriter) -> Bool? {
        guard standings[id].isKnown, standings[id].mark != mark else { return false }
        let incarnation = standings[id].incarnation
        guard writer.count + PeerWriter.size(ofEntry: length(id), incarnation) <= limit else { return nil }
        standings[id].mark = mark
        writer.entry(octets(id), incarnation, standings[id].state)
        return true
    }
}
