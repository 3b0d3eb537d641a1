import ClusterModel
import _StringProcessing

// The kinds of value that keys are made of.

extension JSON {
    /// A string of a pattern, or one that the environment completes.
    static func text(pattern: String, examples: [String]) -> JSON {
        [
            "type": ["string", "number"], "pattern": .string("^(\(pattern))$|\\$\\{"),
            "examples": .array(examples.map { .string($0) }),
        ]
    }
}

extension Format where Value == String {
    /// Any text; numbers count as text.
    static var text: Format {
        .scalar("text", schema: ["type": ["string", "number", "boolean"]], allowsEmpty: true, isText: true) { text in
            text
        }
    }

    /// A text that is not empty.
    static var words: Format {
        .scalar("text", schema: ["type": ["string", "number", "boolean"]], isText: true) { text in text }
    }

    /// A name that something else has, checked against the whole topology later.
    static func reference(_ expected: String) -> Format {
        .scalar(expected, schema: ["type": ["string", "number"]], allowsEmpty: true, isText: true) { text in text }
    }

    /// A text that is filled in at run time.
    static func template(_ scope: TemplateScope) -> Format {
        Format("text", schema: ["type": ["string", "number", "boolean"]]) { node, reading in
            guard let text = node.template("text", reading) else { return nil }
            scope.check(text, at: node, reading)
            return text
        }
    }

    /// A signal's name, without `SIG`.
    static func signal(_ names: [String]) -> Format {
        .scalar(
            "a signal: \(names.listed())",
            schema: ["type": "string", "enum": .array(names.flatMap { [.string($0), .string("SIG\($0)")] })]
        ) { text throws(ValueProblem) in
            let upper = text.uppercased()
            let name = upper.hasPrefix("SIG") ? String(upper.dropFirst(3)) : upper
            guard names.contains(name) else {
                throw ValueProblem(
                    "'\(shortened(text))' is not a signal for this: expected \(names.listed())"
                        + Suggestion.phrase(name, among: names))
            }
            return name
        }
    }

    static var regularExpression: Format {
        .scalar("a regular expression", schema: ["type": "string"], isText: true) { text throws(ValueProblem) in
            do {
                _ = try Regex<AnyRegexOutput>(text)
                return text
            } catch {
                throw ValueProblem("not a regular expression: \(error)")
            }
        }
    }
}

extension Format where Value == Int {
    static func integer(_ range: ClosedRange<Int>) -> Format {
        let bounds =
            range.upperBound == .max
            ? "of at least \(range.lowerBound)" : "from \(range.lowerBound) to \(range.upperBound)"
        var schema: [(String, JSON)] = [("type", "integer"), ("minimum", .int(range.lowerBound))]
        if range.upperBound < .max { schema.append(("maximum", .int(range.upperBound))) }
        return .scalar(
            "a whole number \(bounds)",
            schema: ["anyOf": .array([.object(schema), ["type": "string", "pattern": "^[0-9_]+$|\\$\\{"]])]
        ) { text throws(ValueProblem) in
            guard let number = Units.wholeNumber(text) else {
                throw ValueProblem("expected a whole number \(bounds), found '\(shortened(text))'")
            }
            guard range.contains(Int(number)) else {
                throw ValueProblem("expected a whole number \(bounds), found \(shortened(text))")
            }
            return Int(number)
        }
    }

    static var bytes: Format {
        .scalar(
            "a size such as 512, 64KB or 1MiB",
            schema: .text(pattern: "[0-9._]+ *([KMGkmg][iI]?)?[Bb]?", examples: ["512", "64KB", "1MiB"])
        ) { text throws(ValueProblem) in
            let bytes = try Units.bytes(text)
            guard bytes <= 128 << 20 else { throw ValueProblem("'\(shortened(text))' is more than 128MiB") }
            return bytes
        }
    }
}

extension Format where Value == UInt64 {
    static var seed: Format {
        .scalar(
            "a whole number of at least 0",
            schema: ["anyOf": [["type": "integer", "minimum": 0], ["type": "string", "pattern": "\\$\\{"]]]
        ) { text throws(ValueProblem) in
            let plain = text.filter { $0 != "_" }
            guard let seed = plain.hasPrefix("0x") ? UInt64(plain.dropFirst(2), radix: 16) : UInt64(plain) else {
                throw ValueProblem("expected a whole number from 0 to \(UInt64.max), found '\(shortened(text))'")
            }
            return seed
        }
    }
}

