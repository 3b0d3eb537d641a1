/// The live members of a group, put together by who can reach whom.
struct Sides {
    /// The number of the side of each live member.
    private(set) var side: [Int32: Int32] = [:]
    /// How many are on each.
    private(set) var sizes: [Int32: Int] = [:]

    /// - Returns: `nil` where the network is cut, but not into sides: some reach others who cannot reach each other.
    init?(_ live: [Int32], cut: Set<UInt64>) {
        guard !cut.isEmpty else {
            for member in live { side[member] = 0 }
            sizes[0] = live.count
            return
        }
        func open(_ a: Int32, _ b: Int32) -> Bool {
            !cut.contains(NetworkCuts.key(a, b)) && !cut.contains(NetworkCuts.key(b, a))
        }
        // The first of each side stands for it.
        var heads: [Int32] = []
        for member in live {
            let head = heads.firstIndex { open($0, member) } ?? heads.count
            if head == heads.count { heads.append(member) }
            side[member] = Int32(head)
            sizes[Int32(head), default: 0] += 1
        }
        for a in live {
            for b in live where a != b {
                if (side[a] == side[b]) != !cut.contains(NetworkCuts.key(a, b)) { return nil }
            }
        }
    }
}
