/// What a request says about its call, besides the path and the message (`docs/rpc.md`, "Metadata").
package struct CallHeader: Sendable, Equatable {
    /// The names on the wire.
    package enum Name {
        package static let call = "x-orch-call"
        package static let attempt = "x-orch-attempt"
        package static let acknowledged = "x-orch-acknowledged"
        package static let server = "x-orch-server"
        package static let deadline = "x-orch-deadline"
        package static let stamp = "x-orch-id"
    }

    /// Nil from clients that number no calls: they never repeat one.
    package var id: CallID?
    /// From 1.
    package var attempt: UInt32
    /// Every call of the same origin with a lower sequence is over for the client. At most the call's own sequence.
    package var acknowledged: UInt64
    /// The server incarnation that the client learned when its connection opened.
    package var server: String?
    /// Milliseconds left for the whole call, where `grpc-timeout` is only this attempt's.
    package var deadline: UInt64?
    /// The link's stamp of this transmission; 0: it went over no link.
    package var stamp: Int64

    package init(
        id: CallID? = nil, attempt: UInt32 = 1, acknowledged: UInt64 = 1, server: String? = nil,
        deadline: UInt64? = nil, stamp: Int64 = 0
    ) {
        self.id = id
        self.attempt = attempt
        self.acknowledged = acknowledged
        self.server = server
        self.deadline = deadline
        self.stamp = stamp
    }

    /// A name with a value that it cannot have.
    package struct Malformed: Error, Equatable {
        package var name: String
    }

    /// Takes one entry of a request's metadata; what is not of this header is left alone.
    package mutating func read(name: String, value: String) throws(Malformed) {
        // The names differ in length, which most others do not share: this runs for every entry of every request.
        switch name.utf8.count {
        case 11 where name == Name.call:
            guard let id = CallID(value) else { throw Malformed(name: name) }
            self.id = id
        case 14 where name == Name.attempt:
            guard let number = decimal(value.utf8), let attempt = UInt32(exactly: number), attempt > 0 else {
                throw Malformed(name: name)
            }
            self.attempt = attempt
        case 19 where name == Name.acknowledged:
            guard let number = decimal(value.utf8) else { throw Malformed(name: name) }
            acknowledged = number
        case 13 where name == Name.server:
            // Also as a reply says it, with the instance in front.
            let token =
                value.utf8.lastIndex(of: UInt8(ascii: "/")).map { value[value.index(after: $0)...] } ?? value[...]
            guard !token.isEmpty, token.utf8.count <= 200 else { throw Malformed(name: name) }
            server = String(token)
        case 15 where name == Name.deadline:
            guard let number = decimal(value.utf8) else { throw Malformed(name: name) }
            deadline = number
        case 9 where name == Name.stamp:
            guard value.utf8.count == 16, let bits = UInt64(value, radix: 16) else { throw Malformed(name: name) }
            stamp = Int64(bitPattern: bits)
        default: break
        }
    }

    /// After the last entry: what no single one can tell.
    package func check() throws(Malformed) {
        // The call itself is not over.
        if let id, acknowledged > id.sequence { throw Malformed(name: Name.acknowledged) }
    }

    /// The entries of a request, in order. The stamp is the link's to write.
    package func write(_ add: (_ name: String, _ value: String) -> Void) {
        guard let id else { return }
        add(Name.call, id.description)
        add(Name.attempt, String(attempt))
        add(Name.acknowledged, String(acknowledged))
        if let server { add(Name.server, server) }
        if let deadline { add(Name.deadline, String(deadline)) }
    }
}
