/// Base64 as gRPC's `-bin` metadata has it: written without padding, read with or without (RFC 4648 §4).
enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    private static let none: UInt8 = 0xFF
    private static let values: [UInt8] = {
        var values = [UInt8](repeating: none, count: 256)
        for (value, letter) in alphabet.enumerated() { values[Int(letter)] = UInt8(value) }
        return values
    }()

    static func encode(_ bytes: [UInt8]) -> String {
        let count = (bytes.count * 8 + 5) / 6
        return String(unsafeUninitializedCapacity: count) { text in
            var at = 0
            var bits: UInt32 = 0
            var bitCount: UInt32 = 0
            for byte in bytes {
                bits = bits << 8 | UInt32(byte)
                bitCount += 8
                while bitCount >= 6 {
                    bitCount -= 6
                    text[at] = alphabet[Int(bits >> bitCount & 63)]
                    at += 1
                }
            }
            if bitCount > 0 {
                text[at] = alphabet[Int(bits << (6 - bitCount) & 63)]
                at += 1
            }
            return at
        }
    }

    /// nil for a foreign letter, for wrong padding and for a length that no bytes have.
    static func decode(_ text: some Collection<UInt8>) -> [UInt8]? {
        var letters = text[...]
        var padding = 0
        while padding < 2, let last = letters.suffix(1).first, last == UInt8(ascii: "=") {
            letters = letters.dropLast()
            padding += 1
        }
        let count = letters.count
        guard count % 4 != 1, padding == 0 || (count + padding) % 4 == 0 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count * 6 / 8)
        var bits: UInt32 = 0
        var bitCount: UInt32 = 0
        for letter in letters {
            let value = values[Int(letter)]
            guard value != none else { return nil }
            bits = bits << 6 | UInt32(value)
            bitCount += 6
            if bitCount >= 8 {
                bitCount -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> bitCount))
            }
        }
        return bytes
    }
}
