import ClusterModel

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// All evidence of one run, in the order of time.
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
    package var entries: [Entry]
    /// What could not be read, in words; a verdict says so.
    package var problems: [String]

    package init(sources: [EvidenceSource] = [], entries: [Entry] = [], problems: [String] = []) {
        self.sources = sources
        self.entries = entries
        self.problems = problems
    }

    /// Reads files as far as they were committed and merges them; events of one file keep their order at equal times.
    package static func read(_ paths: [String]) -> History {
        var history = History()
        var sorted = true
        for path in paths {
            do throws(OrchError) {
                sorted = try history.append(path) && sorted
            } catch {
                history.problems.append(error.message)
            }
        }
        if !sorted || paths.count > 1 { history.sortByTime() }
        return history
    }

    /// Stable, and far cheaper than moving the entries about while comparing.
    private mutating func sortByTime() {
        var order = entries.indices.map { (time: entries[$0].time, index: $0) }
        order.sort { ($0.time, $0.index) < ($1.time, $1.index) }
        entries = order.map { entries[$0.index] }
    }

    /// - Returns: whether the file's events were in order of time.
    private mutating func append(_ path: String) throws(OrchError) -> Bool {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw OrchError(.unknown, "\(path): \(String(cString: strerror(errno)))") }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_size >= Recorder.headerSize else {
            throw OrchError(.unknown, "\(path): not an evidence file")
        }
        let size = Int(status.st_size)
        guard let map = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0), map != MAP_FAILED else {
            throw OrchError(.unknown, "\(path): \(String(cString: strerror(errno)))")
        }
        defer { munmap(map, size) }
        let bytes = UnsafeRawBufferPointer(start: map, count: size)
        guard bytes.prefix(8).elementsEqual(Recorder.magic) else {
            throw OrchError(.unknown, "\(path): not an evidence file")
        }
        let committed = Int(clamping: UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)))
        guard committed > Recorder.headerSize else {
            throw OrchError(.unknown, "\(path): nothing was recorded")
        }
        if committed > size { problems.append("\(path): cut short") }

        let end = min(committed, size)
        var reader = EventReader(bytes, position: Recorder.headerSize, end: end)
        let source = sources.count
        var last = Int64.min
        var sorted = true
        while reader.position < end {
            reader.confine(to: end)
            let length = reader.varint()
            let start = reader.position
            guard !reader.isDamaged, length <= UInt64(end - start) else {
                problems.append("\(path): damaged at byte \(start)")
                break
            }
            let stop = start + Int(length)
            reader.confine(to: stop)
            let code = reader.byte()
            let time = Int64(bitPattern: reader.fixed64())
            if code == 0 {
                let kind = EvidenceSource.Kind(rawValue: reader.byte()) ?? .node
                let incarnation = UInt32(truncatingIfNeeded: reader.varint())
                var name = ""
                reader.text("name", &name)
                sources.append(EvidenceSource(kind: kind, name: name, incarnation: incarnation))
            } else if let event = Event.read(code: code, from: &reader), !reader.isDamaged, source < sources.count {
                entries.append(Entry(time: time, source: source, event: event))
                sorted = sorted && time >= last
                last = time
            } else {
                problems.append("\(path): a record at byte \(start) cannot be read")
                break
            }
            reader.skip(to: stop)
        }
        return sorted
    }
}
