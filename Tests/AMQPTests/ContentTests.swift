import NIOCore
import Testing

@testable import AMQP

@Suite struct ContentTests {
    static let publish = AMQPMethod.basicPublish(.init(exchange: "e", routingKey: "k"))

    private func frames(_ content: Content, frameMax: Int) throws -> [Frame] {
        var decoder = FrameDecoder(maxFrameSize: frameMax)
        decoder.append(
            ByteBuffer {
                $0.writeContent(method: Self.publish, channel: 3, content: content, frameMax: frameMax)
            })
        let frames = try AMQPTests.frames(&decoder)
        #expect(decoder.bufferedBytes == 0)
        return frames
    }

    private func method(_ method: AMQPMethod) -> Frame {
        Frame(type: .method, channel: 3, payload: ByteBuffer(writing: method.encode))
    }

    private func header(_ size: UInt64, classID: UInt16 = 60) -> Frame {
        let header = ContentHeader(classID: classID, bodySize: size, properties: ByteBuffer(hex: "0000"))
        return Frame(type: .header, channel: 3, payload: ByteBuffer(writing: header.encode))
    }

    private func body(_ size: Int) -> Frame {
        Frame(type: .body, channel: 3, payload: ByteBuffer(repeating: 0x62, count: size))
    }

    /// The code of the error that the last of `frames` causes; the ones before must cause none.
    private func code(_ frames: [Frame], maxBodySize: Int = 100) throws -> ReplyCode? {
        var assembler = ContentAssembler(maxBodySize: maxBodySize)
        for frame in frames.dropLast() { _ = try assembler.receive(frame) }
        return failure { () throws(AMQPError) in _ = try assembler.receive(frames.last!) }?.code
    }

    /// 4,088 octets of payload fit a frame of 4,096.
    @Test(arguments: [
        (0, []), (1, [1]), (4087, [4087]), (4088, [4088]), (4089, [4088, 1]), (8176, [4088, 4088]),
        (8177, [4088, 4088, 1]),
    ])
    func `a body is split at frame-max and comes back whole`(size: Int, pieces: [Int]) throws {
        var dice = Dice(seed: UInt64(size))
        let content = Content(
            properties: BasicProperties(headers: ["a": 1]),
            body: ByteBuffer(bytes: (0..<size).map { _ in UInt8(truncatingIfNeeded: dice.next()) }))
        let frames = try frames(content, frameMax: 4096)
        #expect(frames.map(\.type) == [.method, .header] + pieces.map { _ in .body })
        #expect(frames.dropFirst(2).map(\.payload.readableBytes) == pieces)
        #expect(frames.allSatisfy { $0.channel == 3 })

        var assembler = ContentAssembler()
        for frame in frames.dropLast() {
            let event = try assembler.receive(frame)
            #expect(event == nil)
            #expect(assembler.isMidContent)
        }
        #expect(try assembler.receive(frames.last!) == .content(Self.publish, content.header, content.body))
        #expect(!assembler.isMidContent)
    }

    @Test func `without a limit a body is one frame`() throws {
        let content = Content(body: ByteBuffer(repeating: 1, count: 300_000))
        #expect(try frames(content, frameMax: 0).count == 3)
    }

    @Test func `the body size written is the body's`() throws {
        let content = Content(
            header: ContentHeader(bodySize: 99, properties: ByteBuffer(hex: "0000")), body: ByteBuffer(string: "abc"))
        var payload = try frames(content, frameMax: 4096)[1].payload
        #expect(try ContentHeader(decoding: &payload).bodySize == 3)
    }

    @Test func `a body of one frame is not copied`() throws {
        var assembler = ContentAssembler()
        let only = body(5)
        _ = try assembler.receive(method(Self.publish))
        _ = try assembler.receive(header(5))
        guard case .content(_, _, let assembled) = try assembler.receive(only) else {
            Issue.record("the message is not complete")
            return
        }
        let before = only.payload.withUnsafeReadableBytes { UInt(bitPattern: $0.baseAddress) }
        let after = assembled.withUnsafeReadableBytes { UInt(bitPattern: $0.baseAddress) }
        #expect(before == after)
    }

