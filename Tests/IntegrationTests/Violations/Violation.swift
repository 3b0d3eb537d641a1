import ClusterModel
import Foundation
import TestSupport
import TopologyDSL

/// A topology in `Violations/Topologies` that violates an assertion on purpose, and says at which ones by `# violated`.
struct Violation {
    static let folder = "\(OrchBinary.root)/Tests/IntegrationTests/Violations"

    /// All topologies, by name.
    static let names: [String] = {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: "\(folder)/Topologies")) ?? []
        return files.filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(5)) }.sorted()
    }()

    let name: String
    let text: String
    /// Lines of the file, from 1.
    let lines: Set<Int>

    init(_ name: String) throws {
        self.name = name
        text = try String(contentsOfFile: "\(Self.folder)/Topologies/\(name).yaml", encoding: .utf8)
        let all = text.split(separator: "\n", omittingEmptySubsequences: false)
        lines = Set(all.indices.filter { all[$0].hasSuffix("# violated") }.map { $0 + 1 })
    }

    /// The assertions that are to be violated, as the model has them.
    func assertions() throws -> [Assertion] {
        let topology = try TopologyFile.load(
            path: "\(Self.folder)/Topologies/\(name).yaml",
            environment: ["ORCH_TEST_BROKER": "amqp://127.0.0.1:1", "ORCH_TEST_PROGRAMS": "."]
        ).get()
        return topology.assertions.filter { lines.contains($0.location.line) }.map(\.assertion)
    }

    func run(broker: String = "") async throws -> ViolationRun {
        let programs = ["ORCH_TEST_PROGRAMS": "\(Self.folder)/Programs", "ORCH_TEST_BROKER": broker]
        return try await ViolationRun(ClusterRun(text, environment: programs))
    }
}

/// What a run reported, and what its evidence says: two accounts that must agree.
struct ViolationRun {
    struct Example {
        var kind: String
        var message: String
        /// Milliseconds since the workloads began, and what happened.
        var path: [(time: Double, text: String)]

        func tells(_ parts: String...) -> Bool { parts.allSatisfy { part in path.contains { $0.text.contains(part) } } }
    }

    struct Judged {
        let json: [String: Any]

        var title: String { json["assertion"] as? String ?? "" }
        var line: Int { json["line"] as? Int ?? 0 }
        var verdict: String { json["verdict"] as? String ?? "" }
        var explanation: String { json["explanation"] as? String ?? "" }

        func destination(_ name: String? = nil) -> [String: Any] {
            let all = json["destinations"] as? [[String: Any]] ?? []
            return all.first { name == nil || $0["to"] as? String == name } ?? [:]
        }

        /// Of a destination's counts (the first one's), or of those of calls; -1 where there are none.
        func count(_ name: String, at place: String? = nil) -> Int {
            let counts = ((json["calls"] as? [String: Any]) ?? destination(place))["counts"] as? [String: Int]
            return counts.map { $0[name] ?? 0 } ?? -1
        }

        func number(_ measure: String, _ field: String) -> Double {
            ((json[measure] as? [String: Any])?[field] as? NSNumber)?.doubleValue ?? -1
        }

        /// Of all destinations.
        var examples: [Example] {
            let places = json["destinations"] as? [[String: Any]] ?? []
            let lists = ([json] + places).compactMap { $0["examples"] as? [[String: Any]] }
            return lists.joined().map { example in
                let steps = example["path"] as? [[String: Any]] ?? []
                return Example(
                    kind: example["kind"] as? String ?? "", message: example["message"] as? String ?? "",
                    path: steps.map { (($0["t_ms"] as? NSNumber)?.doubleValue ?? 0, $0["event"] as? String ?? "") })
            }
        }

        func messages(_ kind: String) -> [String] { examples.filter { $0.kind == kind }.map(\.message) }
    }

    let run: ClusterRun
    let events: Events

    init(_ run: ClusterRun) async throws {
        self.run = run
        let printed = try await run.orch.run("events").output
        events = Events(
            try printed.split(separator: "\n").map {
                try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any] ?? [:]
            })
    }

    var judged: [Judged] { run.assertions.map { Judged(json: $0) } }
    var failed: [Judged] { judged.filter { $0.verdict == "fail" } }

    func remove() { run.orch.remove() }
}

/// A run's evidence, as `orch events` prints it.
struct Events {
    let all: [[String: Any]]

    init(_ all: [[String: Any]]) { self.all = all }

    /// Of one kind, by one witness (in any of its lives), or by all.
    func of(_ kind: String, by source: String? = nil) -> [[String: Any]] {
        all.filter { event in
            guard event["kind"] as? String == kind, let said = event["source"] as? String else { return false }
            return source == nil || said == source || said.hasPrefix("\(source!).")
        }
    }

    /// One field of each event of a kind.
    func texts(_ field: String, of kind: String, by source: String? = nil) -> [String] {
        of(kind, by: source).compactMap { $0[field] as? String }
    }

    /// How often each value of a field occurs.
    func tally(_ field: String, of kind: String, by source: String? = nil) -> [String: Int] {
        texts(field, of: kind, by: source).reduce(into: [:]) { $0[$1, default: 0] += 1 }
    }
}
