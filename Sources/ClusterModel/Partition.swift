/// How a network falls apart. Who is named in no part talks to everybody.
package enum Partition: Sendable, Hashable, Codable, CustomStringConvertible {
    /// Only members of the same part reach each other.
    case parts([[NodeSelector]])
    /// What the first send does not reach the second; the way back is open.
    case oneWay(from: [NodeSelector], to: [NodeSelector])
    /// Two halves, drawn by the seed; the larger one first where the number is odd.
    case halves(NodeSelector)
    /// The selected processes reach nobody, and nobody reaches them.
    case isolate(NodeSelector)
    /// Two halves that reach each other only through one process.
    case bridge(NodeSelector)
    /// Each reaches a majority, and no two the same one.
    case majorityRing(NodeSelector)

    package var description: String {
        switch self {
        case .parts(let parts): parts.map(list).joined(separator: " | ")
        case .oneWay(let from, let to): "\(list(from)) -> \(list(to))"
        case .halves(let nodes): "halves of \(nodes)"
        case .isolate(let nodes): "isolate \(nodes)"
        case .bridge(let nodes): "bridge of \(nodes)"
        case .majorityRing(let nodes): "majority-ring of \(nodes)"
        }
    }

    private func list(_ selectors: [NodeSelector]) -> String { selectors.map(\.description).joined(separator: ", ") }
}