    @Test func `methods without content, and messages one after the other, pass through`() throws {
        var assembler = ContentAssembler()
        let ack = AMQPMethod.basicAck(.init(deliveryTag: 1))
        for _ in 0..<3 {
            #expect(try assembler.receive(method(ack)) == .method(ack))
            #expect(try assembler.receive(method(Self.publish)) == nil)
            guard case .content(Self.publish, _, let empty) = try assembler.receive(header(0)) else {
                Issue.record("an empty body is complete with its header")
                return
            }
            #expect(empty.readableBytes == 0)
            _ = try assembler.receive(method(Self.publish))
            _ = try assembler.receive(header(7))
            #expect(try assembler.receive(body(3)) == nil)
            #expect(try assembler.receive(body(0)) == nil)
            #expect(try assembler.receive(body(4)) != nil)
        }
    }

    @Test func `frames out of turn are unexpected`() throws {
        let ack = method(.basicAck(.init()))
        #expect(try code([header(1)]) == .unexpectedFrame)
        #expect(try code([body(1)]) == .unexpectedFrame)
        #expect(try code([.heartbeat]) == .unexpectedFrame)
        #expect(try code([ack, body(1)]) == .unexpectedFrame)
        #expect(try code([method(Self.publish), ack]) == .unexpectedFrame)
        #expect(try code([method(Self.publish), body(1)]) == .unexpectedFrame)
        #expect(try code([method(Self.publish), header(1), ack]) == .unexpectedFrame)
        #expect(try code([method(Self.publish), header(1), header(1)]) == .unexpectedFrame)
        #expect(try code([method(Self.publish), header(1), .heartbeat]) == .unexpectedFrame)
        #expect(try code([method(Self.publish), header(1), body(1), body(1)]) == .unexpectedFrame)
    }

    @Test func `errors of a message blame its method`() throws {
        var assembler = ContentAssembler()
        _ = try assembler.receive(method(Self.publish))
        let error = failure { () throws(AMQPError) in _ = try assembler.receive(body(1)) }
        #expect(error?.classID == 60)
        #expect(error?.methodID == 40)
    }

    @Test func `sizes and classes that do not match are frame errors`() throws {
        #expect(try code([method(Self.publish), header(1), body(2)]) == .frameError)
        #expect(try code([method(Self.publish), header(3), body(2), body(2)]) == .frameError)
        #expect(try code([method(Self.publish), header(1, classID: 50)]) == .frameError)
    }

    @Test(arguments: [101, UInt64(Int64.max), UInt64.max])
    func `a body above the limit is refused at its header and swallowed`(size: UInt64) throws {
        #expect(try code([method(Self.publish), header(size)]) == .preconditionFailed)
        var assembler = ContentAssembler(maxBodySize: 100)
        _ = try assembler.receive(method(Self.publish))
        #expect(failure { () throws(AMQPError) in _ = try assembler.receive(header(size)) } != nil)
        #expect(try assembler.receive(body(100)) == nil)
        if size == 101 { #expect(try assembler.receive(body(1)) == nil) }
        let closeOk = AMQPMethod.channelCloseOk(.init())
        #expect(try assembler.receive(method(closeOk)) == .method(closeOk))
        #expect(try code([method(Self.publish), header(100), body(100)]) == nil)
    }

    @Test func `a huge body that was only announced takes no memory`() throws {
        var assembler = ContentAssembler()
        _ = try assembler.receive(method(Self.publish))
        _ = try assembler.receive(header(UInt64(AMQPLimits.bodySize)))
        #expect(try assembler.receive(body(1)) == nil)
        #expect(assembler.collectedCapacity <= 64)
    }
}
