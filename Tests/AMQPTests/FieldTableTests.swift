import NIOCore
import Testing

@testable import AMQP

@Suite struct FieldTableTests {
    private func decode(_ hex: String) throws(AMQPError) -> FieldTable {
        var buffer = ByteBuffer(hex: hex)
        return try FieldTable(decoding: &buffer)
    }

    private func fails(_ hex: String) -> Bool {
        failure { () throws(AMQPError) in _ = try decode(hex) }?.code == .syntaxError
    }

    @Test(
        arguments: [
            (.bool(true), "74 01"), (.bool(false), "74 00"), (.int8(-2), "62 fe"), (.uint8(254), "42 fe"),
            (.int16(-2), "73 fffe"), (.uint16(65534), "75 fffe"), (.int32(-2), "49 fffffffe"),
            (.uint32(4_294_967_294), "69 fffffffe"), (.int64(-2), "6c fffffffffffffffe"), (.float(1.5), "66 3fc00000"),
            (.double(-2), "64 c000000000000000"), (.decimal(scale: 2, value: 314), "44 02 0000013a"),
            (.longString("é"), "53 00000002 c3a9"), (.longBytes([0xC3]), "53 00000001 c3"),
            (.array([.void, .bool(true)]), "41 00000003 56 7401"), (.timestamp(1), "54 0000000000000001"),
            (.table(["k": .void]), "46 00000003 016b56"), (.void, "56"), (.byteArray([1, 2]), "78 00000002 0102"),
        ] as [(FieldValue, String)])
    func `every type has RabbitMQ's letter`(value: FieldValue, hex: String) throws {
        let entry = ByteBuffer(hex: hex)
        let expected = ByteBuffer { buffer in
            buffer.writeInteger(UInt32(entry.readableBytes + 2))
            buffer.writeBytes([1, 0x76])
            buffer.writeImmutableBuffer(entry)
        }
        let table: FieldTable = ["v": value]
        #expect(ByteBuffer(writing: table.encode) == expected)
        var buffer = expected
        #expect(try FieldTable(decoding: &buffer) == table)
    }

    @Test func `a capital L is signed too`() throws {
        #expect(try decode("0000000b 0161 4c fffffffffffffffe") == ["a": .int64(-2)])
    }

    @Test func `any table comes back as it was, and so do its octets`() throws {
        var dice = Dice(seed: 10)
        for _ in 0..<3000 {
            let table = dice.table()
            let encoded = ByteBuffer(writing: table.encode)
            var buffer = encoded
            let decoded = try FieldTable(decoding: &buffer)
            #expect(decoded == table)
            #expect(ByteBuffer(writing: decoded.encode) == encoded)
        }
    }

    @Test func `strings that are no text come back octet by octet`() throws {
        var dice = Dice(seed: 11)
        for _ in 0..<3000 {
            let octets = dice.bytes(upTo: 6)
            let encoded = ByteBuffer { buffer in
                buffer.writeMultipleIntegers(
                    UInt32(octets.count + 6), UInt8(0), UInt8(ascii: "S"), UInt32(octets.count))
                buffer.writeBytes(octets)
            }
            var buffer = encoded
            #expect(ByteBuffer(writing: try FieldTable(decoding: &buffer).encode) == encoded)
        }
    }

    @Test func `lengths that do not add up are refused`() {
        #expect(fails("00000001"))  // nothing there
        #expect(fails("ffffffff 00"))
        #expect(fails("00000003 0161 74 01"))  // the value lies outside of the table
        #expect(fails("00000005 0161 74 01 ff"))  // a key of 255 octets in none
        #expect(fails("00000007 0161 53 ffffffff"))
        #expect(fails("00000007 0161 46 00000001"))
        #expect(fails("00000007 0161 41 00000001"))
        #expect(fails("00000003 0161 3f"))  // no such type
        #expect(fails("00000003 01ff 56"))  // a key that is no text
    }

    @Test(arguments: [true, false])
    func `nesting ends at the limit`(arrays: Bool) throws {
        // Written from the outside in, as a value nested this deeply could not even be released.
        func nested(_ levels: Int) -> ByteBuffer {
            let layer = arrays ? 5 : 7
            return ByteBuffer { buffer in
                buffer.writeInteger(UInt32(3 + (levels - 1) * layer))
                buffer.writeBytes([1, 0x6B])
                for level in 1..<levels {
                    let inner = (arrays ? 1 : 3) + (levels - 1 - level) * layer
                    buffer.writeBytes(arrays ? "A".utf8 : "F".utf8)
                    buffer.writeInteger(UInt32(inner))
                    if !arrays { buffer.writeBytes([1, 0x6B]) }
                }
                buffer.writeBytes("V".utf8)
            }
        }
        var deepest = nested(AMQPLimits.nesting)
        _ = try FieldTable(decoding: &deepest)
        var deeper = nested(AMQPLimits.nesting + 1)
        #expect(failure { () throws(AMQPError) in _ = try FieldTable(decoding: &deeper) } == .nestedTooDeeply)
        var deepBeyondStack = nested(50_000)
        #expect(failure { () throws(AMQPError) in _ = try FieldTable(decoding: &deepBeyondStack) } == .nestedTooDeeply)
    }

    @Test func `reads and writes by key keep the order`() {
        var table: FieldTable = ["a": 1, "b": "x", "a": 2]
        #expect(table["a"]?.intValue == 1)
        #expect(table["b"]?.stringValue == "x")
        #expect(table["c"] == nil)
        table["b"] = true
        table["c"] = .void
        #expect(table.keys == ["a", "b", "a", "c"])
        #expect(table["b"]?.boolValue == true)
        table["a"] = nil
        #expect(table.map(\.key) == ["b", "c"])
        #expect(table.count == 2)
    }
}
