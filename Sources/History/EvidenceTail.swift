import ClusterModel

/// Follows a file while it is written: each look yields the records that have come since the last one.
package struct EvidenceTail {
    private let path: String
    package private(set) var source: EvidenceSource?
    private var position = Recorder.headerSize
    private var words: [String] = []

    /// From the file's begin; it need not be there yet.
    package init(_ path: String) { self.path = path }

    /// From where a file ended when it was read.
    init(_ file: EvidenceFile) {
        path = file.path
        source = file.source
        position = file.end
        words = file.words
    }

    /// - Returns: the new events, in the order of the file; what cannot be read is left for a later look.
    package mutating func look() -> [(time: Int64, event: Event)] {
        guard let map = try? EvidenceFile.map(path) else { return [] }
        defer { EvidenceFile.unmap(map) }
        guard let committed = EvidenceFile.committed(map) else { return [] }
        let end = min(committed, map.count)
        var found: [(time: Int64, event: Event)] = []
        while position < end, let head = RecordParser.head(map, at: position, end: end) {
            var reader = EventReader(map, position: head.start, end: head.stop, words: words, isWhole: false)
            if head.code == 0 {
                source = EvidenceFile.source(&reader)
            } else {
                guard let event = Event.read(code: head.code, from: &reader), !reader.isDamaged else { break }
                found.append((head.time, event))
                words = reader.words
            }
            position = head.stop
        }
        return found
    }
}
