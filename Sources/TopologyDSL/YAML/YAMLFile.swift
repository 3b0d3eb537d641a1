import ClusterModel

/// A YAML or JSON file that is no topology: its tree, aliases replaced and merge keys merged, and where everything in it
/// stands. JSON is read as the YAML that it (nearly) is. The limits are those of topology files.
package struct YAMLFile: Sendable {
    package let root: YAMLTree
    private let source: SourceText

    /// What is wrong with a file, each at its place.
    package struct Problems: Error, Sendable {
        package var diagnostics: [Diagnostic]

        package init(_ diagnostics: [Diagnostic]) { self.diagnostics = diagnostics }
    }

    /// - Throws: why the file cannot be read.
    package init(path: String) throws(Problems) {
        switch FileContents.read(path, limit: TopologyFile.sizeLimit, what: "a file to import") {
        case .success(let bytes): try self.init(bytes: bytes, path: path)
        case .failure(let problem):
            throw Problems([Diagnostic(problem.message, at: SourceLocation(file: path), advice: problem.advice)])
        }
    }

    /// - Parameter path: what diagnostics call it.
    package init(bytes: [UInt8], path: String) throws(Problems) {
        switch TopologyFile.source(bytes, path: path, what: "a file to import") {
        case .success(let text): source = text
        case .failure(let problem): throw Problems([problem.diagnostic])
        }
        var reader = YAMLReader(source)
        let node = reader.read()
        let reading = Reading(source: source)
        for problem in reader.problems {
            reading.error(problem.message, at: problem.span, advice: problem.advice, related: problem.related)
        }
        if reading.hasErrors { throw Problems(reading.sorted) }
        guard let node, !node.isNull else {
            throw Problems([Diagnostic("the file is empty", at: SourceLocation(file: path))])
        }
        root = YAMLTree(node)
    }

    package func location(of tree: YAMLTree) -> SourceLocation { source.location(at: tree.span.start) }

    /// One error at a place of the file, with its line.
    package func problem(_ message: String, at tree: YAMLTree, advice: String? = nil) -> Problems {
        let reading = Reading(source: source)
        reading.error(message, at: tree.span, advice: advice)
        return Problems(reading.sorted)
    }
}

/// One value of a `YAMLFile`.
package struct YAMLTree: Sendable {
    package struct Entry: Sendable {
        package var key: String
        package var value: YAMLTree
    }

    package enum Content: Sendable {
        /// - isPlain: without quotes, so it may be a number, a flag or null.
        case scalar(String, isPlain: Bool)
        case list([YAMLTree])
        case mapping([Entry])
    }

    package let content: Content
    /// The same for all that stands at one place: what an alias gives has its own.
    package var offset: Int { span.start }
    let span: Span

    init(_ node: YAMLNode) {
        span = node.span
        content =
            switch node.content {
            case .scalar(let text, let style): .scalar(text, isPlain: style == .plain)
            case .sequence(let items): .list(items.map(YAMLTree.init))
            case .mapping(let pairs): .mapping(pairs.map { Entry(key: $0.key, value: YAMLTree($0.value)) })
            case .broken: .scalar("", isPlain: true)
            }
    }

    /// YAML's null: nothing at all, `~` or `null`.
    package var isNull: Bool {
        guard case .scalar(let text, isPlain: true) = content else { return false }
        return ["", "~", "null", "Null", "NULL"].contains(text)
    }

    /// A scalar that is not null.
    package var text: String? {
        guard case .scalar(let text, _) = content, !isNull else { return nil }
        return text
    }

    package var flag: Bool? {
        switch text {
        case "true", "True", "TRUE": true
        case "false", "False", "FALSE": false
        default: nil
        }
    }

    package var number: Int? { text.flatMap { Int($0) } }

    package var items: [YAMLTree]? { if case .list(let items) = content { items } else { nil } }

    package var entries: [Entry]? { if case .mapping(let entries) = content { entries } else { nil } }

    package subscript(key: String) -> YAMLTree? { entries?.first { $0.key == key }?.value }

    /// "a list", for messages.
    package var kind: String {
        switch content {
        case .scalar: isNull ? "nothing" : "text"
        case .list: "a list"
        case .mapping: "a mapping"
        }
    }
}
