import DequeModule
import NIOCore
import NIOHPACK

/// The two ends that a link stands between.
enum HTTP2Party {
    case client, server

    var other: HTTP2Party { self == .client ? .server : .client }
    /// Where what it says goes.
    var direction: Direction { self == .client ? .toServer : .toClient }
}

/// The connection with one of the two ends: its settings, header compression and windows, which are its own.
struct HTTP2Side {
    /// What a peer may send ahead on a stream.
    static let streamWindow = 1 << 20
    /// What a peer may send ahead on all streams together.
    static let connectionWindow = 8 << 20
    /// Octets of a header block, as it comes and as it unfolds.
    static let headerListLimit = 256 << 10
    /// Frames in a row that move nothing.
    static let idleFrameLimit = 10_000
    /// A larger table than the default makes nothing here faster.
    private static let headerTableLimit: UInt32 = 4_096

    /// A header block whose end has not come (RFC 9113 §4.3).
    struct HeaderBlock {
        var stream: UInt32
        var isLast: Bool
        var bytes: ByteBuffer
    }

    let party: HTTP2Party
    var decoder = HTTP2FrameDecoder()
    /// What goes to it.
    var output = ByteBuffer()
    var settings = HTTP2Settings()
    var hasSettings = false
    var sendWindow = HTTP2SendWindow()
    var receiveWindow = HTTP2ReceiveWindow(limit: connectionWindow)
    var block: HeaderBlock?
    /// Streams that wait for the connection's window, each once, in turn.
    var blocked: Deque<HTTP2Stream> = []
    /// The last stream that it may still open, or that we may still open on it; `nil` before a GOAWAY.
    var lastStream: UInt32?
    private var idleFrames = 0
    private var headerDecoder: HPACKDecoder
    /// Without Huffman: octets cost nothing here, and the time to code them does.
    private var headerEncoder = HPACKEncoder(allocator: ByteBufferAllocator(), useHuffmanEncoding: false)

    init(_ party: HTTP2Party) {
        self.party = party
        headerDecoder = HPACKDecoder(
            allocator: ByteBufferAllocator(), maxDynamicTableSize: 4_096, maxHeaderListSize: Self.headerListLimit)
    }

    // MARK: - In

    /// Who only keeps us busy is cut off; frames that carry something pay for those that do not.
    mutating func countIdleFrame() throws(HTTP2Error) {
        idleFrames += 1
        if idleFrames > Self.idleFrameLimit { throw HTTP2Error(.enhanceYourCalm, "too many frames that carry nothing") }
    }

    mutating func countUsefulFrame() { idleFrames = 0 }

    mutating func decode(_ block: ByteBuffer) throws(HTTP2Error) -> HPACKHeaders {
        var block = block
        do {
            return try headerDecoder.decodeHeaders(from: &block)
        } catch is NIOHPACKErrors.MaxHeaderListSizeViolation {
            throw HTTP2Error(.enhanceYourCalm, "headers of more than \(Self.headerListLimit) octets")
        } catch {
            throw HTTP2Error(.compressionError, "\(error)")
        }
    }

    /// Takes in its settings and says so.
    /// - Returns: by how much the windows of its streams have grown.
    mutating func apply(_ frame: HTTP2Frame) throws(HTTP2Error) -> Int {
        let before = settings.initialWindowSize
        try settings.apply(frame.payload, mayPush: party == .client)
        hasSettings = true
        // It fails only in the midst of a block, and we write whole ones.
        try? headerEncoder.setDynamicTableSize(Int(min(settings.headerTableSize, Self.headerTableLimit)))
        output.writeHTTP2SettingsAck()
        return settings.initialWindowSize - before
    }

    // MARK: - Out

    /// A whole header block, in as many frames as the peer's limit asks for.
    mutating func write(_ headers: HPACKHeaders, endStream: Bool, stream: UInt32) {
        var block = encode(headers)
        var type = HTTP2FrameType.headers
        repeat {
            guard let part = block.readSlice(length: min(block.readableBytes, settings.maxFrameSize)) else { return }
            var flags: HTTP2Flags = endStream && type == .headers ? .endStream : []
            if block.readableBytes == 0 { flags.insert(.endHeaders) }
            output.writeHTTP2Header(length: part.readableBytes, type, flags, stream: stream)
            output.writeImmutableBuffer(part)
            type = .continuation
        } while block.readableBytes > 0
    }

    /// - Note: encoding fails only where a block was begun and not ended.
    private mutating func encode(_ headers: HPACKHeaders) -> ByteBuffer {
        try? headerEncoder.beginEncoding(allocator: ByteBufferAllocator())
        for (name, value, indexing) in headers {
            switch indexing {
            case .neverIndexed: try? headerEncoder.appendNeverIndexed(header: name, value: value)
            case .indexable where !Self.isFleeting(name): try? headerEncoder.append(header: name, value: value)
            default: try? headerEncoder.appendNonIndexed(header: name, value: value)
            }
        }
        return (try? headerEncoder.endEncoding()) ?? ByteBuffer()
    }

    /// Headers whose value hardly ever comes again: in the table they would only be in the way.
    private static func isFleeting(_ name: String) -> Bool {
        switch name.utf8.count {
        case 11: name == "x-orch-call"
        case 12: name == "grpc-timeout" || name == "grpc-message"
        case 14: name == "content-length"
        case 15: name == "x-orch-deadline" || name == "idempotency-key"
        case 19: name == "x-orch-acknowledged"
        default: false
        }
    }

    /// Gives the peer room on its connection.
    mutating func free(_ count: Int) {
        let credit = receiveWindow.free(count)
        if credit > 0 { output.writeHTTP2WindowUpdate(credit, stream: 0) }
    }
}
