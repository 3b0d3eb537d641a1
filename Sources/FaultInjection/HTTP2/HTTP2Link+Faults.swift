import ClusterModel
import NIOHPACK

/// What faults keep back, and for how long.
extension HTTP2Link {
    // MARK: - Holding

    /// Holds a stream's way out back: its frames queue, and those of other streams go on.
    mutating func hold(_ stream: HTTP2Stream, _ hold: Hold) {
        let direction = stream.peer.other.direction
        stream.hold = hold
        held[direction] += 1
        deadlines.add(.release(stream), at: hold.release)
        if hold.within != nil { overtakable[direction].append(stream) }
    }

    /// A message of this ordinal has gone on in full: those before it that waited for that may follow.
    mutating func overtake(_ direction: Direction, n: Int) {
        guard !overtakable[direction].isEmpty else { return }
        let overtaken = overtakable[direction].filter { ordinal($0) < n }
        overtakable[direction].removeAll { stream in overtaken.contains { $0 === stream } }
        for stream in overtaken {
            stream.hold?.isOvertaken = true
            guard let hold = stream.hold else { continue }
            if hold.until <= now { release(stream) } else { deadlines.add(.release(stream), at: hold.until) }
        }
    }

    private func ordinal(_ stream: HTTP2Stream) -> Int {
        guard let call = stream.call, !call.facts.isApart else { return .max }
        return stream.peer == .server ? call.n : call.reply?.n ?? .max
    }

    private mutating func release(_ stream: HTTP2Stream) {
        letGo(stream)
        if stream.peer == .server, stream.id == 0 { openOnServer(stream) } else { pump(stream) }
    }

    mutating func letGo(_ stream: HTTP2Stream) {
        let direction = stream.peer.other.direction
        if stream.hold?.within != nil { overtakable[direction].removeAll { $0 === stream } }
        stream.hold = nil
        held[direction] -= 1
    }

    mutating func tick(now: Int64) {
        self.now = now
        while let task = deadlines.pop(until: now) {
            switch task {
            case .release(let stream):
                // It may have gone on before, or with its call.
                if let hold = stream.hold, hold.release <= now { release(stream) }
            case .settle(let id):
                if let call = owed[id] { settle(call) }
            case .lingered: break
            }
        }
    }

    // MARK: - Settling

    /// A fault has taken a request or a reply. Who has set itself a deadline waits for that; who has not shall not wait
    /// for ever.
    mutating func swallow(_ call: HTTP2Call, by fault: ActiveFault) {
        call.swallowedBy = fault
        guard !call.facts.hasDeadline, !call.isAnswered else { return }
        owed[call.client.id] = call
        guard let settle = fault.spec.settle else { return }
        let (time, overflow) = now.addingReportingOverflow(settle.nanoseconds)
        deadlines.add(.settle(call.client.id), at: overflow ? .max : time)
    }

    mutating func apply(_ new: LinkFaults) {
        let ended = Set((faults.toServer + faults.toClient).filter { !new.contains($0.id) }.map(\.id))
        faults = new
        guard !ended.isEmpty else { return }
        for (_, call) in owed.sorted(by: { $0.key < $1.key }) {
            if let fault = call.swallowedBy, ended.contains(fault.id) { settle(call) }
        }
    }

    /// The link ends a swallowed call in the server's name: nobody knows what became of it.
    private mutating func settle(_ call: HTTP2Call) {
        owed[call.client.id] = nil
        guard !call.isAnswered, !call.client.hasEndedOut else { return }
        call.isAnswered = true
        note(call, .settled, code: call.facts.isGRPC ? 14 : 503)
        let hadEnded = call.client.hasEndedIn
        let client = call.client
        send(.headers(Self.unavailable(call), isLast: true), on: client)
        // The rest of the request has nobody to go to.
        if !hadEnded { writeReset(.noError, on: client) }
        for copy in call.copies where !copy.isOver && !copy.hasEndedOut {
            abandon(copy, of: call)
        }
    }

    private static func unavailable(_ call: HTTP2Call) -> HPACKHeaders {
        guard call.facts.isGRPC else { return [":status": "503"] }
        let kind = call.first == nil ? "request" : "reply"
        let fault = call.swallowedBy.map { "\($0.name) (\($0.spec.fault.text))" } ?? "fault"
        return [
            ":status": "200", "content-type": "application/grpc", "grpc-status": "14",
            "grpc-message": percentEncoded("orch: the \(kind) was swallowed by the fault \(fault)"),
        ]
    }

    /// As gRPC writes messages: printable ASCII but `%` (grpc/grpc, doc/PROTOCOL-HTTP2.md).
    private static func percentEncoded(_ text: String) -> String {
        var result = ""
        for octet in text.utf8 {
            if (0x20...0x7E).contains(octet), octet != UInt8(ascii: "%") {
                result.unicodeScalars.append(Unicode.Scalar(octet))
            } else {
                let digits = String(octet, radix: 16, uppercase: true)
                result += "%" + (digits.count < 2 ? "0" : "") + digits
            }
        }
        return result
    }
}
