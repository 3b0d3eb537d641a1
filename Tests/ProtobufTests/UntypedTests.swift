import ClusterModel
import Testing

@testable import Protobuf

@Suite struct UntypedTests {
    private func build(_ value: Untyped, _ rules: BuildRules = .script) throws -> Message {
        try Message(Fixtures.node, value, rules: rules)
    }

    private func error(_ value: Untyped, _ rules: BuildRules = .script) -> String? {
        #expect(throws: ValueError.self) { try build(value, rules) }?.description
    }

    @Test func `a message is built from tables and comes back as one`() throws {
        let value: Untyped = [
            "total": 3, "name": "n", "items": [["total": 1], [:]], "numbers": [1, 2], "labels": ["a": 1],
            "by_id": ["7": "x"], "is_on": true, "color": "GREEN", "blob": .bytes([0xFF]), "ratio": 0.5, "maybe": 0,
            "one": 9, "at": ["seconds": 5], "wait": 1.5, "any": ["k": [nil, true, 2.5]],
        ]
        let message = try build(value)
        let back = message.untyped
        for name in ["total", "name", "numbers", "labels", "by_id", "is_on", "color", "blob", "maybe", "one"] {
            #expect(back[name] == value[name])
        }
        #expect(back["ratio"] == 0.5)
        #expect(back["at"] == ["seconds": 5, "nanos": 0])
        #expect(back["wait"] == ["seconds": 1, "nanos": 500_000_000])
        #expect(back["any"] == value["any"])
        #expect(back["left"] == nil)
        guard case .list(let items)? = back["items"] else { return #expect(Bool(false)) }
        // Fields without presence are there even when they are zero.
        #expect(items.map { $0["total"] } == [1, 0])
        #expect(try build(back) == message)
    }

    @Test func `what does not fit is named with its path`() {
        #expect(error(["total": "abc"]) == "total: expected int64, got the text 'abc'")
        #expect(error(["items": [[:], [:], ["name": 5]]]) == "items[2].name: expected string, got the number 5")
        #expect(error(["labels": ["a": "x"]]) == #"labels["a"]: expected int32, got the text 'x'"#)
        #expect(error(["total": 1.5]) == "total: expected int64, got the number 1.5")
        #expect(error(["total": "12"]) == "total: expected int64, got the text '12'")
        #expect(error(["left": 5]) == "left: expected Node, got the number 5")
        #expect(error(["name": .bytes([0xFF])]) == "name: expected string, got 1 bytes that are not UTF-8")
        #expect(error(["any": ["a": .bytes([])]]) == #"any["a"]: google.protobuf.Value holds no bytes"#)
        #expect(error(["color": 7.5])?.hasPrefix("color: expected one of RED, GREEN") == true)
        let long = String(repeating: "x", count: 1000)
        #expect(error(["total": .string(long)])?.utf8.count ?? 0 < 100)
        #expect(throws: ValueError(path: "call.total", problem: "expected int64, got true")) {
            try Message(Fixtures.node, fields: ["total": true], root: "call")
        }
    }

    @Test func `from templates, text will do for numbers`() throws {
        let message = try build(
            ["total": "12", "is_on": "true", "color": "1", "ratio": "0.5", "name": "12"], .template)
        #expect(message["total"] == .int64(12))
        #expect(message["is_on"] == .bool(true))
        #expect(message["color"] == .enumeration(1))
        #expect(message["ratio"] == .float(0.5))
        #expect(message["name"] == .string("12"))
        #expect(error(["total": "1x"], .template) == "total: expected int64, got the text '1x'")
        #expect(error(["is_on": "yes"], .template) == "is_on: expected bool, got the text 'yes'")
    }

    @Test func `Lua's tables are lists and maps at once`() throws {
        #expect(try build(["numbers": [:], "labels": [], "left": []]).encoded == bytes("2200"))
        #expect(try build(["by_id": ["a", "b"]])["by_id"] == .map([.int(1): .string("a"), .int(2): .string("b")]))
        #expect(try build(["total": 3.0])["total"] == .int64(3))
        #expect(try build(["blob": "a"])["blob"] == .bytes([0x61]))
        #expect(try build(["name": .bytes([0x61])])["name"] == .string("a"))
    }

    @Test func `times may be text, a number of seconds, or their fields`() throws {
        for at in ["1969-12-31T23:59:59.5Z", -0.5, ["seconds": -1, "nanos": 500_000_000]] as [Untyped] {
            #expect(try build(["at": at]).untyped["at"] == ["seconds": -1, "nanos": 500_000_000])
        }
        for wait in ["-1.5s", -1.5, ["seconds": -1, "nanos": -500_000_000]] as [Untyped] {
            #expect(try build(["wait": wait]).untyped["wait"] == ["seconds": -1, "nanos": -500_000_000])
        }
        #expect(error(["wait": .double(.infinity)]) != nil)
        #expect(error(["at": .int(.max)]) != nil)
    }

    @Test func `large unsigned numbers stay what they are`() throws {
        let message = try Message(Fixtures.all, ["f_uint64": .uint(.max)])
        #expect(message.untyped["f_uint64"] == .uint(.max))
        #expect(try Message(Fixtures.all, ["f_uint64": 5]).untyped["f_uint64"] == 5)
    }

    @Test func `nesting has a limit`() {
        var value: Untyped = [:]
        for _ in 0..<101 { value = ["left": value] }
        #expect(error(value)?.hasSuffix("values are nested deeper than 100") == true)
    }

    @Test func `every well-known error detail is there`() throws {
        let detail = try #require(Schema.wellKnown.message("google.rpc.BadRequest"))
        let bad = try Message(detail, ["field_violations": [["field": "a", "description": "b"]]])
        let status = try Message(
            try #require(Schema.wellKnown.message("google.rpc.Status")),
            [
                "code": 3, "message": "m",
                "details": [
                    [
                        "@type": "type.googleapis.com/google.rpc.BadRequest",
                        "fieldViolations": [["field": "a", "description": "b"]],
                    ]
                ],
            ])
        guard case .list(let details)? = status["details"], case .message(let any)? = details.first else {
            return #expect(Bool(false))
        }
        #expect(any.unpacked == bad)
        // Python: status_pb2.Status(code=3, message='m', details=[packed]).SerializeToString().hex()
        let python =
            "080312016d1a350a29747970652e676f6f676c65617069732e636f6d2f676f6f676c652e7270632e42616452657175657374"
            + "12080a060a0161120162"
        #expect(hex(status.encoded) == python)
    }
}
