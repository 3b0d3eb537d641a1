import Foundation
import TestSupport
import Testing

/// What `--report junit=` writes, read by others: Jenkins' schemas and a parser from PyPI.
@Suite struct JUnitTests {
    private static func cluster(_ publish: String, _ rest: String = "") -> String {
        """
        queues: { q: {} }
        nodes:
          broker: { broker: {} }
          a: { publish: { queue: q, \(publish) } }
          b: { consume: { queue: q } }
        assertions: [{ delivery: at-least-once, of: attempted, from: a, to: b }]
        \(rest)
        """
    }

    /// - Returns: a line a suite: its name, tests, failures, errors, skipped, and the kinds of results.
    private func read(_ file: String, in orch: OrchBinary) async throws -> [String] {
        let folder = "\(OrchBinary.root)/.venv/schemas/tests/vendor/jenkins/xunit-plugin"
        let schemas = try FileManager.default.contentsOfDirectory(atPath: folder).map { "\(folder)/\($0)/junit-10.xsd" }
        #expect(!schemas.isEmpty)
        let program = "\(OrchBinary.root)/Tests/InteropTests/Programs/junit.py"
        let result = try await Shell.run(
            "\(OrchBinary.root)/.venv/bin/python", [program, file] + schemas.sorted(), in: orch.folder)
        #expect(result.code == 0, "\(result.errors)")
        return result.output.split(separator: "\n").map(String.init)
    }

    @Test func aSuiteWithEveryVerdictIsValidAndRead() async throws {
        let orch = OrchBinary()
        defer { orch.remove() }
        try FileManager.default.createDirectory(atPath: "\(orch.folder)/t", withIntermediateDirectories: true)
        let loss = "faults: [{ drop: 100%, link: a -> broker, settle: 10ms }]"
        let files = [
            "endless": Self.cluster("rate: 100/s"), "good": Self.cluster("count: 10"),
            "lost <&>": Self.cluster("count: 10", loss), "wrong": Self.cluster("cuont: 10"),
            "maybe": Self.cluster("count: 10", loss).replacingOccurrences(of: " of: attempted,", with: ""),
        ]
        for (name, text) in files { orch.write(text, to: "t/\(name).yaml") }
        let suite = try await orch.run("test", "t", "--timeout", "12s", "--report", "junit=out.xml")
        #expect(suite.code == 65, "\(suite.output)\(suite.errors)")
        #expect(
            try await read("out.xml", in: orch) == [
                "endless 1 0 1 0 error", "good 1 0 0 0 passed", "lost <&> 1 1 0 0 failure", "maybe 1 1 0 0 failure",
                "wrong 1 0 1 0 error",
            ])
    }

    @Test func aSingleRunIsToo() async throws {
        let orch = OrchBinary()
        defer { orch.remove() }
        orch.write(Self.cluster("count: 10"), to: "good.yaml")
        let run = try await orch.run("up", "good.yaml", "--report", "junit=out.xml")
        #expect(run.code == 0, "\(run.output)\(run.errors)")
        #expect(try await read("out.xml", in: orch) == ["good 1 0 0 0 passed"])
    }
}
