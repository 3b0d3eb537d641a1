import ClusterModel
import Control
import Foundation
import Testing

@testable import LivePage

@Suite struct PageStateTests {
    private func json(_ state: PageState) throws -> [String: Any] {
        try JSONSerialization.jsonObject(with: Data(PageJSON.text(state).utf8)) as! [String: Any]
    }

    @Test func aStatusBecomesWhatThePageShows() throws {
        var rates = RateMeter()
        rates.note(PageState.counters(of: Samples.status(published: 100)), at: 0)
        rates.note(PageState.counters(of: Samples.status(published: 150)), at: 0.5)
        var survey = Survey(unhandled: 2, queued: 3)
        survey.suspects = ["peer-1"]
        survey.feeds = ["news": 41]
        let state = PageState(
            Samples.status(published: 150),
            holdings: Holdings(
                queues: [QueueStatus(name: "jobs", broker: "broker", ready: 4, consumers: 1)],
                surveys: ["producer": survey]),
            objects: ["host-a": [ObjectDescription(object: "acc-1", type: "Account", epoch: 3, state: "{}")]],
            rates: rates)
        let page = try json(state)
        #expect(page["phase"] as? String == "running" && page["leftOut"] as? Int == 0)
        let nodes = try #require(page["nodes"] as? [[String: Any]])
        #expect(nodes[0]["rate"] as? Double == 100 && nodes[0]["waiting"] as? Int == 5)
        #expect(
            nodes[0]["progress"] as? String == "150 published" && (nodes[0]["feeds"] as? [String: Int]) == ["news": 41])
        #expect(nodes[1]["state"] as? String == "killed" && nodes[1]["detail"] as? String == "signal 9")
        #expect(nodes[1]["suspectedBy"] as? [String] == ["producer"])
        let link = try #require((page["links"] as? [[String: Any]])?.first)
        #expect(link["client"] as? String == "producer" && link["server"] as? String == "broker")
        #expect((link["counts"] as? [String: Int]) == ["publish": 150, "confirm": 90])
        #expect((link["rates"] as? [String: Double]) == ["publish": 100])
        #expect(link["toServer"] as? [String] == ["drop"] && link["toClient"] as? [String] == [])
        #expect((page["faults"] as? [[String: Any]])?.map { $0["name"] as? String } == ["drop", "old"])
        #expect((page["queues"] as? [[String: Any]])?.first?["ready"] as? Int == 4)
        #expect((page["objects"] as? [[String: Any]])?.first?["owner"] as? String == "host-a")
    }

    @Test func listsAreBounded() {
        var status = Samples.status()
        status.nodes = (0..<(PageState.rowLimit + 5)).map {
            NodeStatus(name: "n-\($0)", node: "n", role: "", pid: nil, state: .running, restarts: 0, detail: "")
        }
        let state = PageState(status)
        #expect(state.nodes.count == PageState.rowLimit && state.leftOut == 5)
    }

    @Test func aRateIsOverAboutASecond() {
        var meter = RateMeter()
        #expect(meter.rate("a") == 0)
        for tick in 0...40 { meter.note(["a": tick < 20 ? 0 : (tick - 20) * 10], at: Double(tick) / 4) }
        #expect(meter.rate("a") == 40 && meter.rate("b") == 0)
        // A process that begins anew counts from nothing.
        meter.note(["a": 3], at: 10.25)
        #expect(meter.rate("a") == 0)
    }

    @Test func thePageAsksNobodyElse() {
        let page = PageModel(Samples.topology, seed: 7, run: "r", faults: [(keyword: "drop", example: "30%")]).page()
        #expect(!page.contains("alert(1)</title>") && !page.contains("</script><script>alert"))
        #expect(
            !page.contains("http://")
                || page.components(separatedBy: "http://www.w3.org/2000/svg").count
                    == page.components(separatedBy: "http://").count
        )
        #expect(!page.contains("https://") && page.contains("\"keyword\":\"drop\""))
        #expect(page.contains("\"links\":[\"producer -> broker\""), "the edge knows its link")
        #expect(page.contains("\"links\":[\"broker -> subscriber\""))
    }
}

@Suite struct SpectatorTests {
    private func line(_ text: String) -> LogTail.Line { .init(node: "n", text: text) }

    @Test func onlyTheNewestStateWaits() throws {
        var spectator = Spectator()
        spectator.show(state: .init(string: "{\"a\":1}"))
        spectator.show(lines: [line("x")])
        spectator.show(state: .init(string: "{\"a\":2}"))
        let taken = spectator.take()
        let text = String(buffer: try #require(taken))
        #expect(
            text
                == "event: lines\ndata: {\"lines\":[{\"node\":\"n\",\"text\":\"x\"}],\"lost\":0}\n\nevent: state\ndata: {\"a\":2}\n\n"
        )
        #expect(spectator.take() == nil && spectator.size == 0)
    }

    @Test func linesAndCommandsAreBounded() throws {
        var spectator = Spectator()
        for number in 0..<(Spectator.lineLimit + 7) { spectator.show(lines: [line("\(number)")]) }
        for number in 0..<(Spectator.commandLimit + 7) {
            let entry = CommandEntry(number: number, command: "c", outcome: .running, text: "")
            spectator.show(command: entry)
            spectator.show(command: .init(number: number, command: "c", outcome: .done, text: "t"))
        }
        let taken = spectator.take()
        let text = String(buffer: try #require(taken))
        #expect(text.contains("\"lost\":7") && !text.contains("\"text\":\"6\"") && text.contains("\"text\":\"7\""))
        #expect(text.components(separatedBy: "event: command").count - 1 == Spectator.commandLimit)
        #expect(!text.contains("running"), "only what came of it")
    }
}

@Suite struct LogTailTests {
    @Test func linesComeOnceAndWhole() throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("tail-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        var tail = LogTail([(node: "n", path: path)])
        #expect(tail.next().isEmpty)
        func append(_ text: String) throws {
            if !FileManager.default.fileExists(atPath: path) {
                _ = FileManager.default.createFile(atPath: path, contents: nil)
            }
            let handle = try #require(FileHandle(forWritingAtPath: path))
            handle.seekToEndOfFile()
            handle.write(Data(text.utf8))
            try handle.close()
        }
        try append("one\ntw")
        #expect(tail.next().map(\.text) == ["one"])
        try append("o\nthree\n")
        #expect(tail.next().map(\.text) == ["two", "three"])
        #expect(tail.next().isEmpty)
        // Far ahead: the last of it, and a word about the rest.
        try append(String(repeating: String(repeating: "y", count: 99) + "\n", count: 2_000) + "last\n")
        let far = tail.next().map(\.text)
        #expect(far.first?.hasPrefix("… 195 KiB") == true && far.last == "last")
        #expect(far.count < 340 && far.dropFirst().dropLast().allSatisfy { $0.count == 99 })
        try append(String(repeating: "z", count: 1_000) + "\n")
        #expect(tail.next().first?.text.count == LogTail.widthLimit + 1)
    }
}
