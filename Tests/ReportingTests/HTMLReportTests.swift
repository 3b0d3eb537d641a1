import ClusterModel
import Foundation
import History
import Testing

@testable import Reporting

/// What a run printed cannot become a part of the page.
@Suite struct HTMLReportTests {
    private func page(_ topology: Topology, _ report: RunReport, log: String = "") -> String {
        HTMLReport(
            run: "20261123-1-x", report: report.json(), topology: topology, timeline: TimelineData(History()),
            logs: [.init(node: "producer", text: log)], replay: "orch up x.yaml --seed 7"
        ).text()
    }

    /// The JSON that the page reads.
    private func data(_ page: String) throws -> [String: Any] {
        let start = try #require(page.range(of: #"<script type="application/json" id="data">"#))
        let end = try #require(page.range(of: "</script>", range: start.upperBound..<page.endIndex))
        let json = Data(page[start.upperBound..<end.lowerBound].utf8)
        return try #require(try JSONSerialization.jsonObject(with: json) as? [String: Any])
    }

    @Test func nothingOfTheRunIsMarkup() throws {
        var topology = Samples.topology
        let evil = #"</script><script>alert(1)</script><!--<img src=x onerror="alert(2)">&'"#
        topology.name = evil
        topology.nodes[1].name = evil
        var report = Samples.report
        report.topology = evil
        report.problems = [evil]
        let page = page(topology, report, log: "one\n\(evil)\n")
        #expect(!page.contains("<script>alert") && !page.contains("<img") && !page.contains("<!--"))
        #expect(page.components(separatedBy: "</script>").count == 3, "the data, and the page's own script")
        let data = try data(page)
        let shown = try #require(data["report"] as? [String: Any])
        #expect(shown["topology"] as? String == evil && shown["problems"] as? [String] == [evil])
        let logs = try #require(data["logs"] as? [[String: Any]])
        #expect(logs[0]["lines"] as? [String] == ["one", evil])
    }

    @Test func theReportIsInThePageAsItIs() throws {
        let page = page(Samples.topology, Samples.report)
        let report = try #require(try data(page)["report"] as? NSDictionary)
        let json = try JSONSerialization.jsonObject(with: Data(Samples.report.json().utf8)) as? NSDictionary
        #expect(report == json)
        #expect(!page.contains("http://") || page.components(separatedBy: "http://").count == 2, "no network")
        #expect(!page.contains("https://") && page.contains("default-src 'none'"))
    }

    @Test func logsAreBounded() {
        let log = HTMLReport.Log(
            node: "n", text: (1...1_000).map { "line \($0)\n" }.joined() + String(repeating: "x", count: 5_000) + "\n")
        #expect(log.lines.count == 400 && log.leftOut == 601)
        #expect(log.lines.first == "line 602" && log.lines.last?.count == 401)
        #expect(HTMLReport.Log(node: "n", text: "").lines.isEmpty)
    }

    /// Times fit 32 bits however long a run was.
    @Test func theUnitGrowsWithTheRun() {
        var data = TimelineData()
        for hours in [0, 1, 2, 100, 100_000] as [Int64] {
            data.end = max(1, hours * 3_600 * 1_000_000_000)
            #expect(data.end / data.unit <= Int64(UInt32.max) && data.unit % 1_000 == 0)
        }
        data.end = 60_000_000_000
        #expect(data.unit == 1_000)
    }

    @Test func twoRunsAreComparedNumberByNumber() throws {
        var other = Samples.report
        other.duration = .seconds(2)
        other.assertions[1].destinations[1].counts.lost = 4
        other.assertions.removeFirst()
        let text = try RunComparison((name: "one", json: Samples.report.json()), (name: "two", json: other.json()))
            .text(width: 100, color: false)
        let lines = text.split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") }
        #expect(lines.contains("duration s 1.61 2 +0.39 (+24.2%)"), "\(text)")
        #expect(lines.contains("subscriber-2 lost 1 4 +3 (+300%)"), "\(text)")
        #expect(lines.contains("delivery: at-least-once producer → subscriber pass – differs"), "\(text)")
        #expect(!text.contains("unexpected"), "what is 0 in both is left out")
        #expect(throws: OrchError.self) { try RunComparison((name: "one", json: "{}"), (name: "two", json: "{}")) }
    }
}
