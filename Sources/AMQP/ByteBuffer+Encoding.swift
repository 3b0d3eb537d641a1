import NIOCore

/// Writing the primitive types of AMQP 0-9-1 §4.2.5. Nothing here fails: what does not fit its length field is cut.
extension ByteBuffer {
    @inline(__always) mutating func putUInt8(_ value: UInt8) { writeInteger(value) }
    @inline(__always) mutating func putUInt16(_ value: UInt16) { writeInteger(value) }
    @inline(__always) mutating func putUInt32(_ value: UInt32) { writeInteger(value) }
    @inline(__always) mutating func putUInt64(_ value: UInt64) { writeInteger(value) }

    /// Neighbouring bits, the first in the lowest place (AMQP 0-9-1 §4.2.5.2).
    mutating func putBits(
        _ a: Bool, _ b: Bool = false, _ c: Bool = false, _ d: Bool = false, _ e: Bool = false, _ f: Bool = false,
        _ g: Bool = false, _ h: Bool = false
    ) {
        var octet: UInt8 = 0
        if a { octet |= 0x01 }
        if b { octet |= 0x02 }
        if c { octet |= 0x04 }
        if d { octet |= 0x08 }
        if e { octet |= 0x10 }
        if f { octet |= 0x20 }
        if g { octet |= 0x40 }
        if h { octet |= 0x80 }
        writeInteger(octet)
    }

    /// A length octet and the text, cut after the last whole scalar within 255 octets. Names are checked where they
    /// enter the program; what is cut in practice is a reply text.
    mutating func putShortString(_ string: String) {
        let lengthIndex = writerIndex
        writeInteger(UInt8(0))
        let length = writeString(string)
        guard length > AMQPLimits.shortString else {
            setInteger(UInt8(length), at: lengthIndex)
            return
        }
        var end = AMQPLimits.shortString
        while end > 0, let octet = getInteger(at: lengthIndex + 1 + end, as: UInt8.self), octet & 0xC0 == 0x80 {
            end -= 1
        }
        setInteger(UInt8(end), at: lengthIndex)
        moveWriterIndex(to: lengthIndex + 1 + end)
    }

    mutating func putLongString(_ string: String) {
        putLengthPrefixed { $0.writeString(string) }
    }

    mutating func putLongBytes(_ bytes: [UInt8]) {
        putLengthPrefixed { $0.writeBytes(bytes) }
    }

    mutating func putTable(_ table: FieldTable) {
        table.encode(into: &self)
    }

    /// Writes a 32-bit length, runs `body`, and fills the length in.
    @inline(__always)
    mutating func putLengthPrefixed(_ body: (inout ByteBuffer) -> Void) {
        let lengthIndex = writerIndex
        writeInteger(UInt32(0))
        body(&self)
        setInteger(UInt32(truncatingIfNeeded: writerIndex - lengthIndex - 4), at: lengthIndex)
    }
}

/// Bounds that the protocol sets, or that we set where it sets none.
package enum AMQPLimits {
    /// Octets of a short string: names, tags, routing keys (AMQP 0-9-1 §4.2.5.3).
    package static let shortString = 255
    /// The octets that every peer must accept in a frame, its 8 octets of framing included (AMQP 0-9-1 §4.9).
    package static let frameMin = 4096
    /// The frame size before tuning, and what RabbitMQ proposes, in octets.
    package static let defaultFrameMax = 131_072
    /// The largest frame taken at all, in octets; stands in for a negotiated frame-max of 0, "no limit".
    package static let frameCeiling = 128 << 20
    /// Tables and arrays within one another, the outermost included.
    package static let nesting = 32
    /// The default bound on a message's body in octets, as in RabbitMQ 3.8 to 3.13.
    package static let bodySize = 128 << 20
    /// The 8 octets around a frame's payload: type, channel, size and end (AMQP 0-9-1 §4.2.3).
    package static let frameOverhead = 8
}
