import Assertions
import ClusterModel
import Foundation
import History
import Reporting
import TestSupport
import Testing

/// The HTML report in a browser: `Programs/report-page.py` says what is looked at.
@Suite struct ReportPageTests {
    private static let environment = [
        "PATH": "\(OrchBinary.root)/.venv/bin:" + (ProcessInfo.processInfo.environment["PATH"] ?? "")
    ]

    private func look(_ orch: OrchBinary, _ page: String, _ json: String, _ more: String...) async throws {
        // ORCH_SCREENSHOTS=FOLDER keeps pictures for people.
        let shots = ProcessInfo.processInfo.environment["ORCH_SCREENSHOTS"].map { ["--shots", "\($0)/\(page)"] } ?? []
        let script = "\(OrchBinary.root)/Tests/InteropTests/Programs/report-page.py"
        let result = try await Shell.run(
            "python", [script, page, json] + more + shots, in: orch.folder, environment: Self.environment)
        #expect(result.code == 0, "\(result.output)\(result.errors)")
    }

    @Test func aRunsPageShowsWhatItsReportSays() async throws {
        let orch = OrchBinary()
        defer { orch.remove() }
        orch.write(
            """
            name: lost
            seed: 7
            nodes:
              broker: { broker: {} }
              producer:
                publish: { to: amq.fanout, count: 300, rate: 2000/s, body: line $(seq) }
              subscriber:
                replicas: 2
                consume: { bind: amq.fanout }
              loud: { command: [sh, -c, "echo '</script><script>alert(1)</script>'; sleep 60"], ready: { log: script } }
            faults:
              - { drop: 30%, link: producer -> broker }
            assertions:
              - { delivery: at-least-once, of: attempted, from: producer, to: subscriber }
            """, to: "lost.yaml")
        let run = try await orch.run("up", "lost.yaml", "--report", "json=out.json", "--report", "html=out.html")
        #expect(run.code == 1, "\(run.output)\(run.errors)")
        try await look(orch, "out.html", "out.json")

        // The same from the folder of the run.
        let again = try await orch.run("report", "--html", "again.html")
        #expect(again.code == 0, "\(again.errors)")
        try await look(orch, "again.html", "out.json")

        let names = try FileManager.default.contentsOfDirectory(atPath: "\(orch.folder)/.orch/runs")
        let name = try #require(names.first { $0 != "latest" })
        let same = try await orch.run("report", "--compare", name, name)
        #expect(same.code == 0 && same.output.contains("subscriber-1 lost") && !same.output.contains("differs"))
        #expect(try await orch.run("report", "--compare", name).code == 64)
    }

    /// 100,000 messages that nobody has sent.
    @Test func aHundredThousandMessagesStayFluid() async throws {
        let orch = OrchBinary()
        defer { orch.remove() }
        let topology = Topology(
            name: "large", seed: 7, exchanges: [Exchange(name: "logs", kind: .fanout)],
            nodes: [
                Node(name: "broker", broker: BrokerRole()),
                Node(name: "producer", replicas: 4, publish: [PublishRole(exchange: "logs")]),
                Node(name: "subscriber", replicas: 4, consume: [ConsumeRole(bindings: [Binding(exchange: "logs")])]),
            ])
        let timeline = TimelineData(Self.large, processes: topology.nodes.flatMap(\.instances))
        #expect(timeline.arrows.count > 200_000)
        var counts = DeliveryCounts()
        counts.attempted = 100_000
        let report = RunReport(
            topology: "large", seed: 7, duration: .seconds(60),
            assertions: [
                AssertionResult(
                    title: "delivery: at-least-once", verdict: .pass, line: 1,
                    destinations: [DestinationResult(to: "subscriber-1…4", verdict: .pass, counts: counts)])
            ])
        let page = HTMLReport(
            run: "large", report: report.json(), topology: topology, timeline: timeline, replay: "orch up large.yaml")
        orch.write(page.text(), to: "large.html")
        orch.write(report.json(), to: "large.json")
        try await look(orch, "large.html", "large.json", "--large")
    }

    private static var large: History {
        var history = History(sources: [EvidenceSource(kind: .link, name: "links")])
        var random = SystemRandomNumberGenerator()
        func add(_ time: Int64, _ event: Event) { history.entries.append(.init(time: time, source: 0, event: event)) }
        for n in 1...4 as ClosedRange<UInt32> {
            var connection = ConnectionOpened()
            connection.server = "broker"
            connection.connection = n
            connection.client = "producer-\(n)"
            add(0, .connection(connection))
            connection.connection = n + 4
            connection.client = "subscriber-\(n)"
            add(0, .connection(connection))
        }
        var fault = FaultChange()
        fault.text = "drop 10%"
        fault.link = "producer -> broker"
        for n in 1...100_000 as ClosedRange<Int64> {
            let time = n * 600_000
            fault.on = n == 30_000
            if n == 30_000 || n == 50_000 { add(time, .fault(fault)) }
            let isLost = (30_000..<50_000).contains(n) && n % 10 == 0
            var event = Transmission()
            event.stamp = n
            event.connection = UInt32(n % 4) + 1
            event.message = "producer-\(n % 4 + 1).1.\(n)"
            event.exchange = "logs"
            event.fate = isLost ? .dropped : .passed
            add(time, .transmission(event))
            guard !isLost else { continue }
            add(time + 100_000, .transmissionResult(.init(stamp: n, outcome: .acked)))
            var delivery = Delivery()
            delivery.stamp = n
            delivery.connection = UInt32(n % 4) + 5
            delivery.queue = "amq.gen-\(n % 4 + 1)"
            add(time + Int64.random(in: 150_000...9_000_000, using: &random), .delivery(delivery))
        }
        history.entries.sort { $0.time < $1.time }
        return history
    }
}
