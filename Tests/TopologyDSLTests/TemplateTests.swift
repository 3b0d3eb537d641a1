import ClusterModel
import Testing

@Suite struct TemplateTests {
    private func values(seed: UInt64 = 7) -> Template.Values {
        .init(
            sequence: 42, node: "worker-2", replica: 2, generator: SeededGenerator(seed: seed, "worker-2"),
            now: { 1_000 },
            endpoint: { node, endpoint in "<\(node) \(endpoint)>" })
    }

    @Test(arguments: [
        ("", ""), ("plain", "plain"), ("line $(seq)", "line 42"), ("$(node)/$(replica)", "worker-2/2"),
        ("$(now)", "1000"), ("$$(seq)", "$(seq)"), ("$$$(seq)", "$42"), ("$$$$", "$$"), ("$5 $HOME $", "$5 $HOME $"),
        ("$(broker.url)", "<broker url>"), ("$(main-bus.port)", "<main-bus port>"), ("$(random 3 3)", "3"),
        ("ü$(seq)é", "ü42é"), ("$(random -5 -5)", "-5"), (")$(seq))", ")42)"), ("{$(seq)}", "{42}"),
    ]) func expands(_ text: String, _ expected: String) throws {
        var values = values()
        #expect(try Template(text).text(&values) == expected)
    }

    @Test(arguments: [
        ("$(", Template.Problem.unclosed(at: 0)), ("ab$(seq", .unclosed(at: 2)), ("$()", .unknown("")),
        ("$(sequ)", .unknown("sequ")), ("$(seq 1)", .unknown("seq 1")), ("$(random)", .badRange("random")),
        ("$(random 5 1)", .badRange("random 5 1")), ("$(random a b)", .badRange("random a b")),
        ("$(broker.uri)", .unknownEndpoint(node: "broker", "uri")), ("$(.url)", .unknown(".url")),
        ("$(ls -l a.url)", .unknown("ls -l a.url")),
    ]) func refuses(_ text: String, _ problem: Template.Problem) {
        #expect(throws: problem) { try Template(text) }
    }

    @Test func uuidsAreVersion4AndFollowTheSeed() throws {
        let template = try Template("$(uuid)")
        var (one, two, other) = (values(), values(), values(seed: 8))
        let first = template.text(&one)
        #expect(first == template.text(&two))
        #expect(first != template.text(&one))
        #expect(first != template.text(&other))
        #expect(first.wholeMatch(of: /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/) != nil)
    }

    @Test func randomCoversItsRange() throws {
        let template = try Template("$(random 1 4)")
        var values = values()
        #expect(Set((0..<200).map { _ in template.text(&values) }) == ["1", "2", "3", "4"])
        var extremes = values
        #expect(Int64(try Template("$(random -9223372036854775808 9223372036854775807)").text(&extremes)) != nil)
    }

    @Test func appendsBytes() throws {
        var output = Array("a:".utf8)
        var values = values()
        values.sequence = Int.min
        try Template("$(seq)").expand(into: &output, &values)
        #expect(String(decoding: output, as: UTF8.self) == "a:-9223372036854775808")
    }

    @Test func knowsWhatItNeeds() throws {
        #expect(try Template("a$$b").constant == "a$b")
        #expect(try Template("").constant == "")
        #expect(try Template("$(seq)").constant == nil)
        #expect(try Template("$(a.url) $(b.port)").endpoints.map(\.node) == ["a", "b"])
    }
}
