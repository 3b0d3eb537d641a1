import ClusterModel
import Testing

@testable import Protobuf

@Suite struct JSONTests {
    /// The encoded message that the JSON is.
    private func read(_ json: String, _ type: MessageType = Fixtures.all) throws -> String {
        hex(try Message(type, json: json).encoded)
    }

    @Test(arguments: Golden.vectors.indices)
    func `what others wrote is read, and what is written is what they write`(_ index: Int) throws {
        let vector = Golden.vectors[index]
        #expect(try read(vector.json) == vector.bytes)
        let written = try Message.decode(bytes(vector.bytes), as: Fixtures.all).json()
        // As trees: spaces and the spelling of numbers differ.
        #expect(try Untyped(json: written).normalized == Untyped(json: vector.json).normalized)
    }

    @Test(
        arguments: [
            // Either name, numbers as text, whole numbers in any form.
            (#"{"f_int32": 1}"#, "1801"), (#"{"fInt32": "1"}"#, "1801"), (#"{"fInt32": 1e0}"#, "1801"),
            (#"{"fInt32": 100000.000}"#, "18a08d06"), (#"{"fInt32": "-0"}"#, ""), (#"{"fInt64": 1.5e1}"#, "200f"),
            (#"{"fUint64": 18446744073709551615}"#, "30ffffffffffffffffff01"),
            (#"{"fInt64": -9223372036854775808}"#, "2080808080808080808001"),
            (#"{"fDouble": "1.5"}"#, "09000000000000f83f"), (#"{"fDouble": -0}"#, "090000000000000080"),
            (#"{"fFloat": "-Infinity"}"#, "15000080ff"), (#"{"fDouble": 3}"#, "090000000000000840"),
            // Enumerations by name and number.
            (#"{"fColor": "BLUE"}"#, "800105"), (#"{"fColor": 5}"#, "800105"), (#"{"fColor": 99}"#, "800163"),
            // Null is absent, except where it is a value.
            (#"{"fInt32": null, "rInt32": null, "fInner": null, "mInt32": null}"#, ""),
            (#"{"wValue": null}"#, "d204020800"), (#"{"cNull": null}"#, "900200"), (#"{"wStruct": null}"#, ""),
            (#"{"cInt": null, "cString": "a"}"#, "82020161"), (#"{"wInt64": null}"#, ""),
            // Base64 in both alphabets, with and without padding.
            (#"{"fBytes": "_-8="}"#, "7a02ffef"), (#"{"fBytes": "/+8"}"#, "7a02ffef"), (#"{"fBytes": ""}"#, ""),
            // Escapes.
            (#"{"fString": "\u0041\ud83d\ude00\/\n"}"#, "720741f09f98802f0a"), (#"{"f\u0049nt32": 1}"#, "1801"),
            // Presence.
            (#"{"oInt32": 0}"#, "a80100"), (#"{"fInner": {}}"#, "8a0100"), (#"{"rInner": [{}]}"#, "ca0300"),
            (#"{"mBool": {"true": "RED"}}"#, "8a040408011000"),
            (#"{"mInt32": {"-1": 1}}"#, "ea030d08ffffffffffffffffff011001"),
            // Times with zones.
            (#"{"wTimestamp": "1970-01-01T01:00:00.5+01:00"}"#, "ba0406" + "1080cab5ee01"),
            (#"{"wTimestamp": "1969-12-31T23:00:01-01:00"}"#, "ba04020801"),
            (#"{"wDuration": "-0.000000001s"}"#, "c2040b10ffffffffffffffffff01"),
            (#"{"wMask": "aB,c"}"#, "8a05080a03615f620a0163"), (#"{"wEmpty": {}}"#, "9a0500"),
            (#"{"wStruct": {"a": [1]}}"#, "ca04140a120a0161120d320b0a0911000000000000f03f"),
            (#" { "f_int32" : 1 , "f_bool" : true } "# + "\n\t", "18016801"),
        ] as [(String, String)])
    func `JSON that is to be taken`(_ json: String, _ wire: String) throws {
        #expect(try read(json) == wire)
    }

    @Test(
        arguments: [
            (#"{"fInt32": 1.5}"#, "f_int32: expected int32, got the number 1.5"),
            (#"{"fInt32": 2147483648}"#, "f_int32: 2147483648 is out of the range of int32"),
            (#"{"fUint32": -1}"#, "f_uint32: -1 is out of the range of uint32"),
            (#"{"fUint64": 18446744073709551616}"#, "f_uint64: 18446744073709551616 is out of the range of uint64"),
            (#"{"fInt64": "abc"}"#, "f_int64: expected int64, got the text 'abc'"),
            (#"{"fInt64": " 1"}"#, "f_int64: expected int64, got the text ' 1'"),
            (#"{"fInt64": "+1"}"#, "f_int64: expected int64, got the text '+1'"),
            (#"{"fInt64": "0x1"}"#, "f_int64: expected int64, got the text '0x1'"),
            (#"{"fInt64": ""}"#, "f_int64: expected int64, got the text ''"),
            (#"{"fInt64": true}"#, "f_int64: expected int64, got true"),
            (#"{"fDouble": "nan"}"#, "f_double: expected double, got the text 'nan'"),
            (#"{"fFloat": 1e39}"#, "f_float: 1e+39 is out of the range of float"),
            (#"{"fBool": "true"}"#, "f_bool: expected bool, got the text 'true'"),
            (#"{"fBool": 1}"#, "f_bool: expected bool, got the number 1"),
            (#"{"fString": 1}"#, "f_string: expected string, got the number 1"),
            (#"{"fBytes": "a"}"#, "f_bytes: expected bytes as base64, got the text 'a'"),
            (#"{"fBytes": "a=b="}"#, "f_bytes: expected bytes as base64, got the text 'a=b='"),
            (#"{"fColor": "PINK"}"#, "f_color: expected one of RED, GREEN, BLUE, NEGATIVE, got the text 'PINK'"),
            (#"{"rInt32": [1, null]}"#, "r_int32[1]: expected int32, got null"),
            (#"{"rInt32": 1}"#, "r_int32: expected a list of int32, got the number 1"),
            (#"{"rInt32": {}}"#, "r_int32: expected a list of int32, got a table"),
            (#"{"rInner": [{}, {"again": {"a": "x"}}]}"#, "r_inner[1].again.a: expected int32, got the text 'x'"),
            (#"{"rInner": [[]]}"#, "r_inner[0]: expected kitchen.v1.All.Inner, got a list"),
            (#"{"mInt32": {"x": 1}}"#, #"m_int32["x"]: expected int32 as the key, got 'x'"#),
            (#"{"mBool": {"True": 1}}"#, #"m_bool["True"]: expected bool as the key, got 'True'"#),
            (#"{"mInt32": {"1": 1, "1": 2}}"#, #"m_int32["1"]: is given twice"#),
            (#"{"fInt32": 1, "f_int32": 1}"#, "f_int32: is given twice"),
            (#"{"cInt": 1, "cString": ""}"#, "c_string: only one of choice may be given, and c_int is there already"),
            (#"{"fInner": {"b": 1}}"#, "f_inner: kitchen.v1.All.Inner has no field 'b' (its fields: a, again, deep)"),
            (#"{"wTimestamp": "2024-02-30T00:00:00Z"}"#, ""), (#"{"wTimestamp": "2024-01-01 00:00:00Z"}"#, ""),
            (#"{"wTimestamp": "2024-01-01T00:00:00"}"#, ""), (#"{"wTimestamp": "0000-12-31T00:00:00Z"}"#, ""),
            (#"{"wTimestamp": "9999-12-31T23:59:59-00:01"}"#, ""), (#"{"wTimestamp": 5}"#, ""),
            (#"{"wDuration": "1"}"#, ""), (#"{"wDuration": "315576000001s"}"#, ""), (#"{"wDuration": "1.s"}"#, ""),
            (#"{"wDuration": "1.0000000000s"}"#, ""), (#"{"wMask": "a_b"}"#, ""), (#"{"wMask": "a,,b"}"#, ""),
            (#"{"wAny": {"a": 1}}"#, #"w_any: an Any needs "@type""#),
            (#"{"wAny": {"@type": "x/none"}}"#, "w_any.@type: there is no type 'x/none'"),
            (#"{"wAny": {"@type": "x/google.protobuf.Duration", "value": "x"}}"#, ""),
            (#"{"wAny": {"@type": "x/kitchen.v1.All.Inner", "a": "x"}}"#, "w_any.a: expected int32, got the text 'x'"),
            (#"{"wStruct": []}"#, "w_struct: expected google.protobuf.Struct, got a list"),
            ("[]", "expected kitchen.v1.All, got a list"), ("null", "expected kitchen.v1.All, got null"),
            // Not JSON at all.
            ("", "not JSON, at byte 0: the text ends too early"), ("{", "not JSON, at byte 1: the text ends too early"),
            (#"{"a": 1,}"#, "not JSON, at byte 8: expected a name in quotes"),
            (#"{'a': 1}"#, "not JSON, at byte 1: expected a name in quotes"),
            (#"{"a": 01}"#, "not JSON, at byte 6: a number that is malformed or too large"),
            (#"{"a": 1e999}"#, "not JSON, at byte 6: a number that is malformed or too large"),
            (#"{"a": .5}"#, "not JSON, at byte 6: a number that is malformed or too large"),
            (#"{"a": 1.}"#, "not JSON, at byte 6: a number that is malformed or too large"),
            (#"{"a": +1}"#, "not JSON, at byte 6: a number that is malformed or too large"),
            (#"{"a": NaN}"#, "not JSON, at byte 6: expected a value"),
            (#"{"a": tru}"#, "not JSON, at byte 6: expected a value"),
            (#"{"a": "\ud800"}"#, "not JSON, at byte 12: half of a surrogate pair"),
            (#"{"a": "\ud800\u0041"}"#, "not JSON, at byte 18: half of a surrogate pair"),
            (#"{"a": "\u00g0"}"#, "not JSON, at byte 11: expected four hex digits"),
            (#"{"a": "\x"}"#, "not JSON, at byte 8: an unknown escape"),
            ("{\"a\": \"\n\"}", "not JSON, at byte 7: a control character in a text"),
            ("{} {}", "not JSON, at byte 3: there is more after the value"),
            (#"{"a" 1}"#, "not JSON, at byte 5: expected :"), ("[1 2]", "not JSON, at byte 3: expected , or ]"),
        ] as [(String, String)])
    func `JSON that is to be refused, with a reason`(_ json: String, _ reason: String) {
        let error = #expect(throws: ValueError.self) { try Message(Fixtures.all, json: json) }
        if !reason.isEmpty { #expect(error?.description == reason) }
    }

    @Test func `errors begin where the caller says`() {
        let error = #expect(throws: ValueError.self) {
            try Message(Fixtures.all, json: #"{"rInner": [{"a": []}]}"#, root: "request")
        }
        #expect(error?.path == "request.r_inner[0].a")
    }

    @Test func `depth has a limit`() throws {
        let lists = { String(repeating: "[", count: $0) + String(repeating: "]", count: $0) }
        #expect(throws: JSONError.self) { try Untyped(json: lists(201)) }
        #expect(throws: Never.self) { try Untyped(json: lists(200)) }
        #expect(throws: ValueError.self) { try Message(Fixtures.node, json: #"{"any": \#(lists(60))}"#) }
        let deep = try Message(Fixtures.node, json: #"{"any": \#(lists(30))}"#)
        #expect(try Message.decode(deep.encoded, as: Fixtures.node) == deep)
        let tables = { String(repeating: #"{"a":"#, count: $0) + "1" + String(repeating: "}", count: $0) }
        // Whatever can be built can be read.
        for depth in 1...60 {
            guard let message = try? Message(Fixtures.node, json: #"{"any": \#(tables(depth))}"#) else { continue }
            #expect(try Message.decode(message.encoded, as: Fixtures.node) == message)
        }
    }

    @Test func `an Any inside an Any inside an Any ends somewhere`() throws {
        let type = Fixtures.type("google.protobuf.Any", Fixtures.kitchen)
        var any = Message(type)
        for _ in 0..<2000 { any = try #require(any.packed(in: Fixtures.kitchen)) }
        #expect(any.json().ranges(of: "@type").count == Message.deepestNesting)
    }

    @Test func `what JSON cannot say is shown by its fields`() throws {
        let late = try Message.decode(bytes("ba04 09 0880a5d3a8a392c803"), as: Fixtures.all)
        #expect(late.json() == #"{"wTimestamp":{"seconds":"2006137164845696"}}"#)
        let any = try Message(Fixtures.all, ["w_any": ["type_url": "x/none", "value": "a"]])
        #expect(any.json() == #"{"wAny":{"typeUrl":"x/none","value":"YQ=="}}"#)
    }

    @Test func `written compactly or indented, with or without defaults`() throws {
        let message = try Message(Fixtures.inner, ["again": ["a": 1]])
        #expect(message.json() == #"{"again":{"a":1}}"#)
        #expect(message.json(defaults: true) == #"{"a":0,"again":{"a":1}}"#)
        #expect(message.json(indented: true) == "{\n  \"again\": {\n    \"a\": 1\n  }\n}")
        let all = try Message(Fixtures.all, ["f_string": "\u{1}\u{7F}\t\"é", "f_double": 1e300, "f_float": 0.1])
        #expect(all.json() == #"{"fDouble":1e+300,"fFloat":0.1,"fString":"\u0001\u007f\t\"é"}"#)
    }

    @Test func `random text never crashes`() {
        var dice = Dice(seed: 5)
        for _ in 0..<4000 {
            var text = Array((Golden.vectors.randomElement(using: &dice)?.json ?? "").utf8)
            for _ in 0..<Int.random(in: 1...3, using: &dice) {
                let position = Int.random(in: 0..<text.count, using: &dice)
                text[position] =
                    Bool.random(using: &dice)
                    ? .random(in: 0...255, using: &dice) : "{}[]\",:\\u0".utf8.randomElement(using: &dice) ?? 0
            }
            guard let value = try? Untyped(json: text) else { continue }
            _ = try? Message(Fixtures.all, value, rules: .json)
            _ = try? Message(Fixtures.all, value, rules: .template)
        }
    }
}

extension Untyped {
    /// Numbers as doubles, names sorted.
    fileprivate var normalized: Untyped {
        switch self {
        case .int(let number): .double(Double(number))
        case .uint(let number): .double(Double(number))
        case .double(0): .double(0)
        case .list(let list): .list(list.map(\.normalized))
        case .table(let table):
            .table(Table(table.entries.sorted { $0.key < $1.key }.map { ($0.key, $0.value.normalized) }))
        default: self
        }
    }
}
