/// One item of a feed. Its number and its text never change.
package struct FeedItem: Sendable, Equatable {
    /// From 1, without gaps.
    package var number: UInt64
    /// When it was appended: milliseconds since 1970.
    package var at: Int64
    /// UTF-8.
    package var body: [UInt8]

    package init(number: UInt64, at: Int64, body: [UInt8]) {
        self.number = number
        self.at = at
        self.body = body
    }
}

/// What a feed remembers of an append, so that its repetition is none.
package struct AppendKey: Sendable, Equatable {
    /// The `Idempotency-Key`.
    package var text: String
    /// The item that it made.
    package var number: UInt64
    /// Of the item's text: the same key with another text is somebody's mistake.
    package var digest: UInt64

    package init(text: String, number: UInt64, digest: UInt64) {
        self.text = text
        self.number = number
        self.digest = digest
    }

    /// FNV-1a, 64 bits.
    package static func digest(_ bytes: [UInt8]) -> UInt64 {
        bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
    }
}
