/// The identity of a call, the same in every transmission: `client/incarnation/sequence`, as in `teller-2/1/42`.
///
/// Client and incarnation are kept as one word, their caller's *origin*: nearly everything asks for both.
package struct CallID: Sendable, Hashable, CustomStringConvertible {
    /// `client/incarnation`.
    package let origin: String
    /// From 1 to 2^63 - 1, and never used again by its origin.
    package let sequence: UInt64

    /// - Parameters:
    ///   - client: any token without `/`.
    ///   - incarnation: of the client: another life of it is another origin.
    package init(client: String, incarnation: String, sequence: UInt64) {
        self.init(origin: "\(client)/\(incarnation)", sequence: sequence)
    }

    /// - Parameter origin: `client/incarnation`.
    package init(origin: String, sequence: UInt64) {
        self.origin = origin
        self.sequence = sequence
    }

    /// Nil for anything but two words of 1 to 200 octets of visible ASCII and a decimal sequence from 1, with `/`
    /// between them.
    package init?(_ text: String) {
        let octets = text.utf8
        guard octets.count <= CallID.longest, let cut = octets.lastIndex(of: CallID.slash) else { return nil }
        var words = 1
        var length = 0
        for octet in octets[..<cut] {
            if octet == CallID.slash {
                guard length > 0 else { return nil }
                words += 1
                length = 0
            } else {
                guard (0x21...0x7E).contains(octet), length < 200 else { return nil }
                length += 1
            }
        }
        guard words == 2, length > 0,
            let sequence = decimal(octets[octets.index(after: cut)...]), sequence > 0, sequence <= Int64.max
        else { return nil }
        self.init(origin: String(text[..<cut]), sequence: sequence)
    }

    package var client: Substring { origin[..<(origin.firstIndex(of: "/") ?? origin.endIndex)] }

    package var incarnation: Substring {
        guard let cut = origin.firstIndex(of: "/") else { return "" }
        return origin[origin.index(after: cut)...]
    }

    package var description: String { "\(origin)/\(sequence)" }

    private static let slash = UInt8(ascii: "/")
    private static let longest = 200 + 1 + 200 + 1 + 20
}

/// Digits alone, no sign; nil where they are no number of this width.
func decimal(_ octets: some Collection<UInt8>) -> UInt64? {
    guard !octets.isEmpty, octets.count <= 20 else { return nil }
    var value: UInt64 = 0
    for octet in octets {
        guard (0x30...0x39).contains(octet) else { return nil }
        let (tens, overflow) = value.multipliedReportingOverflow(by: 10)
        let (sum, carry) = tens.addingReportingOverflow(UInt64(octet - 0x30))
        guard !overflow, !carry else { return nil }
        value = sum
    }
    return value
}
