import Foundation
import TestSupport
import Testing

/// `orch test`: many topologies, one answer.
@Suite(.serialized) struct SuiteTests {
    private static func cluster(_ publish: String, _ rest: String) -> String {
        """
        queues: { q: {} }
        nodes:
          broker: { broker: {} }
          a: { publish: { queue: q, \(publish) } }
          b: { consume: { queue: q } }
        \(rest)
        """
    }

    private static let delivery = "assertions: [{ delivery: at-least-once, from: a, to: b }]"
    private static let attempted = "assertions: [{ delivery: at-least-once, of: attempted, from: a, to: b }]"
    private static let passing = cluster("count: 10, confirm: true", delivery)
    private static let violated = cluster(
        "count: 10", "faults: [{ drop: 100%, link: a -> broker, settle: 10ms }]\n\(attempted)")
    private static let unknown = cluster("count: 10", delivery)
    private static let invalid = cluster("cuont: 10", delivery)
    private static let hanging = cluster("rate: 100/s", delivery)

    private func folder(_ files: [String: String]) -> OrchBinary {
        let orch = OrchBinary()
        try? FileManager.default.createDirectory(atPath: "\(orch.folder)/t", withIntermediateDirectories: true)
        for (name, text) in files { orch.write(text, to: "t/\(name).yaml") }
        return orch
    }

