import ClusterModel
import Testing

@testable import History

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The file as others read it.
@Suite struct FormatTests {
    private static let root = #filePath.split(separator: "/").dropLast(3).map { "/\($0)" }.joined()

    private func output(of command: String) -> [UInt8] {
        guard let pipe = popen(command, "r") else { return [] }
        defer { pclose(pipe) }
        var output: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = fread(&buffer, 1, buffer.count, pipe)
            guard count > 0 else { return output }
            output += buffer.prefix(count)
        }
    }

    /// `Examples/evidence/read_events.py` knows nothing but what `docs/evidence.md` says.
    @Test func aReaderInPythonSeesWhatWePrint() throws {
        let scratch = Scratch()
        var generator = EventGenerator(seed: 11)
        var events: [Event] = []
        for _ in 0..<30 { events += generator.all() }
        let source = EvidenceSource(kind: .node, name: "worker-1 ☕️", incarnation: 3)
        let recorder = try Recorder(path: scratch.file("a"), source: source)
        for (index, event) in events.enumerated() { recorder.record(event, at: Int64(index) * 1_000 + 7) }
        let layout = scratch.write(Array(EventLayout.json.utf8), to: "layout.json")
        var ours: [UInt8] = []
        for entry in History.read([scratch.file("a")]).events() {
            EventJSON.append(entry.event, time: entry.time - 7, source: "worker-1 ☕️.3", to: &ours)
            ours.append(UInt8(ascii: "\n"))
        }
        let wanted = scratch.write(ours, to: "ours")
        // Both as Python reads them, so that it does not matter how a text is escaped.
        let program = """
            import json, subprocess, sys
            a = [json.loads(l) for l in open(sys.argv[3], encoding="utf-8").read().split(chr(10))[:-1]]
            b = subprocess.run([sys.executable, sys.argv[1], sys.argv[2], sys.argv[4]], capture_output=True).stdout
            b = [json.loads(l) for l in b.decode().split(chr(10))[:-1]]
            bad = [(x, y) for x, y in zip(a, b) if x != y]
            print("same" if a == b else f"{len(a)} {len(b)} {bad[:1]}", len(a))
            """
        let script = scratch.write(Array(program.utf8), to: "compare.py")
        let reader = "\(Self.root)/Examples/evidence/read_events.py"
        let said = output(of: "python3 \(script) \(reader) \(layout) \(wanted) \(scratch.file("a")) 2>&1")
        #expect(String(decoding: said, as: UTF8.self) == "same \(events.count)\n")
    }

    @Test func aTailSeesWhatComesAndNothingTwice() throws {
        let scratch = Scratch()
        var generator = EventGenerator(seed: 12)
        let source = EvidenceSource(kind: .node, name: "a")
        let recorder = try Recorder(path: scratch.file("a"), source: source)
        var before: [Event] = []
        for _ in 0..<5 { before += generator.all() }
        for (time, event) in before.enumerated() { recorder.record(event, at: Int64(time)) }
        var late = try #require(History.read([scratch.file("a")]).tails[scratch.file("a")])
        var whole = EvidenceTail(scratch.file("a"))
        #expect(late.look().isEmpty)
        #expect(whole.look().map(\.event) == before)
        for round in 0..<20 {
            let events = generator.all()
            for event in events { recorder.record(event, at: Int64(1_000 + round)) }
            #expect(late.look().map(\.event) == events)
            #expect(whole.look().map(\.event) == events)
        }
        #expect(late.source == source)
        #expect(whole.source == source)
        var missing = EvidenceTail(scratch.path + "/missing")
        #expect(missing.look().isEmpty)
    }

    /// What a link reads at once may be recorded after something later.
    @Test func recordsOutOfOrderAreSorted() throws {
        let scratch = Scratch()
        let times: [Int64] = [5, 3, 3, 9, 1, 7]
        let recorder = try Recorder(path: scratch.file("a"), source: EvidenceSource(kind: .link, name: "links"))
        for (index, time) in times.enumerated() {
            var event = Publish()
            event.message = "m\(index)"
            event.key = "key \(index)"
            recorder.record(.publish(event), at: time)
        }
        let history = History.read([scratch.file("a")])
        let keys = history.entries.map { entry -> String in
            if case .publish(let event) = entry.event { event.key } else { "" }
        }
        #expect(keys == ["key 4", "key 1", "key 2", "key 0", "key 5", "key 3"])
        #expect(history.times == 1...9)
        #expect(history.count == 6)
    }

    @Test func kindsAreTakenOut() throws {
        let scratch = Scratch()
        var generator = EventGenerator(seed: 13)
        var events: [Event] = []
        for _ in 0..<20 { events += generator.all() }
        let recorder = try Recorder(path: scratch.file("a"), source: EvidenceSource(kind: .node, name: "a"))
        for (time, event) in events.enumerated() { recorder.record(event, at: Int64(time)) }
        let history = History.read([scratch.file("a")])
        let inMemory = History(sources: history.sources, entries: history.entries)
        for kinds in [["phase"], ["delivery", "handle", "call"], Event.kinds] {
            let wanted = events.filter { kinds.contains($0.kind) }
            #expect(history.events(of: kinds).map(\.event) == wanted)
            #expect(inMemory.events(of: kinds).map(\.event) == wanted)
            #expect(history.count(of: kinds[0]) == events.count { $0.kind == kinds[0] })
            #expect(inMemory.count(of: kinds[0]) == events.count { $0.kind == kinds[0] })
        }
    }
}
