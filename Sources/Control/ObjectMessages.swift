/// What a host says to the request to move an object.
package enum MigrationAnswer: Sendable, Codable, Equatable {
    /// It does not own that object.
    case notHere
    /// The target serves it, at this epoch.
    /// - Parameter pauseNanoseconds: how long no invocation of it could begin.
    case moved(epoch: UInt64, pauseNanoseconds: Int64)
    /// It stays where it is, or nobody knows.
    case failed(reason: String)
}

/// An object, as its owner tells of it.
package struct ObjectDescription: Sendable, Codable, Equatable {
    package var object: String
    package var type: String
    package var epoch: UInt64
    package var incarnation: String
    /// `active`, `draining`, …
    package var phase: String
    /// Invocations that wait for it.
    package var mailbox: Int
    /// Processes and their lives that hold a reference: `host-b/1`.
    package var holders: [String]
    /// Why it is alive: `named`, `pinned`, `held by host-b/1`, `running`.
    package var reason: String
    package var durable: Bool
    /// Its fields as JSON, keys in order; `nil` where they are longer than `stateLimit` or cannot be had now.
    package var state: String?

    /// Octets.
    package static let stateLimit = 128 << 10

    package init(
        object: String, type: String, epoch: UInt64, incarnation: String = "", phase: String = "active",
        mailbox: Int = 0, holders: [String] = [], reason: String = "", durable: Bool = false, state: String? = nil
    ) {
        self.object = object
        self.type = type
        self.epoch = epoch
        self.incarnation = incarnation
        self.phase = phase
        self.mailbox = mailbox
        self.holders = holders
        self.reason = reason
        self.durable = durable
        self.state = state.flatMap { $0.utf8.count <= Self.stateLimit ? $0 : nil }
    }

    /// At least as many octets as its texts take in a control message. Their own escapes are escaped again, at worst.
    fileprivate var weight: Int {
        let texts = [object, type, incarnation, phase, reason, state ?? ""] + holders
        return 300 + texts.reduce(0) { $0 + 2 * $1.utf8.count + 4 }
    }
}

extension [ObjectDescription] {
    /// Cut so that each part fits a control message; at least one part, which may be empty.
    package var parts: [[ObjectDescription]] {
        var parts: [[ObjectDescription]] = [[]]
        var weight = 0
        for description in self {
            if weight + description.weight > ControlCoding.lineLimit / 2, !parts[parts.count - 1].isEmpty {
                parts.append([])
                weight = 0
            }
            parts[parts.count - 1].append(description)
            weight += description.weight
        }
        return parts
    }
}
