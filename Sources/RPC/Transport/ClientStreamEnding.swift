/// How a call ended. `origin` decides what may have been executed; `status` is what a plain client would show.
package struct ClientStreamEnding: Hashable, Sendable {
    package enum Origin: Hashable, Sendable {
        /// The server's own trailers.
        case serverStatus
        /// RST_STREAM with REFUSED_STREAM: the server did nothing.
        case refusedStream
        /// RST_STREAM with another code.
        case reset
        /// GOAWAY with a last stream id below ours: the server did nothing.
        case goAwayUnprocessed
        /// Sent, and then the connection broke.
        case connectionLost
        /// No byte of it left: the connection was not usable, or the queue was full.
        case neverSent
        /// `timeout` passed here.
        case localDeadline
        /// Given up here: `cancel()`, or sending without heeding `isWritable`.
        case cancelled
        /// The answer was not gRPC, broke its rules, or exceeded a limit of ours.
        case protocolError
    }
    package var status: GRPCStatus
    package var trailers: Metadata
    package var origin: Origin
    /// Whether HEADERS were handed to the socket: false only if the server cannot know of the call.
    package var wasSent: Bool

    package init(_ status: GRPCStatus, trailers: Metadata = Metadata(), origin: Origin, wasSent: Bool) {
        self.status = status
        self.trailers = trailers
        self.origin = origin
        self.wasSent = wasSent
    }
}
