/// The JSON Schema of topology files, from the same description that reads them.
package enum TopologySchema {
    /// Draft 2020-12, with a line break at the end.
    package static func json() -> String {
        var definitions: [String: JSON] = [:]
        var order: [String] = []
        collect(TopLevel.record.schema, &definitions, &order)
        var members: [JSON.Member] = [
            .init(name: "$schema", value: "https://json-schema.org/draft/2020-12/schema"),
            .init(name: "title", value: "orch topology"),
        ]
        if case .object(let top) = TopLevel.record.schema { members += top }
        members.append(
            .init(
                name: "$defs",
                value: .object(order.sorted().compactMap { name in definitions[name].map { (name, $0) } })))
        return JSON.object(members).text() + "\n"
    }

    private static func collect(_ json: JSON, _ definitions: inout [String: JSON], _ order: inout [String]) {
        switch json {
        case .shared(let name, let inner):
            guard definitions[name] == nil else { return }
            definitions[name] = inner
            order.append(name)
            collect(inner, &definitions, &order)
        case .array(let items): for item in items { collect(item, &definitions, &order) }
        case .object(let members): for member in members { collect(member.value, &definitions, &order) }
        default: break
        }
    }
}
