/// A share of things, from 0 to 1. Written `30%` or `0.3`.
package struct Share: Hashable, Sendable, Codable, Comparable, CustomStringConvertible {
    package var fraction: Double

    package init(_ fraction: Double) { self.fraction = fraction }

    package static func < (a: Share, b: Share) -> Bool { a.fraction < b.fraction }

    /// The canonical text; it is part of a fault's text and so of its dice.
    package var description: String { "\(trimmed(fraction * 100))%" }
}

/// Things a second. Written `500/s`, `30/m`.
package struct Rate: Hashable, Sendable, Codable, CustomStringConvertible {
    package var perSecond: Double

    package init(perSecond: Double) { self.perSecond = perSecond }

    package var description: String { "\(trimmed(perSecond))/s" }
}

/// `<50ms`, `>=1`, `0`: an operator and a bound.
package struct Condition: Hashable, Sendable, Codable, CustomStringConvertible {
    package enum Operator: String, Sendable, Codable {
        case equal = "="
        case notEqual = "!="
        case less = "<"
        case lessOrEqual = "<="
        case greater = ">"
        case greaterOrEqual = ">="
    }

    package var op: Operator
    package var bound: Double

    package init(_ op: Operator, _ bound: Double) {
        self.op = op
        self.bound = bound
    }

    package func holds(for value: Double) -> Bool {
        switch op {
        case .equal: value == bound
        case .notEqual: value != bound
        case .less: value < bound
        case .lessOrEqual: value <= bound
        case .greater: value > bound
        case .greaterOrEqual: value >= bound
        }
    }

    package var description: String { (op == .equal ? "" : op.rawValue) + trimmed(bound) }

    /// With its bound as a share: `>=99.9%`.
    package var percent: String { (op == .equal ? "" : op.rawValue) + Share(bound).description }
}

extension Duration {
    package var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds.multipliedClamped(by: 1_000_000_000).addingClamped(attoseconds / 1_000_000_000)
    }

    package var inSeconds: Double { Double(nanoseconds) / 1e9 }

    /// `200ms`, `1.5s`, `10us`, `2m`: the largest unit that leaves a number of at least 1.
    package var text: String {
        let ns = nanoseconds
        return switch ns.magnitude {
        case 0: "0s"
        case ..<1_000: "\(ns)ns"
        case ..<1_000_000: "\(trimmed(Double(ns) / 1e3))us"
        case ..<1_000_000_000: "\(trimmed(Double(ns) / 1e6))ms"
        default: "\(trimmed(Double(ns) / 1e9))s"
        }
    }
}

extension Int64 {
    fileprivate func multipliedClamped(by other: Int64) -> Int64 {
        let (value, overflow) = multipliedReportingOverflow(by: other)
        return overflow ? ((self < 0) == (other < 0) ? .max : .min) : value
    }

    fileprivate func addingClamped(_ other: Int64) -> Int64 {
        let (value, overflow) = addingReportingOverflow(other)
        return overflow ? (other < 0 ? .min : .max) : value
    }
}

/// At most three decimals and no trailing zeros: `30`, `0.5`, `12.345`.
package func trimmed(_ value: Double) -> String {
    if !value.isFinite { return "\(value)" }
    let scaled = (value * 1_000).rounded()
    guard scaled.magnitude < 9e15 else { return "\(value)" }
    let thousandths = Int64(scaled)
    let (whole, rest) = thousandths.magnitude.quotientAndRemainder(dividingBy: 1_000)
    let sign = thousandths < 0 ? "-" : ""
    if rest == 0 { return "\(sign)\(whole)" }
    var decimals = String(rest)
    decimals = String(repeating: "0", count: 3 - decimals.count) + decimals
    while decimals.hasSuffix("0") { decimals.removeLast() }
    return "\(sign)\(whole).\(decimals)"
}
