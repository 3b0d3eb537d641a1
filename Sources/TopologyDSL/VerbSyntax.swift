import ClusterModel
import Scripting

/// Verbs as scripts and commands write them. They are read by the very description that reads files, so that all have the
/// same words, checks and messages.
package enum VerbSyntax {
    /// What an option is given as.
    package indirect enum Value: Sendable, Equatable {
        case null
        case bool(Bool)
        case int(Int64)
        case double(Double)
        /// Never anything else, whatever it looks like.
        case text(String)
        case list([Value])
        case table([(key: String, value: Value)])

        package static func == (left: Value, right: Value) -> Bool {
            switch (left, right) {
            case (.null, .null): true
            case (.bool(let a), .bool(let b)): a == b
            case (.int(let a), .int(let b)): a == b
            case (.double(let a), .double(let b)): a == b
            case (.text(let a), .text(let b)): a == b
            case (.list(let a), .list(let b)): a == b
            case (.table(let a), .table(let b)):
                a.count == b.count && zip(a, b).allSatisfy { $0.key == $1.key && $0.value == $1.value }
            default: false
            }
        }
    }

    /// - Parameters:
    ///   - step: the keys of a step, as a file would have them: `kill: worker-1`, `signal: TERM`.
    ///   - topology: of the running cluster, against which everything is checked.
    /// - Throws: `OrchError` with the code `usage`; its message has every problem, one a line.
    package static func parse(_ step: [(key: String, value: Value)], topology: Topology) throws(OrchError) -> Verb {
        let reading = Reading(source: nil)
        let node = Value.table(step).node
        let draft = reading.at("scenario", value: node.span) {
            reading.at("0", value: node.span) { ScenarioSection.record.read(node, reading) }
        }
        var verb = draft.step.action
        if draft.isMade, !reading.hasErrors {
            verb = Checker(topology, reading).settled(draft.step, ["scenario", "0"]).action
        }
        let errors = reading.diagnostics.filter { $0.severity == .error }
        guard errors.isEmpty, draft.isMade else {
            throw OrchError(
                .usage, errors.map(\.message).joined(separator: "\n"), advice: errors.lazy.compactMap(\.advice).first)
        }
        return verb
    }

    /// `drop 30%`, `delivery: at-least-once`: the first word is the key, the rest is its value.
    package static func pair(_ text: String) -> (key: String, value: Value) {
        let end = text.firstIndex { $0 == " " || $0 == ":" } ?? text.endIndex
        let rest = text[end...].drop { $0 == ":" || $0 == " " }
        return (String(text[..<end]), rest.isEmpty ? .null : .text(String(rest)))
    }

    /// A script that a file holds.
    /// - Throws: `OrchError` with the code `badTopology`, which names the line.
    package static func script(at path: String) throws(OrchError) -> ScenarioScript {
        do throws(ValueProblem) {
            return try ScriptSection.read(path)
        } catch {
            throw OrchError(.badTopology, error.message, advice: error.advice)
        }
    }
}

extension VerbSyntax.Value {
    fileprivate var node: YAMLNode {
        let span = Span(0, 0)
        func plain(_ text: String) -> YAMLNode { YAMLNode(.scalar(text, .plain), span) }
        return switch self {
        case .null: plain("")
        case .bool(let value): plain("\(value)")
        case .int(let value): plain("\(value)")
        case .double(let value): plain("\(value)")
        // A file's `$$` is one dollar.
        case .text(let text): YAMLNode(.scalar(text.replacing("$", with: "$$"), .quoted), span)
        case .list(let items): YAMLNode(.sequence(items.map(\.node)), span)
        case .table(let entries):
            YAMLNode(.mapping(entries.map { .init(key: $0.key, keySpan: span, value: $0.value.node) }), span)
        }
    }
}
