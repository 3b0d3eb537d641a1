import ClusterModel
import Dispatch
import Synchronization

/// All evidence of one run, in the order of time: files, which are gone through and never held whole, or events in
/// memory.
package struct History: Sendable {
    package struct Entry: Sendable, Equatable {
        /// Nanoseconds of `MonotonicClock`.
        package var time: Int64
        /// Index into `sources`.
        package var source: Int
        package var event: Event

        package init(time: Int64, source: Int, event: Event) {
            self.time = time
            self.source = source
            self.event = event
        }
    }

    package var sources: [EvidenceSource]
    /// What could not be read, in words; a verdict says so.
    package var problems: [String]
    private var files: [EvidenceFile] = []
    private var memory: [Entry] = []

    package init(sources: [EvidenceSource] = [], entries: [Entry] = [], problems: [String] = []) {
        self.sources = sources
        self.problems = problems
        memory = entries
    }

    /// Reads files as far as they were committed; events of one file keep their order at equal times.
    /// - Parameter later: files that are looked at when all others have been, of a run that goes on.
    package static func read(_ paths: [String], then later: [String] = []) -> History {
        var history = History()
        for group in [paths, later] where !group.isEmpty { history.add(group) }
        return history
    }

    private mutating func add(_ paths: [String]) {
        let found = Mutex<[Result<EvidenceFile, OrchError>?]>(Array(repeating: nil, count: paths.count))
        DispatchQueue.concurrentPerform(iterations: paths.count) { index in
            let file = Result { () throws(OrchError) in try EvidenceFile(paths[index]) }
            found.withLock { $0[index] = file }
        }
        for result in found.withLock({ $0 }) {
            switch result {
            case .success(let file):
                files.append(file)
                sources.append(file.source)
                if let problem = file.problem { problems.append(problem) }
            case .failure(let error): problems.append(error.message)
            case nil: break
            }
        }
    }

    // MARK: - Events

    /// All of them at once: for histories that are small, or made in memory.
    package var entries: [Entry] {
        get { files.isEmpty ? memory : Array(Walk(cursor: RecordCursor(files), memory: [])) }
        _modify {
            if !files.isEmpty {
                memory = entries
                files = []
            }
            yield &memory
        }
    }

    package var count: Int { files.isEmpty ? memory.count : files.reduce(0) { $0 + $1.count } }

    /// How many events of one kind there are.
    package func count(of kind: String) -> Int {
        let code = Event.code(of: kind)
        return files.isEmpty
            ? memory.count { $0.event.code == code } : files.reduce(0) { $0 + $1.counts[Int(code)] }
    }

    /// The times of the first event and of the last one; `nil` where there is none.
    package var times: ClosedRange<Int64>? {
        let first = files.isEmpty ? memory.first?.time : files.map(\.firstTime).min()
        let last = files.isEmpty ? memory.last?.time : files.map(\.lastTime).max()
        guard let first, let last, files.isEmpty || count > 0 else { return nil }
        return first...max(first, last)
    }

    /// The events of some kinds, by their names in JSON, one after the other; all without names. What is not asked for
    /// costs next to nothing.
    package func events(_ kinds: String...) -> Walk { events(of: kinds) }

    package func events(of kinds: [String]) -> Walk {
        let codes = kinds.isEmpty ? nil : kinds.map { Event.code(of: $0) }
        guard files.isEmpty else { return Walk(cursor: RecordCursor(files, of: codes), memory: []) }
        guard let codes else { return Walk(cursor: nil, memory: memory) }
        return Walk(cursor: nil, memory: memory.filter { codes.contains($0.event.code) })
    }

    /// The records of the files; `nil` for a history in memory.
    /// Those of many are found and parsed by a thread of their own: only one copy of the cursor may be read.
    package var records: RecordCursor? {
        if files.isEmpty { return nil }
        return files.reduce(0) { $0 + $1.count } < Self.many ? RecordCursor(files) : .ahead(files)
    }

    /// From so many records on a second thread is worth its while.
    private static let many = 20_000

    /// What goes on where this history ends, by the files' paths.
    package var tails: [String: EvidenceTail] {
        Dictionary(uniqueKeysWithValues: files.map { ($0.path, EvidenceTail($0)) })
    }

    /// How many words each file has, by source.
    package var wordCounts: [Int] { files.map(\.words.count) }

    /// Events in the order of time.
    package struct Walk: Sequence, IteratorProtocol {
        fileprivate var cursor: RecordCursor?
        fileprivate let memory: [Entry]
        private var index = 0

        fileprivate init(cursor: RecordCursor?, memory: [Entry]) {
            self.cursor = cursor
            self.memory = memory
        }

        package mutating func next() -> Entry? {
            guard cursor != nil else {
                guard index < memory.count else { return nil }
                defer { index += 1 }
                return memory[index]
            }
            guard cursor!.advance() else { return nil }
            return Entry(time: cursor!.time, source: cursor!.source, event: cursor!.event())
        }
    }
}
