import NIOCore

/// The question for a server's incarnation on its way (`SessionPath.open`).
package final class SessionQuestion: ClientStreamDelegate {
    private var header = ReplyHeader()
    private let answered: (ClientStreamEnding, ReplyHeader) -> Void

    package init(_ answered: @escaping (ClientStreamEnding, ReplyHeader) -> Void) { self.answered = answered }

    package func received(initialMetadata: Metadata) { header.read(initialMetadata) }
    package func received(_ message: ByteBuffer) {}
    package func finished(_ ending: ClientStreamEnding) {
        header.read(ending.trailers)
        answered(ending, header)
    }
}

/// The method by which clients learn a server's incarnation.
package enum SessionPath {
    package static let open = "/orch.v1.Session/Open"
}
