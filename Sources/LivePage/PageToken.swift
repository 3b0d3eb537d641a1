/// The secret in a page's address: whoever has it may break the cluster.
package struct PageToken: Sendable {
    private let octets: [UInt8]

    /// A new one, of 128 random bits.
    package init() {
        var generator = SystemRandomNumberGenerator()
        let digits = Array("0123456789abcdef".utf8)
        octets = (0..<32).map { _ in digits[Int(generator.next(upperBound: UInt(16)))] }
    }

    package var text: String { String(decoding: octets, as: UTF8.self) }

    /// Takes as long for a guess that is nearly right as for one that is not at all.
    package func matches(_ guess: String?) -> Bool {
        let guess = Array((guess ?? "").utf8)
        var difference = guess.count ^ octets.count
        for (index, octet) in octets.enumerated() {
            difference |= Int(octet ^ (index < guess.count ? guess[index] : 0))
        }
        return difference == 0
    }
}
