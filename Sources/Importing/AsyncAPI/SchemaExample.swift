import TopologyDSL
import TopologyText

/// A message such as a document describes: its example, or one made from its schema.
struct SchemaExample {
    struct Message {
        /// JSON, or the text where the example is one.
        var body: String?
        var headers: [TopologyValue.Entry]
    }

    let importer: AsyncAPIImporter
    /// Levels of a schema, and of an example.
    private static let depth = 12
    /// Values of one example: a schema that refers to itself in several places could go on for ever.
    private static let valueLimit = 500
    private var values = 0

    init(importer: AsyncAPIImporter) { self.importer = importer }

    mutating func message(_ tree: YAMLTree) throws(YAMLFile.Problems) -> Message {
        let example = try tree["examples"]?.items?.first.map { item throws(YAMLFile.Problems) in
            try importer.resolved(item)
        }
        var body = example?["payload"].map { $0.text ?? JSONText.text($0) }
        if body == nil,
            var schema = try tree["payload"].map({ item throws(YAMLFile.Problems) in try importer.resolved(item) })
        {
            // Schemas of other formats stand in a wrapper; only JSON Schema's are understood.
            if let inner = schema["schema"], schema["schemaFormat"] != nil { schema = try importer.resolved(inner) }
            body = try text(schema, 0)
        }
        let headers = (example?["headers"]?.entries ?? []).compactMap { entry -> TopologyValue.Entry? in
            entry.key.utf8.count > 255 ? nil : .init(entry.key, TopologyValue(entry.value))
        }
        return Message(body: body, headers: headers)
    }

    /// JSON that fits a schema; `nil` where it does not say enough.
    private mutating func text(_ schema: YAMLTree, _ depth: Int) throws(YAMLFile.Problems) -> String? {
        values += 1
        guard depth < Self.depth, values <= Self.valueLimit else { return "null" }
        let schema = try importer.resolved(schema)
        if let value = schema["const"] ?? schema["examples"]?.items?.first ?? schema["example"] ?? schema["default"]
            ?? schema["enum"]?.items?.first
        {
            return JSONText.text(value)
        }
        for key in ["oneOf", "anyOf"] {
            if let first = schema[key]?.items?.first { return try text(first, depth + 1) }
        }
        var properties: [(String, YAMLTree)] = []
        for part in [schema] + (try allOf(schema)) {
            for entry in part["properties"]?.entries ?? [] where !properties.contains(where: { $0.0 == entry.key }) {
                properties.append((entry.key, entry.value))
            }
        }
        if !properties.isEmpty {
            var members: [String] = []
            for (name, property) in properties.prefix(64) {
                members.append("\(JSONText.quoted(name)): \(try text(property, depth + 1) ?? "null")")
            }
            return "{" + members.joined(separator: ", ") + "}"
        }
        let type = schema["type"]?.text ?? schema["type"]?.items?.first?.text
        switch type {
        case "object": return "{}"
        case "array":
            guard let item = schema["items"], item.entries != nil else { return "[]" }
            return "[\(try text(item, depth + 1) ?? "")]"
        case "integer", "number": return schema["minimum"]?.text.flatMap(JSONText.number) ?? "0"
        case "boolean": return "true"
        case "string":
            switch schema["format"]?.text {
            case "date-time": return "\"2026-01-31T12:00:00Z\""
            case "date": return "\"2026-01-31\""
            case "uuid": return "\"00000000-0000-4000-8000-000000000000\""
            case "email": return "\"somebody@example.org\""
            default: return "\"text\""
            }
        case "null": return "null"
        default: return nil
        }
    }

    private func allOf(_ schema: YAMLTree) throws(YAMLFile.Problems) -> [YAMLTree] {
        var parts: [YAMLTree] = []
        for part in schema["allOf"]?.items ?? [] { parts.append(try importer.resolved(part)) }
        return parts
    }
}

/// YAML values as JSON on one line.
enum JSONText {
    static func text(_ tree: YAMLTree) -> String {
        switch tree.content {
        case .list(let items): return "[" + items.map(text).joined(separator: ", ") + "]"
        case .mapping(let entries):
            return "{" + entries.map { "\(quoted($0.key)): \(text($0.value))" }.joined(separator: ", ") + "}"
        case .scalar(let text, let isPlain):
            guard isPlain else { return quoted(text) }
            if tree.isNull { return "null" }
            if let flag = tree.flag { return flag ? "true" : "false" }
            return number(text) ?? quoted(text)
        }
    }

    /// The text, if JSON reads it as a number too.
    static func number(_ text: String) -> String? {
        guard Double(text) != nil, text.utf8.allSatisfy({ "0123456789+-.eE".utf8.contains($0) }) else { return nil }
        let digits = text.drop { $0 == "-" }
        guard let first = digits.first, first.isNumber, digits.last?.isNumber ?? false,
            first != "0" || digits.count == 1 || digits.dropFirst().first?.isNumber == false
        else { return nil }
        return text
    }

    static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case _ where scalar.value < 0x20:
                let hex = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
