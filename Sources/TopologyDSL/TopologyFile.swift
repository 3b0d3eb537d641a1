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
    ///   - parameters: of those that the file declares, what they are to be; they come before the environment.
    package static func load(path: String, environment: [String: String] = [:], parameters: [String: String] = [:])
        -> Loaded
    {
        switch FileContents.read(path, limit: sizeLimit, what: "a topology file") {
        case .success(let bytes): load(bytes: bytes, path: path, environment: environment, parameters: parameters)
        case .failure(let problem):
            Loaded(
                topology: nil,
                diagnostics: [Diagnostic(problem.message, at: SourceLocation(file: path), advice: problem.advice)])
        }
    }

    /// The same for a text that is in memory.
    package static func load(
        text: String, path: String, environment: [String: String] = [:], parameters: [String: String] = [:]
    ) -> Loaded {
        load(bytes: Array(text.utf8), path: path, environment: environment, parameters: parameters)
    }

    /// The same for bytes of whatever kind.
    package static func load(
        bytes: [UInt8], path: String, environment: [String: String] = [:], parameters: [String: String] = [:]
    ) -> Loaded {
        let text: SourceText
        switch source(bytes, path: path, what: "a topology file") {
        case .success(let source): text = source
        case .failure(let problem): return Loaded(topology: nil, diagnostics: [problem.diagnostic])
        }
        let reading = Reading(source: text)
        var topology = decode(reading, environment: environment, parameters: parameters)
        if topology?.name.isEmpty == true { topology?.name = baseName(path) }
        return Loaded(topology: reading.hasErrors ? nil : topology, diagnostics: reading.sorted)
    }

    /// Text from bytes of whatever kind.
    static func source(_ bytes: [UInt8], path: String, what: String) -> Result<SourceText, SourceProblem> {
        guard bytes.count <= sizeLimit else {
            let problem = FileContents.tooLarge(bytes.count, sizeLimit, what)
            return .failure(SourceProblem(Diagnostic(problem.message, at: SourceLocation(file: path))))
        }
        let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]
        let bytes = bytes.starts(with: byteOrderMark) ? Array(bytes.dropFirst(3)) : bytes
        if let line = firstLineThatIsNotUTF8(bytes) {
            return .failure(
                SourceProblem(
                    Diagnostic(
                        "line \(line) is not valid UTF-8", at: SourceLocation(file: path, line: line, column: 1),
                        advice: "save the file as UTF-8")))
        }
        return .success(SourceText(file: path, bytes: bytes))
    }

    struct SourceProblem: Error {
        let diagnostic: Diagnostic

        init(_ diagnostic: Diagnostic) { self.diagnostic = diagnostic }
    }

    private static func decode(_ reading: Reading, environment: [String: String], parameters: [String: String])
        -> Topology?
    {
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
        let chosen = self.parameters(of: root, environment, parameters, reading)
        let text = EnvironmentText(environment: environment, parameters: chosen, reading: reading)
        var draft = TopLevel.record.read(text.complete(root), reading)
        draft.topology.params = chosen
        var checker = Checker(draft, reading)
        checker.run()
        return checker.topology
    }

    /// They are read before the rest, since the rest is made of them. Their own values see the environment only.
    private static func parameters(
        of root: YAMLNode, _ environment: [String: String], _ given: [String: String], _ reading: Reading
    ) -> [Parameter] {
        var declared: [Parameter] = []
        if let section = root.pairs?.first(where: { $0.key == "params" })?.value {
            let text = EnvironmentText(environment: environment, parameters: [], reading: reading)
            declared = ParamsSection.format.read(text.complete(section), reading) ?? []
        }
        return ParamsSection.choose(given, among: declared, of: root, reading)
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
