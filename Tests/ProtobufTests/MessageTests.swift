import ClusterModel
import Testing

@testable import Protobuf

@Suite struct MessageTests {
    @Test func `absent fields are their default, or nil with presence`() {
        let message = Message(Fixtures.node)
        #expect(message["total"] == .int64(0))
        #expect(message["name"] == .string(""))
        #expect(message["numbers"] == .list(List(emptyOf: .int32)))
        #expect(message["labels"] == .map([:]))
        #expect(message["maybe"] == nil)
        #expect(message["left"] == nil)
        #expect(message["nothing"] == nil)
        #expect(message["byId"] == .map([:]))
    }

    @Test func `fields are set, replaced and cleared in any order`() throws {
        var message = Message(Fixtures.node)
        try message.set("maybe", .int32(0))
        try message.set("name", .string("x"))
        try message.set("total", .int64(7))
        #expect(hex(message.encoded) == "0807" + "120178" + "6000")
        try message.set("name", .string(""))
        try message.set("total", .int64(8))
        try message.set("maybe", nil)
        #expect(hex(message.encoded) == "0808")
        #expect(message.has(try #require(message.type.field(number: 1))))
        #expect(!message.has(try #require(message.type.field(number: 2))))
    }

    @Test func `setting a member of a oneof clears the others`() throws {
        var message = Message(Fixtures.node)
        try message.set("one", .int32(0))
        try message.set("two", .message(Message(Fixtures.node)))
        #expect(message["one"] == nil)
        #expect(message["two"] != nil)
    }

    @Test(
        arguments: [
            ("total", .int32(1), "expected int64"), ("name", .bytes([]), "expected string"),
            ("numbers", .int32(1), "expected a list of int32"),
            ("labels", .int32(1), "expected a map from string to int32"),
            ("numbers", .list(List(.int64, .scalars([1]))), "expected a list of int32"),
            ("labels", .map([.int(1): .int32(1)]), "1 is no string"),
            ("labels", .map([.string("a"): .int64(1)]), "expected int32"),
            ("by_id", .map([.int(3_000_000_000): .string("")]), "3000000000 is no int32"),
            ("left", .message(Message(Fixtures.inner)), "expected Node"),
            ("left", .list(List(emptyOf: .message)), "expected Node"),
            ("color", .int32(1), "expected a value of Color"),
        ] as [(String, Value, String)])
    func `a value of another type is refused`(_ name: String, _ value: Value, _ problem: String) {
        var message = Message(Fixtures.node)
        #expect(throws: ValueError(path: name, problem: problem)) { try message.set(name, value) }
        #expect(message.entries.isEmpty)
    }

    @Test func `an unknown name is refused`() {
        var message = Message(Fixtures.inner)
        let problem = "kitchen.v1.All.Inner has no field 'b' (its fields: a, again, deep)"
        #expect(throws: ValueError(problem: problem)) { try message.set("b", .int32(1)) }
    }

    @Test func `messages are equal if they would be written alike`() throws {
        let one = try Message(Fixtures.node, ["name": "a", "labels": ["x": 1, "y": 2], "ratio": .double(.nan)])
        let other = try Message(Fixtures.node, ["labels": ["y": 2, "x": 1], "ratio": .double(.nan), "name": "a"])
        #expect(one == other)
        #expect(one != (try Message(Fixtures.node, ["name": "a"])))
        // Swift's own comparison would take these for one.
        #expect(Value.string("\u{E9}") != Value.string("e\u{301}"))
        #expect(Value.double(0) != Value.double(-0.0))
    }

    @Test func `an Any holds any message of the schema`() throws {
        let inner = try Message(Fixtures.inner, ["a": 5])
        let any = try #require(inner.packed(in: Fixtures.kitchen))
        #expect(any.unpacked == inner)
        #expect(any["type_url"] == .string("type.googleapis.com/kitchen.v1.All.Inner"))
        #expect(inner.packed(in: .wellKnown)?.unpacked == nil)
    }
}

