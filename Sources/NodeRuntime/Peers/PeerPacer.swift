import ClusterModel

/// When the things of one workload of a peer begin: each at its time. Pure: `now` is handed in, in nanoseconds.
struct PeerPacer {
    private let count: Int
    private let perSecond: Double
    private var started: Int64?
    private var isFinishing = false
    /// So many have begun.
    private(set) var begun = 0

    /// - Parameters:
    ///   - count: `nil`: without end.
    ///   - rate: `nil`: at once.
    init(count: Int?, rate: Rate?) {
        self.count = count ?? .max
        perSecond = rate?.perSecond ?? 0
    }

    mutating func start(now: Int64) { if started == nil { started = now } }

    /// No further one begins.
    mutating func finish() { isFinishing = true }

    /// Whether all have begun that ever will.
    var isOver: Bool { isFinishing || begun >= count }

    /// Whether the next may begin.
    func isDue(now: Int64) -> Bool { due.map { $0 <= now } ?? false }

    /// When the next may begin; `nil`: not before something happens, or never.
    var due: Int64? {
        guard let started, !isOver else { return nil }
        guard perSecond > 0 else { return started }
        return started + Int64(Double(begun) * 1e9 / perSecond)
    }

    /// The next one begins.
    /// - Returns: its number, from 1.
    mutating func next() -> Int {
        begun += 1
        return begun
    }
}

/// The texts of one workload, filled in.
struct PeerTexts {
    private let template: Template
    private let size: Int
    private var values: Template.Values

    /// - Parameter size: octets that a text is padded to.
    init(_ text: String, size: Int? = nil, _ values: Template.Values) throws {
        template = try Template(text)
        self.size = size ?? 0
        self.values = values
    }

    mutating func bytes(_ sequence: Int) -> [UInt8] {
        values.sequence = sequence
        var bytes: [UInt8] = []
        template.expand(into: &bytes, &values)
        if bytes.count < size {
            bytes.append(contentsOf: repeatElement(UInt8(ascii: "."), count: size - bytes.count))
        }
        return bytes
    }

    mutating func text(_ sequence: Int) -> String {
        values.sequence = sequence
        return template.text(&values)
    }
}
