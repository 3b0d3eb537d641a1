import NIOCore
import Testing

@testable import AMQP

@Suite struct ProtocolHeaderTests {
    @Test func `is complete at its eighth octet and leaves the rest`() {
        for length in 0..<8 {
            var beginning = ByteBuffer(bytes: ProtocolHeader.bytes.prefix(length))
            #expect(ProtocolHeader.parse(&beginning) == .needsMoreBytes)
            #expect(beginning.readableBytes == length)
        }
        var whole = ByteBuffer(bytes: ProtocolHeader.bytes + [1])
        #expect(ProtocolHeader.parse(&whole) == .complete)
        #expect(whole == ByteBuffer(bytes: [1]))
    }

    @Test func `anything else is seen at the first octet that differs`() {
        for index in 0..<8 {
            var bytes = Array(ProtocolHeader.bytes.prefix(index + 1))
            bytes[index] ^= 0x20
            var buffer = ByteBuffer(bytes: bytes)
            #expect(ProtocolHeader.parse(&buffer) == .other)
            #expect(buffer.readableBytes == index + 1)
        }
    }

    @Test func `is written as the specification has it`() {
        var buffer = ByteBuffer()
        ProtocolHeader.encode(into: &buffer)
        #expect(Array(buffer.readableBytesView) == Array("AMQP".utf8) + [0, 0, 9, 1])
    }
}
