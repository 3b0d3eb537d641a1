import ClusterModel
import NIOCore
import Protobuf

/// A message of the services that hosts and directories offer each other. It names its fields once, in the order of
/// their numbers, for the schema, for writing and for reading.
package protocol WireMessage: Sendable, Equatable {
    init()
    /// Without the package: `LookupRequest`.
    static var name: String { get }
    mutating func code(_ coder: inout some WireCoder)
}

/// Walks the fields of a message.
package protocol WireCoder {
    mutating func text(_ name: String, _ value: inout String)
    mutating func number(_ name: String, _ value: inout UInt64)
    mutating func integer(_ name: String, _ value: inout Int64)
    mutating func flag(_ name: String, _ value: inout Bool)
    mutating func bytes(_ name: String, _ value: inout [UInt8])
    mutating func texts(_ name: String, _ value: inout [String])
    mutating func messages<M: WireMessage>(_ name: String, _ value: inout [M])
}

extension WireCoder {
    /// One of a set of words; a word that is not of the set leaves the value as it is.
    package mutating func choice<T: RawRepresentable>(_ name: String, _ value: inout T) where T.RawValue == String {
        var word = value.rawValue
        text(name, &word)
        value = T(rawValue: word) ?? value
    }

    /// None or one.
    package mutating func message<M: WireMessage>(_ name: String, _ value: inout M?) {
        var list = value.map { [$0] } ?? []
        messages(name, &list)
        value = list.last
    }
}

// MARK: - To and from octets

extension WireMessage {
    /// - Parameter type: of a schema that `WireSchema` made of this message.
    package func message(_ type: MessageType) throws -> Message {
        var writer = WireWriter()
        var copy = self
        copy.code(&writer)
        return try Message(type, .table(writer.table))
    }

    /// Fields that are missing keep the values of `init()`.
    package init(_ message: Message) {
        self.init()
        guard case .table(let table) = message.untyped else { return }
        var reader = WireReader(table)
        code(&reader)
    }
}

private struct WireWriter: WireCoder {
    var table = Untyped.Table()

    mutating func text(_ name: String, _ value: inout String) { table.append(name, .string(value)) }
    mutating func number(_ name: String, _ value: inout UInt64) {
        table.append(name, Int64(exactly: value).map { .int($0) } ?? .uint(value))
    }
    mutating func integer(_ name: String, _ value: inout Int64) { table.append(name, .int(value)) }
    mutating func flag(_ name: String, _ value: inout Bool) { table.append(name, .bool(value)) }
    mutating func bytes(_ name: String, _ value: inout [UInt8]) { table.append(name, .bytes(value)) }
    mutating func texts(_ name: String, _ value: inout [String]) {
        table.append(name, .list(value.map { .string($0) }))
    }
    mutating func messages<M: WireMessage>(_ name: String, _ value: inout [M]) {
        let items = value.map { item -> Untyped in
            var writer = WireWriter()
            var copy = item
            copy.code(&writer)
            return .table(writer.table)
        }
        table.append(name, .list(items))
    }
}

private struct WireReader: WireCoder {
    private var fields: [String: Untyped]

    init(_ table: Untyped.Table) {
        fields = Dictionary(table.entries.map { ($0.key, $0.value) }) { $1 }
    }

    mutating func text(_ name: String, _ value: inout String) {
        if case .string(let text)? = fields[name] { value = text }
    }
    mutating func number(_ name: String, _ value: inout UInt64) {
        switch fields[name] {
        case .int(let number)?: value = UInt64(clamping: number)
        case .uint(let number)?: value = number
        default: break
        }
    }
    mutating func integer(_ name: String, _ value: inout Int64) {
        switch fields[name] {
        case .int(let number)?: value = number
        case .uint(let number)?: value = Int64(clamping: number)
        default: break
        }
    }
    mutating func flag(_ name: String, _ value: inout Bool) {
        if case .bool(let flag)? = fields[name] { value = flag }
    }
    mutating func bytes(_ name: String, _ value: inout [UInt8]) {
        if case .bytes(let bytes)? = fields[name] { value = bytes }
    }
    mutating func texts(_ name: String, _ value: inout [String]) {
        guard case .list(let items)? = fields[name] else { return }
        value = items.compactMap { if case .string(let text) = $0 { text } else { nil } }
    }
    mutating func messages<M: WireMessage>(_ name: String, _ value: inout [M]) {
        guard case .list(let items)? = fields[name] else { return }
        value = items.compactMap { item in
            guard case .table(let table) = item else { return nil }
            var reader = WireReader(table)
            var message = M()
            message.code(&reader)
            return message
        }
    }
}
