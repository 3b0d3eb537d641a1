import ClusterModel

/// How quantities are written, in files and on the command line. Each function throws what is wrong with the text.
package enum Units {
    /// `30%` or `0.3`, from 0 to 1.
    package static func share(_ text: String) throws(ValueProblem) -> Share {
        let expected = "expected a share such as 30% or 0.3"
        if text.hasSuffix("%") {
            // 99.9% is 0.999, which 99.9 / 100 is not.
            let digits = text.dropLast()
            guard let percent = decimal(digits), let fraction = Double(digits.filter { $0 != "_" } + "e-2") else {
                throw ValueProblem("\(expected), found '\(shortened(text))'")
            }
            guard (0...100).contains(percent) else { throw ValueProblem("\(shortened(text)) is outside of 0% to 100%") }
            return Share(fraction)
        }
        guard let fraction = decimal(text[...]) else { throw ValueProblem("\(expected), found '\(shortened(text))'") }
        guard (0...1).contains(fraction) else {
            let percent = fraction > 1 && fraction <= 100 ? ", did you mean \(shortened(text))%?" : ""
            throw ValueProblem("\(shortened(text)) is outside of 0 to 1\(percent)")
        }
        return Share(fraction)
    }

    /// `500/s`, `30/m`, `10/h`: more than 0.
    package static func rate(_ text: String) throws(ValueProblem) -> Rate {
        let expected = "expected a rate such as 500/s or 30/m"
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard let first = parts.first, let count = decimal(trim(first)) else {
            throw ValueProblem("\(expected), found '\(shortened(text))'")
        }
        guard parts.count == 2 else {
            guard parts.count == 1 else { throw ValueProblem("\(expected), found '\(shortened(text))'") }
            throw ValueProblem("'\(shortened(text))' has no period: \(expected), did you mean \(shortened(text))/s?")
        }
        let periods = ["ms": 0.001, "s": 1.0, "m": 60, "min": 60, "h": 3_600]
        guard let seconds = periods[String(trim(parts[1]))] else {
            throw ValueProblem("'\(shortened(String(parts[1])))' is no period: expected s, m or h, as in 500/s")
        }
        guard count > 0 else { throw ValueProblem("a rate must be more than 0, found '\(shortened(text))'") }
        return Rate(perSecond: count / seconds)
    }

    /// `200ms`, `1.5s`, `10us`, `2m`, `1h`, `1m30s`, `0`: not negative, at most 100 days.
    package static func duration(_ text: String) throws(ValueProblem) -> Duration {
        let expected = "expected a time such as 200ms, 1.5s or 2m"
        if text == "0" { return .zero }
        if text.hasPrefix("-") { throw ValueProblem("a time cannot be negative: '\(shortened(text))'") }
        var rest = text[...]
        var nanoseconds = 0.0
        guard !rest.isEmpty else { throw ValueProblem("\(expected), found an empty text") }
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && ($0.isNumber || $0 == "." || $0 == "_") }
            guard let number = decimal(digits) else { throw ValueProblem("\(expected), found '\(shortened(text))'") }
            let unit = rest[digits.endIndex...].drop { $0 == " " }.prefix { $0.isLetter }
            if unit.isEmpty {
                let near =
                    digits.count == text.count ? ", did you mean \(shortened(text))ms or \(shortened(text))s?" : ""
                throw ValueProblem("'\(shortened(text))' has no unit: \(expected)\(near)")
            }
            guard let size = timeUnits[String(unit)] else {
                throw ValueProblem("'\(shortened(String(unit)))' is no unit of time: expected ns, us, ms, s, m or h")
            }
            nanoseconds += number * size
            rest = rest[unit.endIndex...].drop { $0 == " " }
        }
        guard nanoseconds <= 100 * 86_400e9 else { throw ValueProblem("'\(shortened(text))' is more than 100 days") }
        return .nanoseconds(Int64(nanoseconds.rounded()))
    }

    private static let timeUnits = [
        "ns": 1.0, "us": 1e3, "µs": 1e3, "μs": 1e3, "ms": 1e6, "s": 1e9, "m": 60e9, "min": 60e9, "h": 3_600e9,
    ]

    /// `100ms..5s`, or one time for both ends.
    package static func durations(_ text: String) throws(ValueProblem) -> ClosedRange<Duration> {
        guard let dots = text.firstRange(of: "..") else {
            let both = try duration(text)
            return both...both
        }
        let low = try duration(String(trim(text[..<dots.lowerBound])))
        let high = try duration(String(trim(text[dots.upperBound...])))
        guard low <= high else {
            throw ValueProblem("'\(shortened(text))' goes backwards: the shorter time comes first")
        }
        return low...high
    }

    /// `512`, `64KB` (1,000 bytes each), `64KiB` (1,024), `1.5MB`: whole bytes, not negative.
    package static func bytes(_ text: String) throws(ValueProblem) -> Int {
        let expected = "expected a size such as 512, 64KB or 1MiB"
        let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == "." || $0 == "_") }
        guard let number = decimal(digits) else { throw ValueProblem("\(expected), found '\(shortened(text))'") }
        let unit = trim(text[digits.endIndex...]).lowercased()
        let sizes: [String: Double] = [
            "": 1, "b": 1, "kb": 1e3, "mb": 1e6, "gb": 1e9, "kib": 1_024, "mib": 1_048_576, "gib": 1_073_741_824,
        ]
        guard let size = sizes[unit] else {
            throw ValueProblem("'\(shortened(unit))' is no unit of size: expected B, KB, KiB, MB, MiB, GB or GiB")
        }
        let bytes = number * size
        guard bytes == bytes.rounded() else {
            throw ValueProblem("'\(shortened(text))' is not a whole number of bytes")
        }
        guard bytes <= 1e15 else { throw ValueProblem("'\(shortened(text))' is more than fits anywhere") }
        return Int(bytes)
    }

    /// `1000`, `1_000`, `-5`, `0x1F`.
    package static func integer(_ text: String) throws(ValueProblem) -> Int64 {
        guard let value = wholeNumber(text) else {
            throw ValueProblem("expected a whole number, found '\(shortened(text))'")
        }
        return value
    }

    static func wholeNumber(_ text: String) -> Int64? {
        let plain = text.filter { $0 != "_" }
        guard let first = text.first, first != "_", !text.hasSuffix("_") else { return nil }
        if plain.hasPrefix("0x") { return plain.dropFirst(2).first == "-" ? nil : Int64(plain.dropFirst(2), radix: 16) }
        return plain.utf8.allSatisfy { $0 < 0x80 } ? Int64(plain) : nil
    }

    /// `<10`, `>=1`, `!=3`, `0`: an operator and a number.
    package static func condition(_ text: String) throws(ValueProblem) -> Condition {
        let (op, rest) = bound(text, default: .equal)
        let negative = rest.hasPrefix("-")
        guard let bound = decimal(negative ? rest.dropFirst() : rest[...]) else {
            throw ValueProblem("expected a number or a bound such as 0, <10 or >=1, found '\(shortened(text))'")
        }
        return Condition(op, negative ? -bound : bound)
    }

    /// `<10ms` → `<` and `10ms`.
    static func bound(_ text: String, default op: Condition.Operator) -> (op: Condition.Operator, rest: String) {
        let operators: [(String, Condition.Operator)] = [
            ("<=", .lessOrEqual), (">=", .greaterOrEqual), ("!=", .notEqual), ("==", .equal), ("<", .less),
            (">", .greater), ("=", .equal),
        ]
        let (sign, found) = operators.first { text.hasPrefix($0.0) } ?? ("", op)
        return (found, String(trim(text.dropFirst(sign.count))))
    }

    /// Digits with at most one point and `_` between; no sign, no exponent.
    private static func decimal(_ text: Substring) -> Double? {
        let plain = text.filter { $0 != "_" }
        guard let first = plain.utf8.first,
            (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) || first == UInt8(ascii: "."),
            plain.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || $0 == UInt8(ascii: ".") }),
            plain.utf8.count <= 30, let value = Double(plain), value.isFinite
        else { return nil }
        return value
    }
}

/// Without blanks at both ends.
func trim(_ text: some StringProtocol) -> Substring {
    let start = text.drop { $0 == " " || $0 == "\t" }
    return Substring(start.reversed().drop { $0 == " " || $0 == "\t" }.reversed().map(String.init).joined())
}
