/// Numbers as JSON writes them (RFC 8259 §6).
enum JSONNumber {
    /// The number that the whole text is. Whole numbers of up to 64 bits stay exact; nil also if it is too large for a
    /// double.
    static func read(_ text: String) -> Untyped? {
        // Far longer than any number worth its digits, and then the work is bounded.
        guard text.utf8.count <= 400, let isWhole = isWhole(text.utf8) else { return nil }
        // -0 is no integer's, but a double's.
        if isWhole, text != "-0" {
            if let number = Int64(text) { return .int(number) }
            if let number = UInt64(text) { return .uint(number) }
        }
        guard let number = Double(text), number.isFinite else { return nil }
        return .double(number)
    }

    /// Whether it has neither a fraction nor an exponent; nil if it is no number.
    private static func isWhole(_ text: String.UTF8View) -> Bool? {
        var rest = text[...]
        if rest.first == UInt8(ascii: "-") { rest.removeFirst() }
        let digits = rest.prefix(while: \.isDigit)
        guard let first = digits.first, digits.count == 1 || first != UInt8(ascii: "0") else { return nil }
        rest = rest[digits.endIndex...]
        if rest.isEmpty { return true }
        if rest.first == UInt8(ascii: ".") {
            let fraction = rest.dropFirst().prefix(while: \.isDigit)
            guard !fraction.isEmpty else { return nil }
            rest = rest[fraction.endIndex...]
        }
        if rest.first == UInt8(ascii: "e") || rest.first == UInt8(ascii: "E") {
            rest.removeFirst()
            if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") { rest.removeFirst() }
            let exponent = rest.prefix(while: \.isDigit)
            guard !exponent.isEmpty else { return nil }
            rest = rest[exponent.endIndex...]
        }
        return rest.isEmpty ? false : nil
    }
}
