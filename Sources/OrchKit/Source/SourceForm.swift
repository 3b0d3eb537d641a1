import TopologyText

/// How a mapping of the file becomes a call: its parameters in their order, and how each value is written.
struct SourceForm: Sendable {
    /// Gives nothing where the value is nothing that it can write.
    typealias Writer = @Sendable (TopologyValue) -> String?

    struct Parameter: Sendable {
        var key: String
        /// `nil`: without one.
        var label: String?
        var write: Writer
    }

    var name: String
    var parameters: [Parameter] = []

    init(_ name: String, _ parameters: [Parameter] = []) {
        self.name = name
        self.parameters = parameters
    }

    func hasKey(_ key: String) -> Bool { parameters.contains { $0.key == key } }

    /// The call, or nothing where a key or a value has no place in it.
    func call(_ entries: [TopologyValue.Entry], first: String? = nil) -> String? {
        guard let arguments = arguments(entries) else { return nil }
        return Self.join(name, [first].compactMap { $0 } + arguments)
    }

    func arguments(_ entries: [TopologyValue.Entry]) -> [String]? {
        var left = entries
        var arguments: [String] = []
        for parameter in parameters {
            guard let index = left.firstIndex(where: { $0.key == parameter.key }) else { continue }
            guard let text = parameter.write(left.remove(at: index).value) else { return nil }
            arguments.append(parameter.label.map { "\($0): \(text)" } ?? text)
        }
        return left.isEmpty ? arguments : nil
    }

    /// On one line where it is short.
    static func join(_ name: String, _ arguments: [String]) -> String {
        let line = "\(name)(\(arguments.joined(separator: ", ")))"
        if line.count <= 100 || arguments.count < 2, !line.contains("\n") || arguments.count < 2 { return line }
        return "\(name)(\n\(arguments.map(SwiftSource.indented).joined(separator: ",\n")))"
    }
}

extension SourceForm.Parameter {
    init(_ key: String, _ label: String? = nil, _ write: @escaping SourceForm.Writer) {
        self.init(key: key, label: label, write: write)
    }

    /// With the key, in camel case, as its label.
    static func at(_ key: String, _ write: @escaping SourceForm.Writer) -> Self {
        Self(key: key, label: camel(key), write: write)
    }

    private static func camel(_ key: String) -> String {
        key.split(separator: "_").enumerated().map { $0 == 0 ? String($1) : $1.prefix(1).uppercased() + $1.dropFirst() }
            .joined()
    }
}

/// Values as Swift writes them.
enum Written {
    static func text(_ value: TopologyValue) -> String? {
        switch value {
        case .text(let text), .template(let text), .block(let text), .word(let text): SwiftSource.literal(text)
        default: nil
        }
    }

    static func number(_ value: TopologyValue) -> String? {
        if case .word(let text) = value, Int(text) != nil { text } else { nil }
    }

    /// All of UInt64's.
    static func seed(_ value: TopologyValue) -> String? {
        if case .word(let text) = value, UInt64(text) != nil { text } else { nil }
    }

    static func flag(_ value: TopologyValue) -> String? {
        if case .word(let text) = value, text == "true" || text == "false" { text } else { nil }
    }

    /// `at-least-once` → `.atLeastOnce`
    static func word(_ value: TopologyValue) -> String? {
        value.plainText.map { text in
            "."
                + text.split(separator: "-").enumerated().map {
                    $0 == 0 ? String($1) : $1.prefix(1).uppercased() + $1.dropFirst()
                }.joined()
        }
    }

    static func time(_ value: TopologyValue) -> String? { value.plainText.flatMap(time(text:)) }

