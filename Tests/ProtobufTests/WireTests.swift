import ClusterModel
import Testing

@testable import Protobuf

@Suite struct WireTests {
    private func decode(_ text: String, _ type: MessageType = Fixtures.all) throws -> Message {
        try Message.decode(bytes(text), as: type)
    }

    @Test(arguments: Golden.vectors.indices)
    func `what others wrote comes back byte for byte`(_ index: Int) throws {
        let message = try decode(Golden.vectors[index].bytes)
        #expect(hex(message.encoded) == Golden.vectors[index].bytes)
        #expect(message.unknown.isEmpty)
    }

    @Test func `encoding appends`() throws {
        var out: [UInt8] = [1, 2]
        try decode("1807").encode(into: &out)
        #expect(hex(out) == "01021807")
    }

    @Test func `of one field given twice the last counts, and messages merge`() throws {
        #expect(try hex(decode("1801 1802").encoded) == "1802")
        #expect(try decode("1801 1800").entries.isEmpty)
        #expect(try hex(decode("8a01020801 8a01021200").encoded) == "8a010408011200")
    }

    @Test func `a list may come packed, unpacked and in pieces`() throws {
        // r_int32 is packed, u_int32 is not.
        for wire in [
            "da02020102 d80203", "d80201 da02020203", "d80201 1807 d80202 da020103", "d80201da0200d80202d80203",
        ] {
            let message = try decode(wire)
            #expect(message["r_int32"] == .list(List(.int32, .scalars([1, 2, 3]))))
        }
        #expect(try hex(decode("d203020102").encoded) == "d00301d00302")
        #expect(try decode("da0200").entries.isEmpty)
    }

    @Test func `the last member of a oneof is the one that is set`() throws {
        #expect(try hex(decode("f80105 8202 0161").encoded) == "82020161")
        #expect(try hex(decode("82020161 f80100").encoded) == "f80100")
        // A member that came between ends the merging.
        #expect(try hex(decode("8a02020801 f80101 8a02021200").encoded) == "8a02021200")
    }

    @Test func `unknown fields survive, in their order, behind the others`() throws {
        let unknown = "a01f01" + "a21f0161" + "a51f01020304" + "a11f0102030405060708"
        #expect(try hex(decode(unknown + "1807").encoded) == "1807" + unknown)
        // A known number with another wire type is unknown, too.
        #expect(try hex(decode("1d01020304 1807").encoded) == "18071d01020304")
        #expect(try hex(decode("f501 01020304").encoded) == "f50101020304")
        #expect(try hex(decode("7801").encoded) == "7801")
        // Inside a message.
        #expect(try hex(decode("8a01 05 0801 a01f01").encoded) == "8a01050801a01f01")
    }

    @Test func `groups are unknown fields`() throws {
        let group = "a31f" + "0801" + "ab1f" + "ac1f" + "12 0161" + "a41f"
        #expect(try hex(decode(group + "1807").encoded) == hex(bytes("1807" + group)))
    }

    @Test func `integers are cut to their width as C does`() throws {
        #expect(try decode("18 ffffffff1f")["f_int32"] == .int32(-1))
        #expect(try decode("28 8180808010")["f_uint32"] == .uint32(1))
        #expect(try decode("68 8002")["f_bool"] == .bool(true))
        #expect(try decode("68 80808080808080808001")["f_bool"] == .bool(true))
        #expect(try decode("8001 8180808010")["f_color"] == .enumeration(1))
    }

    @Test func `an entry of a map may lack its key or its value, and the last one counts`() throws {
        #expect(try decode("ea0300")["m_int32"] == .map([.int(0): .int32(0)]))
        #expect(try decode("ea03020801")["m_int32"] == .map([.int(1): .int32(0)]))
        #expect(try decode("ea0306 1002 0801 1003 ea0304 0801 1004")["m_int32"] == .map([.int(1): .int32(4)]))
        #expect(try decode("fa030208 01")["m_uint64"] == .map([.uint(1): .message(Message(Fixtures.inner))]))
        // Anything else in it is skipped.
        #expect(try decode("ea0309 a01f01 0801 1002 1801")["m_int32"] == .map([.int(1): .int32(2)]))
    }