@Suite struct SchemaTests {
    private func problems(_ definition: ProtoSchema) -> [String] {
        SchemaValidator.problems(in: definition).map(\.description)
    }

    private func problems(fields: [FieldDefinition], oneofs: [String] = []) -> [String] {
        problems(ProtoSchema(package: "p", messages: [MessageDefinition(name: "p.M", fields: fields, oneofs: oneofs)]))
    }

    private func problems(values: [EnumDefinition.Value]) -> [String] {
        problems(ProtoSchema(enums: [EnumDefinition(name: "Color", values: values)]))
    }

    @Test func `a good schema has no problems, and methods are found by their path`() throws {
        #expect(problems(Fixtures.kitchen.definition).isEmpty)
        #expect(problems(Fixtures.legacy.definition).isEmpty)
        let method = try #require(Fixtures.kitchen.method(path: "/kitchen.v1.Kitchen/Both"))
        #expect(method.input == Fixtures.all && method.output == Fixtures.inner)
        #expect(method.clientStreaming && method.serverStreaming)
        #expect(method.path == "/kitchen.v1.Kitchen/Both")
        #expect(Fixtures.kitchen.methods(of: "kitchen.v1.Kitchen").map(\.name) == ["Unary", "Both"])
        #expect(Fixtures.kitchen.method(path: "/kitchen.v1.Kitchen/None") == nil)
    }

    @Test func `field numbers have bounds`() {
        for (number, problem) in [
            (0, "p.M.a: has number 0; numbers are 1 to 536870911"),
            (-1, "p.M.a: has number -1; numbers are 1 to 536870911"),
            (536_870_912, "p.M.a: has number 536870912; numbers are 1 to 536870911"),
            (19_000, "p.M.a: has number 19000; 19000 to 19999 are protobuf's own"),
            (19_999, "p.M.a: has number 19999; 19000 to 19999 are protobuf's own"),
        ] as [(Int32, String)] {
            #expect(problems(fields: [FieldDefinition(name: "a", number: number, type: .bool)]) == [problem])
        }
        for number in [1, 18_999, 20_000, 536_870_911] as [Int32] {
            #expect(problems(fields: [FieldDefinition(name: "a", number: number, type: .bool)]).isEmpty)
        }
    }

