/// A value for each direction of a link.
struct BothWays<Value> {
    var toServer: Value
    var toClient: Value

    init(_ toServer: Value, _ toClient: Value) {
        self.toServer = toServer
        self.toClient = toClient
    }

    subscript(direction: Direction) -> Value {
        _read { if direction == .toServer { yield toServer } else { yield toClient } }
        _modify { if direction == .toServer { yield &toServer } else { yield &toClient } }
    }
}

extension BothWays {
    /// Reads a value and leaves nothing in its place.
    mutating func take<Wrapped>(_ direction: Direction) -> Wrapped? where Value == Wrapped? {
        defer { self[direction] = nil }
        return self[direction]
    }
}
