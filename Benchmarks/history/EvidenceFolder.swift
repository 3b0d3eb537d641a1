import ClusterModel
import History

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A run's evidence, written by the recorder that nodes and links use, on a clock of its own.
final class EvidenceFolder {
    let path: String
    /// Nanoseconds; moves on with every step of a workload.
    var now: Int64 = 1_000_000_000_000
    private(set) var recorded = 0
    private var recorders: [String: Recorder] = [:]

    init(_ path: String) throws {
        self.path = path
        try? FileManager.default.removeItem(atPath: path)
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    func witness(_ name: String, _ kind: EvidenceSource.Kind = .node) throws -> Recorder {
        if let known = recorders[name] { return known }
        let file = kind == .node ? "\(name).1" : name
        let recorder = try Recorder(path: "\(path)/\(file).events", source: EvidenceSource(kind: kind, name: name))
        recorders[name] = recorder
        return recorder
    }

    func orchestrator() throws -> Recorder { try witness("orchestrator", .orchestrator) }

    func record(_ event: Event, by recorder: Recorder) {
        recorder.record(event, at: now)
        recorded += 1
    }

    func phase(_ name: Phase.Name) throws {
        var event = Phase()
        event.name = name
        now += 1_000_000
        record(.phase(event), by: try orchestrator())
    }

    func running(_ names: [String]) throws {
        for name in names {
            for state in [NodeState.starting, .ready, .running] {
                var event = NodeChange()
                event.name = name
                event.incarnation = 1
                event.pid = 4_242
                event.state = state
                now += 1_000
                record(.node(event), by: try orchestrator())
            }
        }
    }

    func connection(_ number: UInt32, _ client: String, _ server: String, on link: Recorder) {
        var event = ConnectionOpened()
        event.connection = number
        event.client = client
        event.server = server
        event.ordinal = 1
        event.port = UInt16(30_000 + number)
        now += 1_000
        record(.connection(event), by: link)
    }

    /// The end of a run in which all was emptied.
    func end() throws {
        for phase in [Phase.Name.drain, .drained, .stop] { try self.phase(phase) }
        recorders = [:]
    }
}
