import TopologyText

/// What is done while it runs.
extension SourceForms {
    private static let when = SourceForm(
        "", [.at("at", Written.time), .at("every", Written.time), .at("times", Written.number)])

    static func step(_ entries: [TopologyValue.Entry]) -> String? {
        let own = entries.filter { !when.hasKey($0.key) }
        guard let first = own.first, let verb = verb(first, own),
            let arguments = when.arguments(entries.filter { when.hasKey($0.key) })
        else { return nil }
        return SourceForm.join("Step", [verb] + arguments)
    }

    private static func verb(_ first: TopologyValue.Entry, _ own: [TopologyValue.Entry]) -> String? {
        switch first.key {
        case "migrate":
            // The hosts stand one after the other.
            let hosts: SourceForm.Writer = { Written.texts($0).map { String($0.dropFirst().dropLast()) } }
            return SourceForm(".migrate", [Parameter("migrate", nil, Written.text), .at("to", hosts)]).call(own)
        case "kill":
            return SourceForm(".kill", [Parameter("kill", nil, Written.text), .at("signal", Written.text)]).call(own)
        default: return own.count == 1 ? verb(first.key, first.value) : nil
        }
    }

    private static func verb(_ key: String, _ value: TopologyValue) -> String? {
        switch key {
        case "wait": return Written.time(value).map { ".wait(\($0))" } ?? Written.call(waitUntil)(value)
        case "clear":
            return value.plainText == "all" ? ".clear()" : Written.text(value).map { ".clear(\($0))" }
        case "pause", "resume", "stop", "start", "restart", "note": return Written.text(value).map { ".\(key)(\($0))" }
        default: break
        }
        guard case .mapping(let entries) = value else { return nil }
        switch key {
        case "fault": return fault(entries).map { ".fault(\($0))" }
        case "assert": return assertion(entries).map { ".assert(\($0))" }
        case "repeat": return repetition(entries)
        default: return verbs[key]?.call(entries)
        }
    }

    private static let verbs: [String: SourceForm] = [
        "publish": SourceForm(
            ".publish",
            [
                .at("to", Written.text), .at("queue", Written.text), .at("feed", Written.text),
                .at("key", Written.text),
                .at("headers", Written.value), .at("body", Written.text), .at("persistent", Written.flag),
                .at("broker", Written.text),
            ]),
        "call": SourceForm(
            ".call",
            [
                Parameter("method", nil, Written.text), .at("with", Written.value), .at("expect", Written.value),
                .at("to", Written.text),
            ]),
        "invoke": SourceForm(
            ".invoke",
            [
                Parameter("object", nil, Written.text), Parameter("method", nil, Written.text),
                .at("with", Written.value), .at("expect", Written.value),
            ]),
    ]

    private static let waitUntil = SourceForm(".wait", [.at("until", until), .at("within", Written.time)])

    private static func until(_ value: TopologyValue) -> String? {
        guard case .mapping(let entries) = value else { return nil }
        func form(_ key: String, _ rest: [Parameter]) -> String? {
            SourceForm(".\(key)", [Parameter(key, nil, Written.text)] + rest).call(entries)
        }
        switch entries.first?.key {
        case "node":
            return form(
                "node",
                [Parameter("state", "is", Written.text)]
                    + ["published", "processed", "called", "viewed"].map { .at($0, Written.bound) })
        case "queue": return form("queue", [.at("depth", Written.bound), .at("consumers", Written.bound)])
        case "fault": return form("fault", [])
        case "log":
            return form(
                "log", [.at("contains", Written.text), .at("matches", Written.text), .at("count", Written.bound)])
        default: return nil
        }
    }

    private static func repetition(_ entries: [TopologyValue.Entry]) -> String? {
        let head = SourceForm(".repeat", [.at("times", Written.number), .at("every", Written.time)])
        guard case .list(let items)? = entries.first(where: { $0.key == "steps" })?.value,
            let call = head.call(entries.filter { $0.key != "steps" })
        else { return nil }
        let steps = items.compactMap { item -> String? in
            if case .mapping(let inner) = item { step(inner) } else { nil }
        }
        guard steps.count == items.count else { return nil }
        return "\(call) {\n\(steps.map(SwiftSource.indented).joined(separator: "\n"))\n}"
    }
}
