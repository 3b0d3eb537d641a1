import History

/// Records of messages, of which a run may have millions, go into the ledger straight from their bytes; all others by way
/// of their events. `EvidenceFiles` and the tests that use it hold both ways against each other.
extension LedgerBuilder {
    mutating func add(_ cursor: inout RecordCursor) {
        let source = cursor.source
        let time = cursor.time
        switch cursor.code {
        case slots.publish: addPublish(&cursor)
        case slots.publishResult: addPublishResult(&cursor)
        case slots.handle:
            cursor.parse()
            if !handled(reference(slots.handleReference, &cursor), time, sourceProcess[source]) {
                return add(entry(&cursor))
            }
        case slots.handleResult:
            cursor.parse()
            var event = HandleResult()
            event.reference = reference(slots.resultReference, &cursor)
            event.type = OperationType(rawValue: UInt8(cursor.value(slots.resultType)))!
            add(event, time, sourceProcess[source])
        case slots.transmission: addTransmission(&cursor)
        case slots.transmissionResult:
            cursor.parse()
            add(
                TransmissionResult(
                    stamp: cursor.signedValue(slots.wordStamp),
                    outcome: TransmissionOutcome(rawValue: UInt8(cursor.value(slots.wordOutcome)))!,
                    fate: Fate(rawValue: UInt8(cursor.value(slots.wordFate)))!), time)
        case slots.delivery: addDelivery(&cursor)
        case slots.settlement: addSettlement(&cursor)
        default: return add(entry(&cursor))
        }
        lastWords[source] = max(lastWords[source], time)
    }

    private func entry(_ cursor: inout RecordCursor) -> History.Entry {
        History.Entry(time: cursor.time, source: cursor.source, event: cursor.event())
    }

    private func reference(_ slots: EventSlots.Reference, _ cursor: inout RecordCursor) -> DeliveryReference {
        DeliveryReference(
            port: UInt16(truncatingIfNeeded: cursor.value(slots.port)),
            channel: UInt16(truncatingIfNeeded: cursor.value(slots.channel)), tag: cursor.value(slots.tag))
    }

    /// A word of a file by its number in `ledger.words`.
    private mutating func word(_ slot: Int, _ cursor: inout RecordCursor) -> Int32 {
        guard let number = cursor.word(slot) else { return ledger.words.number(cursor.wordText(slot)) }
        let known = fileWords[cursor.source][number]
        if known >= 0 { return known }
        let new = ledger.words.number(cursor.wordText(slot))
        fileWords[cursor.source][number] = new
        return new
    }

    // MARK: - Nodes

    private mutating func addPublish(_ cursor: inout RecordCursor) {
        cursor.parse()
        let id = cursor.text(slots.publishMessage)
        guard !id.isEmpty else { return }
        let number = message(sourceProcess[cursor.source], id, cursor.time)
        published(number, exchange: word(slots.publishExchange, &cursor), key: word(slots.publishKey, &cursor))
    }

    private mutating func addPublishResult(_ cursor: inout RecordCursor) {
        cursor.parse()
        let type = OperationType(rawValue: UInt8(cursor.value(slots.confirmType)))
        guard type == .ok, cursor.wordText(slots.confirmReason) != "sent" else { return }
        confirmed(ledger.ids.known(sourceProcess[cursor.source], cursor.text(slots.confirmMessage)))
    }

    // MARK: - Links

    private mutating func addTransmission(_ cursor: inout RecordCursor) {
        cursor.parse()
        var event = Transmission()
        event.stamp = cursor.signedValue(slots.sentStamp)
        event.stamped = cursor.value(slots.sentStamped) != 0
        event.connection = UInt32(truncatingIfNeeded: cursor.value(slots.sentConnection))
        event.channel = UInt16(truncatingIfNeeded: cursor.value(slots.sentChannel))
        event.bodyHash = cursor.value(slots.sentBodyHash)
        event.confirming = cursor.value(slots.sentConfirming) != 0
        event.fate = Fate(rawValue: UInt8(cursor.value(slots.sentFate)))!
        let headers = cursor.text(slots.sentHeaders)
        sent(
            event, id: cursor.text(slots.sentMessage), exchange: word(slots.sentExchange, &cursor),
            key: word(slots.sentKey, &cursor), headers: headers.isEmpty ? 0 : ledger.tables.number(Array(headers)),
            at: cursor.time)
    }

    private mutating func addDelivery(_ cursor: inout RecordCursor) {
        cursor.parse()
        var event = Delivery()
        event.connection = UInt32(truncatingIfNeeded: cursor.value(slots.gotConnection))
        event.channel = UInt16(truncatingIfNeeded: cursor.value(slots.gotChannel))
        event.tag = cursor.value(slots.gotTag)
        event.stamp = cursor.signedValue(slots.gotStamp)
        event.redelivered = cursor.value(slots.gotRedelivered) != 0
        event.autoAck = cursor.value(slots.gotAutoAck) != 0
        event.bodyHash = cursor.value(slots.gotBodyHash)
        event.fate = Fate(rawValue: UInt8(cursor.value(slots.gotFate)))!
        let queue = word(slots.gotQueue, &cursor)
        let slots = slots
        arrived(event, queue: queue, at: cursor.time) {
            let id = String(decoding: cursor.text(slots.gotMessage), as: UTF8.self)
            return (id, (cursor.wordText(slots.gotExchange), cursor.wordText(slots.gotKey)))
        }
    }

