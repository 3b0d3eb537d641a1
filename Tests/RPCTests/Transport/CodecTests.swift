import NIOCore
import NIOHPACK
import NIOHTTP2
import Testing

@testable import RPC

@Suite struct StatusTests {
    @Test func namesAndNumbers() {
        #expect(GRPCCode.names.count == 17)
        #expect(GRPCCode(name: "not_found") == .notFound)
        #expect(GRPCCode(name: "nothing") == nil)
        #expect(GRPCCode.unauthenticated.rawValue == 16)
        #expect("\(GRPCCode(rawValue: 42))" == "CODE_42")
        #expect(GRPCCode(rawValue: 42) != .unknown)
    }

    @Test(arguments: [
        ("plain text ~", "plain text ~"), ("100%", "100%25"), ("häß", "h%C3%A4%C3%9F"), ("a\t\n\r", "a%09%0A%0D"),
        ("\u{1F600}", "%F0%9F%98%80"), ("\u{7F}", "%7F"), ("", ""),
    ]) func percentEncoding(text: String, encoded: String) {
        #expect(PercentEncoding.encode(text) == encoded)
        #expect(PercentEncoding.decode(encoded) == text)
    }

    @Test(arguments: [
        ("%", "%"), ("%4", "%4"), ("%zz!", "%zz!"), ("a%4", "a%4"), ("%41%", "A%"), ("%c3", "\u{FFFD}"),
        ("%2525", "%25"),
        ("%+1", "%+1"),
    ]) func brokenSequencesStayOrAreReplaced(encoded: String, text: String) {
        #expect(PercentEncoding.decode(encoded) == text)
    }

    @Test(arguments: [
        ("1n", 1), ("99999999n", 99_999_999), ("5u", 5_000), ("200m", 200_000_000), ("3S", 3_000_000_000),
        ("2M", 120_000_000_000), ("1H", 3_600_000_000_000), ("0S", 0), ("00000001S", 1_000_000_000),
        ("99999999H", UInt64.max), ("99999999M", 5_999_999_940_000_000_000),
    ]) func timeouts(text: String, nanoseconds: UInt64) {
        #expect(GRPCTimeout.parse(text) == nanoseconds)
    }

    @Test(arguments: ["", "S", "1", "1s", "123456789S", "-1S", "+1S", "1 S", "1SS", "1.5S", "1S ", "١S"])
    func malformedTimeouts(text: String) {
        #expect(GRPCTimeout.parse(text) == nil)
    }

    @Test(arguments: [
        (0, "0n"), (1, "1n"), (99_999_999, "99999999n"), (100_000_000, "100000u"), (100_000_001, "100001u"),
        (20_000_000_000, "20000000u"), (99_999_999_001, "100000m"), (UInt64.max, "5124096H"),
    ]) func formattedTimeoutsAreNeverShorter(nanoseconds: UInt64, text: String) throws {
        #expect(GRPCTimeout.format(nanoseconds) == text)
        #expect(try #require(GRPCTimeout.parse(text)) >= nanoseconds)
    }

    @Test func statusHeadersRoundTrip() {
        let status = GRPCStatus(.aborted, "ö%\n", details: [0, 255, 7])
        var headers = HPACKHeaders()
        headers.add(status)
        #expect(headers.first(name: "grpc-message") == "%C3%B6%25%0A")
        #expect(headers.first(name: "grpc-status-details-bin") == "AP8H")
        #expect(ResponseHead(trailers: headers) == .trailers(status, Metadata()))
    }
}

@Suite struct MetadataTests {
    @Test(arguments: [[], [0], [0, 255], [1, 2, 3], [250, 251, 252, 253]] as [[UInt8]])
    func base64(bytes: [UInt8]) {
        let text = Base64.encode(bytes)
        #expect(!text.contains("="))
        #expect(Base64.decode(text.utf8) == bytes)
        let padded = text + String(repeating: "=", count: (4 - text.utf8.count % 4) % 4)
        #expect(Base64.decode(padded.utf8) == bytes)
    }

    @Test(arguments: ["A", "AAAAA", "AA=", "AA===", "====", "=", "A-==", "AA A", "AA=A"]) func notBase64(text: String) {
        #expect(Base64.decode(text.utf8) == nil)
    }

    @Test func keepsOrderAndRepeatedNames() throws {
        var metadata = Metadata()
        try metadata.add("a", "1")
        try metadata.add("b-bin", binary: [1, 2])
        try metadata.add("a", "2", repeats: true)
        #expect(metadata.values("a") == ["1", "2"])
        #expect(metadata["a"] == "1")
        #expect(metadata.binary("b-bin") == [1, 2])
        #expect(metadata.map(\.name) == ["a", "b-bin", "a"])
        #expect(metadata.size == 3 * 32 + 2 + 5 + 3 + 2)
        metadata.removeAll("a")
        #expect(metadata.count == 1)
        #expect(metadata.size == 32 + 5 + 3)
    }

