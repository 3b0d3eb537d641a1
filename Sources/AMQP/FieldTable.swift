import NIOCore

/// A table of named values, in the order of the wire (AMQP 0-9-1 §4.2.5.5).
///
/// A key that occurs twice is illegal, yet kept as received: reading gives its first value, as RabbitMQ does. Lookup is
/// linear; tables are small. Keys hold up to 255 octets.
package struct FieldTable: Equatable, Sendable {
    private struct Entry: Equatable, Sendable {
        var key: String
        var value: FieldValue
    }

    private var entries: [Entry] = []

    package init() {}

    package init(_ elements: some Sequence<(String, FieldValue)>) {
        entries = elements.map { Entry(key: $0, value: $1) }
    }

    /// The first value of `key`. Setting replaces that value in its place, or appends; setting nil removes every entry
    /// of the key.
    package subscript(key: String) -> FieldValue? {
        get { entries.first { $0.key == key }?.value }
        set {
            guard let newValue else {
                entries.removeAll { $0.key == key }
                return
            }
            if let index = entries.firstIndex(where: { $0.key == key }) {
                entries[index].value = newValue
            } else {
                entries.append(Entry(key: key, value: newValue))
            }
        }
    }

    package var keys: [String] { entries.map(\.key) }
}

extension FieldTable: ExpressibleByDictionaryLiteral {
    package init(dictionaryLiteral elements: (String, FieldValue)...) { self.init(elements) }
}

extension FieldTable: RandomAccessCollection {
    package var startIndex: Int { 0 }
    package var endIndex: Int { entries.count }
    package subscript(position: Int) -> (key: String, value: FieldValue) {
        (entries[position].key, entries[position].value)
    }
}

extension FieldTable {
    /// Reads a length and the entries within it. SYNTAX_ERROR if they do not fit it exactly, or are nested more than
    /// `AMQPLimits.nesting` deep.
    package init(decoding buffer: inout ByteBuffer) throws(AMQPError) {
        try self.init(decoding: &buffer, depth: 0)
    }

    /// `depth` counts the tables and arrays around this one.
    init(decoding buffer: inout ByteBuffer, depth: Int) throws(AMQPError) {
        guard depth < AMQPLimits.nesting else { throw .nestedTooDeeply }
        let length = try buffer.takeLength()
        guard length > 0 else { return }
        guard var items = buffer.readSlice(length: length) else { throw .truncated }
        while items.readableBytes > 0 {
            let key = try items.takeShortString()
            entries.append(Entry(key: key, value: try FieldValue(decoding: &items, depth: depth + 1)))
        }
    }

    package func encode(into buffer: inout ByteBuffer) {
        buffer.putLengthPrefixed { buffer in
            for entry in entries {
                buffer.putShortString(entry.key)
                entry.value.encode(into: &buffer)
            }
        }
    }
}
