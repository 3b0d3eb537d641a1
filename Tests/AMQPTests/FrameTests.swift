import NIOCore
import Testing

@testable import AMQP

@Suite struct FrameTests {
    /// A stream of frames and what it consists of.
    private func stream(_ dice: inout Dice, count: Int) -> (ByteBuffer, [Frame]) {
        var wire = ByteBuffer()
        var expected: [Frame] = []
        for _ in 0..<count {
            let types: [FrameType] = [.method, .header, .body]
            let frame =
                dice.below(5) == 0
                ? Frame.heartbeat
                : Frame(
                    type: types.randomElement(using: &dice)!, channel: dice.short(),
                    payload: ByteBuffer(bytes: dice.bytes(upTo: 300)))
            wire.writeFrame(frame)
            expected.append(frame)
        }
        return (wire, expected)
    }

    @Test func `dripped octet by octet the frames are the same`() throws {
        var dice = Dice(seed: 40)
        let (wire, expected) = stream(&dice, count: 60)
        var decoder = FrameDecoder()
        var received: [Frame] = []
        for octet in wire.readableBytesView {
            decoder.append(ByteBuffer(bytes: [octet]))
            received += try frames(&decoder)
        }
        #expect(received == expected)
        #expect(decoder.bufferedBytes == 0)
    }

    @Test func `cut in any pieces the frames are the same, and the payloads stay as they were`() throws {
        for seed in 0..<40 {
            var dice = Dice(seed: UInt64(seed))
            let (whole, expected) = stream(&dice, count: 40)
            var wire = whole
            var decoder = FrameDecoder()
            var received: [Frame] = []
            while wire.readableBytes > 0 {
                decoder.append(wire.readSlice(length: min(wire.readableBytes, 1 + dice.below(900)))!)
                if dice.below(3) > 0 { received += try frames(&decoder) }
            }
            received += try frames(&decoder)
            #expect(received == expected)
        }
    }

    @Test func `a frame that drips is not copied with every octet`() throws {
        var decoder = FrameDecoder()
        let size = 0x10000
        // Begins behind a whole frame whose payload is kept.
        decoder.append(ByteBuffer(hex: "03 0001 00000001 aa ce 03 0001 00010000"))
        let kept = try decoder.next()
        let octet = ByteBuffer(bytes: [0x55])
        var moves = 0
        var address: UInt = 0
        for _ in 0..<size {
            decoder.append(octet)
            #expect(try decoder.next() == nil)
            let current = decoder.buffer.withUnsafeReadableBytes { UInt(bitPattern: $0.baseAddress) }
            if current != address { moves += 1 }
            address = current
        }
        #expect(moves < 20)
        decoder.append(ByteBuffer(bytes: [Frame.end]))
        #expect(try decoder.next()?.payload == ByteBuffer(repeating: 0x55, count: size))
        #expect(kept?.payload == ByteBuffer(bytes: [0xAA]))
    }

    @Test func `payloads share the octets that arrived`() throws {
        var decoder = FrameDecoder()
        let wire = ByteBuffer { $0.writeFrame(Frame(type: .body, channel: 1, payload: ByteBuffer(string: "hello"))) }
        decoder.append(wire)
        let payload = try #require(try decoder.next()).payload
        wire.withUnsafeReadableBytes { outer in
            payload.withUnsafeReadableBytes { inner in
                #expect(inner.baseAddress == outer.baseAddress! + 7)
            }
        }
    }

    @Test(arguments: [
        ("04", "an unknown type, at its octet"),
        ("41", "the A of a protocol header"),
        ("01 0001 00020000", "too large, before its payload"),
        ("01 0001 ffffffff", "far too large"),
        ("08 0001 00000000", "a heartbeat on a channel"),
        ("08 0000 00000001", "a heartbeat with a payload"),
        ("01 0001 00000001 00 cf", "a wrong end"),
    ])
    func `what is no frame is a frame error, now and ever after`(hex: String, why: String) {
        var decoder = FrameDecoder()
        decoder.append(ByteBuffer(hex: hex))
        let error = failure { () throws(AMQPError) in _ = try decoder.next() }
        #expect(error?.code == .frameError, "\(why)")
        decoder.append(ByteBuffer(writing: { $0.writeHeartbeat() }))
        #expect(failure { () throws(AMQPError) in _ = try decoder.next() } == error)
    }

    @Test func `the largest frame counts its framing`() throws {
        let wire = ByteBuffer {
            $0.writeFrame(Frame(type: .body, channel: 1, payload: ByteBuffer(repeating: 1, count: 4088)))
        }
        #expect(wire.readableBytes == 4096)
        var decoder = FrameDecoder(maxFrameSize: 4096)
        decoder.append(wire)
        #expect(try decoder.next()?.encodedSize == 4096)
        decoder.maxFrameSize = 4095
        decoder.append(wire)
        #expect(failure { () throws(AMQPError) in _ = try decoder.next() }?.code == .frameError)
        #expect(FrameDecoder(maxFrameSize: 0).maxFrameSize == AMQPLimits.frameCeiling)
        #expect(FrameDecoder(maxFrameSize: .max).maxFrameSize == AMQPLimits.frameCeiling)
    }

    @Test func `garbage never traps`() {
        var dice = Dice(seed: 41)
        for _ in 0..<100_000 {
            var octets = dice.bytes(upTo: 40)
            if octets.count > 7, dice.bit() {
                // Mostly a plausible frame, so that what is inside gets read.
                octets[0] = [1, 1, 1, 2, 3].randomElement(using: &dice)!
                octets.replaceSubrange(3..<7, with: [0, 0, 0, UInt8(octets.count - 8)])
                octets[octets.count - 1] = Frame.end
                if octets.count > 12, dice.below(4) > 0 {
                    let classID: UInt8 = [10, 40, 50, 60].randomElement(using: &dice)!
                    let methodID: UInt8 = [10, 11, 20, 30, 40, 50].randomElement(using: &dice)!
                    octets.replaceSubrange(7..<11, with: [0, classID, 0, methodID])
                }
            }
            var decoder = FrameDecoder()
            var assembler = ContentAssembler()
            decoder.append(ByteBuffer(bytes: octets))
            _ = failure { () throws(AMQPError) in
                for frame in try frames(&decoder) { _ = try assembler.receive(frame) }
            }
        }
    }

    @Test func `damaged methods never trap`() {
        var dice = Dice(seed: 42)
        for _ in 0..<200 {
            for method in AMQPMethod.samples(&dice) {
                var octets = ByteBuffer(writing: method.encode).array
                for _ in 0...dice.below(3) { octets[dice.below(octets.count)] = dice.octet() }
                var payload = ByteBuffer(bytes: octets)
                guard let decoded = try? AMQPMethod(decoding: &payload) else { continue }
                // What was taken can be passed on.
                var again = ByteBuffer(writing: decoded.encode)
                let second = try? AMQPMethod(decoding: &again)
                #expect(second?.name == decoded.name)
            }
        }
    }
}
