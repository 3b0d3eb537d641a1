import NIOCore

/// Bounds on what one connection may cost, the same for servers and clients.
package struct TransportLimits: Hashable, Sendable {
    /// A longer message ends its call with RESOURCE_EXHAUSTED, in bytes after decompression.
    package var maximumMessageSize = 4 << 20
    /// Calls at a time that the peer may start on a connection.
    package var maximumConcurrentStreams = 1_000
    /// Calls that the peer may reset in a second. Clients that give up attempts reset hundreds in earnest; a rapid reset
    /// (CVE-2023-44487) makes hundreds of thousands.
    package var maximumResetsPerSecond = 2_000
    /// All names and values of one header block, plus 32 bytes each (RFC 9113 §6.5.2).
    package var maximumHeaderListSize = 16 << 10
    /// What a peer may send on one call ahead of its consumer.
    package var streamWindow = 1 << 20
    /// What a peer may send on all calls of a connection between two updates.
    package var connectionWindow = 16 << 20
    /// Bytes that wait for slow readers, on all calls of a connection, above which the peer gets no more credit. And bytes of
    /// messages not yet whole, above which the call that gets more ends with RESOURCE_EXHAUSTED.
    package var maximumBufferedInbound = 256 << 20
    /// Bytes a call may have waiting to be sent before it stops being writable.
    package var outboundHighWatermark = 256 << 10
    /// Bytes a call may have waiting to be sent at all: its end with RESOURCE_EXHAUSTED for who ignores `isWritable`.
    package var maximumBufferedOutbound = 64 << 20

    package init() {}
}

/// Pings that find dead connections, and how many pings a peer may send.
package struct Keepalive: Hashable, Sendable {
    /// A ping after this long without anything received; nil: no pings.
    package var interval: TimeAmount?
    /// The connection is lost if nothing at all arrives for this long after a ping.
    package var timeout = TimeAmount.seconds(20)
    /// Whether to ping while there are no calls.
    package var withoutCalls = true
    /// Servers: pings closer together than this, with nothing sent in between, are strikes.
    package var minimumPingInterval = TimeAmount.milliseconds(100)
    /// Servers: more strikes than this end the connection (GOAWAY ENHANCE_YOUR_CALM `too_many_pings`).
    package var maximumPingStrikes = 2

    package init() {}
}
