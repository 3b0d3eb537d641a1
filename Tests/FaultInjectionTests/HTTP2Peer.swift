import NIOCore
import NIOHPACK

@testable import FaultInjection

/// One end of HTTP/2 as a test plays it: strict about all that it hears, and free to say anything. What it sends on
/// streams keeps to the windows it was given; what it hears must keep to those that it gave.
struct HTTP2Peer {
    struct Stream {
        var sendWindow: Int
        var receiveWindow: Int
        /// What it has heard.
        var headers: [HPACKHeaders] = []
        var body: [UInt8] = []
        var hasEnded = false
        var reset: HTTP2ErrorCode?
        /// What waits for a window.
        var queue: ByteBuffer = ByteBuffer()
        var trailers: HPACKHeaders?
        var endsWithBody = false
        var hasSaidEnd = false
        /// Taken in, and not given back as credit.
        var uncredited = 0
    }

    let isClient: Bool
    /// What it lets others send: a stream's first window, and a frame's largest payload.
    var window: Int
    var maxFrame: Int
    var streams: [UInt32: Stream] = [:]
    var output = ByteBuffer()
    var problems: [String] = []
    /// In the order in which requests appeared, or were made.
    var order: [UInt32] = []
    var goAways: [(last: UInt32, code: HTTP2ErrorCode, debug: String)] = []
    var pings: [(UInt64, isAck: Bool)] = []
    var hasSettings = false
    private(set) var settings = HTTP2Settings()
    private var decoder: HTTP2FrameDecoder
    private var headerDecoder = HPACKDecoder(allocator: ByteBufferAllocator())
    private var headerEncoder = HPACKEncoder(allocator: ByteBufferAllocator())
    private var sendWindow = 65_535
    private var receiveWindow = 65_535
    private var uncredited = 0
    private var block: (stream: UInt32, bytes: ByteBuffer, isLast: Bool)?
    private var nextStream: UInt32 = 1
    private var preface: Int
    /// Credit comes back at once; else when the test says so.
    var creditsAtOnce = true

    init(isClient: Bool, window: Int = 65_535, maxFrame: Int = 16_384, maxStreams: UInt32? = nil) {
        self.isClient = isClient
        self.window = window
        self.maxFrame = maxFrame
        decoder = HTTP2FrameDecoder(maxSize: maxFrame)
        preface = isClient ? 0 : HTTP2Preface.bytes.count
        headerDecoder.maxHeaderListSize = 1 << 20
        if isClient { output.writeBytes(HTTP2Preface.bytes) }
        var values: [(HTTP2Settings.Key, UInt32)] = [
            (.initialWindowSize, UInt32(window)), (.maxFrameSize, UInt32(maxFrame)),
        ]
        if let maxStreams { values.append((.maxConcurrentStreams, maxStreams)) }
        output.writeHTTP2Settings(values)
    }

    // MARK: - Saying

    /// - Returns: the new stream.
    @discardableResult
    mutating func request(
        _ path: String = "/Calculator/suma", body: [UInt8]? = [], extra: [(String, String)] = [], ends: Bool = true,
        grpc: Bool = true
    ) -> UInt32 {
        let id = nextStream
        nextStream += 2
        streams[id] = Stream(sendWindow: settings.initialWindowSize, receiveWindow: window)
        order.append(id)
        var headers: HPACKHeaders = [
            ":method": "POST", ":scheme": "http", ":path": path, ":authority": "a", "te": "trailers",
        ]
        if grpc { headers.add(name: "content-type", value: "application/grpc") }
        for (name, value) in extra { headers.add(name: name, value: value) }
        write(headers, id, isLast: ends && body == nil)
        if let body { send(body, id, ends: ends) }
        return id
    }

    mutating func send(_ body: [UInt8], _ id: UInt32, ends: Bool = false, trailers: HPACKHeaders? = nil) {
        guard streams[id] != nil else { return }
        streams[id]!.queue.writeBytes(body)
        if ends { streams[id]!.endsWithBody = true }
        if let trailers { streams[id]!.trailers = trailers }
        pump(id)
    }

