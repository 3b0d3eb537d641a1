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

/// A folder of its own, removed with what is in it.
final class Scratch {
    let path: String

    init() {
        var template = Array("/tmp/orch-history-XXXXXX".utf8CString)
        path = String(cString: mkdtemp(&template)!)
    }

    deinit {
        for name in names { unlink(path + "/" + name) }
        rmdir(path)
    }

    private var names: [String] = []

    func file(_ name: String) -> String {
        if !names.contains(name) { names.append(name) }
        return path + "/" + name
    }

    func write(_ bytes: [UInt8], to name: String) -> String {
        let path = file(name)
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        defer { close(file) }
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes { writeBytes(file, $0.baseAddress!, $0.count) }
            guard count > 0 else { break }
            written += count
        }
        return path
    }

    func bytes(_ path: String) -> [UInt8] {
        let file = open(path, O_RDONLY)
        defer { close(file) }
        let size = Int(lseek(file, 0, SEEK_END))
        var bytes = [UInt8](repeating: 0, count: size)
        _ = bytes.withUnsafeMutableBytes { pread(file, $0.baseAddress!, size, 0) }
        return bytes
    }
}

/// `write` by a name that the class above does not shadow.
private func writeBytes(_ file: Int32, _ bytes: UnsafeRawPointer, _ count: Int) -> Int { write(file, bytes, count) }

@Suite struct RecorderTests {
    private static let source = EvidenceSource(kind: .link, name: "links ☕️", incarnation: 3)

    private func record(_ events: [Event], to path: String) throws {
        let recorder = try Recorder(path: path, source: Self.source)
        for (index, event) in events.enumerated() { recorder.record(event, at: Int64(index) * 1_000 - 5) }
        #expect(recorder.failure == nil)
    }

    @Test func everyEventComesBackAsItWas() throws {
        let scratch = Scratch()
        var generator = EventGenerator(seed: 1)
        var events: [Event] = []
        for _ in 0..<60 { events += generator.all() }
        try record(events, to: scratch.file("a"))
        let history = History.read([scratch.file("a")])
        #expect(history.problems == [])
        #expect(history.sources == [Self.source])
        #expect(history.entries.map(\.event) == events)
        #expect(history.entries.map(\.time) == events.indices.map { Int64($0) * 1_000 - 5 })
    }

    @Test func everyKindHasANumberAndAWordOfItsOwn() {
        var generator = EventGenerator(seed: 2)
        let all = generator.all()
        #expect(Set(all.map(\.code)).count == EventGenerator.kinds)
        #expect(Set(all.map(\.kind)).count == EventGenerator.kinds)
    }

    /// What was recorded is in the file at once: it can be read while the recorder is open, as after a SIGKILL.
    @Test func aFileCanBeReadWhileItIsWritten() throws {
        let scratch = Scratch()
        var generator = EventGenerator(seed: 3)
        let recorder = try Recorder(path: scratch.file("a"), source: Self.source)
        var events: [Event] = []
        for round in 0..<50 {
            let event = generator.any()
            events.append(event)
            recorder.record(event, at: Int64(round))
            let copy = scratch.write(scratch.bytes(scratch.file("a")), to: "copy")
            let history = History.read([copy])
            #expect(history.entries.map(\.event) == events)
            #expect(history.problems == [])
        }
    }

    @Test func aClosedFileIsAsLongAsWhatWasRecorded() throws {
        let scratch = Scratch()
        try record([.phase(Phase())], to: scratch.file("a"))
        let bytes = scratch.bytes(scratch.file("a"))
        let committed = bytes[8..<16].reversed().reduce(0) { $0 << 8 | Int($1) }
        #expect(bytes.count == committed)
        #expect(bytes.count < 100)
    }

    @Test func filesGrowOverManySteps() throws {
        let scratch = Scratch()
        var event = Transmission()
        event.headers = Array(repeating: 7, count: 1_000)
        let events = (0..<5_000).map { n -> Event in
            event.stamp = Int64(n)
            event.message = "message \(n)"
            return .transmission(event)
        }
        try record(events, to: scratch.file("a"))
        #expect(History.read([scratch.file("a")]).entries.map(\.event) == events)
        // One record larger than a whole step.
        event.headers = Array(repeating: 9, count: 3 << 20)
        try record([.transmission(event)], to: scratch.file("b"))
        #expect(History.read([scratch.file("b")]).entries.map(\.event) == [.transmission(event)])
    }

    @Test func moreWordsThanTheTableHolds() throws {
        let scratch = Scratch()
        let events = (0..<10_000).map { n -> Event in
            var event = Publish()
            event.key = "key \(n % 6_000)"
            return .publish(event)
        }
        try record(events, to: scratch.file("a"))
        #expect(History.read([scratch.file("a")]).entries.map(\.event) == events)
    }