    @Test func oneEntryMayHoldSeveralBinaryValues() {
        var metadata = Metadata()
        metadata.append(received: "x-bin", "AQI=,Aw,!,")
        #expect(metadata.binaryValues("x-bin") == [[1, 2], [3], []])
        #expect(metadata.values("x-bin") == ["AQI=,Aw,!,"])
    }

    @Test func refusesWhatMayNotBeSent() {
        var metadata = Metadata()
        for name in [
            "grpc-timeout", "grpc-x", "te", "content-type", "connection", "user-agent", "host", "transfer-encoding",
        ] {
            #expect(throws: MetadataError.reservedName(name)) { try metadata.add(name, "v") }
        }
        for name in ["", "A", "a b", ":path", "ä", "a\n", "a!"] {
            #expect(throws: MetadataError.invalidName(name)) { try metadata.add(name, "v") }
        }
        for value in ["\n", "a\0", "ä", "\u{7F}", "\t"] {
            #expect(throws: MetadataError.invalidValue(name: "a")) { try metadata.add("a", value) }
        }
        #expect(throws: MetadataError.binaryName("a-bin")) { try metadata.add("a-bin", "text") }
        #expect(throws: MetadataError.invalidName("a")) { try metadata.add("a", binary: [1]) }
        #expect(throws: MetadataError.reservedName("grpc-x-bin")) { try metadata.add("grpc-x-bin", binary: [1]) }
        #expect(metadata.isEmpty)
    }

    @Test func isLimited() throws {
        var metadata = Metadata()
        let half = String(repeating: "x", count: Metadata.maximumSize / 2)
        try metadata.add("a", half)
        #expect(throws: MetadataError.tooLarge) { try metadata.add("b", half) }
        let other = metadata
        #expect(throws: MetadataError.tooLarge) { try metadata.add(contentsOf: other) }
        #expect(metadata.count == 1)
    }
}

@Suite struct RequestHeadTests {
    static let good: HPACKHeaders = [
        ":method": "POST", ":scheme": "http", ":path": "/s/m", ":authority": "h", "content-type": "application/grpc",
        "te": "trailers",
    ]

    private func refusal(_ change: (inout HPACKHeaders) -> Void) -> RequestHead.Refusal? {
        var headers = Self.good
        change(&headers)
        do throws(RequestHead.Refusal) {
            _ = try RequestHead(headers)
            return nil
        } catch {
            return error
        }
    }

    @Test func readsWhatIsSaid() throws {
        var headers = Self.good
        headers.add(name: "grpc-timeout", value: "5S")
        headers.add(name: "grpc-encoding", value: "gzip")
        headers.add(name: "grpc-accept-encoding", value: "identity, deflate, gzip")
        headers.add(name: "user-agent", value: "grpc-python")
        headers.add(name: "x-a", value: "1")
        headers.add(name: "grpc-future", value: "1")
        let head = try RequestHead(headers)
        #expect(head.path == "/s/m")
        #expect(head.authority == "h")
        #expect(head.timeout == 5_000_000_000)
        #expect(head.encoding == .gzip)
        #expect(head.acceptsGzip)
        #expect(head.metadata.map(\.name) == ["x-a"])
        #expect(try !RequestHead(Self.good).acceptsGzip)
    }

    @Test(arguments: ["application/grpc+proto", "application/grpc;charset=utf-8", "Application/GRPC"])
    func contentTypes(type: String) {
        #expect(refusal { $0.replaceOrAdd(name: "content-type", value: type) } == nil)
    }

    @Test func wrongKinds() {
        #expect(refusal { $0.replaceOrAdd(name: "content-type", value: "application/json") } == .httpStatus(415))
        #expect(refusal { $0.replaceOrAdd(name: "content-type", value: "application/grpc-web") } == .httpStatus(415))
        #expect(refusal { $0.remove(name: "content-type") } == .httpStatus(415))
        #expect(refusal { $0.set(":method", "GET") } == .httpStatus(405))
        #expect(refusal { $0.remove(name: "te") } == nil)
        #expect(
            refusal { $0.add(name: "grpc-encoding", value: "snappy") }
                == .status(GRPCStatus(.unimplemented, "grpc-encoding snappy is not supported")))
        #expect(
            refusal { $0.add(name: "grpc-timeout", value: "soon") }
                == .status(GRPCStatus(.internalError, "malformed grpc-timeout: soon")))
        #expect(
            refusal { $0.set(":path", "s/m") }
                == .status(GRPCStatus(.unimplemented, "malformed method name: s/m")))
    }

    @Test func malformedHeaders() {
        for name in [
            "X-Upper", "", "a b", "connection", "keep-alive", "upgrade", "transfer-encoding", "proxy-connection", "a:b",
        ] {
            #expect(refusal { $0.add(name: name, value: "x") } == .malformed, "\(name)")
        }
        #expect(refusal { $0.add(name: ":path", value: "/late") } == .malformed)
        #expect(refusal { $0.add(name: "a", value: "b\r\nc: d") } == .malformed)
        #expect(refusal { $0.add(name: "a", value: "b\0") } == .malformed)
        #expect(refusal { $0.replaceOrAdd(name: "te", value: "gzip") } == .malformed)
        for name in [":method", ":scheme", ":path"] { #expect(refusal { $0.remove(name: name) } == .malformed) }
        var twice: HPACKHeaders = [":method": "POST"]
        twice.add(contentsOf: Self.good)
        #expect(throws: RequestHead.Refusal.malformed) { try RequestHead(twice) }
        #expect(throws: RequestHead.Refusal.malformed) { try RequestHead([":unknown": "x"]) }
    }
}

