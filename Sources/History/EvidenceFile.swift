import ClusterModel

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// One witness's file, mapped into memory. It is gone over once, which checks every record and collects the words; from
/// then on its records can be read in any order, as often as is wanted, and without those that nobody asks for.
///
/// Sendable: nothing in it changes after it was opened, and the pages are only read.
package final class EvidenceFile: @unchecked Sendable {
    package let source: EvidenceSource
    let path: String
    let bytes: UnsafeRawBufferPointer
    /// The first record after the one that describes the source.
    let begin: Int
    private let survey: Survey

    /// What going over the file has shown.
    private struct Survey {
        var problem: String?
        var end: Int
        var words: [String] = []
        var wordAt: [Int: Int] = [:]
        var counts = [Int](repeating: 0, count: 256)
        var order: [Int]?
        var first = Int64.max
        var last = Int64.min
    }

    /// What of it could not be read, in words.
    package var problem: String? { survey.problem }
    /// The end of the last whole record.
    var end: Int { survey.end }
    var words: [String] { survey.words }
    /// The number of the word that is written out at a place.
    var wordAt: [Int: Int] { survey.wordAt }
    /// Records by kind.
    var counts: [Int] { survey.counts }
    /// Where each record begins, by time; `nil` where they lie so.
    var order: [Int]? { survey.order }
    package var firstTime: Int64 { survey.first }
    package var lastTime: Int64 { survey.last }

    package var count: Int { counts.reduce(0, +) }

    /// - Throws: `OrchError` (`unknown`) where nothing of it can be read.
    package init(_ path: String) throws(OrchError) {
        self.path = path
        bytes = try Self.map(path)
        guard let committed = Self.committed(bytes) else {
            Self.unmap(bytes)
            throw OrchError(.unknown, "\(path): not an evidence file")
        }
        let end = min(committed, bytes.count)
        guard end > Recorder.headerSize, let head = RecordParser.head(bytes, at: Recorder.headerSize, end: end),
            head.code == 0
        else {
            let isEmpty = committed <= Recorder.headerSize
            Self.unmap(bytes)
            throw OrchError(
                .unknown,
                isEmpty
                    ? "\(path): nothing was recorded"
                    : "\(path): a record at byte \(Recorder.headerSize) cannot be read")
        }
        var reader = EventReader(bytes, position: head.start, end: head.stop)
        source = Self.source(&reader)
        begin = head.stop
        var survey = Survey(end: end)
        if committed > bytes.count { survey.problem = "\(path): cut short" }
        Self.go(over: bytes, from: begin, path, &survey)
        self.survey = survey
    }

    deinit { Self.unmap(bytes) }

    static func unmap(_ bytes: UnsafeRawBufferPointer) {
        munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress!), bytes.count)
    }

    /// How far the file was written; `nil` where it is no evidence file.
    static func committed(_ bytes: UnsafeRawBufferPointer) -> Int? {
        guard bytes.prefix(8).elementsEqual(Recorder.magic) else { return nil }
        return Int(clamping: UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)))
    }

    /// Reads the record that says who recorded the file.
    static func source(_ reader: inout EventReader) -> EvidenceSource {
        let kind = EvidenceSource.Kind(rawValue: reader.byte()) ?? .node
        let incarnation = UInt32(truncatingIfNeeded: reader.varint())
        var name = ""
        reader.text("name", &name)
        return EvidenceSource(kind: kind, name: name, incarnation: incarnation)
    }

    /// The file's pages; whoever asks for them unmaps them.
    static func map(_ path: String) throws(OrchError) -> UnsafeRawBufferPointer {
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
        return UnsafeRawBufferPointer(start: map, count: size)
    }

    /// Goes over all records.
    private static func go(over bytes: UnsafeRawBufferPointer, from begin: Int, _ path: String, _ survey: inout Survey)
    {
        var slots = [UInt64](repeating: 0, count: EventLayout.widest)
        var parser = RecordParser(bytes)
        var position = begin
        var last = Int64.min
        var isSorted = true
        while position < survey.end {
            guard let head = RecordParser.head(bytes, at: position, end: survey.end) else {
                survey.problem = "\(path): damaged at byte \(position)"
                break
            }
            let isWhole = parser.parse(head, into: &slots) { place, length in
                survey.wordAt[place] = survey.words.count
                survey.words.append(String(decoding: bytes[place..<place + length], as: UTF8.self))
                return survey.words.count - 1
            }
            guard isWhole else {
                survey.problem = "\(path): a record at byte \(position) cannot be read"
                break
            }
            survey.counts[Int(head.code)] += 1
            if head.time < last { isSorted = false }
            last = head.time
            survey.first = min(survey.first, last)
            survey.last = max(survey.last, last)
            position = head.stop
        }
        survey.end = position
        if !isSorted { survey.order = sorted(bytes, from: begin, to: position) }
    }

    private static func sorted(_ bytes: UnsafeRawBufferPointer, from begin: Int, to end: Int) -> [Int] {
        var records: [(time: Int64, place: Int)] = []
        var position = begin
        while let head = RecordParser.head(bytes, at: position, end: end) {
            records.append((head.time, position))
            position = head.stop
        }
        records.sort { ($0.time, $0.place) < ($1.time, $1.place) }
        return records.map(\.place)
    }
}
