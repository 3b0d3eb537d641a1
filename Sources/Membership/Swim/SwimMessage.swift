/// What peers say about membership.
///
/// Octets: kind · the sender's incarnation · a number · for some kinds more · entries to the end. An incarnation is two
/// varints, its life and the count within it; an entry is a name, its incarnation, and its state.
struct SwimMessage {
    enum Kind: UInt8 {
        /// Are you there? The number is given back.
        case probe = 1
        /// Yes.
        case answer
        /// Probe the one of this name for me.
        case request
        /// It has answered.
        case carriedAnswer
        /// My view has this digest: compare it with yours.
        case compare
        /// So has mine.
        case equal
        /// A part of my view: all names after `lower` up to the last entry's, or to the end of all names. Tell me what
        /// you know better.
        case state
        /// Only entries. It is never answered by a `tell`, but for a refutation.
        case tell
    }

    struct Entry {
        /// Where in the payload its name is.
        var name: Range<Int32>
        var incarnation: UInt64
        var state: MemberState
    }

    var kind: Kind
    var incarnation: UInt64
    var number: UInt64
    /// Of `request`: who is to be probed. Of `state`: the name before its first.
    var name: ArraySlice<UInt8> = []
    /// Of `state`: whether it goes to the end of all names.
    var isLast = false
    var entries: [Entry] = []
    private let payload: [UInt8]

    func octets(_ entry: Entry) -> ArraySlice<UInt8> {
        payload[Int(entry.name.lowerBound)..<Int(entry.name.upperBound)]
    }

    /// - Returns: `nil` where anything of it cannot be read.
    init?(_ payload: [UInt8]) {
        var reader = PeerReader(payload)
        guard let kind = reader.byte().flatMap(Kind.init), let incarnation = reader.incarnation(),
            let number = reader.number()
        else { return nil }
        self.payload = payload
        self.kind = kind
        self.incarnation = incarnation
        self.number = number
        if kind == .request || kind == .state {
            guard let name = reader.slice(PeerDatagram.nameLimit), kind == .state || !name.isEmpty else { return nil }
            self.name = name
        }
        if kind == .state {
            guard let flag = reader.byte(), flag <= 1 else { return nil }
            isLast = flag == 1
        }
        entries.reserveCapacity(reader.remaining / 8)
        while !reader.isAtEnd {
            guard let name = reader.span(PeerDatagram.nameLimit), !name.isEmpty,
                let incarnation = reader.incarnation(), let state = reader.byte().flatMap(MemberState.init)
            else { return nil }
            entries.append(
                Entry(name: Int32(name.lowerBound)..<Int32(name.upperBound), incarnation: incarnation, state: state))
        }
        guard kind != .state || isLast || !entries.isEmpty else { return nil }
    }
}

extension PeerWriter {
    mutating func incarnation(_ value: UInt64) {
        number(value >> 32)
        number(value & 0xFFFF_FFFF)
    }

    mutating func entry(_ name: ArraySlice<UInt8>, _ incarnation: UInt64, _ state: MemberState) {
        number(UInt64(name.count))
        raw(name)
        self.incarnation(incarnation)
        byte(state.rawValue)
    }

    static func size(ofEntry length: Int, _ incarnation: UInt64) -> Int {
        size(of: UInt64(length)) + length + size(of: incarnation >> 32) + size(of: incarnation & 0xFFFF_FFFF) + 1
    }
}

extension PeerReader {
    mutating func incarnation() -> UInt64? {
        guard let life = number(), let count = number(), life <= UInt64(UInt32.max), count <= UInt64(UInt32.max) else {
            return nil
        }
        let value = life << 32 | count
        return value < SwimConfiguration.incarnationLimit ? value : nil
    }
}
