import CYAML

/// YAML text → a tree, over libyaml's events. It knows YAML (anchors, aliases, merge keys) and its traps, and nothing
/// of topologies.
struct YAMLReader {
    /// What a hostile or mistaken file may cost.
    enum Limit {
        /// Levels of nesting.
        static let depth = 64
        /// Nodes once every alias is replaced by what it stands for.
        static let nodes = 100_000
        /// Values that YAML's syntax swallowed and that are reported in one go.
        static let repairs = 20
    }

    let source: SourceText
    private(set) var problems: [Problem] = []

    /// A diagnostic whose place is still an offset.
    struct Problem {
        var message: String
        var span: Span
        var advice: String?
        var related: (span: Span, message: String)?
    }

    init(_ source: SourceText) { self.source = source }

    /// The document's root; `nil` where the file cannot be read as YAML (then `problems` says why) or holds nothing.
    ///
    /// A value that YAML's syntax swallowed (`key: *.orange.*`) is reported, blanked out and read past, so that the
    /// other problems of the file show up too.
    mutating func read() -> YAMLNode? {
        var scalars = Array(source.text(Span(0, source.scalarCount)).unicodeScalars)
        var blanked: Set<Int> = []
        for attempt in 0...Limit.repairs {
            var text = String.UnicodeScalarView()
            text.append(contentsOf: scalars)
            var pass = Pass(source: source, blanked: blanked)
            var bytes = Array(String(text).utf8)
            switch pass.run(&bytes) {
            case .success(let root):
                problems += pass.problems
                return root
            case .failure(.limit):
                problems += pass.problems
                return nil
            case .failure(.syntax(let failure)):
                let (problem, swallowed) = SyntaxHints.explain(failure, in: source)
                problems.append(problem)
                guard let swallowed, attempt < Limit.repairs, !blanked.contains(swallowed.start) else {
                    // What the pass found before it stopped, aliases for one, is as true as ever.
                    problems += pass.problems
                    return nil
                }
                blanked.insert(swallowed.start)
                for index in swallowed.start..<min(swallowed.end, scalars.count) { scalars[index] = "x" }
            }
        }
        return nil
    }

    enum Failure: Error {
        /// One of our limits; the pass has said which.
        case limit
        case syntax(SyntaxFailure)
    }
}

/// What libyaml says when it gives up.
struct SyntaxFailure {
    var problem: String
    var problemOffset: Int
    var context: String?
    var contextOffset: Int
    /// Inside `{…}` or `[…]`.
    var isInFlow: Bool
}

/// One run of libyaml's parser over the text.
private struct Pass {
    let source: SourceText
    /// Starts of scalars that were blanked out.
    let blanked: Set<Int>
    var problems: [YAMLReader.Problem] = []

    private var open: [Open] = []
    private var anchors: [String: YAMLNode] = [:]
    private var openAnchors: Set<String> = []
    private var nodeCount = 0
    private var root: YAMLNode?
    private var documents = 0

    /// A collection whose end has not come yet.
    private struct Open {
        var isMapping: Bool
        var start: Int
        var anchor: String?
        var items: [YAMLNode] = []
        var pairs: [YAMLNode.Pair] = []
        var merges: [YAMLNode] = []
        var seen: [String: Span] = [:]
        /// A mapping's key that waits for its value.
        var key: (text: String?, span: Span, isMerge: Bool)?
        var size = 1
        var height = 1
    }

    init(source: SourceText, blanked: Set<Int>) {
        self.source = source
        self.blanked = blanked
    }

    mutating func run(_ bytes: inout [UInt8]) -> Result<YAMLNode?, YAMLReader.Failure> {
        let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
        let event = UnsafeMutablePointer<yaml_event_t>.allocate(capacity: 1)
        defer {
            parser.deallocate()
            event.deallocate()
        }
        guard yaml_parser_initialize(parser) == 1 else { return .failure(.limit) }
        defer { yaml_parser_delete(parser) }
        return bytes.withUnsafeBufferPointer { buffer in
            yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
            yaml_parser_set_input_string(parser, buffer.baseAddress, buffer.count)
            while true {
                guard yaml_parser_parse(parser, event) == 1 else {
                    return .failure(.syntax(failure(of: parser.pointee)))
                }
                defer { yaml_event_delete(event) }
                if event.pointee.type == YAML_STREAM_END_EVENT { return .success(root) }
                guard take(event.pointee) else { return .failure(.limit) }
            }
        }
    }

