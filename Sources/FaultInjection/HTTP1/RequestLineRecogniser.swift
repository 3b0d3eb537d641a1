/// Tells octet by octet whether a connection begins with a request line of HTTP/1.x (RFC 9112 §3).
struct RequestLineRecogniser {
    enum Verdict { case undecided, isRequestLine, isNot }

    private enum Stage {
        case method(Int)
        case target(Int)
        /// Octets of the version that have come.
        case version(Int)
        case lineEnd
        case done(Verdict)
    }

    /// Octets of a method, and of a target.
    private static let methodLimit = 64
    private static let targetLimit = 32 << 10
    private static let version = Array("HTTP/1.".utf8)

    private var stage = Stage.method(0)

    var verdict: Verdict { if case .done(let verdict) = stage { verdict } else { .undecided } }

    mutating func take(_ octets: some Sequence<UInt8>) {
        for octet in octets {
            if case .done = stage { return }
            take(octet)
        }
    }

    private mutating func take(_ octet: UInt8) {
        switch stage {
        case .method(let count):
            if octet == .space, count > 0 {
                stage = .target(0)
            } else {
                stage = octet.isToken && count < Self.methodLimit ? .method(count + 1) : .done(.isNot)
            }
        case .target(let count):
            if octet == .space, count > 0 {
                stage = .version(0)
            } else {
                stage = octet.isTarget && count < Self.targetLimit ? .target(count + 1) : .done(.isNot)
            }
        case .version(let count):
            guard count < Self.version.count else {
                stage = octet.isDigit ? .lineEnd : .done(.isNot)
                return
            }
            stage = octet == Self.version[count] ? .version(count + 1) : .done(.isNot)
        case .lineEnd: stage = .done(octet == .carriageReturn || octet == .lineFeed ? .isRequestLine : .isNot)
        case .done: break
        }
    }
}

extension UInt8 {
    static let lineFeed = UInt8(ascii: "\n")
    static let carriageReturn = UInt8(ascii: "\r")
    static let space = UInt8(ascii: " ")
    static let tab = UInt8(ascii: "\t")
    static let colon = UInt8(ascii: ":")

    var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }
    var isBlank: Bool { self == .space || self == .tab }
    var isLineEnd: Bool { self == .lineFeed || self == .carriageReturn }
    /// Of a request's target: anything that can be seen, and what some clients do not escape.
    var isTarget: Bool { self > 0x20 && self != 0x7F }

    /// `tchar` of RFC 9110 §5.6.2.
    var isToken: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: Self.tokenSigns.contains(self)
        }
    }

    private static let tokenSigns = Array("!#$%&'*+-.^_`|~".utf8)

    var hexDigit: Int? {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): Int(self) - 0x30
        case UInt8(ascii: "a")...UInt8(ascii: "f"): Int(self) - 0x57
        case UInt8(ascii: "A")...UInt8(ascii: "F"): Int(self) - 0x37
        default: nil
        }
    }
}
