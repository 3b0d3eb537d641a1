/// A fault's decisions on one stream of messages: a pure function of (seed, the fault's text, link, connection
/// ordinal, channel or stream class, kind, n), as `docs/faults.md` promises. Connections share no dice, and adding
/// a fault moves nobody's choices.
package struct Dice: Sendable {
    private let base: StableHash

    /// - Parameters:
    ///   - fault: the canonical text (`FaultSpec.text`).
    ///   - link: `producer -> broker`, by process names, client first.
    ///   - connection: ordinal of the connection on its link, from 1.
    ///   - channel: the AMQP channel, or the class of stream.
    package init(seed: UInt64, fault: String, link: String, connection: Int, channel: Int, kind: MessageKind) {
        var hash = StableHash(seed: seed)
        hash.combine(fault)
        hash.combine(link)
        hash.combine(UInt64(connection))
        hash.combine(UInt64(channel))
        hash.combine(kind.rawValue)
        base = hash
    }

    /// A number in 0..<1 for the n-th message of the stream (from 1). `draw` tells several draws for one message apart.
    package func roll(_ n: Int, draw: UInt64 = 0) -> Double {
        var hash = base
        hash.combine(UInt64(n))
        hash.combine(draw)
        return Double(hash.value >> 11) * 0x1p-53
    }

    package func hits(_ share: Share, _ n: Int) -> Bool { roll(n) < share.fraction }
}
