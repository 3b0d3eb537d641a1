import History

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A history written into files by the recorder and read back, in a folder that goes away with it.
final class EvidenceFiles {
    let history: History
    private let path: String
    private let files: [String]

    init(_ original: History) throws {
        var template = Array("/tmp/orch-evidence-XXXXXX".utf8CString)
        let path = String(cString: mkdtemp(&template)!)
        let files = original.sources.indices.map { "\(path)/\($0)" }
        do {
            let recorders = try zip(files, original.sources).map { try Recorder(path: $0, source: $1) }
            for entry in original.entries { recorders[entry.source].record(entry.event, at: entry.time) }
        }
        history = History.read(files)
        self.path = path
        self.files = files
    }

    deinit {
        for file in files { unlink(file) }
        rmdir(path)
    }
}
