import ClusterModel

/// The state of one reading: what has been found wrong so far, and where everything stands, so that checks over the
/// finished model can point into the file.
final class Reading {
    /// Where an entry stands.
    struct Place {
        /// Its key or name; a list's entry has none.
        var key: Span?
        var value: Span
    }

    /// More problems than this are counted, not shown.
    static let limit = 200

    /// `nil` for what is typed on the command line: diagnostics then have no place.
    let source: SourceText?
    private(set) var diagnostics: [Diagnostic] = []
    private(set) var path = Path()
    private var places: [Path: Place] = [:]
    /// Paths of entries that have errors; checks that build on them keep quiet.
    private var broken: Set<Path> = []
    private var overflow = 0

    init(source: SourceText?) { self.source = source }

    // MARK: Places

    /// Runs `body` one level down.
    func at<Result>(_ part: String, key: Span? = nil, value: Span, _ body: () -> Result) -> Result {
        path = path / part
        defer { path.parts.removeLast() }
        places[path] = Place(key: key, value: value)
        return body()
    }

    /// The place of an entry's value, or of the nearest thing that holds it.
    func place(_ path: Path) -> Span {
        var path = path
        while !path.parts.isEmpty {
            if let place = places[path] { return place.value }
            path.parts.removeLast()
        }
        return Span(0, 1)
    }

    /// Whether the file has such an entry.
    func has(_ path: Path) -> Bool { places[path] != nil }

    /// The place of an entry's key or name.
    func keyPlace(_ path: Path) -> Span { places[path]?.key ?? place(path) }

    func location(_ span: Span) -> SourceLocation { source?.location(at: span.start) ?? SourceLocation() }

    /// Whether something in the entry is wrong, so that what was made of it is not to be trusted.
    func isBroken(_ path: Path) -> Bool { broken.contains(path) }

    /// Nothing was made of the entry, and another one takes its place.
    func forget(_ path: Path) {
        places[path] = nil
        broken.remove(path)
    }

    // MARK: Diagnostics

    func error(
        _ message: String, at span: Span, advice: String? = nil, related: (span: Span, message: String)? = nil
    ) {
        for length in 0...path.parts.count { broken.insert(Path(Array(path.parts.prefix(length)))) }
        report(.error, message, at: span, advice: advice, related: related)
    }

    func warning(_ message: String, at span: Span, advice: String? = nil) {
        report(.warning, message, at: span, advice: advice, related: nil)
    }

    private func report(
        _ severity: Diagnostic.Severity, _ message: String, at span: Span, advice: String?,
        related: (span: Span, message: String)?
    ) {
        guard diagnostics.count < Self.limit else {
            overflow += 1
            return
        }
        guard let source else {
            diagnostics.append(Diagnostic(message, severity: severity, advice: advice))
            return
        }
        let line = source.lineSpan(at: span.start)
        let diagnostic = Diagnostic(
            message, severity: severity, at: source.location(at: span.start),
            length: source.text(Span(span.start, min(span.end, line.end))).count, advice: advice,
            related: related.map { [.init(location: source.location(at: $0.span.start), message: $0.message)] } ?? [],
            line: source.text(line))
        // An alias is read once for each use; its problems are told once.
        if !diagnostics.contains(diagnostic) { diagnostics.append(diagnostic) }
    }

    /// All of them, in the order of the file.
    var sorted: [Diagnostic] {
        var all = diagnostics.enumerated().sorted { a, b in
            let (x, y) = (a.element.location, b.element.location)
            return (x.line, x.column, a.offset) < (y.line, y.column, b.offset)
        }.map(\.element)
        if overflow > 0 {
            all.append(
                Diagnostic(
                    "\(overflow) more problems are not shown",
                    at: SourceLocation(file: source?.file ?? "", line: 1, column: 1)))
        }
        return all
    }
}
