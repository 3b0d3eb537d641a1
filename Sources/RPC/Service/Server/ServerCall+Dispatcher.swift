import NIOCore

extension ServerCall: CallResponder {
    package func sendHeaders(_ metadata: Metadata) { sendHeaders(metadata, compress: false) }
    package func send(_ message: ByteBuffer) { send(message, compress: false) }
    package func deadlineIsWatched() { setDeadline(nil) }
}

extension InboundRequest: ServerCallDelegate {}

extension ServiceDispatcher {
    /// A call of a gRPC server on the same event loop.
    package func open(_ call: ServerCall) -> (any ServerCallDelegate)? {
        open(
            InboundCall(
                path: call.path, metadata: call.metadata, timeout: call.timeout, peerPort: call.peerPort,
                responder: call))
    }
}
