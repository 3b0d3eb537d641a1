/// Where a value belongs in a topology: `nodes/worker/consume/0/queue`.
struct Path: Hashable, Sendable, ExpressibleByArrayLiteral {
    var parts: [String]

    init(_ parts: [String] = []) { self.parts = parts }
    init(arrayLiteral elements: String...) { parts = elements }

    static func / (path: Path, part: String) -> Path { Path(path.parts + [part]) }
    static func / (path: Path, index: Int) -> Path { path / String(index) }

    func hasPrefix(_ other: Path) -> Bool { parts.starts(with: other.parts) }
}
