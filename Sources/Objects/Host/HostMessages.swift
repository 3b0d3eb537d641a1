import ClusterModel
import NIOCore
import RPC

/// Everything of an object, on its way to the host that it moves to.
package struct ObjectTransfer: WireMessage {
    package static let name = "ObjectTransfer"
    package var object = ""
    package var type = ""
    /// The source's; the target serves at the next one.
    package var epoch: UInt64 = 0
    package var incarnation = ""
    /// The process.
    package var source = ""
    /// It is known by a name of the topology, and never collected.
    package var isNamed = false
    package var state: [UInt8] = []
    package var clients: [TransferredClient] = []
    package var replies: [TransferredReply] = []
    package var holders: [HolderEntry] = []
    /// Of the fields before it.
    package var digest: UInt64 = 0

    package init() {}

    package mutating func code(_ coder: inout some WireCoder) {
        coder.text("object", &object)
        coder.text("type", &type)
        coder.number("epoch", &epoch)
        coder.text("incarnation", &incarnation)
        coder.text("source", &source)
        coder.flag("is_named", &isNamed)
        coder.bytes("state", &state)
        coder.messages("clients", &clients)
        coder.messages("replies", &replies)
        coder.messages("holders", &holders)
        coder.number("digest", &digest)
    }

    /// FNV-1a of what must arrive as it left: a copy that differs is not taken.
    package var contentDigest: UInt64 {
        var digest = Digest()
        digest.add(Array(object.utf8))
        digest.add(Array(type.utf8))
        digest.add(epoch)
        digest.add(Array(incarnation.utf8))
        digest.add(state)
        for client in clients {
            digest.add(Array(client.origin.utf8))
            digest.add(UInt64(bitPattern: client.mark))
            digest.add(client.ranges)
        }
        for reply in replies {
            digest.add(Array(reply.origin.utf8))
            digest.add(reply.sequence)
            digest.add(reply.reply)
        }
        return digest.value
    }
}

/// FNV-1a, 64 bits; lengths count too.
private struct Digest {
    var value: UInt64 = 0xCBF2_9CE4_8422_2325

    mutating func add(_ bytes: [UInt8]) {
        add(UInt64(bytes.count))
        for byte in bytes { value = (value ^ UInt64(byte)) &* 0x100_0000_01B3 }
    }

    mutating func add(_ number: UInt64) {
        for shift in stride(from: UInt64(0), to: 64, by: 8) {
            value = (value ^ (number >> shift & 0xFF)) &* 0x100_0000_01B3
        }
    }
}

/// What an object remembers of one client's calls.
package struct TransferredClient: WireMessage {
    package static let name = "TransferredClient"
    package var origin = ""
    package var mark: Int64 = 1
    package var ranges: [UInt8] = []
    /// Nanoseconds for which it may still be heard of.
    package var span: Int64 = 0
    package init() {}
    package mutating func code(_ coder: inout some WireCoder) {
        coder.text("origin", &origin)
        coder.integer("mark", &mark)
        coder.bytes("ranges", &ranges)
        coder.integer("span", &span)
    }
}

/// A reply that is kept for duplicates, or a refusal that is remembered (`attempt` above 0).
package struct TransferredReply: WireMessage {
    package static let name = "TransferredReply"
    package var origin = ""
    package var sequence: UInt64 = 0
    /// Nanoseconds.
    package var span: Int64 = 0
    package var attempt: UInt64 = 0
    package var reason = ""
    package var size: Int64 = 0
    package var reply: [UInt8] = []
    package init() {}
    package mutating func code(_ coder: inout some WireCoder) {
        coder.text("origin", &origin)
        coder.number("sequence", &sequence)
        coder.integer("span", &span)
        coder.number("attempt", &attempt)
        coder.text("reason", &reason)
        coder.integer("size", &size)
        coder.bytes("reply", &reply)
    }
}

extension ObjectTransfer {
    mutating func add(_ changes: [TableChange<SavedReply>]) {
        for change in changes {
            switch change {
            case .client(let origin, let over, let span):
                var client = TransferredClient()
                client.origin = origin
                client.mark = Int64(clamping: over.mark)
                client.ranges = over.encodedRanges
                client.span = span
                clients.append(client)
            case .saved(let id, let reply, let bytes, let span):
                var entry = TransferredReply()
                entry.origin = id.origin
                entry.sequence = id.sequence
                entry.span = span
                entry.size = Int64(bytes)
                entry.reply = reply.encoded
                replies.append(entry)
            case .refused(let id, let attempt, let reason, let span):
                var entry = TransferredReply()
                entry.origin = id.origin
                entry.sequence = id.sequence
                entry.span = span
                entry.attempt = UInt64(attempt)
                entry.reason = reason.rawValue
                replies.append(entry)
            case .removed, .forgotten: break
            }
        }
    }

    /// Nil: damaged.
    var changes: [TableChange<SavedReply>]? {
        var changes: [TableChange<SavedReply>] = []
        for client in clients {
            guard let over = client.ranges.withUnsafeBytes({ SequenceSet(mark: client.mark, ranges: $0) }) else {
                return nil
            }
            changes.append(.client(origin: client.origin, over: over, span: client.span))
        }
        for entry in replies {
            let id = CallID(origin: entry.origin, sequence: entry.sequence)
            if entry.attempt > 0 {
                guard let reason = RefusalReason(rawValue: entry.reason) else { return nil }
                changes.append(.refused(id, attempt: UInt32(clamping: entry.attempt), reason, span: entry.span))
            } else {
                guard let reply = entry.reply.withUnsafeBytes({ SavedReply(encoded: $0) }),
                    (0...(1 << 40)).contains(entry.size)
                else { return nil }
                changes.append(.saved(id, reply, bytes: Int(entry.size), span: entry.span))
            }
        }
        return changes
    }
}

package struct TransferAnswer: WireMessage {
    package static let name = "TransferAnswer"
    /// The target's session, if it holds the copy; 0: it does not.
    package var session: UInt64 = 0
    package var reason = ""
    package init() {}
    package mutating func code(_ coder: inout some WireCoder) {
        coder.number("session", &session)
        coder.text("reason", &reason)
    }
}

/// What became of an object, told by the old owner: to the target of a migration (`activate`, `discard`), and to those
/// who hold references (`announce`).
package struct OwnershipNotice: WireMessage {
    package static let name = "OwnershipNotice"

    package enum Kind: String, Sendable { case activate, discard, announce }

    package var kind = Kind.announce
    package var object = ""
    package var owner = ""
    /// The owner's; of `discard`, the one at which the copy was prepared.
    package var epoch: UInt64 = 0
    package init() {}
    package mutating func code(_ coder: inout some WireCoder) {
        coder.choice("kind", &kind)
        coder.text("object", &object)
        coder.text("owner", &owner)
        coder.number("epoch", &epoch)
    }
}

/// The host's own service.
package enum HostSchema {
    package static let service = "Objects"

    package static func make() throws -> WireSchema {
        var schema = WireSchema(service: service)
        schema.method("Prepare", ObjectTransfer.self, TransferAnswer.self)
        schema.method("Tell", OwnershipNotice.self, Acknowledgement.self)
        schema.method("Refer", ReferenceNotice.self, ReferenceAnswers.self)
        return schema
    }
}