    private mutating func addSettlement(_ cursor: inout RecordCursor) {
        cursor.parse()
        var event = Settlement()
        event.connection = UInt32(truncatingIfNeeded: cursor.value(slots.settledConnection))
        event.channel = UInt16(truncatingIfNeeded: cursor.value(slots.settledChannel))
        event.tag = cursor.value(slots.settledTag)
        event.stamp = cursor.signedValue(slots.settledStamp)
        event.outcome = SettlementOutcome(rawValue: UInt8(cursor.value(slots.settledOutcome)))!
        event.fate = Fate(rawValue: UInt8(cursor.value(slots.settledFate)))!
        add(event, cursor.time)
    }
}

/// The kinds that are read so, and where their fields stand.
struct EventSlots: Sendable {
    struct Reference: Sendable {
        let port: Int
        let channel: Int
        let tag: Int

        init(_ kind: String) {
            port = EventLayout.slot(kind, "port")
            channel = EventLayout.slot(kind, "channel")
            tag = EventLayout.slot(kind, "tag")
        }
    }

    let publish = Event.code(of: "publish")
    let publishMessage = EventLayout.slot("publish", "message")
    let publishExchange = EventLayout.slot("publish", "exchange")
    let publishKey = EventLayout.slot("publish", "key")

    let publishResult = Event.code(of: "publish-result")
    let confirmMessage = EventLayout.slot("publish-result", "message")
    let confirmType = EventLayout.slot("publish-result", "type")
    let confirmReason = EventLayout.slot("publish-result", "reason")

    let handle = Event.code(of: "handle")
    let handleReference = Reference("handle")
    let handleResult = Event.code(of: "handle-result")
    let resultReference = Reference("handle-result")
    let resultType = EventLayout.slot("handle-result", "type")

    let transmission = Event.code(of: "transmission")
    let sentStamp = EventLayout.slot("transmission", "stamp")
    let sentStamped = EventLayout.slot("transmission", "stamped")
    let sentConnection = EventLayout.slot("transmission", "connection")
    let sentChannel = EventLayout.slot("transmission", "channel")
    let sentMessage = EventLayout.slot("transmission", "message")
    let sentExchange = EventLayout.slot("transmission", "exchange")
    let sentKey = EventLayout.slot("transmission", "key")
    let sentHeaders = EventLayout.slot("transmission", "headers")
    let sentBodyHash = EventLayout.slot("transmission", "bodyHash")
    let sentConfirming = EventLayout.slot("transmission", "confirming")
    let sentFate = EventLayout.slot("transmission", "fate")

    let transmissionResult = Event.code(of: "transmission-result")
    let wordStamp = EventLayout.slot("transmission-result", "stamp")
    let wordOutcome = EventLayout.slot("transmission-result", "outcome")
    let wordFate = EventLayout.slot("transmission-result", "fate")

    let delivery = Event.code(of: "delivery")
    let gotConnection = EventLayout.slot("delivery", "connection")
    let gotChannel = EventLayout.slot("delivery", "channel")
    let gotTag = EventLayout.slot("delivery", "tag")
    let gotStamp = EventLayout.slot("delivery", "stamp")
    let gotMessage = EventLayout.slot("delivery", "message")
    let gotQueue = EventLayout.slot("delivery", "queue")
    let gotExchange = EventLayout.slot("delivery", "exchange")
    let gotKey = EventLayout.slot("delivery", "key")
    let gotRedelivered = EventLayout.slot("delivery", "redelivered")
    let gotAutoAck = EventLayout.slot("delivery", "autoAck")
    let gotBodyHash = EventLayout.slot("delivery", "bodyHash")
    let gotFate = EventLayout.slot("delivery", "fate")

    let settlement = Event.code(of: "settlement")
    let settledConnection = EventLayout.slot("settlement", "connection")
    let settledChannel = EventLayout.slot("settlement", "channel")
    let settledTag = EventLayout.slot("settlement", "tag")
    let settledStamp = EventLayout.slot("settlement", "stamp")
    let settledOutcome = EventLayout.slot("settlement", "outcome")
    let settledFate = EventLayout.slot("settlement", "fate")
}

extension RecordCursor {
    @inline(__always) fileprivate func value(_ slot: Int) -> UInt64 { slots[base + slot] }

    @inline(__always) fileprivate func signedValue(_ slot: Int) -> Int64 { Int64(bitPattern: slots[base + slot]) }
}

extension String {
    func withBytes<R>(_ body: (UnsafeRawBufferPointer) -> R) -> R {
        var text = self
        return text.withUTF8 { body(UnsafeRawBufferPointer($0)) }
    }
}
