import NIOCore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What an answer with items says: `{"feed","items":[{"id","at","body"}],"last"}`.
package struct FeedContent: Sendable, Equatable {
    /// Their numbers.
    package var items: [UInt64]
    /// The feed's last item.
    package var last: UInt64

    package init(items: [UInt64], last: UInt64) {
        self.items = items
        self.last = last
    }

    private struct Document: Decodable {
        struct Item: Decodable {
            var id: UInt64
        }

        var items: [Item]
        var last: UInt64
    }

    private struct Appended: Decodable { var id: UInt64 }

    /// - Returns: nil: it is none, or names no possible numbers.
    package init?(_ buffer: ByteBuffer) {
        guard let document = try? JSONDecoder().decode(Document.self, from: Data(buffer.readableBytesView)) else {
            return nil
        }
        items = document.items.map(\.id)
        last = document.last
        // Numbers are counted with; no feed comes near this.
        guard last < .max / 2, items.allSatisfy({ $0 > 0 && $0 < .max / 2 }) else { return nil }
    }

    /// The number of an item that was appended: `{"feed","id"}`.
    package static func appended(_ buffer: ByteBuffer) -> UInt64? {
        (try? JSONDecoder().decode(Appended.self, from: Data(buffer.readableBytesView)))?.id
    }
}
