import NIOCore

/// Reads and edits single properties in their encoded form, without decoding the others.
///
/// A stamp is an entry `key: l` in the headers table that a link puts on a message and takes off again. Taking it off
/// restores the properties octet by octet, if nobody else changed them:
///
/// - The stamp goes first in the table. The table is made if there is none.
/// - A table that holds nothing but a stamp did not exist before, and vanishes with it.
/// - So a table that was there and empty must hold something else: a void entry `<key>-empty` behind the stamp. For the
///   rule to have an inverse, a table that begins with such an entry gets another one.
///
/// Stamps nest: the last one put on is the first one off. If something in between re-ordered the table (RabbitMQ sorts
/// it when it adds `x-death`), the stamp is still found.
///
/// All functions give nil for properties that are malformed up to the place they touch. Properties are what
/// `ContentHeader.properties` holds.
package enum HeaderStamp {
    /// `properties` with the stamp. `key` has at most 249 octets of UTF-8, else the result is nil. The result is longer
    /// by `insertedBytes(key:)` at most; that the header still fits a frame is the caller's to check.
    package static func insert(
        key: String, int64: Int64, into properties: ByteBuffer, allocator: ByteBufferAllocator = ByteBufferAllocator()
    ) -> ByteBuffer? {
        guard key.utf8.count + emptySuffix.utf8CodeUnitCount <= AMQPLimits.shortString,
            let place = properties.withUnsafeReadableBytes({ locate($0) })
        else { return nil }
        let needsMark = properties.withUnsafeReadableBytes { bytes in
            place.table.map { $0.isEmpty || markLength(key, bytes, at: $0.lowerBound, in: $0) != nil } ?? false
        }
        let added = stampLength(key) + (needsMark ? markLength(key) : 0)
        let tableLength = (place.table?.count ?? 0) + added
        guard tableLength <= Int(UInt32.max) else { return nil }

        var result = allocator.buffer(capacity: properties.readableBytes + added + 4)
        properties.withUnsafeReadableBytes { bytes in
            result.putUInt16(place.flags.union(.headers).rawValue)
            result.writeBytes(bytes[2..<place.start])
            result.putUInt32(UInt32(tableLength))
            result.putUInt8(UInt8(key.utf8.count))
            result.writeString(key)
            result.putUInt8(stampType)
            result.writeInteger(int64)
            if needsMark {
                result.putUInt8(UInt8(key.utf8.count + emptySuffix.utf8CodeUnitCount))
                result.writeString(key)
                result.writeStaticString(emptySuffix)
                result.putUInt8(markType)
            }
            result.writeBytes(bytes[(place.table?.lowerBound ?? place.start)...])
        }
        return result
    }

    /// The first stamp under `key` and the properties without it, or nil if there is none.
    package static func remove(
        key: String, from properties: ByteBuffer, allocator: ByteBufferAllocator = ByteBufferAllocator()
    ) -> (stamp: Int64, properties: ByteBuffer)? {
        properties.withUnsafeReadableBytes { bytes in
            guard let place = locate(bytes), let table = place.table,
                let entry = findStamp(key, bytes, in: table)
            else { return nil }
            let stamp = Int64(bitPattern: bytes.bigEndian(at: entry.upperBound - 8, octets: 8))
            let mark = markLength(key, bytes, at: entry.upperBound, in: table)
            let removed = entry.lowerBound..<(entry.upperBound + (mark ?? 0))
            let keepsTable = mark != nil || removed.count < table.count

            var result = allocator.buffer(capacity: properties.readableBytes - removed.count)
            result.putUInt16((keepsTable ? place.flags : place.flags.subtracting(.headers)).rawValue)
            result.writeBytes(bytes[2..<place.start])
            if keepsTable {
                result.putUInt32(UInt32(table.count - removed.count))
                result.writeBytes(bytes[table.lowerBound..<removed.lowerBound])
            }
            result.writeBytes(bytes[removed.upperBound...])
            return (stamp, result)
        }
    }

    /// The first stamp under `key`, left where it is.
    package static func stamp(key: String, of properties: ByteBuffer) -> Int64? {
        properties.withUnsafeReadableBytes { bytes in
            guard let table = locate(bytes)?.table, let entry = findStamp(key, bytes, in: table) else { return nil }
            return Int64(bitPattern: bytes.bigEndian(at: entry.upperBound - 8, octets: 8))
        }
    }

    /// The most octets that `insert` adds.
    package static func insertedBytes(key: String) -> Int { 4 + stampLength(key) + markLength(key) }

    /// The message-id, nil if absent or not UTF-8.
    package static func messageID(of properties: ByteBuffer) -> String? {
        properties.withUnsafeReadableBytes { bytes in
            guard let start = offset(of: .messageID, in: bytes), start < bytes.count else { return nil }
            let end = start + 1 + Int(bytes[start])
            guard end <= bytes.count else { return nil }
            return String(validating: UnsafeRawBufferPointer(rebasing: bytes[(start + 1)..<end]), as: UTF8.self)
        }
    }

    /// The delivery mode, nil if absent: 1 transient, 2 persistent.
    package static func deliveryMode(of properties: ByteBuffer) -> UInt8? {
        properties.withUnsafeReadableBytes { bytes in
            guard let start = offset(of: .deliveryMode, in: bytes), start < bytes.count else { return nil }
            return bytes[start]
        }
    }

    /// The headers table as it is encoded, with its length; empty where there is none.
    package static func encodedHeaders(of properties: ByteBuffer) -> [UInt8] {
        properties.withUnsafeReadableBytes { bytes in
            guard let table = locate(bytes)?.table else { return [] }
            return Array(bytes[(table.lowerBound - 4)..<table.upperBound])
        }
    }
}

