import TopologyText

/// Faults and assertions.
extension SourceForms {
    static let faultKinds: [String: [Parameter]] = [
        "drop": [], "duplicate": [], "corrupt": [], "truncate": [], "reorder": [.at("within", Written.time)],
        "error": [.at("status", Written.number)], "delay": [.at("jitter", Written.time), .at("chance", Written.share)],
        "latency": [.at("jitter", Written.time)], "kill": [.at("signal", Written.text)], "pause": [], "restart": [],
    ]
    static let faultRest = SourceForm(
        "",
        [
            .at("link", Written.text), .at("only", only), .at("at", Written.time), .at("failpoint", Written.text),
            .at("for", Written.time), .at("every", Written.time),
            .at("settle") { value in
                value.plainText == "never" ? ".never" : Written.time(value).map { ".after(\($0))" }
            },
            .at("name", Written.text),
        ])

    static func fault(_ entries: [TopologyValue.Entry]) -> String? {
        let rest = entries.filter { entry in faultRest.parameters.contains { $0.key == entry.key } }
        let own = entries.filter { entry in !faultRest.parameters.contains { $0.key == entry.key } }
        guard let first = own.first, let kind = faultKind(first, own), let arguments = faultRest.arguments(rest) else {
            return nil
        }
        return SourceForm.join("Fault", [kind] + arguments)
    }

    static func faultKind(_ first: TopologyValue.Entry, _ own: [TopologyValue.Entry]) -> String? {
        switch first.key {
        case "reset", "blackhole": return ".\(first.key)"
        case "partition": return partition(first.value)
        default:
            guard let parameters = faultKinds[first.key] else { return nil }
            let isTime = ["delay", "latency"].contains(first.key)
            let isNode = ["kill", "pause", "restart"].contains(first.key)
            let write: SourceForm.Writer = isTime ? Written.time : isNode ? Written.text : Written.share
            return SourceForm(".\(first.key)", [Parameter(first.key, nil, write)] + parameters).call(own)
        }
    }

    static func partition(_ value: TopologyValue) -> String? {
        switch value {
        case .list(let parts):
            let texts = parts.compactMap(Written.texts)
            return texts.count == parts.count ? ".partition(\(texts.joined(separator: ", ")))" : nil
        case .mapping(let entries) where entries.first?.key == "from":
            return SourceForm(".cut", [.at("from", Written.texts), .at("to", Written.texts)]).call(entries)
        case .mapping(let entries):
            let names = ["halves": "halves", "isolate": "isolate", "bridge": "bridge", "majority-ring": "majorityRing"]
            guard let shape = entries.first, let name = names[shape.key] else { return nil }
            return Written.text(shape.value).map { ".\(name)(\($0))" }
        default: return nil
        }
    }

    static func only(_ value: TopologyValue) -> String? {
        let kinds: SourceForm.Writer = { value in Written.list(value, Written.word) }
        guard case .mapping(let entries) = value else { return kinds(value).map { ".init(\($0))" } }
        return SourceForm(
            ".init",
            [
                Parameter("kind", nil, kinds), .at("key", Written.text), .at("method", Written.text),
                .at("path", Written.text), .at("nth", Written.number), .at("first", Written.number),
            ]
        ).call(entries)
    }

    static let claims: [String: SourceForm] = {
        let method = Parameter.at("method", Written.text)
        func form(_ name: String, _ write: @escaping SourceForm.Writer, _ rest: [Parameter] = []) -> SourceForm {
            SourceForm(".\(name)", [Parameter("", nil, write)] + rest)
        }
        let basis = [Parameter.at("of", Written.word)]
        return [
            "delivery": form("delivery", Written.word, basis), "messages": form("messages", Written.word, basis),
            "queue": form("queue", Written.text, [.at("depth", Written.bound), .at("consumers", Written.bound)]),
            "node": form(
                "node", Written.text,
                [.at("state", Written.text), .at("restarts", Written.bound), .at("exit", Written.bound)]),
            "log": form(
                "log", Written.text,
                [.at("contains", Written.text), .at("matches", Written.text), .at("count", Written.bound)]),
            "calls": form("calls", Written.word, [method]), "latency": form("latency", Written.bounds, [method]),
            "throughput": form("throughput", Written.bound, [method]),
            "availability": form("availability", Written.bound, [method]),
            "recovery": SourceForm(
                ".recovery", [Parameter("", "within", Written.time), method, .at("after", Written.text)]),
            "linearizable": form("linearizable", Written.text, [.at("model", Written.word)]),
            "alive": form("alive", Written.text), "pause": form("pause", Written.bound, [.at("object", Written.text)]),
            "state": form("state", Written.text, [.at("is", Written.value)]),
            "feed": form("feed", Written.word, [.at("of", Written.text), .at("fresh", Written.bounds)]),
            "false-deaths": form("falseDeaths", Written.bound, [.at("group", Written.text)]),
            "coherent": form("coherent", Written.text),
            "found": form(
                "found", Written.bound,
                [.at("group", Written.text), .at("by", Written.word), .at("hops", Written.bound)]),
        ]
    }()

    static let judgement: [Parameter] = [
        .at("from", Written.text), .at("to", Written.text),
        Parameter("expect", "isViolated") { $0.plainText == "violated" ? "true" : nil }, .at("within", Written.time),
    ]

    static func assertion(_ entries: [TopologyValue.Entry]) -> String? {
        let rest = entries.filter { entry in judgement.contains { $0.key == entry.key } }
        let own = entries.filter { entry in !judgement.contains { $0.key == entry.key } }
        guard let first = own.first, let claim = claim(first, Array(own.dropFirst())),
            let arguments = SourceForm("", judgement).arguments(rest)
        else { return nil }
        return SourceForm.join("Assert", [claim] + arguments)
    }

    static func claim(_ first: TopologyValue.Entry, _ rest: [TopologyValue.Entry]) -> String? {
        switch first.key {
        case "routing", "order": return rest.isEmpty ? ".\(first.key)" : nil
        case "owner":
            return SourceForm(".singleOwner", [Parameter("object", "of", Written.text)]).call(rest)
        case "collected":
            if let time = Written.time(first.value) { return ".collected(within: \(time))" }
            return Written.call(
                SourceForm(".collected", [.at("within", Written.time), .at("type", Written.text)]))(first.value)
        case "converged", "detected":
            return Written.call(
                SourceForm(".\(first.key)", [Parameter("group", nil, Written.text), .at("within", Written.time)]))(
                    first.value)
        default: return claims[first.key]?.call([.init("", first.value)] + rest)
        }
    }
}
