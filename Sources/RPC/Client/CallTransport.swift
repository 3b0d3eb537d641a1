import NIOCore

/// One transmission on its way, as its sender holds it.
package protocol CallStream: AnyObject {
    var isWritable: Bool { get }
    func send(_ message: ByteBuffer, endOfStream: Bool)
    func halfClose()
    /// Nobody waits for it any more. `finished` may still be told.
    func cancel()
}

extension ClientStream: CallStream {
    package func send(_ message: ByteBuffer, endOfStream: Bool) {
        send(message, compress: false, endOfStream: endOfStream)
    }

    package func cancel() { cancel(GRPCStatus(.cancelled, "cancelled by the caller")) }
}

/// Nothing can be sent to a server now, and nothing was.
package struct Unreachable: Error, Sendable {
    package var reason: String

    package init(_ reason: String) { self.reason = reason }
}

/// The way from one client to one server process: a gRPC connection that is made anew when it is lost, or a queue.
/// Confined to its event loop.
package protocol CallTransport: AnyObject {
    /// The process at its other end: `server-2`.
    var target: String { get }

    /// Tells when something can be sent: at once where that is so.
    /// - Parameter handshake: whether the caller needs the server's incarnation; `ready` then has it, or nil for a server
    ///   that has none to tell.
    func prepare(handshake: Bool, _ ready: @escaping (Result<String?, Unreachable>) -> Void)

    /// Starts a transmission; only in or after `ready`.
    /// - Parameter timeout: nanoseconds left for the call.
    func start(
        path: String, metadata: Metadata, timeout: UInt64?, delegate: any ClientStreamDelegate
    ) -> any CallStream

    /// An answer has come from the other end.
    func heard(_ header: ReplyHeader)

    /// No new calls; ends when those that run have ended.
    func close() -> EventLoopFuture<Void>
}
