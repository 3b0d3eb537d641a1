import ClusterModel
import Testing

@Suite struct TemplateTests {
    private func expand(_ text: String, sequence: Int = 17) throws -> String {
        var values = Template.Values(
            sequence: sequence, node: "worker-2", replica: 2, generator: SeededGenerator(seed: 7, "template"),
            now: { 1_700_000_000_000 }, endpoint: { node, endpoint in "<\(node) \(endpoint.rawValue)>" })
        return try Template(text).text(&values)
    }

    @Test(arguments: [
        ("", ""), ("plain", "plain"), ("line $(seq)", "line 17"), ("$(node)/$(replica)", "worker-2/2"),
        ("at $(now)", "at 1700000000000"), ("$(broker.url)", "<broker url>"), ("$(a.b.port)", "<a.b port>"),
        ("$$(seq) costs 5$", "$(seq) costs 5$"), ("$$$(seq)", "$17"), ("☕️ $(seq)", "☕️ 17"),
    ])
    func texts(_ text: String, _ expected: String) throws {
        #expect(try expand(text) == expected)
    }

    @Test func chanceIsSeeded() throws {
        let text = "$(uuid) $(random 1 6)"
        #expect(try expand(text) == expand(text))
        let uuid = try expand("$(uuid)")
        #expect(uuid.wholeMatch(of: /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/) != nil)
        #expect((1...6).contains(try #require(Int(try expand("$(random 1 6)")))))
    }

    @Test func problemsAreNamed() {
        #expect(throws: Template.Problem.unclosed(at: 2)) { try Template("ü $(seq") }
        #expect(throws: Template.Problem.unknown("nonsense")) { try Template("$(nonsense)") }
        #expect(throws: Template.Problem.badRange("random 6 1")) { try Template("$(random 6 1)") }
        #expect(throws: Template.Problem.badRange("random")) { try Template("$(random)") }
        #expect(throws: Template.Problem.unknownEndpoint(node: "broker", "colour")) { try Template("$(broker.colour)") }
    }
}
