/// Why a stream or a connection ends (RFC 9113 §7). Others than these are legal and are passed on.
struct HTTP2ErrorCode: RawRepresentable, Hashable {
    var rawValue: UInt32

    static let noError = Self(rawValue: 0x0)
    static let protocolError = Self(rawValue: 0x1)
    static let internalError = Self(rawValue: 0x2)
    static let flowControlError = Self(rawValue: 0x3)
    static let streamClosed = Self(rawValue: 0x5)
    static let frameSizeError = Self(rawValue: 0x6)
    static let refusedStream = Self(rawValue: 0x7)
    static let cancel = Self(rawValue: 0x8)
    static let compressionError = Self(rawValue: 0x9)
    static let enhanceYourCalm = Self(rawValue: 0xB)
}

/// An error of the peer that ends its connection (§5.4.1).
struct HTTP2Error: Error, Equatable {
    var code: HTTP2ErrorCode
    /// For the debug data of a GOAWAY.
    var reason: String

    init(_ code: HTTP2ErrorCode, _ reason: String) {
        self.code = code
        self.reason = reason
    }
}