    private func failure(of parser: yaml_parser_t) -> SyntaxFailure {
        let isReader = parser.error == YAML_READER_ERROR
        return SyntaxFailure(
            problem: parser.problem.map { String(cString: $0) } ?? "cannot be read",
            problemOffset: isReader
                ? source.scalarOffset(ofByte: Int(parser.problem_offset)) : Int(parser.problem_mark.index),
            context: parser.context.map { String(cString: $0) },
            contextOffset: Int(parser.context_mark.index),
            isInFlow: parser.flow_level > 0)
    }

    /// - Returns: false to stop.
    private mutating func take(_ event: yaml_event_t) -> Bool {
        let start = Int(event.start_mark.index)
        let end = Int(event.end_mark.index)
        switch event.type {
        case YAML_DOCUMENT_START_EVENT:
            documents += 1
            if documents == 2 {
                problems.append(
                    .init(
                        message: "a second YAML document starts here; a topology file holds one",
                        span: Span(start, start + 3)))
                return false
            }
        case YAML_SCALAR_EVENT:
            let scalar = event.data.scalar
            let text = String(
                decoding: UnsafeBufferPointer(start: scalar.value, count: Int(scalar.length)), as: UTF8.self)
            let style: YAMLNode.Style = scalar.style == YAML_PLAIN_SCALAR_STYLE ? .plain : .quoted
            var node = YAMLNode(.scalar(text, style), Span(start, end))
            if let tag = Self.text(scalar.tag) { applyTag(tag, to: &node) }
            if blanked.contains(start) { node.content = .broken }
            return place(node, anchor: Self.text(scalar.anchor), isMergeKey: style == .plain && text == "<<")
        case YAML_SEQUENCE_START_EVENT:
            checkTag(Self.text(event.data.sequence_start.tag), suffix: "seq", Span(start, end))
            return begin(Open(isMapping: false, start: start, anchor: Self.text(event.data.sequence_start.anchor)))
        case YAML_MAPPING_START_EVENT:
            checkTag(Self.text(event.data.mapping_start.tag), suffix: "map", Span(start, end))
            return begin(Open(isMapping: true, start: start, anchor: Self.text(event.data.mapping_start.anchor)))
        case YAML_SEQUENCE_END_EVENT, YAML_MAPPING_END_EVENT:
            return finish(end: end)
        case YAML_ALIAS_EVENT:
            return alias(Self.text(event.data.alias.anchor) ?? "", Span(start, end))
        default: break
        }
        return true
    }

    private static func text(_ pointer: UnsafeMutablePointer<yaml_char_t>?) -> String? {
        pointer.map { String(cString: $0) }
    }

    private mutating func begin(_ collection: Open) -> Bool {
        guard open.count < YAMLReader.Limit.depth else { return refuseDepth(Span(collection.start, collection.start)) }
        if let anchor = collection.anchor { openAnchors.insert(anchor) }
        open.append(collection)
        return true
    }

    private mutating func refuseDepth(_ span: Span) -> Bool {
        problems.append(
            .init(
                message: "nested more than \(YAMLReader.Limit.depth) levels deep, which no topology needs", span: span))
        return false
    }

    private mutating func finish(end: Int) -> Bool {
        let collection = open.removeLast()
        // The end of a block collection is where the next token starts; its last item ends sooner.
        let last = collection.isMapping ? collection.pairs.last?.value.span.end : collection.items.last?.span.end
        let closesItself = end > collection.start && isFlow(collection.start)
        let span = Span(collection.start, closesItself ? end : min(end, last ?? end))
        var node: YAMLNode
        if collection.isMapping {
            node = YAMLNode(.mapping(merged(collection)), span)
        } else {
            node = YAMLNode(.sequence(collection.items), span)
        }
        node.size = collection.size
        node.height = collection.height
        if let anchor = collection.anchor { openAnchors.remove(anchor) }
        return place(node, anchor: collection.anchor)
    }

    private func isFlow(_ offset: Int) -> Bool { ["{", "["].contains(source.text(Span(offset, offset + 1))) }

    /// Own keys first, then those of `<<`, the earlier mapping first (the YAML 1.1 merge key type).
    private func merged(_ collection: Open) -> [YAMLNode.Pair] {
        var pairs = collection.pairs
        var keys = Set(pairs.map(\.key))
        for mapping in collection.merges {
            for var pair in mapping.pairs ?? [] where keys.insert(pair.key).inserted {
                pair.isMerged = true
                pairs.append(pair)
            }
        }
        return pairs
    }

