import ClusterModel
import Testing

@testable import Membership

@Suite struct PeerDatagramTests {
    private let datagram = PeerDatagram(kind: .message, from: "peer-1", payload: [1, 2, 3])

    @Test func layoutIsTheDocumentedOne() throws {
        let bytes = try #require(datagram.encoded())
        #expect(bytes.prefix(5) == [0x6F, 0x50, 1, 2, 6])
        #expect(bytes[5..<11] == [0x70, 0x65, 0x65, 0x72, 0x2D, 0x31])
        #expect(bytes[11..<14] == [1, 2, 3])
        #expect(bytes.count == 18)
        #expect(PeerDatagram(decoding: bytes) == datagram)
    }

    @Test func checksumIsTheOneOfZlib() {
        #expect(Checksum.crc32(Array("123456789".utf8)[...]) == 0xCBF4_3926)
    }

    @Test(arguments: PeerDatagram.Kind.allCases) func kindsAndEmptyPayloadsSurvive(_ kind: PeerDatagram.Kind) throws {
        let datagram = PeerDatagram(kind: kind, from: "ä", payload: [])
        #expect(PeerDatagram(decoding: try #require(datagram.encoded())) == datagram)
    }

    @Test func anyWrongBitAndAnyCutIsSeen() throws {
        let bytes = try #require(datagram.encoded())
        for index in bytes.indices {
            for bit in 0..<8 {
                var wrong = bytes
                wrong[index] ^= 1 << bit
                #expect(PeerDatagram(decoding: wrong) == nil)
            }
            #expect(PeerDatagram(decoding: Array(bytes[..<index])) == nil)
        }
        #expect(PeerDatagram(decoding: bytes + [0]) == nil)
    }

    @Test func whatIsWrongUnderARightChecksumIsSeenToo() {
        let name = Array("p".utf8)
        func decodes(_ head: [UInt8]) -> Bool {
            let sum = Checksum.crc32(head[...])
            let tail = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: sum >> UInt32($0)) }
            return PeerDatagram(decoding: head + tail) != nil
        }
        #expect(decodes([0x6F, 0x50, 1, 1, 1] + name))
        #expect(!decodes([0x6F, 0x50, 2, 1, 1] + name), "version")
        #expect(!decodes([0x6F, 0x50, 1, 0, 1] + name), "kind")
        #expect(!decodes([0x6F, 0x50, 1, 5, 1] + name), "kind")
        #expect(!decodes([0x6F, 0x50, 1, 1, 0] + name), "no name")
        #expect(!decodes([0x6F, 0x50, 1, 1, 2] + name), "name beyond the end")
        #expect(!decodes([0x6F, 0x50, 1, 1, 1, 0xFF]), "no UTF-8")
    }

    @Test func whatIsTooLargeIsNotSent() {
        let most = PeerDatagram.sizeLimit - 5 - 6 - 4
        let fits = PeerDatagram(kind: .message, from: "peer-1", payload: Array(repeating: 0, count: most))
        #expect(fits.encoded()?.count == PeerDatagram.sizeLimit)
        let large = PeerDatagram(kind: .message, from: "peer-1", payload: Array(repeating: 0, count: most + 1))
        #expect(large.encoded() == nil)
        #expect(PeerDatagram(kind: .message, from: "", payload: []).encoded() == nil)
        let long = String(repeating: "p", count: 256)
        #expect(PeerDatagram(kind: .message, from: long, payload: []).encoded() == nil)
    }

    @Test func anyOctetsAreReadOrRefused() {
        var generator = SeededGenerator(seed: 7, "octets")
        for _ in 0..<20_000 {
            let count = Int(generator.next() % 64)
            var bytes = (0..<count).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
            if count > 3, generator.next() & 1 == 0 { bytes.replaceSubrange(0..<3, with: [0x6F, 0x50, 1]) }
            #expect(PeerDatagram(decoding: bytes) == nil)
        }
    }
}

@Suite struct PeerCodingTests {
    @Test func everythingIsReadAsItWasWritten() {
        let numbers: [UInt64] = [0, 1, 127, 128, 300, 1 << 32, .max]
        var writer = PeerWriter()
        writer.byte(9)
        for number in numbers { writer.number(number) }
        writer.text("hällo")
        writer.blob([1, 2])
        var reader = PeerReader(writer.bytes)
        #expect(reader.byte() == 9)
        for number in numbers { #expect(reader.number() == number) }
        #expect(reader.text(limit: 6) == "hällo")
        #expect(reader.blob(limit: 2) == [1, 2])
        #expect(reader.isAtEnd)
        #expect(reader.byte() == nil)
        for number in numbers {
            var writer = PeerWriter()
            writer.number(number)
            #expect(writer.count == PeerWriter.size(of: number))
        }
    }

    @Test func nothingIsReadBeyondTheEndOrTheLimit() {
        var cut = PeerReader([0x80])
        #expect(cut.number() == nil)
        var long = PeerReader(Array(repeating: 0xFF, count: 11))
        #expect(long.number() == nil)
        var wide = PeerReader(Array(repeating: 0xFF, count: 9) + [2])
        #expect(wide.number() == nil)
        var text = PeerReader([3, 0x61, 0x62])
        #expect(text.text(limit: 10) == nil)
        var limited = PeerReader([2, 0x61, 0x62])
        #expect(limited.text(limit: 1) == nil)
        var octets = PeerReader([1, 0xFF])
        #expect(octets.text(limit: 10) == nil)
        var huge = PeerReader(Array(repeating: 0xFF, count: 9) + [1])
        #expect(huge.blob(limit: .max) == nil)
    }
}