@Suite struct ResponseHeadTests {
    private func first(_ headers: HPACKHeaders, end: Bool = false) -> ResponseHead {
        ResponseHead(first: headers, end: end)
    }

    @Test func kinds() {
        #expect(first([":status": "103"]) == .informational)
        #expect(first([":status": "200", "content-type": "application/grpc+proto"]) == .initial(Metadata(), .identity))
        #expect(
            first(
                [":status": "200", "content-type": "application/grpc", "grpc-status": "5", "grpc-message": "a%20b"],
                end: true)
                == .trailers(GRPCStatus(.notFound, "a b"), Metadata()))
    }

    @Test(arguments: [
        (400, GRPCCode.internalError), (401, .unauthenticated), (403, .permissionDenied), (404, .unimplemented),
        (429, .unavailable), (502, .unavailable), (503, .unavailable), (504, .unavailable), (500, .unknown),
        (302, .unknown),
    ]) func httpStatus(status: Int, code: GRPCCode) {
        guard case .foreign(let mapped) = first([":status": "\(status)", "content-type": "text/html"], end: true) else {
            Issue.record("taken for gRPC")
            return
        }
        #expect(mapped.code == code)
    }

    /// grpc-status wins over HTTP's where a proxy's answer carries both.
    @Test func statusOfAnErrorPage() {
        #expect(
            first([":status": "503", "grpc-status": "8"], end: true)
                == .trailers(GRPCStatus(.resourceExhausted), Metadata()))
    }

    @Test func whatIsNotGRPC() {
        let bad: [(HPACKHeaders, Bool, GRPCCode)] = [
            ([":status": "200", "content-type": "text/html"], false, .unknown),
            ([":status": "200"], false, .unknown),
            ([:], false, .internalError),
            ([":status": "abc"], false, .internalError),
            ([":status": "-1"], false, .internalError),
            ([":status": "100"], true, .internalError),
            ([":status": "200", "content-type": "application/grpc", "X": "y"], false, .internalError),
            ([":status": "200", "content-type": "application/grpc", "grpc-encoding": "br"], false, .internalError),
        ]
        for (headers, end, code) in bad {
            guard case .foreign(let status) = first(headers, end: end) else {
                Issue.record("\(headers)")
                continue
            }
            #expect(status.code == code, "\(headers)")
        }
    }

    @Test func trailers() {
        #expect(ResponseHead(trailers: ["grpc-status": "0"]) == .trailers(.ok, Metadata()))
        for (value, code) in [
            ("17", GRPCCode(rawValue: 17)), ("256", .unknown), ("x", .unknown), ("", .unknown), ("-1", .unknown),
        ] {
            guard case .trailers(let status, _) = ResponseHead(trailers: ["grpc-status": value]) else {
                Issue.record("\(value)")
                continue
            }
            #expect(status.code == code, "\(value)")
        }
        guard case .trailers(let missing, _) = ResponseHead(trailers: ["a": "b"]) else {
            Issue.record("refused")
            return
        }
        #expect(missing.code == .unknown)
        guard case .foreign = ResponseHead(trailers: [":status": "200", "grpc-status": "0"]) else {
            Issue.record("pseudo-headers in trailers")
            return
        }
        #expect(
            ResponseHead(trailers: ["grpc-status": "1", "grpc-status-details-bin": "!"])
                == .trailers(GRPCStatus(.cancelled), Metadata()))
    }

    @Test func resets() {
        let mapping: [(HTTP2ErrorCode, GRPCCode)] = [
            (.refusedStream, .unavailable), (.cancel, .cancelled), (.enhanceYourCalm, .resourceExhausted),
            (.inadequateSecurity, .permissionDenied), (.noError, .internalError), (.protocolError, .internalError),
            (.flowControlError, .internalError), (.init(networkCode: 99), .unknown),
        ]
        for (code, expected) in mapping { #expect(GRPCStatus.reset(code).code == expected) }
    }
}

extension HPACKHeaders {
    /// In its place, unlike `replaceOrAdd`.
    fileprivate mutating func set(_ name: String, _ value: String) {
        self = HPACKHeaders(map { ($0.name, $0.name == name ? value : $0.value) })
    }
}
