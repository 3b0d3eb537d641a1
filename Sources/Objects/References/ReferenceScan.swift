import Protobuf

/// Finds the references in values: each text that reads as a reference as a whole, keys of tables included.
package enum ReferenceScan {
    /// References in one set of values.
    package static let limit = 10_000
    /// Values, those in values included.
    package static let valueLimit = 1_000_000

    /// There are more than somebody may hold at once: to go on without some of them would leave those unheld.
    package struct TooMany: Error, Sendable, Equatable, CustomStringConvertible {
        package var description: String {
            """
            the values carry more than \(ReferenceScan.limit) references, or consist of more than \
            \(ReferenceScan.valueLimit) values; pass them in several calls
            """
        }
    }

    package static func references(
        in values: some Sequence<Untyped>, limit: Int = limit, values valueLimit: Int = valueLimit
    ) throws(TooMany) -> Set<ObjectReference> {
        var found: Set<ObjectReference> = []
        var open = Array(values)
        var seen = 0
        while let value = open.popLast() {
            seen += 1
            guard seen + open.count <= valueLimit else { throw TooMany() }
            switch value {
            case .string(let text): try add(text, to: &found, limit)
            case .list(let items): open += items
            case .table(let table):
                for entry in table.entries {
                    try add(entry.key, to: &found, limit)
                    open.append(entry.value)
                }
            case .null, .bool, .int, .uint, .double, .bytes: break
            }
        }
        return found
    }

    package static func references(in value: Untyped) throws(TooMany) -> Set<ObjectReference> {
        try references(in: CollectionOfOne(value))
    }

    package static func references(
        inTexts texts: some Sequence<String>, limit: Int = limit
    ) throws(TooMany) -> Set<ObjectReference> {
        var found: Set<ObjectReference> = []
        for text in texts { try add(text, to: &found, limit) }
        return found
    }

    private static func add(_ text: String, to found: inout Set<ObjectReference>, _ limit: Int) throws(TooMany) {
        // Most texts are none: look at one letter first.
        guard text.utf8.first == UInt8(ascii: "o"), let reference = ObjectReference(text) else { return }
        found.insert(reference)
        if found.count > limit { throw TooMany() }
    }
}
