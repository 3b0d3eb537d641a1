import TopologyText

/// Services and types of objects.
extension SourceForms {
    static func withMethods(
        _ form: SourceForm, _ method: SourceForm, _ name: String?, _ entries: [TopologyValue.Entry]
    ) -> String? {
        guard let methods = entries.first(where: { $0.key == "methods" }), case .mapping(let all) = methods.value,
            let head = form.call(entries.filter { $0.key != "methods" }, first: name)
        else { return nil }
        let lines = all.compactMap { entry -> String? in
            guard case .mapping(let inner) = entry.value else { return nil }
            return method.call(inner, first: SwiftSource.literal(entry.key))
        }
        guard lines.count == all.count else { return nil }
        return "\(head) {\n\(lines.map(SwiftSource.indented).joined(separator: "\n"))\n}"
    }

    static let rules: [Parameter] = [
        .at("semantics", Written.word), .at("retry", Written.call(retry)), .at("duplicates", policy),
        .at("limits", policy),
    ]
    static let service = SourceForm(
        "Service", [.at("messages", Written.value), .at("enums", Written.value)] + rules)
    static let imported = SourceForm(
        "Service",
        [.at("proto", Written.text), .at("proto_path", Written.texts)] + rules + [.at("handlers", Written.dictionary)])
    static let method = SourceForm(
        "Method",
        [
            .at("request", Written.value), .at("response", Written.value), .at("stream", Written.word),
            .at("handler", Written.text),
        ])
    static let objectType = SourceForm(
        "ObjectType",
        [
            .at("state", Written.value), .at("messages", Written.value), .at("enums", Written.value),
            .at("durable", Written.flag), .at("restore", Written.word), .at("snapshot", Written.time),
            .at("follow", Written.share), .at("on_stop", Written.word), .at("mailbox", Written.number),
            .at("drain_timeout", Written.time), .at("tombstone", Written.time), .at("lease", Written.time),
        ] + rules + [.at("instances", instances)])
    static let objectMethod = SourceForm(
        "ObjectMethod",
        [
            .at("params", Written.value), .at("returns", Written.value), .at("raises", Written.texts),
            .at("handler", Written.text),
        ])

    /// Times are texts there.
    static func policy(_ value: TopologyValue) -> String? { Written.value(value.withTexts) }

    static func instances(_ value: TopologyValue) -> String? {
        guard case .mapping(let entries) = value else { return nil }
        let form = SourceForm("Instance", [.at("host", Written.text), .at("state", Written.value)])
        let texts = entries.compactMap { entry -> String? in
            guard case .mapping(let inner) = entry.value else { return nil }
            return form.call(inner, first: SwiftSource.literal(entry.key))
        }
        return texts.count == entries.count ? "[\(texts.joined(separator: ", "))]" : nil
    }
}

extension TopologyValue {
    /// Words that are no numbers are texts where any value may stand.
    fileprivate var withTexts: TopologyValue {
        guard case .mapping(let entries) = self else { return self }
        return .mapping(
            entries.map { entry in
                if case .word(let text) = entry.value, Int(text) == nil { return .init(entry.key, .text(text)) }
                return entry
            })
    }
}