    @Test func filesAreMergedByTime() throws {
        let scratch = Scratch()
        for (name, offset) in [("a", Int64(0)), ("b", Int64(1))] {
            let recorder = try Recorder(
                path: scratch.file(name), source: EvidenceSource(kind: .node, name: name))
            for n in 0..<100 {
                var event = Publish()
                event.message = "\(name)\(n)"
                recorder.record(.publish(event), at: Int64(n) * 2 + offset)
                // Two at one time keep their order.
                event.message += "'"
                recorder.record(.publish(event), at: Int64(n) * 2 + offset)
            }
        }
        let history = History.read([scratch.file("b"), scratch.file("a")])
        #expect(history.sources.map(\.name) == ["b", "a"])
        let names = history.entries.map { entry -> String in
            guard case .publish(let event) = entry.event else { return "" }
            return event.message
        }
        let expected = (0..<100).flatMap { ["a\($0)", "a\($0)'", "b\($0)", "b\($0)'"] }
        #expect(names == expected)
    }

    // MARK: - Damage

    @Test func aTornFileYieldsWhatCameBefore() throws {
        let scratch = Scratch()
        var generator = EventGenerator(seed: 4)
        let events = (0..<40).map { _ in generator.any() }
        try record(events, to: scratch.file("a"))
        let whole = scratch.bytes(scratch.file("a"))
        for count in 0..<whole.count {
            let history = History.read([scratch.write(Array(whole.prefix(count)), to: "torn")])
            #expect(!history.problems.isEmpty)
            #expect(history.entries.map(\.event) == Array(events.prefix(history.entries.count)))
        }
    }

    @Test func damagedFilesNeverTrap() throws {
        let scratch = Scratch()
        var generator = EventGenerator(seed: 5)
        try record((0..<60).map { _ in generator.any() }, to: scratch.file("a"))
        let whole = scratch.bytes(scratch.file("a"))
        for _ in 0..<3_000 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...6, using: &generator.chance) {
                let index = Int.random(in: 8..<bytes.count, using: &generator.chance)
                bytes[index] = UInt8.random(in: 0...255, using: &generator.chance)
            }
            _ = History.read([scratch.write(bytes, to: "damaged")])
        }
    }

    @Test func whatIsNoEvidenceIsAProblem() throws {
        let scratch = Scratch()
        #expect(History.read([scratch.path + "/missing"]).problems.count == 1)
        #expect(History.read([scratch.write([], to: "empty")]).problems.count == 1)
        #expect(History.read([scratch.write(Array("hello, world, hello".utf8), to: "text")]).problems.count == 1)
        // Nothing but a header: the process died before its first record.
        let bare = Array("ORCHEV1\n".utf8) + [UInt8](repeating: 0, count: 8)
        #expect(History.read([scratch.write(bare, to: "bare")]).problems.count == 1)
    }

    @Test func aFileThatCannotBeMadeSaysSo() {
        #expect(throws: OrchError.self) { try Recorder(path: "/nonexistent/folder/file", source: Self.source) }
    }

    // MARK: - JSON

    @Test func jsonLeavesOutWhatIsEmptyAndQuotesWhatIsNot() {
        var event = Publish()
        event.message = "a\"b\\c\n\u{1}☕️"
        let line = EventJSON.line(.publish(event), time: 5, source: "producer.1")
        #expect(
            line == #"{"time":5,"source":"producer.1","kind":"publish","message":"a\"b\\c\n\u0001☕️","attempt":1}"#)
    }

    /// A key that is there twice hides one of its values from every reader.
    @Test func noKeyOfJSONIsThereTwice() {
        var generator = EventGenerator(seed: 7)
        for event in (0..<20).flatMap({ _ in generator.all() }) {
            let line = EventJSON.line(event, time: 5, source: "x")
            // No text of the generator looks like a key.
            let keys = line.matches(of: /[{,]"([A-Za-z]+)":/).map { String($0.1) }
            #expect(Set(keys).count == keys.count, "\(line)")
        }
    }

    @Test func jsonOfCalls() {
        var attempt = CallAttempt()
        attempt.call = "teller-2/1/42"
        attempt.method = "Calculator/suma"
        attempt.target = "server-1"
        attempt.late = 7
        #expect(
            EventJSON.line(.call(attempt), time: 5, source: "teller-2.1")
                == #"{"time":5,"source":"teller-2.1","kind":"call","call":"teller-2/1/42","method":"Calculator/suma","#
                + #""target":"server-1","attempt":1,"late":7}"#)
        var duplicate = DuplicateCall()
        duplicate.stamp = 3
        duplicate.action = .tableFull
        #expect(
            EventJSON.line(.duplicateCall(duplicate), time: 5, source: "server-1.1")
                == #"{"time":5,"source":"server-1.1","kind":"duplicate-call","stamp":3,"action":"tableFull"}"#)
        var reply = CallReply()
        reply.stamp = 3
        reply.outcome = .connectionLost
        reply.fate = .undeliverable
        #expect(
            EventJSON.line(.callReply(reply), time: 5, source: "links")
                == #"{"time":5,"source":"links","kind":"call-reply","stamp":3,"copy":1,"outcome":"connectionLost","#
                + #""fate":"undeliverable"}"#)
    }

    @Test func largeNumbersAreStrings() {
        var event = TransmissionResult()
        event.stamp = Int64.max
        let line = EventJSON.line(.transmissionResult(event), time: 0, source: "links")
        #expect(line.contains("\"stamp\":\"9223372036854775807\""))
        #expect(line.contains("\"outcome\":\"acked\""))
    }
}
