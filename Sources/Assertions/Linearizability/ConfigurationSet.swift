/// Where the search has been: which operations were in the order, and the state that they led to.
///
/// A configuration is covered by one with the same state and the same returned operations that has used fewer of the open
/// ones (or the same): whatever comes after the first may come after the second as well.
struct ConfigurationSet {
    private let closedWords: Int
    private let stride: Int
    private var keys: [UInt64] = []
    private var words: [UInt64] = []
    private var bursts: [Int32] = []
    /// The next configuration in the same bucket, or -1.
    private var links: [Int32] = []
    private var buckets: [Int32]

    /// - Parameters:
    ///   - closedWords: words of the set of returned operations.
    ///   - openWords: words of the set of open ones, which follow.
    init(closedWords: Int, openWords: Int) {
        self.closedWords = closedWords
        stride = closedWords + openWords
        buckets = Array(repeating: -1, count: 64)
    }

    var count: Int { keys.count }

    var bytes: Int { (keys.capacity + words.capacity) * 8 + (links.capacity + buckets.capacity + bursts.capacity) * 4 }

    /// No number is left for another one.
    var isFull: Bool { keys.count >= Int(Int32.max) }

    /// - Parameters:
    ///   - rank: how many operations have returned, in the order of returns, before the first that is not in the order;
    ///     with it, `set` needs to tell apart only those that run at the same time.
    ///   - burst: open operations taken in a row; the more, the less may follow.
    /// - Returns: whether it is new; `false`: it is covered by one that is known.
    mutating func insert(rank: Int, state: Int32, burst: Int32, _ set: [UInt64]) -> Bool {
        let key = UInt64(rank) << 32 | UInt64(UInt32(bitPattern: state))
        let hash = Self.hash(key, set[..<closedWords])
        var index = buckets[Int(hash & UInt64(buckets.count - 1))]
        while index >= 0 {
            if keys[Int(index)] == key, hasSameClosed(Int(index), set) {
                if bursts[Int(index)] <= burst, isWithin(Int(index), set) { return false }
                if burst <= bursts[Int(index)], covers(set, Int(index)) {
                    replace(Int(index), set)
                    bursts[Int(index)] = burst
                    return true
                }
            }
            index = links[Int(index)]
        }
        if keys.count >= buckets.count { grow() }
        let bucket = Int(hash & UInt64(buckets.count - 1))
        links.append(buckets[bucket])
        buckets[bucket] = Int32(keys.count)
        keys.append(key)
        words.append(contentsOf: set)
        bursts.append(burst)
        return true
    }

    private func hasSameClosed(_ index: Int, _ set: [UInt64]) -> Bool {
        let start = index * stride
        for word in 0..<closedWords where words[start + word] != set[word] { return false }
        return true
    }

    /// The open operations of a known configuration are among those of the set.
    private func isWithin(_ index: Int, _ set: [UInt64]) -> Bool {
        let start = index * stride
        for word in closedWords..<stride where words[start + word] & ~set[word] != 0 { return false }
        return true
    }

    private func covers(_ set: [UInt64], _ index: Int) -> Bool {
        let start = index * stride
        for word in closedWords..<stride where set[word] & ~words[start + word] != 0 { return false }
        return true
    }

    /// What the old one covers, the new one covers too.
    private mutating func replace(_ index: Int, _ set: [UInt64]) {
        for word in closedWords..<stride { words[index * stride + word] = set[word] }
    }

    private mutating func grow() {
        buckets = Array(repeating: -1, count: buckets.count * 2)
        for index in keys.indices {
            let start = index * stride
            let hash = Self.hash(keys[index], words[start..<start + closedWords])
            let bucket = Int(hash & UInt64(buckets.count - 1))
            links[index] = buckets[bucket]
            buckets[bucket] = Int32(index)
        }
    }

    private static func hash(_ key: UInt64, _ words: ArraySlice<UInt64>) -> UInt64 {
        var hash = key &* 0x9E37_79B9_7F4A_7C15
        for word in words { hash = ((hash ^ (hash >> 29)) ^ word) &* 0xBF58_476D_1CE4_E5B9 }
        hash = (hash ^ (hash >> 32)) &* 0x94D0_49BB_1331_11EB
        return hash ^ (hash >> 29)
    }
}