    @Test func `names and numbers are there once`() {
        let a = FieldDefinition(name: "a", number: 1, type: .bool)
        #expect(
            problems(fields: [a, a]) == [
                "p.M.a: is declared twice", "p.M.a: has number 1, which is a's", "p.M.a: is a in JSON, as a is",
            ])
        let camel = [
            FieldDefinition(name: "a_b", number: 1, type: .bool), FieldDefinition(name: "aB", number: 2, type: .bool),
        ]
        #expect(
            problems(fields: camel) == [
                "p.M.aB: is aB in JSON, as a_b is", "p.M.aB: is the same as a_b but for case and underscores",
            ])
        #expect(problems(ProtoSchema(messages: [MessageDefinition(name: "google")])) == ["google: is declared twice"])
        let entry = [
            FieldDefinition(name: "x", number: 1, type: .map(key: .string, value: .bool)),
            FieldDefinition(name: "XEntry", number: 2, type: .bool),
        ]
        #expect(problems(fields: entry) == ["p.M.XEntry: is declared twice"])
        #expect(
            problems(
                ProtoSchema(
                    package: "p", messages: [MessageDefinition(name: "p.M")],
                    services: [.init(name: "p.M", methods: [])]))
                == ["p.M: is declared twice"])
    }

    @Test func `types must be there`() {
        func field(_ type: FieldType) -> [String] {
            problems(fields: [FieldDefinition(name: "a", number: 1, type: type)])
        }
        #expect(field(.message("p.N")) == ["p.M.a: has unknown type p.N"])
        #expect(field(.enumeration("p.M")) == ["p.M.a: p.M is a message, not an enum"])
        #expect(
            field(.message("google.protobuf.NullValue")) == [
                "p.M.a: google.protobuf.NullValue is an enum, not a message"
            ])
        #expect(field(.map(key: .string, value: .message("X"))) == ["p.M.a: has unknown type X"])
        #expect(
            field(.map(key: .double, value: .bool)) == [
                "p.M.a: has a map key that is neither an integer, a bool nor a string"
            ])
        #expect(
            field(.map(key: .string, value: .map(key: .string, value: .bool)))
                == ["p.M.a: is a map of maps; put the inner one into a message"])
        #expect(field(.message("google.rpc.BadRequest.FieldViolation")).isEmpty)
        let service = ServiceDefinition(
            name: "S", methods: [MethodDefinition(name: "m", input: "A", output: "google.protobuf.Empty")])
        #expect(problems(ProtoSchema(services: [service])) == ["S.m: has unknown type A"])
    }

    @Test func `names must be names`() {
        let empty = ProtoSchema(package: "a..b", messages: [])
        #expect(problems(empty).count == 1)
        #expect(problems(fields: [FieldDefinition(name: "1a", number: 1, type: .bool)]).count == 1)
        #expect(
            problems(ProtoSchema(package: "p", messages: [MessageDefinition(name: "M")])) == ["M: is not in package p"])
        #expect(
            problems(ProtoSchema(messages: [MessageDefinition(name: "A.B")])) == [
                "A.B: lies inside A, which is not a message"
            ])
        #expect(problems(ProtoSchema(messages: [MessageDefinition(name: "A-B")])).count == 1)
        #expect(
            problems(
                ProtoSchema(package: "google.protobuf", messages: [MessageDefinition(name: "google.protobuf.Any")]))
                == ["google.protobuf.Any: is a well-known type already"])
        let names = (0..<40).map { (0...$0).map { "A\($0)" }.joined(separator: ".") }
        #expect(problems(ProtoSchema(messages: names.map { MessageDefinition(name: $0) })).count == 8)
    }

    @Test func `an enumeration begins with zero and keeps its names apart`() {
        #expect(problems(values: []) == ["Color: has no values"])
        #expect(problems(values: [.init("A", 1)]) == ["Color.A: is 1; the first value must be 0"])
        #expect(problems(values: [.init("A", 0), .init("B", 0)]) == ["Color.B: has number 0, which is A's"])
        #expect(problems(values: [.init("A", 0), .init("A", 1)]) == ["A: is declared twice"])
        #expect(
            problems(values: [.init("option", 0)]) == ["Color.option: is a word that a .proto file cannot have here"])
        #expect(
            problems(values: [.init("RED", 0), .init("COLOR_RED", 1)])
                == ["Color.COLOR_RED: is the same as RED but for case, underscores and the enum's name"])
        let two = ["E", "F"].map { EnumDefinition(name: $0, values: [.init("ZERO", 0)]) }
        #expect(problems(ProtoSchema(enums: two)) == ["ZERO: is declared twice"])
    }

    @Test func `a oneof has members, and they are single`() {
        #expect(problems(fields: [], oneofs: ["x"]) == ["p.M.x: is a oneof without fields"])
        let list = FieldDefinition(name: "a", number: 1, type: .bool, cardinality: .repeated, oneof: 0)
        #expect(problems(fields: [list], oneofs: ["x"]) == ["p.M.a: is repeated, so it cannot be in a oneof"])
        let stray = FieldDefinition(name: "a", number: 1, type: .bool, oneof: 3)
        #expect(problems(fields: [stray]) == ["p.M.a: is in a oneof that is not there"])
    }

    @Test func `fields are found by high numbers, too`() {
        #expect(Fixtures.all.field(number: 300)?.name == "custom_name")
        #expect(Fixtures.all.field(number: 536_870_911)?.name == "far")
        #expect(Fixtures.all.field(number: 301) == nil)
        #expect(Fixtures.all.field(number: -1) == nil)
        #expect(Fixtures.all.field(number: 18) == nil)
        #expect(Fixtures.all.field(named: "Special\"Name")?.number == 300)
    }
}