    mutating func respond(
        _ id: UInt32, body: [UInt8] = [], status: Int? = 0, extra: [(String, String)] = []
    ) {
        var headers: HPACKHeaders = [":status": "200", "content-type": "application/grpc"]
        for (name, value) in extra { headers.add(name: name, value: value) }
        write(headers, id, isLast: false)
        if let status { send(body, id, trailers: ["grpc-status": "\(status)"]) } else { send(body, id) }
    }

    mutating func write(_ headers: HPACKHeaders, _ id: UInt32, isLast: Bool, padding: UInt8? = nil, pieces: Int = 1) {
        var bytes = ByteBuffer()
        try! headerEncoder.encode(headers: headers, to: &bytes)
        let size = max(1, (bytes.readableBytes + pieces - 1) / pieces)
        var type = HTTP2FrameType.headers
        repeat {
            let part = bytes.readSlice(length: min(size, bytes.readableBytes))!
            var flags: HTTP2Flags = isLast && type == .headers ? .endStream : []
            if bytes.readableBytes == 0 { flags.insert(.endHeaders) }
            var payload = ByteBuffer()
            if let padding, type == .headers {
                flags.insert(.padded)
                payload.writeInteger(padding)
            }
            payload.writeImmutableBuffer(part)
            if let padding, type == .headers { payload.writeRepeatingByte(0, count: Int(padding)) }
            frame(type, flags, id, payload)
            type = .continuation
        } while bytes.readableBytes > 0
        if isLast { streams[id]?.hasSaidEnd = true }
    }

    mutating func reset(_ id: UInt32, _ code: HTTP2ErrorCode = .cancel) {
        output.writeHTTP2Reset(code, stream: id)
        streams[id] = nil
    }

    mutating func frame(_ type: HTTP2FrameType, _ flags: HTTP2Flags = [], _ id: UInt32, _ payload: ByteBuffer) {
        output.writeHTTP2Header(length: payload.readableBytes, type, flags, stream: id)
        output.writeImmutableBuffer(payload)
    }

    /// Gives back the credit that it owes, for the connection and one stream or all.
    mutating func credit(_ only: UInt32? = nil) {
        for id in streams.keys.sorted() where only == nil || only == id {
            let owed = streams[id]!.uncredited
            guard owed > 0, !streams[id]!.hasEnded else { continue }
            streams[id]!.uncredited = 0
            streams[id]!.receiveWindow += owed
            output.writeHTTP2WindowUpdate(owed, stream: id)
        }
        guard uncredited > 0 else { return }
        receiveWindow += uncredited
        output.writeHTTP2WindowUpdate(uncredited, stream: 0)
        uncredited = 0
    }

    private mutating func pump(_ id: UInt32) {
        guard var stream = streams[id], !stream.hasSaidEnd else { return }
        while stream.queue.readableBytes > 0 {
            let count = min(stream.queue.readableBytes, settings.maxFrameSize, stream.sendWindow, sendWindow)
            guard count > 0, let part = stream.queue.readSlice(length: count) else { break }
            let isLast = stream.endsWithBody && stream.queue.readableBytes == 0
            output.writeHTTP2Data(part, endStream: isLast, stream: id)
            stream.sendWindow -= count
            sendWindow -= count
            stream.hasSaidEnd = isLast
        }
        if stream.queue.readableBytes == 0, !stream.hasSaidEnd {
            if stream.endsWithBody {
                output.writeHTTP2Data(ByteBuffer(), endStream: true, stream: id)
                stream.hasSaidEnd = true
            }
            if let trailers = stream.trailers {
                streams[id] = stream
                write(trailers, id, isLast: true)
                return
            }
        }
        streams[id] = stream
    }

    // MARK: - Hearing

    mutating func hear(_ bytes: ByteBuffer) {
        var bytes = bytes
        while preface > 0, let byte = bytes.readInteger(as: UInt8.self) {
            if byte != HTTP2Preface.bytes[HTTP2Preface.bytes.count - preface] { problems.append("no preface") }
            preface -= 1
        }
        decoder.append(bytes)
        do {
            while let frame = try decoder.next() { hear(frame) }
        } catch {
            problems.append("\(error)")
        }
    }

