import ClusterModel
import Testing

@testable import TopologyDSL

/// Every kind of diagnostic, word for word and at its place.
@Suite struct DiagnosticTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var title: String
        var text: String
        var expected: [String]

        var testDescription: String { title }
    }

    static let cluster = """
        nodes:
          broker: { broker: {} }
          producer: { publish: { to: amq.fanout } }
          worker: { replicas: 2, consume: { bind: amq.fanout } }

        """

    static let services = """
        services:
          Calculator:
            methods:
              suma:
                request: { a: int64, b: int64 }
                response: { total: int64 }
                handler: return { total = request.a + request.b }
        nodes:
          server: { serve: Calculator }
          client: { call: { method: Calculator.suma, with: { a: 1, b: 2 }, count: 10 } }

        """

    static let objects = """
        objects:
          Account:
            state: { balance: 0 }
            methods:
              deposit:
                params: { amount: int64 }
                returns: int64
                raises: Closed
                handler: return self.balance
            instances: { acc-1: { host: host-a } }
        nodes:
          directory: { directory: {} }
          host-a: { host: Account }
          client: { invoke: { object: acc-1, method: deposit, with: { amount: 1 }, count: 10 } }

        """

    static let network = """
        feeds: { news: { append: { count: 10 } }, quiet: }
        groups: { friends: { names: names }, quiet: }
        nodes:
          server: { feed: [news, quiet] }
          reader: { watch: news }
          poller: { watch: { feed: news, by: poll } }
          names: { names: }
          peer:
            replicas: 3
            peer:
              group: friends
              send: { to: peer, count: 10 }
              broadcast: { count: 10 }
              share: song-$(replica)
              find: { what: song-1, by: names }
          silent: { replicas: 2, peer: quiet }

        """

    static let environment = ["NAME": "orch", "EMPTY": "", "SECONDS_": "2"]

    static let cases: [Case] = {
        var cases: [Case] = []
        for line in [diagnosticCases, serviceCases, objectCases, networkCases].joined(separator: "\n").split(
            separator: "\n", omittingEmptySubsequences: false
        )
        .map(String.init) {
            if line.hasPrefix("=== ") {
                cases.append(Case(title: String(line.dropFirst(4)), text: "", expected: []))
            } else if line.hasPrefix("! ") {
                cases[cases.count - 1].expected.append(String(line.dropFirst(2)))
            } else {
                cases[cases.count - 1].text += line + "\n"
            }
        }
        for index in cases.indices {
            if cases[index].title.hasSuffix(" +") { cases[index].text += cluster }
            if cases[index].title.hasSuffix(" ++++") { cases[index].text += network }
            if cases[index].title.hasSuffix(" +++") { cases[index].text += objects }
            if cases[index].title.hasSuffix(" ++") { cases[index].text += services }
        }
        return cases
    }()

    static func said(_ diagnostics: [Diagnostic]) -> [String] {
        diagnostics.map { diagnostic in
            let place = "\(diagnostic.location.line):\(diagnostic.location.column)"
            let related = diagnostic.related.map { " (\($0.location.line):\($0.location.column) \($0.message))" }
                .joined()
            return "\(place): \(diagnostic.severity): \(diagnostic.message)\(related)"
                + (diagnostic.advice.map { " | \($0)" } ?? "")
        }
    }

    @Test(arguments: cases) func says(_ example: Case) {
        let loaded = TopologyFile.load(text: example.text, path: "t.yaml", environment: Self.environment)
        let said = Self.said(loaded.diagnostics)
        #expect(said == example.expected)
        #expect((loaded.topology == nil) == loaded.diagnostics.hasErrors)
    }
}
