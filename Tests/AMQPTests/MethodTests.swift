import NIOCore
import Testing

@testable import AMQP

@Suite struct MethodTests {
    @Test func `every method with any arguments comes back as it was`() throws {
        var dice = Dice(seed: 1)
        for _ in 0..<300 {
            for method in AMQPMethod.samples(&dice) {
                var payload = ByteBuffer(writing: method.encode)
                let decoded = try AMQPMethod(decoding: &payload)
                #expect(decoded == method)
                #expect(payload.readableBytes == 0)
            }
        }
    }

    @Test func `cut anywhere it is a syntax error that names the method`() throws {
        var dice = Dice(seed: 2)
        for method in AMQPMethod.samples(&dice) {
            let whole = ByteBuffer(writing: method.encode)
            for length in 0..<whole.readableBytes {
                var cut = whole.getSlice(at: 0, length: length)!
                let error = failure { () throws(AMQPError) in _ = try AMQPMethod(decoding: &cut) }
                #expect(error?.code == .syntaxError, "\(method.name) cut to \(length)")
                if length >= 4 {
                    #expect(error?.classID == method.classID)
                    #expect(error?.methodID == method.methodID)
                }
            }
        }
    }

    @Test func `octets after the arguments are a syntax error`() {
        var dice = Dice(seed: 3)
        for method in AMQPMethod.samples(&dice) {
            var payload = ByteBuffer(writing: method.encode)
            payload.writeInteger(UInt8(0))
            #expect(failure { () throws(AMQPError) in _ = try AMQPMethod(decoding: &payload) }?.code == .syntaxError)
        }
    }

    @Test(arguments: [(60, 41), (60, 0), (30, 10), (0, 0), (65535, 65535)] as [(UInt16, UInt16)])
    func `an unknown method is not implemented`(classID: UInt16, methodID: UInt16) {
        var payload = ByteBuffer()
        payload.writeMultipleIntegers(classID, methodID)
        let error = failure { () throws(AMQPError) in _ = try AMQPMethod(decoding: &payload) }
        #expect(error?.code == .notImplemented)
        #expect(error?.classID == classID)
        #expect(error?.methodID == methodID)
    }

    @Test func `a short string must be UTF-8`() {
        // queue.purge with the queue name FF
        var payload = ByteBuffer(hex: "0032 001e 0000 01 ff 00")
        #expect(failure { () throws(AMQPError) in _ = try AMQPMethod(decoding: &payload) }?.code == .syntaxError)
    }

    @Test func `a short string is cut to 255 octets at a scalar`() throws {
        for prefix in 0..<4 {
            let text = String(repeating: "x", count: prefix) + String(repeating: "🐇", count: 70)
            var payload = ByteBuffer(writing: AMQPMethod.connectionBlocked(.init(reason: text)).encode)
            guard case .connectionBlocked(let blocked) = try AMQPMethod(decoding: &payload) else {
                Issue.record("another method came back")
                return
            }
            #expect(text.hasPrefix(blocked.reason))
            #expect((252...255).contains(blocked.reason.utf8.count))
        }
        let longest = String(repeating: "y", count: 255)
        var payload = ByteBuffer(writing: AMQPMethod.connectionBlocked(.init(reason: longest)).encode)
        #expect(try AMQPMethod(decoding: &payload) == .connectionBlocked(.init(reason: longest)))
    }

    @Test func `names, numbers and contents are the specification's`() {
        var dice = Dice(seed: 4)
        let methods = AMQPMethod.samples(&dice)
        #expect(Set(methods.map(\.name)).count == methods.count)
        #expect(Set(methods.map { UInt32($0.classID) << 16 | UInt32($0.methodID) }).count == methods.count)
        #expect(
            methods.filter(\.hasContent).map(\.name)
                == ["basic.publish", "basic.return", "basic.deliver", "basic.get-ok"])
        #expect(AMQPMethod.basicGetOk(.init()).classID == 60)
        #expect(AMQPMethod.basicGetOk(.init()).methodID == 71)
        #expect(Basic.GetOk.methodID == 71)
    }

    @Test func `reply codes know their severity`() {
        #expect(ReplyCode.notFound.rawValue == 404)
        #expect(ReplyCode.notFound.name == "NOT_FOUND")
        #expect(
            ReplyCode.allCases.filter { !$0.isHard }
                == [
                    .replySuccess, .contentTooLarge, .noConsumers, .accessRefused, .notFound, .resourceLocked,
                    .preconditionFailed,
                ])
        #expect(AMQPError(code: .notFound, message: "no queue 'a'").description == "404 NOT_FOUND - no queue 'a'")
    }
}
