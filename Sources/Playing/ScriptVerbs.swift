import ClusterModel
import Scripting
import TopologyDSL

/// The functions of a script, as verbs. To add one: an entry in `table`.
enum ScriptVerbs {
    private typealias Entry = (key: String, value: VerbSyntax.Value)
    private typealias Reader = @Sendable (Arguments) throws(OrchError) -> [Entry]

    static var names: [String] { table.keys.sorted() + ["status", "queue"] }

    /// What a script's function means.
    /// - Throws: `OrchError` with the code `usage`.
    static func verb(_ name: String, _ values: [ScriptValue], topology: Topology) throws(OrchError) -> Verb {
        let arguments = Arguments(values: values)
        switch name {
        case "status": return .status(try arguments.text(0, "a node's name"))
        case "queue": return .queue(try arguments.text(0, "a queue's name"))
        default: break
        }
        guard let reader = table[name] else { throw OrchError(.usage, "there is no function '\(name)'") }
        return try VerbSyntax.parse(try reader(arguments), topology: topology)
    }

    private static let table: [String: Reader] = [
        "wait": { arguments throws(OrchError) in
            [("wait", .text("\(try time(arguments[0]).nanoseconds)ns"))]
        },
        "fault": { arguments throws(OrchError) in
            let text = try arguments.text(0, "a fault such as \"drop 30%\"")
            return [("fault", .table([VerbSyntax.pair(text)] + (try arguments.options(1))))]
        },
        "clear": { arguments throws(OrchError) in
            [("clear", arguments[0] == .null ? .text("all") : try arguments.value(0))]
        },
        "publish": { arguments throws(OrchError) in [("publish", .table(try arguments.options(0)))] },
        "call": { arguments throws(OrchError) in
            let method = try arguments.text(0, "a method such as \"Calculator.suma\"")
            return [
                ("call", .table([("method", .text(method))] + (try arguments.with(1)) + (try arguments.options(2))))
            ]
        },
        "invoke": { arguments throws(OrchError) in
            let object = try arguments.text(0, "an object's name")
            let method = try arguments.text(1, "a method")
            return [
                (
                    "invoke",
                    .table(
                        [("object", .text(object)), ("method", .text(method))] + (try arguments.with(2))
                            + (try arguments.options(3)))
                )
            ]
        },
        "migrate": { arguments throws(OrchError) in
            [
                ("migrate", .text(try arguments.text(0, "an object's name"))),
                ("to", .text(try arguments.text(1, "a process"))),
            ]
        },
        "assert_that": { arguments throws(OrchError) in
            let text = try arguments.text(0, "an assertion such as \"delivery: at-least-once\"")
            return [("assert", .table([VerbSyntax.pair(text)] + (try arguments.options(1))))]
        },
        "log": { arguments throws(OrchError) in [("note", .text(arguments.line))] },
        "kill": process("kill"), "pause": process("pause"), "resume": process("resume"), "stop": process("stop"),
        "start": process("start"), "restart": process("restart"),
    ]

    private static func process(_ keyword: String) -> Reader {
        { arguments throws(OrchError) in
            [(keyword, .text(try arguments.text(0, "a node such as \"worker-1\"")))] + (try arguments.options(1))
        }
    }

    /// Seconds, or a text with its unit.
    static func time(_ value: ScriptValue) throws(OrchError) -> Duration {
        let seconds: Double? =
            switch value {
            case .integer(let number): Double(number)
            case .number(let number): number
            default: nil
            }
        if let seconds, seconds >= 0, seconds <= 86_400 { return .nanoseconds(Int64(seconds * 1e9)) }
        if let text = value.text, let time = try? Units.duration(text) { return time }
        throw OrchError(.usage, "expected seconds up to a day, or a text such as \"200ms\"")
    }

    /// What a function was given.
    private struct Arguments {
        var values: [ScriptValue]

        subscript(position: Int) -> ScriptValue { position < values.count ? values[position] : .null }

        func text(_ position: Int, _ what: String) throws(OrchError) -> String {
            guard let text = self[position].text else {
                throw OrchError(.usage, "expected \(what) as argument \(position + 1)")
            }
            return text
        }

        func value(_ position: Int) throws(OrchError) -> VerbSyntax.Value { try ScriptVerbs.value(self[position]) }

        /// Of a table; numbers where times are meant are seconds.
        func options(_ position: Int) throws(OrchError) -> [Entry] {
            guard case .table(let entries) = self[position] else {
                if self[position] == .null { return [] }
                throw OrchError(.usage, "expected a table of options as argument \(position + 1)")
            }
            var result: [Entry] = []
            for entry in entries {
                guard let key = entry.key.text else { throw OrchError(.usage, "expected names as the table's keys") }
                if times.contains(key), entry.value.text == nil {
                    result.append((key, .text("\(try time(entry.value).nanoseconds)ns")))
                } else {
                    result.append((key, try ScriptVerbs.value(entry.value)))
                }
            }
            return result
        }

        func with(_ position: Int) throws(OrchError) -> [Entry] {
            self[position] == .null ? [] : [("with", try value(position))]
        }

        /// All of them, for people.
        var line: String {
            let words = values.map { value in
                switch value {
                case .integer(let number): "\(number)"
                case .number(let number): "\(number)"
                case .bool(let flag): "\(flag)"
                case .null: "nil"
                case .string(let bytes): String(decoding: bytes, as: UTF8.self)
                case .list, .table: "a table"
                }
            }
            let line = words.joined(separator: " ")
            return line.isEmpty ? " " : line
        }
    }

    private static let times: Set<String> = ["for", "within", "settle", "jitter"]

    private static func value(_ value: ScriptValue) throws(OrchError) -> VerbSyntax.Value {
        switch value {
        case .null: return .null
        case .bool(let flag): return .bool(flag)
        case .integer(let number): return .int(number)
        case .number(let number): return .double(number)
        case .string:
            guard let text = value.text else { throw OrchError(.usage, "a text is not valid UTF-8") }
            return .text(text)
        case .list(let items):
            var result: [VerbSyntax.Value] = []
            for item in items { result.append(try Self.value(item)) }
            return .list(result)
        case .table(let entries):
            var result: [Entry] = []
            for entry in entries {
                guard let key = entry.key.text else { throw OrchError(.usage, "expected names as the table's keys") }
                result.append((key, try Self.value(entry.value)))
            }
            return .table(result)
        }
    }
}

extension ScriptValue {
    init(_ value: ArgumentValue) {
        self =
            switch value {
            case .string(let text): .text(text)
            case .int(let number): .integer(number)
            case .double(let number): .number(number)
            case .bool(let flag): .bool(flag)
            case .null: .null
            case .list(let items): .list(items.map { ScriptValue($0) })
            case .table(let entries):
                .table(
                    entries.sorted { $0.key < $1.key }.map { ScriptEntry(.text($0.key), ScriptValue($0.value)) })
            }
    }
}
