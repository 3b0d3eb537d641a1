import NIOCore
import Testing

@testable import AMQP

@Suite struct PropertiesTests {
    @Test func `any properties come back as they were`() throws {
        var dice = Dice(seed: 20)
        for _ in 0..<3000 {
            let properties = dice.properties()
            let encoded = ByteBuffer(writing: properties.encode)
            var buffer = encoded
            let decoded = try BasicProperties(decoding: &buffer)
            #expect(decoded == properties)
            #expect(ByteBuffer(writing: decoded.encode) == encoded)
            #expect(HeaderStamp.messageID(of: encoded) == properties.messageID)
            #expect(HeaderStamp.deliveryMode(of: encoded) == properties.deliveryMode)
        }
    }

    @Test func `cut anywhere they are a syntax error`() {
        var dice = Dice(seed: 21)
        for _ in 0..<50 {
            let encoded = ByteBuffer(writing: dice.properties().encode)
            for length in 0..<encoded.readableBytes {
                var cut = encoded.getSlice(at: 0, length: length)!
                _ = HeaderStamp.messageID(of: cut)
                _ = HeaderStamp.deliveryMode(of: cut)
                #expect(
                    failure { () throws(AMQPError) in _ = try BasicProperties(decoding: &cut) }?.code == .syntaxError)
            }
        }
    }

    @Test(arguments: ["0001", "0002", "0000 00", "8001 0161 0000"])
    func `undefined flags and octets left over are a syntax error`(hex: String) {
        var buffer = ByteBuffer(hex: hex)
        #expect(failure { () throws(AMQPError) in _ = try BasicProperties(decoding: &buffer) }?.code == .syntaxError)
    }

    @Test func `a content header is twelve octets and the properties`() throws {
        let header = ContentHeader(bodySize: 1 << 40, properties: ByteBuffer(hex: "8000 0161"))
        let encoded = ByteBuffer(writing: header.encode)
        #expect(encoded == ByteBuffer(hex: "003c 0000 0000010000000000 8000 0161"))
        var buffer = encoded
        #expect(try ContentHeader(decoding: &buffer) == header)
        for length in 0..<14 {
            var cut = encoded.getSlice(at: 0, length: length)!
            #expect(failure { () throws(AMQPError) in _ = try ContentHeader(decoding: &cut) }?.code == .syntaxError)
        }
        var weighted = ByteBuffer(hex: "003c 0001 0000000000000000 0000")
        #expect(failure { () throws(AMQPError) in _ = try ContentHeader(decoding: &weighted) }?.code == .frameError)
    }
}
