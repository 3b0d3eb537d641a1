import ClusterModel

/// A fault as the command line writes it: `orch fault drop 30% --link 'a -> b' --for 2s --only ack`. It is read by the
/// very description that reads files, so that both have the same words, checks and messages.
package enum FaultSyntax {
    /// The faults, with one sentence on each, for help texts and completion.
    package static var keywords: [(keyword: String, help: String)] {
        FaultForm.all.map { ($0.keyword, $0.doc) }
    }

    /// The faults that links can have, each with a value to begin with; empty where it takes none.
    package static var ofLinks: [(keyword: String, example: String)] {
        let examples = ["delay": "50ms", "latency": "50ms", "reset": "", "blackhole": ""]
        return FaultForm.all.filter { $0.level == .message || $0.level == .connection }
            .map { ($0.keyword, examples[$0.keyword] ?? "30%") }
    }

    /// - Parameters:
    ///   - words: the fault and what it takes: `["drop", "30%"]`, `["kill", "1", "of", "worker"]`, `["reset"]`,
    ///     `["partition", "halves", "peer"]`, `["partition", "a, b | c"]`.
    ///   - only: kinds of message (`ack`, or several with commas), `key=PATTERN`, `method=NAME`,
    ///     `path=PATH`, `nth=7`, `first=2`.
    ///   - topology: of the running cluster; nodes and links are checked against it.
    /// - Throws: `OrchError` with the code `usage`; its message has every problem, one a line.
    package static func parse(
        words: [String], link: String? = nil, only: [String] = [], at: String? = nil, for duration: String? = nil,
        every: String? = nil, settle: String? = nil, name: String? = nil, jitter: String? = nil,
        chance: String? = nil, within: String? = nil, signal: String? = nil, status: String? = nil,
        topology: Topology
    ) throws(OrchError) -> FaultSpec {
        let reading = Reading(source: nil)
        let words = words.flatMap { $0.split(separator: " ").map(String.init) }
        guard let keyword = words.first else {
            throw OrchError(.usage, "expected a fault: \(FaultForm.all.map(\.keyword).listed())")
        }
        guard FaultForm.named(keyword) != nil else {
            if FaultForm.later.contains(keyword) {
                throw OrchError(.usage, "'\(keyword)' is not supported by this version of orch")
            }
            throw OrchError(
                .usage,
                "unknown fault '\(shortened(keyword))'\(Suggestion.phrase(keyword, among: FaultForm.all.map(\.keyword)))",
                advice: "the faults are \(FaultForm.all.map(\.keyword).listed("and"))")
        }
        let argument = words.dropFirst().joined(separator: " ")
        var pairs = [pair(keyword, YAMLNode(.scalar(argument, argument.isEmpty ? .plain : .quoted), Span(0, 0)))]
        let options = [
            ("link", link), ("at", at), ("for", duration), ("every", every), ("settle", settle), ("name", name),
            ("jitter", jitter), ("chance", chance), ("within", within), ("signal", signal), ("status", status),
        ]
        for case (let key, let value?) in options { pairs.append(pair(key, YAMLNode(typed: value))) }
        if !only.isEmpty { pairs.append(pair("only", try filter(only))) }
        let node = YAMLNode(.mapping(pairs), Span(0, 0))
        let draft = reading.at("faults", value: node.span) {
            reading.at("0", value: node.span) { FaultSection.record.read(node, reading) }
        }
        if let spec = draft.spec, !reading.hasErrors { Checker(topology, reading).check(spec, ["faults", "0"]) }
        let errors = reading.diagnostics.filter { $0.severity == .error }
        guard errors.isEmpty, let spec = draft.spec else {
            throw OrchError(
                .usage, errors.map(\.message).joined(separator: "\n"), advice: errors.lazy.compactMap(\.advice).first)
        }
        return spec
    }

    private static func pair(_ key: String, _ value: YAMLNode) -> YAMLNode.Pair {
        .init(key: key, keySpan: Span(0, 0), value: value)
    }

    /// `ack,confirm key=a.* nth=7` as the mapping that a file would hold.
    private static func filter(_ words: [String]) throws(OrchError) -> YAMLNode {
        var kinds: [YAMLNode] = []
        var pairs: [YAMLNode.Pair] = []
        for word in words.flatMap({ $0.split(separator: ",").map { String(trim($0)) } }) {
            guard let equals = word.firstIndex(of: "=") else {
                kinds.append(YAMLNode(typed: word))
                continue
            }
            let key = String(word[..<equals])
            guard !pairs.contains(where: { $0.key == key }) else {
                throw OrchError(.usage, "'\(key)=' twice in --only")
            }
            pairs.append(pair(key, YAMLNode(typed: String(word[word.index(after: equals)...]))))
        }
        if !kinds.isEmpty { pairs.append(pair("kind", YAMLNode(.sequence(kinds), Span(0, 0)))) }
        return YAMLNode(.mapping(pairs), Span(0, 0))
    }
}
