/// The one source of chance. A value and the words that lead to it give the same numbers for ever.
package struct SeededGenerator: RandomNumberGenerator, Sendable {
    private var state: UInt64

    package init(seed: UInt64, _ words: String...) {
        var hash = StableHash(seed: seed)
        for word in words { hash.combine(word) }
        state = hash.value
    }

    /// SplitMix64 (Steele, Lea, Flood 2014).
    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        return mix(state)
    }
}

/// A hash that is the same in every process and release, unlike `Hasher`. FNV-1a over bytes, finished by SplitMix64.
package struct StableHash: Sendable {
    private var state: UInt64

    package init(seed: UInt64) { state = mix(seed ^ 0xCBF2_9CE4_8422_2325) }

    /// Words are closed by a byte that UTF-8 never uses, so that ("ab", "c") and ("a", "bc") differ.
    package mutating func combine(_ word: String) {
        for byte in word.utf8 { state = (state ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        state = (state ^ 0xFF) &* 0x0000_0100_0000_01B3
    }

    package mutating func combine(_ number: UInt64) { state = mix(state ^ mix(number)) }

    package var value: UInt64 { mix(state) }

    /// FNV-1a over a message's body: the identity of a message that carries no other.
    package static func ofBody(_ bytes: some Sequence<UInt8>) -> UInt64 {
        bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
    }
}

private func mix(_ input: UInt64) -> UInt64 {
    var z = input
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
}