    private func document(_ text: String) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    }

    private func verdicts(_ document: [String: Any]) -> [String: String] {
        let all = document["topologies"] as? [[String: Any]] ?? []
        return Dictionary(all.map { ($0["name"] as! String, $0["verdict"] as! String) }) { $1 }
    }

    @Test func everyVerdictHasItsCodeAndTheOthersStillRun() async throws {
        let orch = folder([
            "good": Self.passing, "lost": Self.violated, "maybe": Self.unknown, "wrong": Self.invalid,
            "endless": Self.hanging, "slow": "tags: [slow]\n\(Self.passing)",
        ])
        defer { orch.remove() }
        orch.write("services: { web: { image: x } }", to: "t/compose.yaml")
        let all = try await orch.run(
            "test", "t", "-j", "2", "--timeout", "12s", "--seed", "7", "--report", "junit=out.xml,json=out.json",
            "--report", "tap=out.tap,html=out.html", "--annotations", "github")
        #expect(all.code == 65, "\(all.output)\(all.errors)")
        let outcome = try document(String(contentsOfFile: "\(orch.folder)/out.json", encoding: .utf8))
        #expect(
            verdicts(outcome) == [
                "good": "pass", "lost": "fail", "maybe": "unknown", "wrong": "invalid", "endless": "timeout",
            ])
        #expect(outcome["left_out"] as? Int == 1)
        #expect(all.output.contains("violated: delivery: at-least-once from a to b  t/lost.yaml:7"))
        #expect(all.output.contains("attempted 10, unconfirmed 10, owed 10, lost 10"))
        #expect(all.output.contains("again: orch up t/lost.yaml --seed 7"))
        #expect(all.output.contains("::error file=t/lost.yaml,line=7,title=lost::"))
        #expect(all.output.contains("1 tagged slow left out"))
        let xml = try XMLParserProbe.elements(of: Data(contentsOf: URL(fileURLWithPath: "\(orch.folder)/out.xml")))
        #expect(xml["testsuite"] == 5 && xml["error"] == 2 && xml["failure"] == 2, "\(xml)")
        let tap = try String(contentsOfFile: "\(orch.folder)/out.tap", encoding: .utf8)
        #expect(tap.contains("1..5\nnot ok 1 - endless"))
        let page = try String(contentsOfFile: "\(orch.folder)/out.html", encoding: .utf8)
        let lost = try #require(page.components(separatedBy: "<details").first { $0.contains("<h3>lost</h3>") })
        #expect(lost.contains(" open>") && lost.contains("attempted 10, unconfirmed 10, owed 10, lost 10"))
        #expect(lost.contains("<li>") && lost.contains("dropped on the link by drop 100%"), "\(lost)")
        #expect(Processes.ofRuns(in: orch.folder).isEmpty)

        for (name, code) in [("good", 0), ("lost", 1), ("maybe", 2), ("slow", 0)] as [(String, Int32)] {
            #expect(try await orch.run("test", "t/\(name).yaml").code == code, "\(name)")
        }
        #expect(try await orch.run("test", "t/*o*.yaml", "--filter", "good").code == 0)
        for words in [["t/nothing.yaml"], ["x*.yaml"], ["t", "--filter", "zzz"], ["t", "--matrix", "x=1"]] {
            #expect(try await orch.run(["test"] + words).code == 64, "\(words)")
        }
    }

    @Test func oneRunIsWrittenInTheSameForms() async throws {
        let orch = folder(["lost": Self.violated])
        defer { orch.remove() }
        let run = try await orch.run(
            "up", "t/lost.yaml", "--seed", "7", "--report", "junit=out.xml,tap=out.tap", "--report", "json=out.json")
        #expect(run.code == 1, "\(run.output)\(run.errors)")
        let xml = try String(contentsOfFile: "\(orch.folder)/out.xml", encoding: .utf8)
        let elements = try XMLParserProbe.elements(of: Data(xml.utf8))
        #expect(elements["testsuite"] == 1 && elements["testcase"] == 1 && elements["failure"] == 1, "\(xml)")
        #expect(xml.contains("type=\"violated\">t/lost.yaml:7\n"), "\(xml)")
        #expect(xml.contains("again: orch up t/lost.yaml --seed 7"), "\(xml)")
        let tap = try String(contentsOfFile: "\(orch.folder)/out.tap", encoding: .utf8)
        #expect(tap.contains("1..1\nnot ok 1 - lost"), "\(tap)")
        #expect(try document(String(contentsOfFile: "\(orch.folder)/out.json", encoding: .utf8))["seed"] as? Int == 7)
        let wrong = try await orch.run("up", "t/lost.yaml", "--report", "junit=out.xml,xml=out")
        #expect(wrong.code == 64)
        #expect(wrong.errors.contains("--report xml=out: expected junit=FILE, json=FILE, tap=FILE or html=FILE"))
    }

    @Test func parametersMakeAMatrix() async throws {
        let orch = folder([
            "m": "params: { loss: [0%, 100%], count: 5 }\n"
                + Self.cluster(
                    "count: \"${count}\"",
                    "faults: [{ drop: \"${loss}\", link: a -> broker, settle: 10ms }]\n"
                        + Self.attempted)
        ])
        defer { orch.remove() }
        #expect(try await orch.run("test", "t").code == 0)
        let matrix = try await orch.run("test", "t", "--matrix", "loss=0%,100%", "--matrix", "count=3", "--json")
        #expect(matrix.code == 1, "\(matrix.output)\(matrix.errors)")
        let all = try #require(try document(matrix.output)["topologies"] as? [[String: Any]])
        #expect(all.map { $0["verdict"] as? String } == ["pass", "fail"])
        #expect(
            all.map { $0["params"] as? [String: String] } == [
                ["loss": "0%", "count": "3"], ["loss": "100%", "count": "3"],
            ])
        let every = try await orch.run("test", "t", "--all-params")
        #expect(every.code == 1 && every.output.contains("m [loss=100%, count=5]"), "\(every.output)")

        let up = try await orch.run("up", "t/m.yaml", "--param", "loss=100%", "--seed", "3")
        #expect(up.code == 1)
        #expect(up.output.contains("again: orch up t/m.yaml --param loss=100% --seed 3"), "\(up.output)")
        #expect(try orch.report()["params"] as? [String: String] == ["loss": "100%", "count": "5"])
        let wrong = try await orch.run("up", "t/m.yaml", "--param", "los=1")
        #expect(wrong.code == 65 && wrong.errors.contains("did you mean 'loss'?"), "\(wrong.errors)")
    }

    @Test func whatIsRunIsChosenAndStopped() async throws {
        let orch = folder([
            "a": "tags: [fast]\n\(Self.passing)", "b": "tags: [fast, lossy]\n\(Self.violated)", "c": Self.passing,
        ])
        defer { orch.remove() }
        func names(_ words: String...) async throws -> [String: String] {
            let result = try await orch.run(["test", "t", "-j", "1", "--json"] + words)
            return verdicts(try document(result.output))
        }
        #expect(try await names("--tags", "fast,other") == ["a": "pass", "b": "fail"])
        #expect(try await names("--tags", "fast", "--filter", "B.YAML") == ["b": "fail"])
        #expect(try await names("--fail-fast") == ["a": "pass", "b": "fail", "c": "skipped"])
        #expect(try await names("--engine", "embedded", "--filter", "c") == ["c": "pass"])
        let repeated = try await orch.run(
            "test", "t/a.yaml", "--repeat", "3", "--same-seed", "--seed", "9", "-j", "2", "--json")
        let runs = try document(repeated.output)["topologies"] as? [[String: Any]]
        let seeds = (runs?.first?["runs"] as? [[String: Any]])?.map { $0["seed"] as? String }
        #expect(seeds == ["9", "9", "9"] && repeated.code == 0, "\(repeated.output)")
    }

    @Test func aVerdictThatHangsOnTheSeedIsFlaky() async throws {
        let orch = folder([
            "coin": Self.cluster(
                "count: 1", "faults: [{ drop: 50%, link: a -> broker, settle: 10ms }]\n\(Self.attempted)")
        ])
        defer { orch.remove() }
        let result = try await orch.run("test", "t", "--seed", "1", "--repeat", "8", "--json")
        #expect(result.code == 1)
        let coin = try #require((try document(result.output)["topologies"] as? [[String: Any]])?.first)
        #expect(coin["verdict"] as? String == "flaky", "\(result.output)")
        let pair = try #require(coin["flaky"] as? [[String: Any]])
        #expect(pair.map { $0["verdict"] as? String } == ["pass", "fail"])
        // What was told can be done again.
        for run in pair {
            let seed = try #require(run["seed"] as? String)
            let again = try await orch.run("up", "t/coin.yaml", "--seed", seed)
            #expect(again.code == (run["verdict"] as? String == "pass" ? 0 : 1), "seed \(seed)")
        }
        let failing = try #require(pair[1]["seed"] as? String)
        let stopped = try await orch.run("test", "t", "-j", "1", "--seed", failing, "--until-failure", "--json")
        let runs = try #require((try document(stopped.output)["topologies"] as? [[String: Any]])?.first?["runs"])
        #expect((runs as? [Any])?.count == 1 && stopped.code == 1)
    }

    @Test(arguments: [SIGINT, SIGKILL])
    func whateverEndsTheSuiteNothingIsLeft(signal: Int32) async throws {
        let orch = folder(["one": Self.hanging, "two": Self.hanging, "three": Self.hanging])
        defer { orch.remove() }
        let suite = try orch.start(["test", "t", "-j", "2", "--report", "json=out.json"])
        try await Eventually.holds("two clusters run", within: 30) { Processes.ofRuns(in: orch.folder).count >= 6 }
        let runs = try FileManager.default.contentsOfDirectory(atPath: "\(orch.folder)/.orch/runs")
        #expect(runs.filter { $0 != "latest" && !$0.hasPrefix(".") }.count == 2)
        kill(suite.processIdentifier, signal)
        suite.waitUntilExit()
        if signal == SIGINT {
            #expect(suite.terminationStatus == 130)
            #expect(Processes.ofRuns(in: orch.folder).isEmpty)
            let outcome = try document(String(contentsOfFile: "\(orch.folder)/out.json", encoding: .utf8))
            #expect(verdicts(outcome) == ["one": "interrupted", "three": "interrupted", "two": "skipped"])
        } else {
            try await Eventually.holds("nothing is left", within: 20) { Processes.ofRuns(in: orch.folder).isEmpty }
            try await Eventually.holds("no orch up is left", within: 20) { Self.orchestrators(in: orch.folder) == 0 }
        }
    }

    /// `orch up` processes whose runs are below a folder.
    private static func orchestrators(in folder: String) -> Int {
        let pids = ((try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []).compactMap(Int32.init)
        return pids.count { pid in
            guard let data = FileManager.default.contents(atPath: "/proc/\(pid)/cmdline") else { return false }
            return Processes.isAlive(pid) && String(decoding: data, as: UTF8.self).contains("\(folder)/.orch/runs")
        }
    }
}

/// Counts the elements of an XML text, whose tags must match. (Foundation's parser is a module of its own on Linux.)
private enum XMLParserProbe {
    struct Malformed: Error {}

    static func elements(of data: Data) throws -> [String: Int] {
        var counts: [String: Int] = [:]
        let text = String(decoding: data, as: UTF8.self)
        var open: [Substring] = []
        for piece in text.split(separator: "<").dropFirst() {
            guard let close = piece.firstIndex(of: ">") else { throw Malformed() }
            let tag = piece[..<close]
            let name = tag.prefix { $0.isLetter || $0 == "-" || $0 == "/" }
            if name.hasPrefix("/") {
                guard open.popLast() == name.dropFirst() else { throw Malformed() }
            } else {
                counts[String(name), default: 0] += 1
                if !tag.hasSuffix("/"), !name.isEmpty { open.append(name) }
            }
        }
        guard open.isEmpty else { throw Malformed() }
        return counts
    }
}