extension Format where Value == Bool {
    static var flag: Format {
        .scalar(
            "true or false", schema: ["anyOf": [["type": "boolean"], ["type": "string", "pattern": "\\$\\{"]]]
        ) { text throws(ValueProblem) in
            switch text {
            case "true", "True", "TRUE": return true
            case "false", "False", "FALSE": return false
            default:
                let near = ["yes": "true", "on": "true", "no": "false", "off": "false"][text.lowercased()]
                throw ValueProblem(
                    "expected true or false, found '\(shortened(text))'"
                        + (near.map { ", did you mean \($0)?" } ?? Suggestion.phrase(text, among: ["true", "false"])))
            }
        }
    }
}

private let timePattern = "0|([0-9._]+ *(ns|us|µs|ms|s|m|min|h) *)+"

extension Format where Value == Duration {
    /// - Parameter allowsZero: whether no time at all makes sense.
    static func duration(allowsZero: Bool = true) -> Format {
        .scalar(
            "a time such as 200ms, 1.5s or 2m",
            schema: .text(pattern: timePattern, examples: ["200ms", "1.5s", "2m"])
        ) { text throws(ValueProblem) in
            let time = try Units.duration(text)
            guard allowsZero || time > .zero else { throw ValueProblem("expected a time of more than 0") }
            return time
        }
    }
}

extension Format where Value == ClosedRange<Duration> {
    /// `20ms..80ms`, or one time.
    static var durations: Format {
        .scalar(
            "a time such as 50ms, or a range such as 20ms..80ms",
            schema: .text(pattern: "(\(timePattern))( *\\.\\. *(\(timePattern)))?", examples: ["50ms", "20ms..80ms"])
        ) { text throws(ValueProblem) in try Units.durations(text) }
    }
}

extension Format where Value == Share {
    static var share: Format {
        .scalar(
            "a share such as 30% or 0.3",
            schema: .text(pattern: "[0-9._]+%?", examples: ["30%", "0.3"])
        ) { text throws(ValueProblem) in try Units.share(text) }
    }
}

extension Format where Value == Rate {
    static var rate: Format {
        .scalar(
            "a rate such as 500/s or 30/m",
            schema: .text(pattern: "[0-9._]+ */ *(ms|s|m|min|h)", examples: ["500/s", "30/m"])
        ) { text throws(ValueProblem) in try Units.rate(text) }
    }
}

extension Format where Value == Condition {
    static var condition: Format {
        .scalar(
            "a number or a bound such as 0, <10 or \">=1\"",
            schema: .text(pattern: "(<|<=|>|>=|=|==|!=)? *-?[0-9._]+", examples: ["0", "<10", ">=1"])
        ) { text throws(ValueProblem) in try Units.condition(text) }
    }
}

extension Format where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
    /// One of the words of an enumeration.
    /// - Parameters:
    ///   - what: "'x' is not WHAT".
    ///   - later: words of the language that this version refuses, and with which message.
    static func word(_ what: String, later: [String: String] = [:]) -> Format {
        let words = Value.allCases.map(\.rawValue)
        return .scalar("\(what): \(words.listed())", schema: ["enum": .array(words.map { .string($0) })]) {
            text throws(ValueProblem) in
            if let value = Value(rawValue: text) { return value }
            if let message = later[text] { throw ValueProblem(message) }
            throw ValueProblem(
                "'\(shortened(text))' is not \(what): expected \(words.listed())\(Suggestion.phrase(text, among: words))"
            )
        }
    }
}

extension Format where Value == ArgumentValue {
    /// Anything that YAML can write and an AMQP table can hold.
    static func argument(_ scope: TemplateScope?) -> Format {
        Format("a value", schema: true) { node, reading in
            switch node.content {
            case .broken: return nil
            case .scalar(let text, let style):
                if node.isNull, let source = reading.source, source.text(node.span) == "",
                    SyntaxHints.comment(after: node.span.end, in: source) != nil
                {
                    _ = node.template("a value", reading)
                    return nil
                }
                if style == .plain, let value = ArgumentValue(plain: text) { return value }
                guard let scope else { return .string(singleDollars(text)) }
                scope.check(text, at: node, reading)
                return .string(text)
            case .sequence(let items):
                return .list(
                    items.enumerated().compactMap { index, item in
                        reading.at(String(index), value: item.span) { Format.argument(scope).read(item, reading) }
                    })
            case .mapping:
                return Format<[String: ArgumentValue]>.arguments(scope).read(node, reading).map { .table($0) }
            }
        }
    }
}

