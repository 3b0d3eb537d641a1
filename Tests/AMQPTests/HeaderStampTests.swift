import NIOCore
import Testing

@testable import AMQP

@Suite struct HeaderStampTests {
    static let key = "x-orch-id"

    private func stamped(_ properties: ByteBuffer, _ stamp: Int64 = 7) throws -> ByteBuffer {
        try #require(HeaderStamp.insert(key: Self.key, int64: stamp, into: properties))
    }

    private func encoded(_ properties: BasicProperties) -> ByteBuffer { ByteBuffer(writing: properties.encode) }

    @Test func `insert and remove restore any properties octet by octet, nested as well`() throws {
        var dice = Dice(seed: 30)
        for _ in 0..<2000 {
            let original = encoded(dice.properties())
            var current = original
            let stamps: [Int64] = (0...dice.below(3)).map { _ in dice.integer() }
            for stamp in stamps {
                let before = current.readableBytes
                current = try stamped(current, stamp)
                #expect(current.readableBytes <= before + HeaderStamp.insertedBytes(key: Self.key))
                #expect(HeaderStamp.stamp(key: Self.key, of: current) == stamp)
                var buffer = current
                #expect(try BasicProperties(decoding: &buffer).headers?[Self.key] == .int64(stamp))
            }
            for stamp in stamps.reversed() {
                let removed = try #require(HeaderStamp.remove(key: Self.key, from: current))
                #expect(removed.stamp == stamp)
                current = removed.properties
            }
            #expect(current == original)
            #expect(HeaderStamp.remove(key: Self.key, from: current) == nil)
        }
    }

    @Test func `a table is absent, empty or full again as it was`() throws {
        let mark = "\(Self.key)-empty"
        let tables: [FieldTable?] = [
            nil, [:], ["a": 1], [Self.key: "text"], [mark: .void], [mark: .void, "a": 1], ["a": 1, mark: .void],
            [mark: 1], [Self.key: 9], [Self.key: 9, mark: .void],
        ]
        for table in tables {
            let original = encoded(BasicProperties(contentType: "t", headers: table, messageID: "m"))
            let removed = try #require(HeaderStamp.remove(key: Self.key, from: try stamped(original)))
            #expect(removed.stamp == 7)
            #expect(removed.properties == original, "\(String(describing: table))")
        }
    }

    @Test func `the stamp is an ordinary header of type l`() throws {
        #expect(
            try stamped(encoded(BasicProperties(deliveryMode: 2)), -2)
                == ByteBuffer(hex: "3000 00000013 09 782d6f7263682d6964 6c fffffffffffffffe 02"))
    }

    @Test func `the stamp is found wherever the table has been re-ordered to`() throws {
        var dice = Dice(seed: 31)
        for _ in 0..<500 {
            let before = dice.table()
            let after = dice.table()
            let whole = FieldTable(Array(before) + [(Self.key, .int64(5))] + Array(after))
            let removed = try #require(
                HeaderStamp.remove(key: Self.key, from: encoded(BasicProperties(headers: whole, type: "t"))))
            #expect(removed.stamp == 5)
            let rest = FieldTable(Array(before) + Array(after))
            #expect(
                removed.properties == encoded(BasicProperties(headers: rest.isEmpty ? nil : rest, type: "t")))
        }
    }

    @Test func `properties in the middle of a buffer are the same`() throws {
        var buffer = ByteBuffer(repeating: 0xAA, count: 11)
        buffer.moveReaderIndex(forwardBy: 11)
        let properties = encoded(BasicProperties(headers: [:], messageID: "m"))
        buffer.writeImmutableBuffer(properties)
        #expect(try stamped(buffer) == stamped(properties))
        #expect(HeaderStamp.messageID(of: buffer) == "m")
        #expect(HeaderStamp.remove(key: Self.key, from: try stamped(buffer))?.properties == properties)
    }

    @Test func `malformed properties and long keys give nil`() {
        for hex in ["", "20", "2000", "2000 00000001", "2000 ffffffff", "8000", "8000 05 61", "0001 0000", "8001 00"] {
            let properties = ByteBuffer(hex: hex)
            #expect(HeaderStamp.insert(key: Self.key, int64: 1, into: properties) == nil, "\(hex)")
            #expect(HeaderStamp.remove(key: Self.key, from: properties) == nil)
            #expect(HeaderStamp.messageID(of: properties) == nil)
            #expect(HeaderStamp.deliveryMode(of: properties) == nil)
        }
        let none = ByteBuffer(hex: "0000")
        let longest = String(repeating: "k", count: 249)
        #expect(HeaderStamp.insert(key: longest, int64: 1, into: none) != nil)
        #expect(HeaderStamp.insert(key: longest + "k", int64: 1, into: none) == nil)
    }

    @Test func `an entry that reaches out of the table is no stamp`() {
        // The value's last four octets belong to the content's type.
        let properties = ByteBuffer(hex: "2020 0000000f 09 782d6f7263682d6964 6c 00000000 03 000001")
        #expect(HeaderStamp.stamp(key: Self.key, of: properties) == nil)
        #expect(HeaderStamp.remove(key: Self.key, from: properties) == nil)
    }

    @Test func `garbage and damaged properties never trap`() {
        var dice = Dice(seed: 32)
        for round in 0..<50_000 {
            var octets: [UInt8]
            if round % 2 == 0 {
                octets = dice.bytes(upTo: 60)
            } else {
                let base = ByteBuffer(
                    writing: BasicProperties(
                        headers: [Self.key: 1, "a": ["b": "c"], "d": [1, "e"]], deliveryMode: 1, messageID: "m"
                    ).encode)
                octets = base.array
                octets[dice.below(octets.count)] = dice.octet()
            }
            let properties = ByteBuffer(bytes: octets)
            if let stamped = HeaderStamp.insert(key: Self.key, int64: 3, into: properties) {
                #expect(HeaderStamp.remove(key: Self.key, from: stamped)?.properties == properties)
            }
            _ = HeaderStamp.remove(key: Self.key, from: properties)
            _ = HeaderStamp.messageID(of: properties)
            _ = HeaderStamp.deliveryMode(of: properties)
        }
    }
}
