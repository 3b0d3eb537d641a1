import NIOCore

/// What a peer has said of itself (RFC 9113 §6.5.2).
struct HTTP2Settings {
    enum Key: UInt16 {
        case headerTableSize = 1
        case enablePush = 2
        case maxConcurrentStreams = 3
        case initialWindowSize = 4
        case maxFrameSize = 5
        case maxHeaderListSize = 6
    }

    var headerTableSize: UInt32 = 4_096
    var maxConcurrentStreams: UInt32?
    /// What we may send on a new stream, in octets.
    var initialWindowSize = HTTP2SendWindow.initial
    var maxFrameSize = HTTP2Frame.defaultMaxSize
    var maxHeaderListSize: UInt32?

    /// Takes in a SETTINGS frame; the later of two values for one key counts, and unknown keys do not.
    mutating func apply(_ payload: ByteBuffer, mayPush: Bool) throws(HTTP2Error) {
        var payload = payload
        guard payload.readableBytes % 6 == 0 else {
            throw HTTP2Error(.frameSizeError, "SETTINGS of \(payload.readableBytes) octets")
        }
        while let (number, value) = payload.readMultipleIntegers(as: (UInt16, UInt32).self) {
            switch Key(rawValue: number) {
            case .headerTableSize: headerTableSize = value
            case .enablePush:
                guard value == 0 || (value == 1 && mayPush) else {
                    throw HTTP2Error(.protocolError, "SETTINGS_ENABLE_PUSH of \(value)")
                }
            case .maxConcurrentStreams: maxConcurrentStreams = value
            case .initialWindowSize:
                guard value <= HTTP2SendWindow.largest else {
                    throw HTTP2Error(.flowControlError, "SETTINGS_INITIAL_WINDOW_SIZE of \(value)")
                }
                initialWindowSize = Int(value)
            case .maxFrameSize:
                guard (HTTP2Frame.defaultMaxSize...HTTP2Frame.largestMaxSize).contains(Int(value)) else {
                    throw HTTP2Error(.protocolError, "SETTINGS_MAX_FRAME_SIZE of \(value)")
                }
                maxFrameSize = Int(value)
            case .maxHeaderListSize: maxHeaderListSize = value
            case nil: break
            }
        }
    }
}
