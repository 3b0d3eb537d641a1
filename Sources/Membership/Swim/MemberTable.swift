/// The names that a peer knows, as small numbers, and how each stands. Names are compared as octets.
struct MemberTable {
    /// How a name stands. Without references, for it is read all the time.
    struct Standing {
        var incarnation: UInt64 = 0
        var state = MemberState.alive
        /// Whether it is in the view at all: a seed is not, before it was heard of.
        var isKnown = false
        /// Tried for ever while it does not live.
        var isSeed = false
        /// Tried until it was heard of.
        var isHint = false
        var isOnRing = false
        /// Whether it is in the list of suspicions.
        var isListed = false
        var changedAt: Int64 = 0
        /// When it is held to be dead, while it is suspected.
        var deadline: Int64 = 0
        /// Its valid entry in the queue of updates; 0: none.
        var ticket: UInt32 = 0
        /// The last datagram that it was put in, or read from.
        var mark: UInt32 = 0

        var isLive: Bool { isKnown && state <= .suspect }
        /// Whether it ever was in the view and is no more among the living.
        var isBuried: Bool { isKnown && state >= .dead }
    }

    private struct Slot {
        var id: Int32 = -1
        /// The upper half of the name's hash.
        var tag: UInt32 = 0
    }

    private(set) var names: [String] = []
    /// The octets of all names, one after the other, and where each has its own.
    private(set) var letters: [UInt8] = []
    private var spans: [Range<Int32>] = []
    private var hashes: [UInt64] = []
    var standings: [Standing] = []
    /// All numbers in use, in the order of their octets.
    private(set) var order: [Int32] = []
    private var slots = Array(repeating: Slot(), count: 64)
    private var free: [Int32] = []

    var count: Int { order.count }

    /// The octets of a name.
    func octets(_ id: Int) -> ArraySlice<UInt8> { letters[span(id)] }

    func length(_ id: Int) -> Int { spans[id].count }

    private func span(_ id: Int) -> Range<Int> { Int(spans[id].lowerBound)..<Int(spans[id].upperBound) }

    func find(_ name: UnsafeBufferPointer<UInt8>) -> Int? {
        let hash = Self.hash(name)
        let tag = UInt32(truncatingIfNeeded: hash >> 32)
        let mask = slots.count - 1
        var slot = Int(truncatingIfNeeded: hash) & mask
        while slots[slot].id >= 0 {
            let id = Int(slots[slot].id)
            if slots[slot].tag == tag, isEqual(id, name) { return id }
            slot = (slot + 1) & mask
        }
        return nil
    }

    func find(_ name: ArraySlice<UInt8>) -> Int? { name.withUnsafeBufferPointer(find) }

    private func isEqual(_ id: Int, _ name: UnsafeBufferPointer<UInt8>) -> Bool {
        let span = span(id)
        guard span.count == name.count else { return false }
        for offset in 0..<name.count where letters[span.lowerBound + offset] != name[offset] { return false }
        return true
    }

    /// - Returns: `nil` where it is no UTF-8.
    mutating func add(_ name: ArraySlice<UInt8>) -> Int? {
        guard let text = String(validating: name, as: UTF8.self) else { return nil }
        let hash = name.withUnsafeBufferPointer(Self.hash)
        let span = Int32(letters.count)..<Int32(letters.count + name.count)
        letters.append(contentsOf: name)
        let id: Int
        if let last = free.popLast() {
            id = Int(last)
            names[id] = text
            spans[id] = span
            hashes[id] = hash
            standings[id] = Standing()
        } else {
            id = names.count
            names.append(text)
            spans.append(span)
            hashes.append(hash)
            standings.append(Standing())
        }
        order.insert(Int32(id), at: position(after: name))
        if order.count * 2 > slots.count { rebuild(slots.count * 2) } else { place(id) }
        return id
    }

    /// Takes out the quarter of the buried that have lain the longest, at least one.
    /// - Returns: whom; empty where nobody is buried.
    mutating func forgetOldest() -> [Int] {
        let buried = order.map(Int.init).filter { standings[$0].isBuried && !standings[$0].isSeed }
            .sorted { (standings[$0].changedAt, $0) < (standings[$1].changedAt, $1) }
        return Array(buried.prefix(max(1, buried.count / 4)))
    }

    mutating func remove(_ ids: [Int]) {
        let gone = Set(ids.map(Int32.init))
        order.removeAll { gone.contains($0) }
        for id in ids {
            names[id] = ""
            spans[id] = 0..<0
            standings[id] = Standing()
            free.append(Int32(id))
        }
        // What is left moves together.
        var kept: [UInt8] = []
        for id in order.map(Int.init) {
            let start = Int32(kept.count)
            kept.append(contentsOf: octets(id))
            spans[id] = start..<Int32(kept.count)
        }
        letters = kept
        rebuild(slots.count)
    }

    /// The first place in the order whose name is greater.
    func position(after name: ArraySlice<UInt8>) -> Int {
        var low = 0
        var high = order.count
        while low < high {
            let middle = (low + high) / 2
            if name.lexicographicallyPrecedes(octets(Int(order[middle]))) { high = middle } else { low = middle + 1 }
        }
        return low
    }

    /// What a view is compared by: a number for this name standing so. Suspicions pass by themselves, and do not count.
    func digest(_ id: Int) -> UInt64 {
        let standing = standings[id]
        guard standing.isKnown else { return 0 }
        return Self.mix(
            hashes[id] ^ Self.mix(standing.incarnation &* 4 &+ UInt64(max(standing.state, .suspect).rawValue)))
    }

    private mutating func rebuild(_ size: Int) {
        slots = Array(repeating: Slot(), count: size)
        for id in order { place(Int(id)) }
    }

    private mutating func place(_ id: Int) {
        var slot = Int(truncatingIfNeeded: hashes[id]) & (slots.count - 1)
        while slots[slot].id >= 0 { slot = (slot + 1) & (slots.count - 1) }
        slots[slot] = Slot(id: Int32(id), tag: UInt32(truncatingIfNeeded: hashes[id] >> 32))
    }

    private static func hash(_ name: UnsafeBufferPointer<UInt8>) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in name { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        return mix(hash)
    }

    private static func mix(_ input: UInt64) -> UInt64 {
        var z = input
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
