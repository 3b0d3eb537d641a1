import ClusterModel
import Testing

@testable import Protobuf

@Suite struct DescriptorTests {
    private func field(_ number: UInt8, _ content: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = [number << 3 | 2]
        bytes.appendVarint(UInt64(content.count))
        return bytes + content
    }

    /// A set of one file, from the bytes of its descriptor.
    private func schema(file: [UInt8]) throws -> ProtoSchema { try ProtoSchema(descriptorSet: field(1, file)) }

    @Test func `protoc's descriptor is written byte for byte`() throws {
        let descriptors = Fixtures.kitchen.fileDescriptors(name: "unused.proto")
        let kitchen = try #require(descriptors.last)
        #expect(kitchen.name == "kitchen.proto")
        #expect(Base64.encode(field(1, kitchen.bytes)) == Golden.kitchenSet)
    }

    @Test func `the well-known files are written byte for byte, dependencies first`() throws {
        let descriptors = Schema.wellKnownFileDescriptors
        for (name, golden) in Golden.wellKnownFiles {
            let descriptor = try #require(descriptors.first { $0.name == name })
            #expect(Base64.encode(descriptor.bytes) == golden)
        }
        var seen: Set<String> = []
        for descriptor in descriptors {
            #expect(seen.isSuperset(of: descriptor.dependencies))
            seen.insert(descriptor.name)
        }
        #expect(seen.contains("google/rpc/error_details.proto"))
    }

    @Test func `only the files that are needed are listed`() {
        let schema = Fixtures.compile(
            ProtoSchema(
                package: "p",
                messages: [
                    MessageDefinition(
                        name: "p.M",
                        fields: [FieldDefinition(name: "s", number: 1, type: .message("google.rpc.Status"))])
                ],
                services: [
                    ServiceDefinition(name: "p.S", methods: [MethodDefinition(name: "m", input: "p.M", output: "p.M")])
                ]))
        let files = schema.fileDescriptors(name: "m.proto")
        #expect(files.map(\.name) == ["google/protobuf/any.proto", "google/rpc/status.proto", "m.proto"])
        #expect(files.last?.dependencies == ["google/rpc/status.proto"])
        #expect(files.last?.symbols == ["p.M", "p.M.s", "p.S", "p.S.m"])
    }

    @Test func `a schema comes back from its descriptors`() throws {
        for schema in [Fixtures.kitchen, Fixtures.legacy, Fixtures.small] {
            let set = schema.fileDescriptors(name: "small.proto").flatMap { field(1, $0.bytes) }
            let back = try ProtoSchema(descriptorSet: set)
            #expect(back.normalized == schema.definition.normalized)
        }
    }

    @Test func `proto2 has presence, closed enumerations and unpacked lists`() throws {
        let kitchen = try #require(Fixtures.legacy.definition.message(named: "old.stuff.kitchen"))
        #expect(kitchen.field(named: "s")?.cardinality == .optional)
        #expect(kitchen.field(named: "req")?.cardinality == .optional)
        #expect(kitchen.field(named: "many")?.isPacked == false)
        #expect(kitchen.field(named: "packed")?.isPacked == true)
        #expect(Fixtures.legacy.definition.enumeration(named: "old.stuff.Closed")?.isOpen == false)
        #expect(Fixtures.legacy.definition.package == "old.stuff")
    }

    @Test func `the file that was asked for gives the package`() throws {
        let both = (Base64.decode(Golden.kitchenSet) ?? []) + (Base64.decode(Golden.legacySet) ?? [])
        #expect(try ProtoSchema(descriptorSet: both, file: "kitchen.proto").package == "kitchen.v1")
        #expect(throws: DescriptorError.self) { try ProtoSchema(descriptorSet: both, file: "none.proto") }
    }