    @Test func `keys of a map are compared byte by byte`() throws {
        // Two spellings of é.
        #expect(MapKey.string("\u{E9}") != MapKey.string("e\u{301}"))
        let message = try decode("9204 0d 0a02c3a9 11000000000000f03f 9204 0e 0a0365cc81 11000000000000f03f")
        guard case .map(let map)? = message["m_string"] else { return #expect(Bool(false)) }
        #expect(map.count == 2)
    }

    @Test func `numbers that a closed enumeration does not have are unknown fields`() throws {
        let type = Fixtures.type("old.stuff.kitchen", Fixtures.legacy)
        for (wire, result) in [
            ("0805", "0805"), ("10011005", "10011005"), ("1a03010502", "1a0201021805"),
            ("22050a01611007", "22050a01611007"), ("40054801", "48014005"), ("0801 0805", "0801" + "0805"),
        ] {
            #expect(try hex(decode(wire, type).encoded) == hex(bytes(result)))
        }
    }

    @Test(
        arguments: [
            ("18", .truncated, 1), ("1880", .truncated, 1), ("72 05 61", .truncated, 1),
            ("18 ffffffffffffffffff02", .varintTooLong, 1), ("18 8080808080808080808001", .varintTooLong, 1),
            ("00", .badTag, 0), ("06", .badTag, 0), ("1807 0f", .badTag, 2), ("8080808010 00", .badTag, 0),
            ("72 ffffffffffffffffff01", .truncated, 1), ("72 ffffffffffffffff7f", .truncated, 1),
            ("72 02 c328", .invalidUTF8("f_string"), 1), ("b203 01 ff", .invalidUTF8("r_string"), 2),
            ("9204 03 0a01ff", .invalidUTF8("m_string"), 4),
            ("8a01 02 0880", .truncated, 4), ("8a01 01 08 01", .truncated, 4),
            ("0c", .unmatchedGroup, 1), ("a31f 0c", .unmatchedGroup, 2), ("a31f", .truncated, 2),
            ("ca02 03 000000", .truncated, 3), ("09 00000000", .truncated, 1), ("da02 01 80", .truncated, 3),
        ] as [(String, DecodingError.Problem, Int)])
    func `malformed bytes are an error that says where`(
        _ wire: String, _ problem: DecodingError.Problem, _ offset: Int
    ) {
        #expect(throws: DecodingError(problem: problem, offset: offset)) { try decode(wire) }
    }

    @Test func `a message cut short is an error, or what came before`() throws {
        for vector in Golden.vectors {
            let whole = bytes(vector.bytes)
            for count in 0..<whole.count {
                guard let message = try? Message.decode(Array(whole[..<count]), as: Fixtures.all) else { continue }
                #expect(message.encoded.count <= count)
            }
        }
    }

    @Test func `messages may lie inside each other a hundred times`() throws {
        func nested(_ depth: Int) -> [UInt8] {
            (0..<depth).reduce(into: []) { inner, _ in
                var outer: [UInt8] = [0x22]
                outer.appendVarint(UInt64(inner.count))
                inner = outer + inner
            }
        }
        let deep = nested(100)
        #expect(try Message.decode(deep, as: Fixtures.node).encoded == deep)
        #expect(throws: DecodingError.self) { try Message.decode(nested(101), as: Fixtures.node) }
        let groups = [UInt8](repeating: 0xA3, count: 1) + [0x1F]
        let many = (0..<200).flatMap { _ in groups }
        #expect(throws: DecodingError(problem: .tooDeep, offset: 202)) {
            try Message.decode(many, as: Fixtures.node)
        }
    }

    @Test func `random bytes never crash, and what is read can be written and read again`() throws {
        var dice = Dice(seed: 11)
        var readable = 0
        for _ in 0..<6000 {
            var wire = bytes(Golden.vectors.randomElement(using: &dice)?.bytes ?? "")
            for _ in 0..<Int.random(in: 1...4, using: &dice) {
                let position = Int.random(in: 0...wire.count, using: &dice)
                switch Int.random(in: 0..<4, using: &dice) {
                case 0: wire.insert(UInt8.random(in: 0...255, using: &dice), at: position)
                case 1: if position < wire.count { wire.remove(at: position) }
                case 2: wire += bytes(Golden.vectors.randomElement(using: &dice)?.bytes ?? "").prefix(position)
                default: if position < wire.count { wire[position] = UInt8.random(in: 0...255, using: &dice) }
                }
            }
            guard let message = try? Message.decode(wire, as: Fixtures.all) else { continue }
            readable += 1
            _ = message.untyped
            _ = message.json(defaults: true)
            let again = try Message.decode(message.encoded, as: Fixtures.all)
            #expect(again == message)
        }
        #expect(readable > 500)
    }

    @Test func `a message takes little more than its bytes`() throws {
        #expect(MemoryLayout<Message>.stride == 32)
        #expect(MemoryLayout<Message.Entry>.stride == 24)
        // 8 bytes a packed bool, and nothing that is only announced.
        let packed = try Message.decode(bytes("aa03 7f") + [UInt8](repeating: 1, count: 127), as: Fixtures.all)
        guard case .list(let list)? = packed["r_bool"], case .scalars(let all) = list.storage else {
            return #expect(Bool(false))
        }
        #expect(all.count == 127 && all.capacity < 140)
    }
}

extension Fixtures {
    static let inner = type("kitchen.v1.All.Inner", kitchen)
}
