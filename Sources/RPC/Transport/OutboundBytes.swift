/// How much a call has handed over and HTTP/2 has not let go yet: flow control, or a slow socket.
struct OutboundBytes {
    private var pending = 0
    private(set) var isWritable = true

    /// - Returns: false if it is too much; a single message of any size is not.
    mutating func add(_ bytes: Int, _ limits: TransportLimits) -> Bool {
        guard pending == 0 || pending + bytes <= limits.maximumBufferedOutbound else { return false }
        pending += bytes
        if pending > limits.outboundHighWatermark { isWritable = false }
        return true
    }

    /// - Returns: whether the call has become writable.
    mutating func remove(_ bytes: Int, _ limits: TransportLimits) -> Bool {
        // Compression makes a message smaller than what was counted.
        pending = max(0, pending - bytes)
        guard !isWritable, pending <= limits.outboundHighWatermark / 2 else { return false }
        isWritable = true
        return true
    }
}
