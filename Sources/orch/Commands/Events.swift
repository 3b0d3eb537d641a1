import ArgumentParser
import ClusterModel
import History
import Orchestrator

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif
#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// `orch events`
struct Events: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print a run's evidence as JSON lines, in the order of time.",
        discussion: """
            The fields are described in docs/evidence.md. Times are nanoseconds since the first event.

              orch events --kind delivery --kind settlement     only these kinds
              orch events --source producer --follow            what one witness says, as it comes
              orch events --containing producer.1.17            the life of one message
            """)

    @Argument(help: "A run's name, as in .orch/runs/; the running or newest one is the default.") var run: String?
    @Flag(help: "Events are JSON in any case.") var json = false
    @Option(help: ArgumentHelp("Only this kind of event; may be given several times.", valueName: "kind"))
    var kind: [String] = []
    @Option(help: ArgumentHelp("Only what this process, or `links` or `orchestrator`, says.", valueName: "name"))
    var source: [String] = []
    @Option(help: ArgumentHelp("Only lines with this text in them.", valueName: "text")) var containing: String?
    @Flag(name: .shortAndLong, help: "Go on as events come, until the run ends.") var follow = false
    @Flag(help: "Print how the fields of each kind lie in an evidence file, as JSON.") var layout = false

    func validate() throws {
        let known = Event.kinds
        for name in kind where !known.contains(name) {
            throw ValidationError("there is no kind '\(name)'; the kinds are \(known.joined(separator: ", "))")
        }
    }

    func run() async throws {
        if layout { return Terminal.standardOutput.write(EventLayout.json) }
        var target = ClusterOption()
        target.cluster = run
        let (folder, isRunning) = try await RunChoice.choose(target)
        let history = History.read(folder.evidenceFiles)
        for problem in history.problems { Terminal.standardError.print("warning: \(problem)") }
        var printer = EventPrinter(sources: Set(source), text: containing, start: history.times?.lowerBound)
        let names = history.sources.map(EventPrinter.name)
        for entry in history.events(of: kind) {
            let source = history.sources[entry.source]
            guard printer.print(entry.event, at: entry.time, by: source, names[entry.source]) else { return }
        }
        guard printer.flush(), follow, isRunning else { return }
        var tails = history.tails
        while true {
            // Looked at before reading, so that the last events of a run that ends meanwhile are read.
            let goesOn = FileManager.default.fileExists(atPath: folder.controlSocket)
            var found: [(time: Int64, event: Event, source: EvidenceSource)] = []
            for path in folder.evidenceFiles {
                let events = tails[path, default: EvidenceTail(path)].look()
                guard let source = tails[path]?.source else { continue }
                found += events.lazy.filter { kind.isEmpty || kind.contains($0.event.kind) }
                    .map { ($0.time, $0.event, source) }
            }
            // In order of time as far as one look reaches.
            for (index, _) in found.enumerated().sorted(by: { ($0.1.time, $0.0) < ($1.1.time, $1.0) }) {
                let (time, event, source) = found[index]
                guard printer.print(event, at: time, by: source, EventPrinter.name(source)) else { return }
            }
            guard printer.flush(), goesOn else { return }
            try await Task.sleep(for: .milliseconds(100))
        }
    }
}

/// Writes events as JSON lines, in large pieces.
private struct EventPrinter {
    let sources: Set<String>
    let text: [UInt8]
    private var start: Int64?
    private var bytes: [UInt8] = []

    init(sources: Set<String>, text: String?, start: Int64?) {
        self.sources = sources
        self.text = Array((text ?? "").utf8)
        self.start = start
    }

    static func name(_ source: EvidenceSource) -> String {
        source.incarnation > 1 ? "\(source.name).\(source.incarnation)" : source.name
    }

    /// - Returns: false once nobody reads any more.
    mutating func print(_ event: Event, at time: Int64, by source: EvidenceSource, _ name: String) -> Bool {
        if !sources.isEmpty, !sources.contains(source.name), !(source.kind == .link && sources.contains("links")) {
            return true
        }
        if start == nil { start = time }
        let before = bytes.count
        EventJSON.append(event, time: time - start!, source: name, to: &bytes)
        bytes.append(UInt8(ascii: "\n"))
        if !text.isEmpty, !holdsText(from: before) { bytes.removeLast(bytes.count - before) }
        return bytes.count < 1 << 16 || flush()
    }

    private func holdsText(from start: Int) -> Bool {
        guard bytes.count - start >= text.count else { return false }
        return (start...bytes.count - text.count).contains { place in
            bytes[place] == text[0] && bytes[place..<place + text.count].elementsEqual(text)
        }
    }

    /// - Returns: false where nobody reads any more, as behind `head`.
    mutating func flush() -> Bool {
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress! + done, $0.count - done) }
            if count < 0 {
                if errno == EINTR || errno == EAGAIN { continue }
                return false
            }
            done += count
        }
        bytes.removeAll(keepingCapacity: true)
        return true
    }
}