extension HeaderStamp {
    private static let stampType = UInt8(ascii: "l")
    private static let markType = UInt8(ascii: "V")
    private static let emptySuffix: StaticString = "-empty"

    /// Key length, key, type, value.
    private static func stampLength(_ key: String) -> Int { 1 + key.utf8.count + 1 + 8 }
    /// Key length, key, suffix, type.
    private static func markLength(_ key: String) -> Int { 1 + key.utf8.count + emptySuffix.utf8CodeUnitCount + 1 }

    /// Where the headers table is, or would be.
    private struct Place {
        var flags: PropertyFlags
        /// Of the table's length, or of what follows where the table belongs.
        var start: Int
        /// The table's entries; nil if there is no table.
        var table: Range<Int>?
    }

    private static func locate(_ bytes: UnsafeRawBufferPointer) -> Place? {
        guard bytes.count >= 2 else { return nil }
        let flags = PropertyFlags(rawValue: UInt16(bytes.bigEndian(at: 0, octets: 2)))
        guard let start = offset(of: .headers, in: bytes, evenIfAbsent: true), start <= bytes.count else { return nil }
        guard flags.contains(.headers) else { return Place(flags: flags, start: start, table: nil) }
        guard bytes.count - start >= 4 else { return nil }
        let length = Int(bytes.bigEndian(at: start, octets: 4))
        guard length <= bytes.count - start - 4 else { return nil }
        return Place(flags: flags, start: start, table: (start + 4)..<(start + 4 + length))
    }

    /// Where the value of a property up to message-id begins, nil if it is absent. The offset may lie beyond the octets by up to a value's
    /// length if they are cut short.
    private static func offset(
        of wanted: PropertyFlags, in bytes: UnsafeRawBufferPointer, evenIfAbsent: Bool = false
    ) -> Int? {
        guard bytes.count >= 2 else { return nil }
        let flags = bytes.bigEndian(at: 0, octets: 2)
        // A further word of flags would shift all the values; class basic has none.
        guard flags & 1 == 0, evenIfAbsent || flags & UInt64(wanted.rawValue) != 0 else { return nil }
        var at = 2
        var bit: UInt16 = 1 << 15
        while bit > wanted.rawValue {
            if flags & UInt64(bit) != 0 {
                guard at < bytes.count else { return nil }
                switch PropertyFlags(rawValue: bit) {
                case .deliveryMode, .priority: at += 1
                case .headers:
                    guard bytes.count - at >= 4 else { return nil }
                    at += 4 + Int(bytes.bigEndian(at: at, octets: 4))
                default: at += 1 + Int(bytes[at])
                }
            }
            bit >>= 1
        }
        return at
    }

    /// The range of the first entry `key: l` among the entries of a table. Entries of unknown types end the search.
    private static func findStamp(_ key: String, _ bytes: UnsafeRawBufferPointer, in table: Range<Int>) -> Range<Int>? {
        var at = table.lowerBound
        while at < table.upperBound {
            let type = at + 1 + Int(bytes[at])
            guard type < table.upperBound, let length = valueLength(bytes, type: type, end: table.upperBound) else {
                return nil
            }
            let end = type + 1 + length
            guard end <= table.upperBound else { return nil }
            if bytes[type] == stampType, bytes[(at + 1)..<type].elementsEqual(key.utf8) { return at..<end }
            at = end
        }
        return nil
    }

    /// The octets of a value whose type octet is at `type`, without that octet; may exceed `end`.
    private static func valueLength(_ bytes: UnsafeRawBufferPointer, type: Int, end: Int) -> Int? {
        switch bytes[type] {
        case UInt8(ascii: "S"), UInt8(ascii: "x"), UInt8(ascii: "A"), UInt8(ascii: "F"):
            guard end - type > 4 else { return nil }
            return 4 + Int(bytes.bigEndian(at: type + 1, octets: 4))
        case UInt8(ascii: "V"): return 0
        case UInt8(ascii: "t"), UInt8(ascii: "b"), UInt8(ascii: "B"): return 1
        case UInt8(ascii: "s"), UInt8(ascii: "u"): return 2
        case UInt8(ascii: "I"), UInt8(ascii: "i"), UInt8(ascii: "f"): return 4
        case UInt8(ascii: "D"): return 5
        case UInt8(ascii: "l"), UInt8(ascii: "L"), UInt8(ascii: "d"), UInt8(ascii: "T"): return 8
        default: return nil
        }
    }

    /// The length of the entry at `at` if it is the mark of a table that was empty.
    private static func markLength(
        _ key: String, _ bytes: UnsafeRawBufferPointer, at: Int, in table: Range<Int>
    ) -> Int? {
        let length = markLength(key)
        guard table.upperBound - at >= length else { return nil }
        let keyEnd = at + 1 + key.utf8.count
        let suffixEnd = at + length - 1
        guard Int(bytes[at]) == length - 2, bytes[suffixEnd] == markType,
            bytes[(at + 1)..<keyEnd].elementsEqual(key.utf8),
            emptySuffix.withUTF8Buffer({ bytes[keyEnd..<suffixEnd].elementsEqual($0) })
        else { return nil }
        return length
    }
}

extension UnsafeRawBufferPointer {
    /// `octets` octets at an offset that the caller has checked.
    fileprivate func bigEndian(at offset: Int, octets: Int) -> UInt64 {
        var value: UInt64 = 0
        for octet in self[offset..<(offset + octets)] { value = value << 8 | UInt64(octet) }
        return value
    }
}
