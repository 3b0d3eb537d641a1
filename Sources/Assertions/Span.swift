/// When something was in force, as far as evidence tells: possibly from its request on, certainly from the answer on;
/// certainly until the request to end it, possibly until that was answered.
struct Span: Sendable, Equatable {
    var possibleFrom: Int64
    var certainFrom = Int64.max
    var certainTo = Int64.max
    var possibleTo = Int64.max

    /// In force from before an interval until after it.
    func covers(_ from: Int64, _ to: Int64) -> Bool {
        certainFrom <= from && (certainTo == .max || certainTo > to)
    }

    /// Perhaps in force at some moment of an interval.
    func touches(_ from: Int64, _ to: Int64) -> Bool { possibleFrom <= to && possibleTo > from }

    var isOpen: Bool { certainTo == .max }

    mutating func end(certain: Int64, possible: Int64) {
        certainTo = min(certainTo, certain)
        possibleTo = min(possibleTo, max(possible, certain))
    }
}
