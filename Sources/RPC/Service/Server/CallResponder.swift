import NIOCore

/// Where the answer to one transmission goes: a gRPC stream, a message to a queue. Confined to the dispatcher's event
/// loop. Ignores what comes after its end.
package protocol CallResponder: AnyObject {
    func sendHeaders(_ metadata: Metadata)
    func send(_ message: ByteBuffer)
    func finish(_ status: GRPCStatus, trailers: Metadata)
    /// False while more than it should hold waits to be sent.
    var isWritable: Bool { get }
    /// Whether messages of the request are wanted.
    var isReading: Bool { get set }
    /// The request has an answer coming: the transport need not watch its deadline.
    func deadlineIsWatched()
}

extension CallResponder {
    package func deadlineIsWatched() {}
}

/// One transmission, as a transport received it.
package struct InboundCall {
    /// `/package.Service/method`.
    package var path: String
    package var metadata: Metadata
    /// `grpc-timeout`, in nanoseconds.
    package var timeout: UInt64?
    /// The TCP port of the client's side; 0: none.
    package var peerPort: UInt16
    package var responder: any CallResponder

    package init(
        path: String, metadata: Metadata, timeout: UInt64? = nil, peerPort: UInt16 = 0, responder: any CallResponder
    ) {
        self.path = path
        self.metadata = metadata
        self.timeout = timeout
        self.peerPort = peerPort
        self.responder = responder
    }
}
