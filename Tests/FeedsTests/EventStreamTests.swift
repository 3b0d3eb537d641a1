import NIOCore
import Testing

@testable import Feeds

@Suite struct EventStreamTests {
    private typealias Output = EventStreamParser.Output

    private func parse(_ text: String, by size: Int = .max) throws -> [Output] {
        try parse(Array(text.utf8), by: size)
    }

    private func parse(_ bytes: [UInt8], by size: Int) throws -> [Output] {
        var parser = EventStreamParser()
        var outputs: [Output] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            outputs += try parser.read(rest.prefix(size))
            rest = rest.dropFirst(size)
        }
        return outputs
    }

    private func event(_ data: String, type: String = "message", id: String = "") -> Output {
        .event(.init(type: type, data: data, id: id))
    }

    /// The examples of the standard.
    @Test func examplesOfTheStandard() throws {
        #expect(
            try parse("data: YHOO\ndata: +2\ndata: 10\n\n") == [event("YHOO\n+2\n10")])
        #expect(
            try parse(": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n")
                == [
                    .comment(" test stream"), event("first event", id: "1"), event("second event"),
                    event(" third event"),
                ])
        #expect(try parse("data\n\ndata\ndata\n\ndata:") == [event(""), event("\n")])
        #expect(try parse("data:test\n\ndata: test\n\n") == [event("test"), event("test")])
    }

    @Test func fields() throws {
        #expect(try parse("event: gap\ndata: x\n\ndata: y\n\n") == [event("x", type: "gap"), event("y")])
        // An event without data is none, but its id counts.
        #expect(try parse("event: gap\nid: 7\n\ndata: x\n\n") == [event("x", id: "7")])
        #expect(try parse("id: a\0b\ndata: x\n\n") == [event("x")])
        #expect(try parse("retry: 250\nretry: 1x\nretry: -5\n") == [.retry(250)])
        #expect(try parse("Data: x\nfoo: y\ndata: z\n\n") == [event("z")])
        #expect(try parse("data: never ended\n") == [])
    }

    @Test(arguments: [1, 2, 3, 7, Int.max])
    func lineEndsCutAnywhere(_ size: Int) throws {
        let expected = [event("a\nb", id: "1"), event("c\nc", id: "2"), event("d", id: "2"), .comment("e")]
        #expect(
            try parse("id:1\rdata:a\rdata:b\r\rid:2\r\ndata:c\r\ndata:c\r\n\r\ndata:d\n\n:e\r\n", by: size) == expected)
    }

    @Test(arguments: [1, 2, Int.max])
    func oneByteOrderMarkIsDropped(_ size: Int) throws {
        let text = Array("data: x\n\n".utf8)
        #expect(try parse([0xEF, 0xBB, 0xBF] + text, by: size) == [event("x")])
        // A second one is a part of the field's name.
        #expect(try parse([0xEF, 0xBB, 0xBF, 0xEF, 0xBB, 0xBF] + text, by: size) == [])
        // What only begins like one is text.
        #expect(try parse([0xEF, 0xBB] + text, by: size) == [])
        #expect(try parse(text + [0xEF, 0xBB, 0xBF] + text, by: size) == [event("x")])
    }

    @Test func linesAndDataAreBound() {
        var parser = EventStreamParser(limit: 10)
        #expect(throws: EventStreamParser.TooLong.self) { try parser.read(Array("data: 12345678".utf8)) }
        parser = EventStreamParser(limit: 10)
        #expect(throws: EventStreamParser.TooLong.self) {
            try parser.read(Array("data:1234\ndata:1234\ndata:1234\n".utf8))
        }
    }

    @Test(arguments: ["", "plain", "two\nlines", "ends\n", "\n", "a\r\nb\rc", ": no comment", " space", "ünï", "\r\n"])
    func whatIsWrittenIsRead(_ text: String) throws {
        var buffer = ByteBuffer()
        EventStreamWriter.begin(retry: 250, epoch: "e1", into: &buffer)
        EventStreamWriter.item(FeedItem(number: 42, at: 0, body: Array(text.utf8)), into: &buffer)
        EventStreamWriter.gap(3...9, into: &buffer)
        EventStreamWriter.heartbeat(last: 57, into: &buffer)
        var read = text.unicodeScalars.reduce(into: "") { $0.unicodeScalars.append($1) }
        read = String(decoding: Array(read.utf8), as: UTF8.self)
        var lines: [UInt8] = []
        var wasReturn = false
        for byte in read.utf8 {
            if byte == 10, wasReturn {
                wasReturn = false
                continue
            }
            wasReturn = byte == 13
            lines.append(byte == 13 ? 10 : byte)
        }
        for size in [1, 5, Int.max] {
            #expect(
                try parse(Array(buffer.readableBytesView), by: size) == [
                    .retry(250), .comment(" epoch e1"), event(String(decoding: lines, as: UTF8.self), id: "42"),
                    event("{\"from\":3,\"to\":9}", type: "gap", id: "42"), .comment(" last 57"),
                ])
        }
    }

    /// Whatever comes, in whatever pieces: the same comes out, and nothing traps.
    @Test func anyOctetsInAnyPieces() throws {
        var random = SplitMix(seed: 7)
        let alphabet = Array("data:id event\n\r\n\r: \u{FEFF}x0".utf8)
        for _ in 0..<3_000 {
            let bytes = (0..<Int.random(in: 0...60, using: &random)).map { _ in alphabet.randomElement(using: &random)!
            }
            #expect(try parse(bytes, by: 1) == parse(bytes, by: .max))
        }
    }
}

/// Chance with a seed.
struct SplitMix: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
