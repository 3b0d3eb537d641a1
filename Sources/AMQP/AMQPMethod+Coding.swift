import NIOCore

extension AMQPMethod {
    /// Reads a method frame's payload: class, method, arguments (AMQP 0-9-1 §4.2.4).
    ///
    /// Throws SYNTAX_ERROR if the arguments are malformed, too short or too long, NOT_IMPLEMENTED if there is no such
    /// method; the error names the method.
    package init(decoding payload: inout ByteBuffer) throws(AMQPError) {
        let classID = try payload.takeUInt16()
        let methodID = try payload.takeUInt16()
        do {
            try self.init(classID: classID, methodID: methodID, arguments: &payload)
        } catch {
            throw error.blaming(classID: classID, methodID: methodID)
        }
        guard payload.readableBytes == 0 else {
            throw AMQPError(
                .syntaxError, "\(payload.readableBytes) octets after the arguments of \(name)", classID: classID,
                methodID: methodID)
        }
    }

    /// Writes class, method and arguments: the payload of a method frame.
    package func encode(into buffer: inout ByteBuffer) {
        buffer.putUInt16(classID)
        buffer.putUInt16(methodID)
        encodeArguments(into: &buffer)
    }
}