    private mutating func hear(_ frame: HTTP2Frame) {
        if block != nil, frame.type != .continuation { problems.append("a frame in the midst of a header block") }
        if !hasSettings, frame.type != .settings { problems.append("first is type \(frame.type.rawValue)") }
        var payload = frame.payload
        switch frame.type {
        case .settings:
            guard !frame.flags.contains(.ack) else { return }
            hasSettings = true
            let before = settings.initialWindowSize
            try! settings.apply(payload, mayPush: false)
            output.writeHTTP2SettingsAck()
            for id in streams.keys.sorted() {
                streams[id]!.sendWindow += settings.initialWindowSize - before
                pump(id)
            }
        case .ping:
            let data = payload.readInteger(as: UInt64.self) ?? 0
            pings.append((data, frame.flags.contains(.ack)))
            if !frame.flags.contains(.ack) { self.frame(.ping, .ack, 0, frame.payload) }
        case .goAway:
            let (last, code) = payload.readMultipleIntegers(as: (UInt32, UInt32).self)!
            goAways.append((last, HTTP2ErrorCode(rawValue: code), String(buffer: payload)))
        case .windowUpdate:
            let count = Int(payload.readInteger(as: UInt32.self) ?? 0)
            if count == 0 { problems.append("WINDOW_UPDATE by nothing") }
            if frame.stream == 0 {
                sendWindow += count
                for id in streams.keys.sorted() { pump(id) }
            } else if streams[frame.stream] != nil {
                streams[frame.stream]!.sendWindow += count
                pump(frame.stream)
            }
        case .reset:
            let code = HTTP2ErrorCode(rawValue: payload.readInteger(as: UInt32.self) ?? 0)
            streams[frame.stream]?.reset = code
            streams[frame.stream]?.hasSaidEnd = true
        case .headers:
            block = (frame.stream, try! frame.unpadded(), frame.flags.contains(.endStream))
            if frame.flags.contains(.endHeaders) { endBlock() }
        case .continuation:
            guard block?.stream == frame.stream else { return problems.append("CONTINUATION of nothing") }
            block!.bytes.writeImmutableBuffer(payload)
            if frame.flags.contains(.endHeaders) { endBlock() }
        case .data: hearData(frame)
        default: problems.append("type \(frame.type.rawValue)")
        }
    }

    private mutating func hearData(_ frame: HTTP2Frame) {
        let count = frame.payload.readableBytes
        receiveWindow -= count
        if receiveWindow < 0 { problems.append("more than the connection's window") }
        uncredited += count
        defer { if creditsAtOnce { credit() } }
        guard streams[frame.stream] != nil else { return }
        streams[frame.stream]!.receiveWindow -= count
        streams[frame.stream]!.uncredited += count
        if streams[frame.stream]!.receiveWindow < 0 { problems.append("more than the window of \(frame.stream)") }
        if streams[frame.stream]!.hasEnded { problems.append("DATA after the end of \(frame.stream)") }
        if streams[frame.stream]!.headers.isEmpty { problems.append("DATA before HEADERS") }
        streams[frame.stream]!.body += Array(frame.payload.readableBytesView)
        if frame.flags.contains(.endStream) { streams[frame.stream]!.hasEnded = true }
    }

    private mutating func endBlock() {
        guard let (id, whole, isLast) = block else { return }
        var bytes = whole
        block = nil
        guard let headers = try? headerDecoder.decodeHeaders(from: &bytes) else {
            return problems.append("header compression")
        }
        if streams[id] == nil, !isClient {
            if id % 2 == 0 || id <= order.last ?? 0 { problems.append("stream \(id) after \(order.last ?? 0)") }
            order.append(id)
            streams[id] = Stream(sendWindow: settings.initialWindowSize, receiveWindow: window)
        }
        guard streams[id] != nil else { return }
        if streams[id]!.hasEnded { problems.append("HEADERS after the end of \(id)") }
        streams[id]!.headers.append(headers)
        if isLast { streams[id]!.hasEnded = true }
    }
}

extension HTTP2Peer.Stream {
    func header(_ name: String) -> String? { headers.lazy.compactMap { $0.first(name: name) }.first }
    var status: String? { header("grpc-status") }
}