    @Test func `what is not understood is refused`() throws {
        let name = field(1, Array("f.proto".utf8))
        #expect(try schema(file: name + field(12, Array("proto3".utf8))).files.map(\.syntax) == [.proto3])
        #expect(try schema(file: name).files.map(\.syntax) == [.proto2])
        let edition = #expect(throws: DescriptorError.self) {
            try schema(file: name + field(12, Array("editions".utf8)))
        }
        #expect(edition?.problem.contains("edition") == true)
        #expect(throws: DescriptorError.self) { try schema(file: name + [0x70, 0xE8, 0x07]) }
        let group = field(1, Array("g".utf8)) + [0x18, 1, 0x20, 1, 0x28, 10]
        let message = field(4, field(1, Array("M".utf8)) + field(2, group))
        let error = #expect(throws: DescriptorError.self) { try schema(file: name + message) }
        #expect(error?.description == "M.g: is a group; use a message")
        #expect(throws: DescriptorError.self) { try ProtoSchema(descriptorSet: [0xFF]) }
        #expect(throws: DescriptorError.self) { try ProtoSchema(descriptorSet: []) }
        #expect(throws: DescriptorError.self) { try ProtoSchema(descriptorSet: field(1, name) + field(1, name)) }
    }

    @Test func `mutated descriptors never crash`() throws {
        var dice = Dice(seed: 3)
        let set = (Base64.decode(Golden.kitchenSet) ?? []) + (Base64.decode(Golden.legacySet) ?? [])
        var compiled = 0
        for _ in 0..<400 {
            var mutated = set
            for _ in 0..<Int.random(in: 1...2, using: &dice) {
                mutated[Int.random(in: 0..<set.count, using: &dice)] = .random(in: 0...127, using: &dice)
            }
            guard let definition = try? ProtoSchema(descriptorSet: mutated), let schema = try? Schema(definition) else {
                continue
            }
            compiled += 1
            _ = schema.proto()
            _ = schema.fileDescriptors(name: "x.proto")
        }
        #expect(compiled > 10)
    }
}

extension ProtoSchema {
    /// Without order, and without the file that definitions came from.
    var normalized: ProtoSchema {
        var copy = ProtoSchema(package: package)
        copy.messages = messages.map { message in
            var message = message
            message.file = nil
            return message
        }.sorted { $0.name < $1.name }
        copy.enums = enums.map { enumeration in
            var enumeration = enumeration
            enumeration.file = nil
            return enumeration
        }.sorted { $0.name < $1.name }
        copy.services = services.map { service in
            var service = service
            service.file = nil
            return service
        }.sorted { $0.name < $1.name }
        return copy
    }
}

@Suite struct ProtoPrinterTests {
    @Test func `what protoc compiled is printed as it was`() throws {
        #expect(Fixtures.kitchen.proto() == Golden.kitchen)
        #expect(Fixtures.legacy.proto(file: "kitchen.proto") == Golden.kitchen)
        #expect(Fixtures.kitchen.proto(file: "none.proto") == nil)
    }

    @Test func `a proto2 file has its labels`() throws {
        let text = try #require(Fixtures.legacy.proto())
        #expect(text.hasPrefix("syntax = \"proto2\";\n\npackage old.stuff;\n\nimport \"kitchen.proto\";\n"))
        #expect(text.contains("  repeated Closed packed = 3 [packed = true];\n"))
        #expect(text.contains("  optional .kitchen.v1.All all = 6;\n"))
    }

    @Test func `members of a oneof stand together`() throws {
        let fields = [
            FieldDefinition(name: "a", number: 1, type: .bool, oneof: 0),
            FieldDefinition(name: "b", number: 2, type: .bool),
            FieldDefinition(name: "c", number: 3, type: .bool, oneof: 0),
        ]
        let schema = Fixtures.compile(
            ProtoSchema(messages: [MessageDefinition(name: "M", fields: fields, oneofs: ["x"])]))
        let text = """
            syntax = "proto3";

            message M {
              oneof x {
                bool a = 1;
                bool c = 3;
              }
              bool b = 2;
            }

            """
        #expect(schema.proto() == text)
    }

    @Test func `a name that would mean something else is written in full`() throws {
        let schema = Fixtures.compile(
            ProtoSchema(
                package: "a.b",
                messages: [
                    MessageDefinition(
                        name: "a.b.M",
                        fields: [
                            FieldDefinition(name: "one", number: 1, type: .message("a.b.N")),
                            FieldDefinition(name: "N", number: 2, type: .bool),
                            FieldDefinition(name: "google", number: 3, type: .message("google.protobuf.Empty")),
                            FieldDefinition(name: "self", number: 4, type: .message("a.b.M")),
                            FieldDefinition(
                                name: "of", number: 5, type: .map(key: .string, value: .message("a.b.OfEntry"))),
                        ]), MessageDefinition(name: "a.b.N"), MessageDefinition(name: "a.b.OfEntry"),
                ]))
        let text = try #require(schema.proto())
        #expect(text.contains("  .a.b.N one = 1;\n"))
        #expect(text.contains("  .google.protobuf.Empty google = 3;\n"))
        #expect(text.contains("  M self = 4;\n"))
        #expect(text.contains("  map<string, .a.b.OfEntry> of = 5;\n"))
    }
}