extension ArgumentValue {
    /// YAML's core schema: null, booleans, whole numbers, numbers.
    init?(plain text: String) {
        switch text {
        case "", "~", "null", "Null", "NULL": self = .null
        case "true", "True", "TRUE": self = .bool(true)
        case "false", "False", "FALSE": self = .bool(false)
        case ".inf", ".Inf", "+.inf": self = .double(.infinity)
        case "-.inf": self = .double(-.infinity)
        case ".nan", ".NaN": self = .double(.nan)
        default:
            if let number = Units.wholeNumber(text) {
                self = .int(number)
            } else if text.utf8.allSatisfy({ "0123456789+-.eE".utf8.contains($0) }), let number = Double(text) {
                self = .double(number)
            } else {
                return nil
            }
        }
    }
}

extension Format where Value == [String: ArgumentValue] {
    static func arguments(_ scope: TemplateScope? = nil) -> Format {
        Format("a mapping", schema: ["type": ["object", "null"]]) { node, reading in
            guard let pairs = node.isNull ? [] : node.pairs else {
                reading.mismatch(node, "a mapping")
                return nil
            }
            var table: [String: ArgumentValue] = [:]
            for pair in pairs {
                reading.at(pair.key, key: pair.keySpan, value: pair.value.span) {
                    if pair.key.utf8.count > 255 {
                        reading.error("'\(shortened(pair.key))' is longer than the 255 bytes of AMQP", at: pair.keySpan)
                    }
                    table[pair.key] = Format<ArgumentValue>.argument(scope).read(pair.value, reading)
                }
            }
            return table
        }
    }
}

/// Where a template is used, and so which names have a value there.
struct TemplateScope: Sendable {
    let names: [String]
    let allowsEndpoints: Bool
    /// "in a message"
    let place: String

    /// Once for each message.
    static let message = TemplateScope(
        names: Template.names.filter { !["port", "data"].contains($0) }, allowsEndpoints: false, place: "a message")
    /// Once for each call.
    static let call = TemplateScope(names: message.names, allowsEndpoints: false, place: "a call")
    /// Once for each process.
    static let process = TemplateScope(
        names: Template.names.filter { $0 != "seq" }, allowsEndpoints: true, place: "a process's settings")

    /// Says so if the text is no template, or if a name in it means nothing here.
    func check(_ text: String, at node: YAMLNode, _ reading: Reading) {
        do throws(Template.Problem) {
            let template = try Template(text)
            if !allowsEndpoints, let (name, endpoint) = template.endpoints.first {
                reading.error(
                    "$(\(name).\(endpoint)) has no value in \(place)", at: node.span,
                    advice: "endpoints are filled in in command, env and ready")
            }
            if !names.contains("seq"), template.pieces.contains(.sequence) {
                reading.error("$(seq) has no value in \(place): it counts messages", at: node.span)
            }
            if !names.contains("port"), template.pieces.contains(.ownPort) {
                reading.error(
                    "$(port) has no value in \(place): it is where a program with 'serve' or 'protocol' listens",
                    at: node.span)
            }
            if !names.contains("data"), template.pieces.contains(.data) {
                reading.error("$(data) has no value in \(place): it is a process's own folder", at: node.span)
            }
        } catch {
            report(error, at: node, reading)
        }
    }

    private func report(_ problem: Template.Problem, at node: YAMLNode, _ reading: Reading) {
        let literal = "for a text that starts with a dollar and a parenthesis, write $$("
        switch problem {
        case .unclosed: reading.error("'$(' without its ')'", at: node.span, advice: literal)
        case .unknown(let name):
            let near = Suggestion.nearest(name, among: names).map { ", did you mean $(\($0))?" } ?? ""
            reading.error(
                "there is no $(\(shortened(name)))\(near)", at: node.span,
                advice: near.isEmpty
                    ? "there are \(names.map { $0 == "random" ? "$(random 1 10)" : "$(\($0))" }.listed("and"))"
                        + (allowsEndpoints ? ", and endpoints such as $(broker.url)" : "")
                        + "; $$(\(shortened(name))) stays as it is" : nil)
        case .badRange(let text):
            reading.error(
                "expected two whole numbers, the smaller first, as in $(random 1 10), found $(\(shortened(text)))",
                at: node.span)
        case .unknownEndpoint(let node2, let property):
            let all = Template.Endpoint.allCases.map(\.rawValue)
            reading.error(
                "$(\(shortened(node2)).\(shortened(property))): expected \(all.listed()) after the dot"
                    + Suggestion.phrase(property, among: all), at: node.span, advice: literal)
        }
    }
}
