/// What we may still send, on a stream or on a connection (RFC 9113 §6.9). Below zero after the receiver has lowered
/// its initial window.
struct HTTP2SendWindow {
    static let initial = 65_535
    static let largest = 0x7FFF_FFFF

    private(set) var octets: Int

    init(_ octets: Int = initial) { self.octets = octets }

    mutating func take(_ count: Int) { octets -= count }

    /// - Returns: false where the receiver has given more than a window can hold.
    mutating func widen(by count: Int) -> Bool {
        octets += count
        return octets <= Self.largest
    }
}

/// What a peer may still send to us, and when to give it more.
struct HTTP2ReceiveWindow {
    let limit: Int
    private var open: Int
    /// Taken in, gone on, and not yet announced.
    private var owed = 0

    init(limit: Int) {
        self.limit = limit
        open = limit
    }

    /// - Returns: false where the peer has sent more than it may.
    mutating func receive(_ count: Int) -> Bool {
        open -= count
        return open >= 0
    }

    /// Octets have gone on: their place is free again.
    /// - Returns: the credit to announce now; 0 while it is not worth a frame. A 32nd of a window is, and is less
    ///   than what a peer has that does not know our windows yet.
    mutating func free(_ count: Int) -> Int {
        owed += count
        guard owed * 32 >= limit else { return 0 }
        defer { owed = 0 }
        open += owed
        return owed
    }
}
