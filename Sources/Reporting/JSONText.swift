/// Writes compact JSON by hand: one line, keys in the order in which they are written.
struct JSONText {
    private(set) var text = ""
    /// The next value needs a comma before it.
    private var needsComma = false

    mutating func object(_ content: (inout JSONText) -> Void) { enclose("{", "}", content) }

    mutating func list<Item>(_ items: some Sequence<Item>, _ content: (inout JSONText, Item) -> Void) {
        enclose("[", "]") { json in
            for item in items { content(&json, item) }
        }
    }

    mutating func key(_ name: String) {
        separate()
        quote(name)
        text += ":"
        needsComma = false
    }

    mutating func value(_ value: String) {
        separate()
        quote(value)
    }

    mutating func value(_ value: Int) {
        separate()
        text += "\(value)"
    }

    mutating func value(_ value: Bool) {
        separate()
        text += value ? "true" : "false"
    }

    /// At most so many decimals, without trailing zeros. JSON knows no infinity and no NaN.
    mutating func value(_ value: Double, decimals: Int = 3) {
        separate()
        guard value.isFinite else {
            text += "null"
            return
        }
        var scale = 1.0
        for _ in 0..<decimals { scale *= 10 }
        let scaled = (value * scale).rounded()
        if scaled.magnitude >= 9e15 {
            text += "\(value)"
            return
        }
        let whole = Int64(scaled)
        let (left, right) = whole.magnitude.quotientAndRemainder(dividingBy: UInt64(scale))
        text += whole < 0 ? "-\(left)" : "\(left)"
        guard right > 0 else { return }
        var digits = String(right)
        digits = String(repeating: "0", count: decimals - digits.count) + digits
        while digits.hasSuffix("0") { digits.removeLast() }
        text += ".\(digits)"
    }

    /// Beyond 2^53 a JSON number is not safe in every reader; it is then written as a string.
    mutating func value(exact value: UInt64) {
        if value > 1 << 53 {
            self.value("\(value)")
        } else {
            self.value(Int(value))
        }
    }

    /// A text that is JSON itself, on one line.
    mutating func value(json value: String) {
        separate()
        text += value
    }

    private mutating func enclose(_ open: String, _ close: String, _ content: (inout JSONText) -> Void) {
        separate()
        text += open
        needsComma = false
        content(&self)
        text += close
        needsComma = true
    }

    private mutating func separate() {
        if needsComma { text += "," }
        needsComma = true
    }

    private mutating func quote(_ value: String) {
        text += "\""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case ..<" ", "\u{7F}", "\u{2028}", "\u{2029}":
                let hex = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }
}
