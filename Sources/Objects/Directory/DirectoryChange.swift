import Protobuf
import RPC
import Storage

/// A session as it is kept. Its lease is not: who restarts counts all sessions as just heard of.
package struct DirectorySession: WireMessage {
    package static let name = "DirectorySession"
    package var id: UInt64 = 0
    package var host = ""
    package var incarnation = ""
    package var types: [String] = []
    /// Of the last `RegisterObjects` or `DropObjects`.
    package var number: UInt64 = 0
    /// Incarnations of the host before this one, the last last.
    package var earlier: [String] = []
    package init() {}
    package mutating func code(_ coder: inout some WireCoder) {
        coder.number("id", &id)
        coder.text("host", &host)
        coder.text("incarnation", &incarnation)
        coder.texts("types", &types)
        coder.number("number", &number)
        coder.texts("earlier", &earlier)
    }
}

/// The number of the next session.
package struct DirectoryCounter: WireMessage {
    package static let name = "DirectoryCounter"
    package var next: UInt64 = 0
    package init() {}
    package mutating func code(_ coder: inout some WireCoder) { coder.number("next", &next) }
}

/// What an answer of the directory depends on. All changes of an answer are kept in one commit, in this order.
package enum DirectoryChange: Sendable, Equatable {
    case putObject(ObjectRecord)
    case removeObject(String)
    case putSession(DirectorySession)
    case removeSession(UInt64)
    case putSnapshot(ObjectSnapshot)
    case removeSnapshot(String)
    case putCounter(UInt64)
}

/// How a directory lies in its node's store: `directory/object/<id>`, `directory/session/<number>`,
/// `directory/snapshot/<id>` and `directory/next`, each a message.
package struct DirectoryStorage: Sendable {
    package static let prefix = Array("directory/".utf8)

    private let schema: Schema

    package init() throws(SchemaError) {
        var schema = WireSchema(service: "DirectoryStorage")
        schema.add(ObjectRecord.self)
        schema.add(DirectorySession.self)
        schema.add(ObjectSnapshot.self)
        schema.add(DirectoryCounter.self)
        self.schema = try schema.schema()
    }

    package func operation(_ change: DirectoryChange) throws -> StoreOperation {
        switch change {
        case .putObject(let record): .put(key: key("object", record.object), value: try encode(record))
        case .removeObject(let id): .delete(key: key("object", id))
        case .putSession(let session): .put(key: key("session", "\(session.id)"), value: try encode(session))
        case .removeSession(let id): .delete(key: key("session", "\(id)"))
        case .putSnapshot(let snapshot): .put(key: key("snapshot", snapshot.object), value: try encode(snapshot))
        case .removeSnapshot(let id): .delete(key: key("snapshot", id))
        case .putCounter(let next):
            .put(key: Self.prefix + "next".utf8, value: try encode(DirectoryCounter(next: next)))
        }
    }

    /// What was put, as changes in no particular order. Fails with `StoreFailure` if a value is damaged.
    package func changes(_ values: [[UInt8]: [UInt8]]) throws(StoreFailure) -> [DirectoryChange] {
        var changes: [DirectoryChange] = []
        changes.reserveCapacity(values.count)
        for (key, value) in values {
            let words = String(decoding: key.dropFirst(Self.prefix.count), as: UTF8.self)
            do {
                switch words.split(separator: "/", maxSplits: 1).first {
                case "object": changes.append(.putObject(try decode(value)))
                case "session": changes.append(.putSession(try decode(value)))
                case "snapshot": changes.append(.putSnapshot(try decode(value)))
                case "next":
                    let counter: DirectoryCounter = try decode(value)
                    changes.append(.putCounter(counter.next))
                default: throw StoreFailure(.unreadable, "")
                }
            } catch {
                throw StoreFailure(.unreadable, "the directory's record directory/\(words) is damaged")
            }
        }
        return changes
    }

    private func encode<M: WireMessage>(_ message: M) throws -> [UInt8] {
        try message.message(type(of: M.self)).encoded
    }

    private func decode<M: WireMessage>(_ bytes: [UInt8]) throws -> M {
        M(try Message.decode(bytes, as: type(of: M.self)))
    }

    private func type<M: WireMessage>(of message: M.Type) throws -> MessageType {
        guard let type = schema.message(WireSchema.qualified(M.name)) else {
            throw StoreFailure(.unreadable, "the directory keeps no \(M.name)")
        }
        return type
    }

    private func key(_ kind: String, _ id: String) -> [UInt8] { Self.prefix + "\(kind)/\(id)".utf8 }
}

extension DirectoryCounter {
    fileprivate init(next: UInt64) { self.next = next }
}
