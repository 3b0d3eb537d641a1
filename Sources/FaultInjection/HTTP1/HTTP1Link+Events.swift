import ClusterModel
import History
import NIOCore

/// Server-sent events. Where no fault is on that may touch them, they pass as they come and are only looked at; where
/// one is, each is kept until it is complete, and a chunked body is framed anew, a chunk an event.
extension HTTP1Link {
    struct EventStream {
        var reader = EventStreamReader()
        let body: HTTP1Body
        /// What comes now is kept until it is complete, and in a chunked body framed anew.
        var isFramed = false
        /// What has come of the block has gone on already.
        var isPassing = false
    }

    /// An event that waits for a later one.
    struct WaitingEvent {
        let n: Int
        let bytes: ByteBuffer
        let hold: Hold
    }

    /// The line before a chunk of the stream.
    mutating func passChunk(_ bytes: ByteBuffer) {
        guard let stream = reply?.events else { return }
        let isKeeping = !stream.reader.isEmpty && !stream.isPassing
        let isFramed = isKeeping || mayTouchEvents
        reply?.events?.isFramed = isFramed
        if !isFramed { send(.bytes(bytes), .toClient) }
    }

    mutating func passEvents(_ bytes: ByteBuffer) {
        var bytes = bytes
        while bytes.readableBytes > 0, var stream = reply?.events {
            if stream.reader.isEmpty {
                if stream.body != .chunked { stream.isFramed = mayTouchEvents }
                stream.isPassing = !stream.isFramed
            }
            var piece = bytes
            let block = stream.reader.next(&bytes)
            if stream.isPassing, let passing = piece.readSlice(length: piece.readableBytes - bytes.readableBytes) {
                send(.bytes(framed(passing, stream)), .toClient)
            }
            if block == nil, stream.reader.isTooLong {
                let start = stream.reader.takeStored()
                if !stream.isPassing { send(.bytes(framed(start, stream)), .toClient) }
                stream.isPassing = true
            }
            reply?.events = stream
            if let block { decide(block, stream) }
        }
    }

    /// Whether a fault is on that is about events of this stream.
    private var mayTouchEvents: Bool {
        guard let request = reply?.copy.exchange.request else { return false }
        return faults.toClient.contains { fault in
            switch fault.spec.fault {
            case .error, .truncate: false
            default:
                fault.spec.fault.level == .message
                    && fault.concerns(.event, key: "", method: request.method, path: request.path)
            }
        }
    }

    private func framed(_ bytes: ByteBuffer, _ stream: EventStream) -> ByteBuffer {
        guard stream.isFramed, stream.body == .chunked else { return bytes }
        var chunk = ByteBuffer(string: String(bytes.readableBytes, radix: 16) + "\r\n")
        chunk.writeImmutableBuffer(bytes)
        chunk.writeString("\r\n")
        return chunk
    }

    private mutating func decide(_ block: EventBlock, _ stream: EventStream) {
        guard let exchange = reply?.copy.exchange, block.data != nil else {
            if !stream.isPassing { send(.bytes(framed(block.bytes, stream)), .toClient) }
            return
        }
        let n = dice.next(.event)
        guard !stream.isPassing else {
            record(block, n: n, of: exchange, .passed)
            send(.event, .toClient)
            return
        }
        // A body of a length that has been said cannot grow or shrink.
        let abilities: MessageAbilities = stream.body.length == nil ? .usual : [.reorder, .corrupt]
        let fate = dice.roll(
            .event, method: exchange.request.method, path: exchange.request.path, n: n, faults: faults.toClient,
            abilities: abilities)
        carryOut(fate, on: block, n: n, stream, exchange)
    }

    private mutating func carryOut(
        _ fate: MessageFate, on block: EventBlock, n: Int, _ stream: EventStream, _ exchange: HTTP1Exchange
    ) {
        var fate = fate
        var block = block
        if fate.droppedBy == nil {
            fate.corruptions = fate.corruptions.filter { block.flip(at: $0.position) }
            for corruption in fate.corruptions { corruption.fault.countAffected(.event) }
        }
        record(block, n: n, of: exchange, fate.fate)
        guard fate.droppedBy == nil else { return }
        var bytes = framed(block.bytes, stream)
        if fate.copies > 1 { bytes.writeImmutableBuffer(framed(block.bytes, stream)) }
        let event = WaitingEvent(n: n, bytes: bytes, hold: fate.hold(now: now) ?? Hold(until: now))
        guard event.hold.within == nil else {
            overtakable.append(event)
            overtakableBytes += bytes.readableBytes
            deadlines.add(.overtake(n), at: event.hold.release)
            return
        }
        pass(event)
        overtake { $0.n < n }
    }

    private mutating func pass(_ event: WaitingEvent) {
        hold(.toClient, until: event.hold.until)
        send(.bytes(event.bytes), .toClient)
        send(.event, .toClient)
    }

    /// Lets out those events that have waited for a later one.
    mutating func overtake(_ isDue: (WaitingEvent) -> Bool) {
        guard !overtakable.isEmpty else { return }
        let due = overtakable.filter(isDue)
        overtakable.removeAll(where: isDue)
        for event in due {
            overtakableBytes -= event.bytes.readableBytes
            pass(event)
        }
    }

    /// The stream is over, or is read no more: what has been kept goes on.
    mutating func flushEvents() {
        overtake { _ in true }
        guard var stream = reply?.events, !stream.isPassing, !stream.reader.isEmpty else { return }
        let start = stream.reader.takeStored()
        stream.isPassing = true
        reply?.events = stream
        send(.bytes(framed(start, stream)), .toClient)
    }
}
