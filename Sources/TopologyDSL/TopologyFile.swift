import ClusterModel

/// Topology files: finding, reading and checking them.
package enum TopologyFile {
    /// Larger files are refused unread.
    package static let sizeLimit = 4 << 20

    /// What became of a file.
    package struct Loaded: Sendable {
        /// `nil` where the file has errors.
        package var topology: Topology?
        /// All problems, errors and warnings, in the order of the file.
        package var diagnostics: [Diagnostic]

        /// The topology, or one error that holds all the file's.
        package func get() throws(OrchError) -> Topology {
            if let topology { return topology }
            let errors = diagnostics.filter { $0.severity == .error }
            throw OrchError(
                .badTopology, errors.first?.message ?? "the file has errors", at: errors.first?.location,
                cause: errors.count > 1 ? "\(errors.count) errors in the file" : nil, advice: errors.first?.advice)
        }
    }

    /// Reads and checks a file. Never throws: what is wrong, a missing file included, is a diagnostic.
    /// - Parameters:
    ///   - path: as the user named it (`resolve` first); diagnostics repeat it.
    ///   - environment: for `${NAME}`.
    package static func load(path: String, environment: [String: String] = [:]) -> Loaded {
        switch FileContents.read(path, limit: sizeLimit, what: "a topology file") {
        case .success(let bytes): load(bytes: bytes, path: path, environment: environment)
        case .failure(let problem):
            Loaded(
                topology: nil,
                diagnostics: [Diagnostic(problem.message, at: SourceLocation(file: path), advice: problem.advice)])
        }
    }

    /// The same for a text that is in memory.
    package static func load(text: String, path: String, environment: [String: String] = [:]) -> Loaded {
        load(bytes: Array(text.utf8), path: path, environment: environment)
    }

    /// The same for bytes of whatever kind.
    package static func load(bytes: [UInt8], path: String, environment: [String: String] = [:]) -> Loaded {
        guard bytes.count <= sizeLimit else {
            let problem = FileContents.tooLarge(bytes.count, sizeLimit, "a topology file")
            return Loaded(topology: nil, diagnostics: [Diagnostic(problem.message, at: SourceLocation(file: path))])
        }
        let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]
        let bytes = bytes.starts(with: byteOrderMark) ? Array(bytes.dropFirst(3)) : bytes
        if let line = firstLineThatIsNotUTF8(bytes) {
            return Loaded(
                topology: nil,
                diagnostics: [
                    Diagnostic(
                        "line \(line) is not valid UTF-8", at: SourceLocation(file: path, line: line, column: 1),
                        advice: "save the file as UTF-8")
                ])
        }
        let reading = Reading(source: SourceText(file: path, bytes: bytes))
        var topology = decode(reading, environment: environment)
        if topology?.name.isEmpty == true { topology?.name = baseName(path) }
        return Loaded(topology: reading.hasErrors ? nil : topology, diagnostics: reading.sorted)
    }

    private static func decode(_ reading: Reading, environment: [String: String]) -> Topology? {
        guard let source = reading.source else { return nil }
        var reader = YAMLReader(source)
        let root = reader.read()
        for problem in reader.problems {
            reading.error(problem.message, at: problem.span, advice: problem.advice, related: problem.related)
        }
        guard let root else {
            if reader.problems.isEmpty { reading.error("the file is empty: expected at least 'nodes'", at: Span(0, 1)) }
            return nil
        }
        if root.isNull {
            reading.error("the file is empty: expected at least 'nodes'", at: root.span)
            return nil
        }
        let complete = EnvironmentText(environment: environment, reading: reading).complete(root)
        var checker = Checker(TopLevel.record.read(complete, reading), reading)
        checker.run()
        return checker.topology
    }

    /// `Topologies/pubsub.yaml` → `pubsub`.
    private static func baseName(_ path: String) -> String {
        let last = path.split(separator: "/").last.map(String.init) ?? path
        for ending in [".yaml", ".yml"] where last.hasSuffix(ending) && last.count > ending.count {
            return String(last.dropLast(ending.count))
        }
        return last
    }

    private static func firstLineThatIsNotUTF8(_ bytes: [UInt8]) -> Int? {
        if String(validating: bytes, as: UTF8.self) != nil { return nil }
        var line = 1
        var decoder = UTF8()
        var iterator = bytes.makeIterator()
        while true {
            switch decoder.decode(&iterator) {
            case .scalarValue(let scalar): if scalar == "\n" { line += 1 }
            case .emptyInput: return line
            case .error: return line
            }
        }
    }
}

extension Reading {
    var hasErrors: Bool { diagnostics.hasErrors }
}
