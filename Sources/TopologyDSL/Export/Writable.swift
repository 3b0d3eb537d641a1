import ClusterModel
import TopologyText

/// A quantity as files write it: exactly, and briefly where that is exact.
protocol Writable {
    var written: TopologyValue { get }
}

extension Int: Writable {
    var written: TopologyValue { .word("\(self)") }
}

extension Bool: Writable {
    var written: TopologyValue { .word(self ? "true" : "false") }
}

extension Duration: Writable {
    /// `text` has three decimals at most.
    var exact: String { (try? Units.duration(text)) == self ? text : "\(nanoseconds)ns" }
    var written: TopologyValue { .word(exact) }
}

extension ClosedRange<Duration>: Writable {
    var written: TopologyValue {
        .word(lowerBound == upperBound ? lowerBound.exact : "\(lowerBound.exact)..\(upperBound.exact)")
    }
}

extension Share: Writable {
    var exact: String { (try? Units.share(description)) == self ? description : decimal(fraction) }
    var written: TopologyValue { .word(exact) }
}

extension Rate: Writable {
    var exact: String {
        let forms = [description, "\(trimmed(perSecond * 60))/m", "\(trimmed(perSecond * 3_600))/h"]
        return forms.first { (try? Units.rate($0)) == self } ?? "\(decimal(perSecond))/s"
    }
    var written: TopologyValue { .word(exact) }
}

extension Condition: Writable {
    var written: TopologyValue { written(decimal(bound)) }

    /// As a share, `>=99.9%`.
    var share: TopologyValue { sign(op == .equal ? "=" : op.rawValue, Share(bound).exact) }

    /// `>=500/s`.
    var rate: TopologyValue {
        sign(op == .equal ? "=" : op.rawValue, bound > 0 ? Rate(perSecond: bound).exact : decimal(bound))
    }

    /// Of nanoseconds: `<50ms`.
    var time: TopologyValue { written(Duration.nanoseconds(Int64(bound)).exact) }

    private func written(_ bound: String) -> TopologyValue { sign(op == .equal ? "" : op.rawValue, bound) }

    /// `>` and the like need quotes.
    private func sign(_ sign: String, _ rest: String) -> TopologyValue {
        sign.isEmpty || sign.hasPrefix("<") ? .word(sign + rest) : .text(sign + rest)
    }
}

extension LatencyBound: Writable {
    var written: TopologyValue { Condition(op, Double(bound.nanoseconds)).time }

    /// `p99.95`, `mean`.
    var key: String { if case .percentile(let p) = measure { "p\(decimal(p))" } else { name } }
}

/// Three decimals where they are enough.
private func decimal(_ value: Double) -> String {
    let short = trimmed(value)
    return Double(short) == value ? short : "\(value)"
}
