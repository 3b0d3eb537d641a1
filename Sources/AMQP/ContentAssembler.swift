import NIOCore

/// Puts the frames of one channel together to methods and whole messages (AMQP 0-9-1 §4.2.6).
///
/// One assembler a channel; heartbeats and other channels' frames are not for it. A body that arrived in one frame is a
/// slice of that frame; a longer one is collected in a buffer that grows with what has arrived, never by what was
/// announced.
///
/// A hard error ends the connection, and feeding with it. After the one soft error, a body above `maxBodySize`, the
/// frames of that body are swallowed, so that a channel that waits for `channel.close-ok` can go on being fed.
package struct ContentAssembler: Sendable {
    package enum Event: Equatable, Sendable {
        /// A method that carries no content.
        case method(AMQPMethod)
        /// A method with its message, complete.
        case content(AMQPMethod, ContentHeader, ByteBuffer)
    }

    /// The largest body taken, in octets. A larger one is refused when its header arrives, with RabbitMQ's
    /// PRECONDITION_FAILED (406) and not the specification's CONTENT_TOO_LARGE (311), as clients know the former.
    package let maxBodySize: UInt64

    /// Which frame must come next.
    private enum State: Sendable {
        case method
        case header
        case body
        /// The rest of a body that was refused, or the next method.
        case refusedBody
    }

    private var state = State.method
    private var method: AMQPMethod?
    private var header: ContentHeader?
    private var body = ByteBuffer()
    private var remaining: UInt64 = 0

    /// `maxBodySize` in octets, up to 2 GiB: what one buffer holds.
    package init(maxBodySize: Int = AMQPLimits.bodySize) {
        self.maxBodySize = UInt64(min(max(maxBodySize, 0), Int(Int32.max)))
    }

    /// Whether a message has begun and not ended: other frames than its own would be an error.
    package var isMidContent: Bool { state == .header || state == .body }

    /// Octets set aside for an unfinished body.
    var collectedCapacity: Int { body.capacity }

    /// Takes the next frame of the channel; nil while a message is incomplete.
    ///
    /// Throws what `AMQPMethod.init(decoding:)` and `ContentHeader.init(decoding:)` throw; UNEXPECTED_FRAME (505) for a
    /// frame out of turn; FRAME_ERROR (501) for a header of another class than its method's and for a body longer than
    /// announced; PRECONDITION_FAILED (406) for an announced body above `maxBodySize`.
    package mutating func receive(_ frame: Frame) throws(AMQPError) -> Event? {
        switch (frame.type, state) {
        case (.method, .method), (.method, .refusedBody): return try receiveMethod(frame.payload)
        case (.header, .header): return try receiveHeader(frame.payload)
        case (.body, .body): return try receiveBody(frame.payload)
        case (.body, .refusedBody):
            remaining -= min(remaining, UInt64(frame.payload.readableBytes))
            if remaining == 0 { state = .method }
            return nil
        default:
            let expected = state == .header ? "a content header" : state == .body ? "a content body" : "a method"
            throw blamed(AMQPError(.unexpectedFrame, "expected \(expected) frame, got \(frame.type)"))
        }
    }

    private mutating func receiveMethod(_ payload: ByteBuffer) throws(AMQPError) -> Event? {
        var payload = payload
        let method = try AMQPMethod(decoding: &payload)
        guard method.hasContent else {
            state = .method
            return .method(method)
        }
        self.method = method
        state = .header
        return nil
    }

    private mutating func receiveHeader(_ payload: ByteBuffer) throws(AMQPError) -> Event? {
        var payload = payload
        let header: ContentHeader
        do {
            header = try ContentHeader(decoding: &payload)
        } catch {
            throw blamed(error)
        }
        guard let method, header.classID == method.classID else {
            throw blamed(AMQPError(.frameError, "a content header of class \(header.classID)"))
        }
        remaining = header.bodySize
        guard header.bodySize <= maxBodySize else {
            state = .refusedBody
            throw blamed(
                AMQPError(
                    .preconditionFailed, "message size \(header.bodySize) is larger than max size \(maxBodySize)"))
        }
        guard remaining > 0 else { return complete(method, header, ByteBuffer()) }
        self.header = header
        state = .body
        return nil
    }

    private mutating func receiveBody(_ payload: ByteBuffer) throws(AMQPError) -> Event? {
        let size = UInt64(payload.readableBytes)
        guard let method, let header, size <= remaining else {
            throw blamed(AMQPError(.frameError, "\(size) octets of body where \(remaining) were left to come"))
        }
        if size == header.bodySize { return complete(method, header, payload) }
        if body.readableBytes == 0 {
            // Room for three more frames like this one; then it doubles.
            body.reserveCapacity(Int(min(header.bodySize, size * 4)))
        }
        body.writeImmutableBuffer(payload)
        remaining -= size
        guard remaining == 0 else { return nil }
        return complete(method, header, body)
    }

    private mutating func complete(_ method: AMQPMethod, _ header: ContentHeader, _ body: ByteBuffer) -> Event {
        state = .method
        self.method = nil
        self.header = nil
        self.body = ByteBuffer()
        return .content(method, header, body)
    }

    private func blamed(_ error: AMQPError) -> AMQPError {
        guard let method else { return error }
        return error.blaming(classID: method.classID, methodID: method.methodID)
    }
}
