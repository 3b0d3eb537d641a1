import ClusterModel
import Protobuf
import Testing

@testable import NodeRuntime

@Suite struct CallValuesTests {
    private let type: MessageType

    init() throws {
        let schema = try Schema(
            ProtoSchema(messages: [
                MessageDefinition(
                    name: "M",
                    fields: [
                        FieldDefinition(name: "n", number: 1, type: .int64),
                        FieldDefinition(name: "names", number: 2, type: .string, cardinality: .repeated),
                    ])
            ]))
        type = try #require(schema.message("M"))
    }

    private func values(_ sequence: Int) -> Template.Values {
        Template.Values(
            sequence: sequence, node: "client", replica: 1, generator: SeededGenerator(seed: 1, "t"), now: { 0 })
    }

    @Test func templatesAreFilledInForEachCall() throws {
        let request = try CallValues(.table(["n": .string("$(seq)"), "names": .list([.string("x$(seq)")])]), type)
        for sequence in [1, 27] {
            var values = values(sequence)
            let message = try request.message(&values)
            #expect(message["n"] == .int64(Int64(sequence)))
            #expect(message.untyped["names"] == ["x\(sequence)"].map { .string($0) }.list)
        }
    }

    @Test func aConstantThatDoesNotFitIsRefusedAtOnce() {
        #expect(throws: ValueError.self) { try CallValues(.table(["n": .string("many")]), type) }
        #expect(throws: ValueError.self) { try CallValues(.table(["nobody": .int(1)]), type) }
    }

    /// Only the fields that the file names count.
    @Test func differencesAreNamed() throws {
        let expected = try CallValues(.table(["n": .string("$(seq)")]), type)
        var reply = Message(type)
        try reply.set("n", .int64(4))
        var values = values(4)
        #expect(expected.difference(from: reply, &values) == nil)
        values.sequence = 5
        let difference = try #require(expected.difference(from: reply, &values))
        #expect(difference.hasPrefix("n is "), "\(difference)")
        let names = try CallValues(.table(["names": .list([])]), type)
        #expect(names.difference(from: reply, &values) == nil)
    }
}

extension [Untyped] {
    fileprivate var list: Untyped { .list(self) }
}