    static func time(text: String) -> String? {
        let digits = text.prefix { $0.isNumber || $0 == "." }
        let sizes: [(String, String, Double)] = [
            ("s", "seconds", 1e9), ("ms", "milliseconds", 1e6), ("us", "microseconds", 1e3), ("ns", "nanoseconds", 1),
        ]
        guard let number = Double(digits),
            let (_, name, size) = sizes.first(where: { $0.0 == text.dropFirst(digits.count) })
        else { return nil }
        if number == number.rounded() { return ".\(name)(\(Int64(number)))" }
        let nanoseconds = Int64((number * size).rounded())
        return nanoseconds % 1_000_000 == 0
            ? ".milliseconds(\(nanoseconds / 1_000_000))" : ".nanoseconds(\(nanoseconds))"
    }

    /// `20ms..80ms`; `none` is no time at all.
    static func times(_ value: TopologyValue) -> String? {
        guard let text = value.plainText else { return nil }
        if text == "none" { return ".zero...(.zero)" }
        let ends = text.split(separator: ".", omittingEmptySubsequences: false).isEmpty ? [] : text.components(at: "..")
        guard let low = time(text: ends[0]), let high = time(text: ends[ends.count - 1]) else { return nil }
        return "\(low)...(\(high))"
    }

    static func share(_ value: TopologyValue) -> String? {
        guard let text = value.plainText else { return nil }
        let fraction = text.hasSuffix("%") ? Double("\(text.dropLast())e-2") : Double(text)
        return fraction.flatMap { $0 == 0 || $0 >= 1e-4 ? "\($0)" : nil }
    }

    static func rate(_ value: TopologyValue) -> String? {
        guard let text = value.plainText, let slash = text.firstIndex(of: "/"), let number = Double(text[..<slash]),
            let name = ["s": "Second", "m": "Minute", "h": "Hour"][String(text[text.index(after: slash)...])]
        else { return nil }
        return number == number.rounded() && number < 1e15 ? ".per\(name)(\(Int64(number)))" : ".per\(name)(\(number))"
    }

    static func bound(_ value: TopologyValue) -> String? { number(value) ?? text(value) }

    /// `{ p99: <50ms }`
    static func bounds(_ value: TopologyValue) -> String? { pairs(value, bound) }

    static func texts(_ value: TopologyValue) -> String? {
        list(value) { text($0) }
    }

    static func dictionary(_ value: TopologyValue) -> String? { pairs(value, text) }

    /// Any value, as a literal of `Value`.
    static func value(_ value: TopologyValue) -> String? {
        switch value {
        case .text(let text), .template(let text), .block(let text): return SwiftSource.literal(text)
        case .word("null"): return "nil"
        case .word("true"), .word("false"): return value.plainText
        case .word(let text):
            if Int(text) != nil { return text }
            guard let number = Double(text), number.isFinite, "\(number)" == text else { return nil }
            return text
        case .list(let items):
            let texts = items.compactMap(self.value)
            return texts.count == items.count ? "[\(texts.joined(separator: ", "))]" : nil
        case .mapping: return pairs(value, self.value)
        case .raw: return nil
        }
    }

    /// One or a list.
    static func list(_ value: TopologyValue, _ write: SourceForm.Writer) -> String? {
        var items = [value]
        if case .list(let list) = value { items = list }
        let texts = items.compactMap(write)
        return texts.count == items.count ? "[\(texts.joined(separator: ", "))]" : nil
    }

    static func call(_ form: SourceForm) -> SourceForm.Writer {
        { value in if case .mapping(let entries) = value { form.call(entries) } else { nil } }
    }

    static func pairs(_ value: TopologyValue, _ write: SourceForm.Writer) -> String? {
        guard case .mapping(let entries) = value else { return nil }
        let texts = entries.compactMap { entry in
            write(entry.value).map { "\(SwiftSource.literal(entry.key)): \($0)" }
        }
        guard texts.count == entries.count else { return nil }
        return texts.isEmpty ? "[:]" : "[\(texts.joined(separator: ", "))]"
    }
}

extension String {
    /// The parts before and after the first separator; the whole where there is none.
    fileprivate func components(at separator: String) -> [String] {
        guard let found = firstRange(of: separator) else { return [self] }
        return [String(self[..<found.lowerBound]), String(self[found.upperBound...])]
    }
}