    private mutating func alias(_ name: String, _ span: Span) -> Bool {
        guard var node = anchors[name], !openAnchors.contains(name) else {
            if openAnchors.contains(name) {
                problems.append(
                    .init(message: "'*\(name)' is an alias of something that it is part of", span: span))
            } else {
                let near = Suggestion.nearest(name, among: anchors.keys.sorted()).map { ", did you mean '*\($0)'?" }
                problems.append(
                    .init(
                        message: "YAML reads *\(name) as an alias, and there is no anchor &\(name)" + (near ?? ""),
                        span: span, advice: "if it is text, quote it: \"*\(name)\""))
            }
            return place(YAMLNode(.broken, span))
        }
        guard open.count + node.height <= YAMLReader.Limit.depth else { return refuseDepth(span) }
        node.span = span
        nodeCount += node.size - 1
        return place(node)
    }

    /// Puts a finished node where it belongs.
    private mutating func place(_ node: YAMLNode, anchor: String? = nil, isMergeKey: Bool = false) -> Bool {
        if let anchor {
            anchors[anchor] = node
        }
        nodeCount += 1
        guard nodeCount <= YAMLReader.Limit.nodes else {
            problems.append(
                .init(
                    message: "more than \(YAMLReader.Limit.nodes) values once the aliases are expanded",
                    span: Span(node.span.start, node.span.start + 1)))
            return false
        }
        guard !open.isEmpty else {
            root = node
            return true
        }
        let top = open.count - 1
        open[top].size += node.size
        open[top].height = max(open[top].height, node.height + 1)
        guard open[top].isMapping else {
            open[top].items.append(node)
            return true
        }
        if let key = open[top].key {
            open[top].key = nil
            addPair(key, node, to: top)
        } else {
            openKey(node, isMergeKey: isMergeKey, in: top)
        }
        return true
    }

    private mutating func openKey(_ node: YAMLNode, isMergeKey: Bool, in top: Int) {
        guard case .scalar(let text, _) = node.content else {
            if !node.isBroken {
                problems.append(.init(message: "a key must be text, found \(node.kind)", span: node.span))
            }
            open[top].key = (nil, node.span, false)
            return
        }
        if let first = open[top].seen[text] {
            problems.append(
                .init(
                    message: "duplicate key '\(text)'", span: node.span,
                    related: (first, "the first '\(text)' is here")))
            open[top].key = (nil, node.span, false)
            return
        }
        open[top].seen[text] = node.span
        open[top].key = (text, node.span, isMergeKey)
    }

    private mutating func addPair(_ key: (text: String?, span: Span, isMerge: Bool), _ value: YAMLNode, to top: Int) {
        guard let text = key.text else { return }
        guard key.isMerge else {
            open[top].pairs.append(.init(key: text, keySpan: key.span, value: value))
            return
        }
        let sources: [YAMLNode] = if case .sequence(let items) = value.content { items } else { [value] }
        for source in sources where !source.isBroken {
            if source.pairs != nil {
                open[top].merges.append(source)
            } else {
                problems.append(
                    .init(
                        message: "'<<' merges a mapping or a list of mappings, found \(source.kind)",
                        span: source.span))
            }
        }
    }

    private mutating func applyTag(_ tag: String, to node: inout YAMLNode) {
        guard case .scalar(let text, _) = node.content else { return }
        switch tag {
        case "!", "tag:yaml.org,2002:str": node.content = .scalar(text, .quoted)
        case "tag:yaml.org,2002:int", "tag:yaml.org,2002:float", "tag:yaml.org,2002:bool", "tag:yaml.org,2002:null":
            node.content = .scalar(text, .plain)
        default:
            refuseTag(tag, node.span)
            node.content = .broken
        }
    }

    private mutating func checkTag(_ tag: String?, suffix: String, _ span: Span) {
        if let tag, tag != "tag:yaml.org,2002:\(suffix)", tag != "!" { refuseTag(tag, span) }
    }

    private mutating func refuseTag(_ tag: String, _ span: Span) {
        let written = tag.hasPrefix("tag:yaml.org,2002:") ? "!!" + tag.dropFirst(18) : tag
        let whole = source.text(Span(span.start, span.end))
        let value = whole.isEmpty ? written : whole
        problems.append(
            .init(
                message: "YAML reads \(written) as a tag, and topologies have none", span: span,
                advice: "if it is text, quote it: \(quoted(value))"))
    }
}

/// A text as a double-quoted YAML scalar, or a single-quoted one where that is easier to read.
func quoted(_ text: String) -> String {
    let hasEscape = text.contains { $0 == "\"" || $0 == "\\" }
    return hasEscape
        ? "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''") + "'"
        : "\"\(text)\""
}
