import TopologyText

/// Any value that YAML can write: a header, a field of a request, a field's type. Written as a literal.
public indirect enum Value: Sendable {
    case text(String)
    case number(String)
    case flag(Bool)
    case null
    case list([Value])
    /// In the order in which they are written.
    case fields([(String, Value)])

    func written(isTemplate: Bool) -> TopologyValue {
        switch self {
        case .text(let text): isTemplate ? .template(text) : .text(text)
        case .number(let text): .word(text)
        case .flag(let flag): .word(flag ? "true" : "false")
        case .null: .word("null")
        case .list(let items): .list(items.map { $0.written(isTemplate: isTemplate) })
        case .fields(let fields): .mapping(fields.map { .init($0, $1.written(isTemplate: isTemplate)) })
        }
    }
}

extension Value: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
    ExpressibleByBooleanLiteral, ExpressibleByNilLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    public init(stringLiteral text: String) { self = .text(text) }
    public init(integerLiteral number: Int) { self = .number("\(number)") }
    public init(floatLiteral number: Double) { self = .number("\(number)") }
    public init(booleanLiteral flag: Bool) { self = .flag(flag) }
    public init(nilLiteral: ()) { self = .null }
    public init(arrayLiteral items: Value...) { self = .list(items) }
    public init(dictionaryLiteral fields: (String, Value)...) { self = .fields(fields) }
}

/// A share of things, from 0 to 1: `0.3`.
public struct Share: Sendable, ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral {
    let text: String

    public init(_ fraction: Double) { text = "\(fraction)" }
    public init(floatLiteral fraction: Double) { self.init(fraction) }
    public init(integerLiteral fraction: Int) { text = "\(fraction)" }
}

/// Things a second, a minute or an hour.
public struct Rate: Sendable {
    let text: String

    public static func perSecond(_ count: Double) -> Rate { Rate(text: "\(trimmed(count))/s") }
    public static func perMinute(_ count: Double) -> Rate { Rate(text: "\(trimmed(count))/m") }
    public static func perHour(_ count: Double) -> Rate { Rate(text: "\(trimmed(count))/h") }

    private static func trimmed(_ count: Double) -> String {
        "\(count)".hasSuffix(".0") ? String("\(count)".dropLast(2)) : "\(count)"
    }
}

/// A number, or an operator and a bound: `0`, `"<10"`, `">=99.9%"`, `"<50ms"`.
public struct Bound: Sendable, ExpressibleByStringLiteral, ExpressibleByIntegerLiteral {
    let text: String

    public init(_ text: String) { self.text = text }
    public init(stringLiteral text: String) { self.text = text }
    public init(integerLiteral number: Int) { text = "\(number)" }

    /// A number alone is no text.
    var written: TopologyValue { Double(text) == nil ? .text(text) : .word(text) }
}

extension Duration {
    /// The largest unit in which it is a whole number.
    var written: String {
        let (seconds, attoseconds) = components
        let nanoseconds = seconds * 1_000_000_000 + attoseconds / 1_000_000_000
        for (size, unit) in [(1_000_000_000, "s"), (1_000_000, "ms"), (1_000, "us")] as [(Int64, String)]
        where nanoseconds % size == 0 {
            return "\(nanoseconds / size)\(unit)"
        }
        return "\(nanoseconds)ns"
    }
}

/// The keys of one mapping; what is `nil`, false or empty is left out.
struct Fields: Sendable {
    private(set) var entries: [TopologyValue.Entry] = []

    mutating func put(_ key: String, _ value: TopologyValue?) {
        if let value { entries.append(.init(key, value)) }
    }

    mutating func text(_ key: String, _ text: String?) { put(key, text.map { .text($0) }) }
    mutating func template(_ key: String, _ text: String?) { put(key, text.map { .template($0) }) }
    mutating func number(_ key: String, _ number: Int?) { put(key, number.map { .word("\($0)") }) }
    mutating func time(_ key: String, _ time: Duration?) { put(key, time.map { .word($0.written) }) }
    mutating func share(_ key: String, _ share: Share?) { put(key, share.map { .word($0.text) }) }
    mutating func rate(_ key: String, _ rate: Rate?) { put(key, rate.map { .word($0.text) }) }
    mutating func bound(_ key: String, _ bound: Bound?) { put(key, bound?.written) }
    mutating func flag(_ key: String, _ flag: Bool, unless initial: Bool = false) {
        if flag != initial { put(key, .word(flag ? "true" : "false")) }
    }

    mutating func word(_ key: String, _ word: (some RawRepresentable<String>)?) { text(key, word?.rawValue) }

    mutating func texts(_ key: String, _ texts: [String]) {
        if !texts.isEmpty { put(key, .oneOrMany(texts.map { .text($0) })) }
    }

    mutating func templates(_ key: String, _ texts: [String]) {
        if !texts.isEmpty { put(key, .oneOrMany(texts.map { .template($0) })) }
    }

    mutating func value(_ key: String, _ value: Value?, isTemplate: Bool = false) {
        put(key, value?.written(isTemplate: isTemplate))
    }

    /// Bounds by measure: `["p99": "<50ms"]`.
    mutating func bounds(_ key: String, _ bounds: [(key: String, value: Bound)]) {
        if !bounds.isEmpty { put(key, .mapping(bounds.map { .init($0.key, $0.value.written) })) }
    }

    mutating func dictionary(_ key: String, _ texts: [String: String]) {
        if !texts.isEmpty {
            put(key, .mapping(texts.sorted { $0.key < $1.key }.map { .init($0.key, .template($0.value)) }))
        }
    }

    mutating func mapping(_ key: String, _ fields: Fields?) {
        put(key, fields.map { .mapping($0.entries) })
    }
}
