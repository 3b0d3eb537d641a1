import NIOCore

/// One frame as it stands on the wire (RFC 9113 §4.1); what its payload says is for others to read.
struct HTTP2Frame {
    static let headerLength = 9
    /// A stream id has 31 bits; the first one is reserved.
    static let streamMask: UInt32 = 0x7FFF_FFFF
    /// The largest payload without a word of `SETTINGS_MAX_FRAME_SIZE`; the one that we accept.
    static let defaultMaxSize = 16_384
    static let largestMaxSize = 16_777_215

    var type: HTTP2FrameType
    var flags: HTTP2Flags
    var stream: UInt32
    var payload: ByteBuffer

    /// The payload of DATA or HEADERS without its padding (§6.1).
    func unpadded() throws(HTTP2Error) -> ByteBuffer {
        var content = payload
        guard flags.contains(.padded) else { return content }
        guard let padding = content.readInteger(as: UInt8.self), Int(padding) <= content.readableBytes else {
            throw HTTP2Error(.protocolError, "more padding than payload")
        }
        content.moveWriterIndex(to: content.writerIndex - Int(padding))
        return content
    }
}

/// Numbers that nobody has defined are legal and are ignored (§4.1, §5.5).
struct HTTP2FrameType: RawRepresentable, Hashable {
    var rawValue: UInt8

    static let data = Self(rawValue: 0)
    static let headers = Self(rawValue: 1)
    static let priority = Self(rawValue: 2)
    static let reset = Self(rawValue: 3)
    static let settings = Self(rawValue: 4)
    static let pushPromise = Self(rawValue: 5)
    static let ping = Self(rawValue: 6)
    static let goAway = Self(rawValue: 7)
    static let windowUpdate = Self(rawValue: 8)
    static let continuation = Self(rawValue: 9)
}

struct HTTP2Flags: OptionSet {
    var rawValue: UInt8

    static let ack = Self(rawValue: 0x1)
    static let endStream = Self(rawValue: 0x1)
    static let endHeaders = Self(rawValue: 0x4)
    static let padded = Self(rawValue: 0x8)
    static let priority = Self(rawValue: 0x20)
}

/// What a client says first (§3.4).
enum HTTP2Preface {
    static let bytes = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
}
