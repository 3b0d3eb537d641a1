/// `grpc-timeout`: at most eight digits and a unit.
///
/// Source: gRPC over HTTP/2, "Timeout".
package enum GRPCTimeout {
    private static let units: [(letter: UInt8, nanoseconds: UInt64)] = [
        (UInt8(ascii: "n"), 1), (UInt8(ascii: "u"), 1_000), (UInt8(ascii: "m"), 1_000_000),
        (UInt8(ascii: "S"), 1_000_000_000), (UInt8(ascii: "M"), 60_000_000_000), (UInt8(ascii: "H"), 3_600_000_000_000),
    ]

    /// Nanoseconds, `UInt64.max` for what is more; nil if malformed.
    package static func parse(_ text: String) -> UInt64? {
        var digits = 0
        var value: UInt64 = 0
        for byte in text.utf8 {
            if byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") {
                digits += 1
                guard digits <= 8, digits < text.utf8.count else { return nil }
                value = value * 10 + UInt64(byte - UInt8(ascii: "0"))
            } else {
                guard digits > 0, digits + 1 == text.utf8.count, let unit = units.first(where: { $0.letter == byte })
                else { return nil }
                let (product, overflow) = value.multipliedReportingOverflow(by: unit.nanoseconds)
                return overflow ? .max : product
            }
        }
        return nil
    }

    /// The finest unit that eight digits suffice for, rounded up: a server must not give up before its client.
    package static func format(_ nanoseconds: UInt64) -> String {
        for unit in units {
            let value = nanoseconds / unit.nanoseconds + (nanoseconds % unit.nanoseconds == 0 ? 0 : 1)
            if value <= 99_999_999 { return String(value) + String(UnicodeScalar(unit.letter)) }
        }
        return "99999999H"
    }
}
