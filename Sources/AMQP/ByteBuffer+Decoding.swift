import NIOCore

/// Reading the primitive types of AMQP 0-9-1 §4.2.5.
///
/// Each throws SYNTAX_ERROR (502) if the buffer ends too early, and then has moved the reader index by nothing that
/// matters: the whole payload is refused.
extension ByteBuffer {
    mutating func takeUInt8() throws(AMQPError) -> UInt8 { try take(UInt8.self) }
    mutating func takeUInt16() throws(AMQPError) -> UInt16 { try take(UInt16.self) }
    mutating func takeUInt32() throws(AMQPError) -> UInt32 { try take(UInt32.self) }
    mutating func takeUInt64() throws(AMQPError) -> UInt64 { try take(UInt64.self) }

    @inline(__always)
    mutating func take<Value: FixedWidthInteger>(_: Value.Type) throws(AMQPError) -> Value {
        guard let value = readInteger(as: Value.self) else { throw .truncated }
        return value
    }

    /// Up to 255 octets after a length octet. Text that is not UTF-8 is refused with SYNTAX_ERROR, as otherwise it
    /// could not be passed on unchanged.
    mutating func takeShortString() throws(AMQPError) -> String {
        let length = Int(try takeUInt8())
        guard length > 0 else { return "" }
        guard let string = try takeUTF8(length: length) else {
            throw AMQPError(.syntaxError, "a short string is not valid UTF-8")
        }
        return string
    }

    /// A long string that the specification uses for text (mechanisms, locales).
    mutating func takeLongString() throws(AMQPError) -> String {
        let length = try takeLength()
        guard let string = try takeUTF8(length: length) else {
            throw AMQPError(.syntaxError, "a long string of text is not valid UTF-8")
        }
        return string
    }

    /// A long string that the specification uses for opaque data (challenges, responses).
    mutating func takeLongBytes() throws(AMQPError) -> [UInt8] {
        let length = try takeLength()
        guard let bytes = readBytes(length: length) else { throw .truncated }
        return bytes
    }

    mutating func takeTable() throws(AMQPError) -> FieldTable { try FieldTable(decoding: &self) }

    /// A 32-bit length that does not exceed what is left to read.
    mutating func takeLength() throws(AMQPError) -> Int {
        let length = Int(try takeUInt32())
        guard length <= readableBytes else {
            throw AMQPError(.syntaxError, "a length of \(length) octets where \(readableBytes) are left")
        }
        return length
    }

    /// The next `length` octets as text, or nil (and nothing read) if they are not valid UTF-8.
    mutating func takeUTF8(length: Int) throws(AMQPError) -> String? {
        guard length <= readableBytes else { throw .truncated }
        let string = withUnsafeReadableBytes { bytes in
            String(validating: UnsafeRawBufferPointer(rebasing: bytes[..<length]), as: UTF8.self)
        }
        if string != nil { moveReaderIndex(forwardBy: length) }
        return string
    }
}

extension AMQPError {
    static var truncated: AMQPError { AMQPError(.syntaxError, "the payload ends within a field") }
}
