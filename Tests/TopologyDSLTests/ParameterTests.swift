import ClusterModel
import Testing

@testable import TopologyDSL

/// `params:` of a file, and what `--param` makes of them.
@Suite struct ParameterTests {
    private func load(
        _ text: String, _ parameters: [String: String] = [:], environment: [String: String] = [:]
    ) -> TopologyFile.Loaded {
        TopologyFile.load(
            text: text + "\n" + DiagnosticTests.cluster, path: "t.yaml", environment: environment,
            parameters: parameters)
    }

    private let file = """
        params: { loss: [0%, 10%], what: "a $(x) ${WHO}", empty: "" }
        name: ${loss}
        description: ${what} ${empty:-nothing} ${empty-none}
        """

    @Test func theFirstValueIsTheDefaultAndTheGivenOneComesBeforeIt() throws {
        let loaded = load(file, environment: ["WHO": "$(me)", "loss": "from the environment"])
        #expect(loaded.diagnostics.isEmpty, "\(loaded.diagnostics.rendered())")
        let topology = try loaded.get()
        #expect(topology.name == "0%")
        // Text stays text: nothing in it is filled in later.
        #expect(topology.description == "a $(x) $(me) nothing ")
        #expect(topology.params.map(\.assignment) == ["loss=0%", "what=a $(x) $(me)", "empty="])
        #expect(topology.params.allSatisfy { !$0.isGiven })
        #expect(topology.params[0].values == ["0%", "10%"])

        let given = try load(file, ["loss": "99%", "empty": "full"], environment: ["WHO": "me"]).get()
        #expect(given.name == "99%")
        #expect(given.description == "a $(x) me full full")
        #expect(given.params.map(\.isGiven) == [true, false, true])
    }

    @Test func aParameterThatIsNotThereIsAnErrorWithWhatWasMeant() {
        let slip = load(file, ["los": "1", "loss": "2%"], environment: ["WHO": "x"])
        #expect(slip.topology == nil)
        #expect(slip.diagnostics.map(\.message) == ["the topology has no parameter 'los', did you mean 'loss'?"])
        #expect(slip.diagnostics.first?.location.line == 1)
        let far = load(file, ["quantity": "1"], environment: ["WHO": "x"]).diagnostics.first
        #expect(far?.advice == "its parameters are loss, what and empty")
        #expect(load("name: x", ["a": "1"]).diagnostics.first?.advice == "declare it: params: { a: VALUE }")
    }

    @Test func aSlipInTheFileIsAWarningWithWhatWasMeant() {
        let loaded = load("params: { loss: 10% }\nname: a ${los}")
        #expect(
            loaded.diagnostics.map(\.message) == [
                "the environment variable los is not set: empty here, did you mean 'loss'?"
            ])
    }

    @Test func aBadValueIsToldAtItsUse() {
        let loaded = load("params: { time: [1s, soon] }\ndrain: ${time}", ["time": "soon"])
        #expect(loaded.topology == nil)
        #expect(loaded.diagnostics.first?.location.line == 2)
        #expect(load("params: { time: [1s, soon] }\ndrain: ${time}").topology?.drain == .seconds(1))
    }

    @Test func thereAreBounds() {
        let many = (0...ParamsSection.countLimit).map { "p\($0): 1" }.joined(separator: ", ")
        #expect(load("params: { \(many) }").diagnostics.first?.message == "33 parameters: at most 32")
        let long = Array(repeating: "1", count: ParamsSection.valueLimit + 1).joined(separator: ", ")
        #expect(load("params: { a: [\(long)] }").topology == nil)
    }
}
