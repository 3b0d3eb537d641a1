import NIOHPACK

/// Custom metadata of a call: an ordered multi-map of names to values, for HTTP/2 headers and trailers.
///
/// Names are lower case. A name that ends in `-bin` carries bytes, in base64 on the wire; any other value is printable ASCII.
/// Source: gRPC over HTTP/2, "Custom-Metadata".
package struct Metadata: Hashable, Sendable {
    struct Entry: Hashable, Sendable {
        var name: String
        /// As on the wire: base64 under a `-bin` name.
        var value: String
        /// Whether HPACK may keep it for the next calls.
        var repeats: Bool
    }

    /// The largest `size` that `add` allows. A call's whole metadata must fit one frame of 16 KiB, compressed by HPACK.
    package static let maximumSize = 16 << 10

    var entries: [Entry] = []
    /// As HTTP/2 counts a header list: names and values, plus 32 bytes each (RFC 9113 §6.5.2).
    package private(set) var size = 0

    package init() {}

    package var isEmpty: Bool { entries.isEmpty }
    package var count: Int { entries.count }

    /// Adds a text value behind those already there.
    /// - Parameter repeats: many calls will carry this very value: HPACK may remember it. Otherwise it is sent in full each
    ///   time, which is cheaper for a value that changes.
    package mutating func add(_ name: String, _ value: String, repeats: Bool = false) throws(MetadataError) {
        guard HeaderRules.isMetadataName(name) else { throw .invalidName(name) }
        guard !HeaderRules.isReserved(name) else { throw .reservedName(name) }
        guard !Self.isBinary(name) else { throw .binaryName(name) }
        guard HeaderRules.isPrintable(value) else { throw .invalidValue(name: name) }
        try append(Entry(name: name, value: value, repeats: repeats))
    }

    /// Adds bytes under a name that ends in `-bin`.
    package mutating func add(_ name: String, binary value: [UInt8], repeats: Bool = false) throws(MetadataError) {
        guard HeaderRules.isMetadataName(name), Self.isBinary(name) else { throw .invalidName(name) }
        guard !HeaderRules.isReserved(name) else { throw .reservedName(name) }
        try append(Entry(name: name, value: Base64.encode(value), repeats: repeats))
    }

    /// Adds all of another's entries behind one's own.
    package mutating func add(contentsOf other: Metadata) throws(MetadataError) {
        guard size + other.size <= Self.maximumSize else { throw .tooLarge }
        entries += other.entries
        size += other.size
    }

    /// Adds what came over the wire and was checked there.
    mutating func append(received name: String, _ value: String) {
        entries.append(Entry(name: name, value: value, repeats: false))
        size += name.utf8.count + value.utf8.count + 32
    }

    private mutating func append(_ entry: Entry) throws(MetadataError) {
        let added = entry.name.utf8.count + entry.value.utf8.count + 32
        guard size + added <= Self.maximumSize else { throw .tooLarge }
        entries.append(entry)
        size += added
    }

    package mutating func removeAll(_ name: String) {
        entries.removeAll { entry in
            guard entry.name == name else { return false }
            size -= entry.name.utf8.count + entry.value.utf8.count + 32
            return true
        }
    }

    /// The first value under a name, as text: base64 for a `-bin` name.
    package subscript(name: String) -> String? {
        entries.first { $0.name == name }?.value
    }

    /// All values under a name, in order.
    package func values(_ name: String) -> [String] {
        entries.compactMap { $0.name == name ? $0.value : nil }
    }

    /// The first bytes under a `-bin` name; nil if there are none or if they are not base64.
    package func binary(_ name: String) -> [UInt8]? {
        binaryValues(name).first
    }

    /// All bytes under a `-bin` name. One entry may hold several, joined by commas. What is not base64 is left out.
    package func binaryValues(_ name: String) -> [[UInt8]] {
        // `executed` under an ordinary name would pass for base64.
        guard Self.isBinary(name) else { return [] }
        return entries.flatMap { entry in
            entry.name == name
                ? entry.value.utf8.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
                    .compactMap(Base64.decode)
                : []
        }
    }

    package static func isBinary(_ name: String) -> Bool { name.utf8.count > 4 && name.hasSuffix("-bin") }
}

extension Metadata: Sequence {
    /// Names and values in order, as on the wire.
    package func makeIterator() -> some IteratorProtocol<(name: String, value: String)> {
        entries.lazy.map { (name: $0.name, value: $0.value) }.makeIterator()
    }
}

/// What may not be sent as metadata.
package enum MetadataError: Error, Hashable, Sendable {
    /// Not lower-case letters, digits, `_`, `-` and `.`; or bytes under a name without `-bin`.
    case invalidName(String)
    /// `grpc-…`, or a header that gRPC or HTTP/2 set themselves.
    case reservedName(String)
    /// Text under a name that ends in `-bin`.
    case binaryName(String)
    /// Not printable ASCII.
    case invalidValue(name: String)
    case tooLarge
}

extension HPACKHeaders {
    mutating func add(_ metadata: Metadata) {
        for entry in metadata.entries {
            add(name: entry.name, value: entry.value, indexing: entry.repeats ? .indexable : .nonIndexable)
        }
    }
}
