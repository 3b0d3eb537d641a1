import NIOCore
import Testing

@testable import RPC

@Suite struct InboundMessagesTests {
    private func framed(_ messages: [[UInt8]]) -> ByteBuffer {
        var bytes = ByteBuffer()
        for message in messages {
            let frames = MessageEncoder.encode(ByteBuffer(bytes: message), compress: false)
            bytes.writeImmutableBuffer(frames.first)
            if let second = frames.second { bytes.writeImmutableBuffer(second) }
        }
        return bytes
    }

    private func drain(_ inbound: inout InboundMessages) -> [InboundMessages.Event] {
        var events: [InboundMessages.Event] = []
        while let event = inbound.next() { events.append(event) }
        return events
    }

    @Test(arguments: [1, 2, 3, 5, 7, 1_000]) func inPortions(size: Int) {
        let messages: [[UInt8]] = [[], [1], Array(repeating: 7, count: 300), [2, 3]]
        var inbound = InboundMessages(maximumSize: 300)
        var bytes = framed(messages)
        let total = bytes.readableBytes
        var events: [InboundMessages.Event] = []
        while bytes.readableBytes > 0, let portion = bytes.readSlice(length: min(size, bytes.readableBytes)) {
            inbound.receive(portion, end: bytes.readableBytes == 0)
            events += drain(&inbound)
        }
        #expect(events == messages.map { .message(ByteBuffer(bytes: $0)) } + [.end])
        #expect(inbound.takeCredit() == total)
        #expect(inbound.takeCredit() == 0)
        #expect(inbound.next() == nil)
    }

    @Test func largeMessagesAreTwoPieces() {
        let message = ByteBuffer(repeating: 9, count: 100_000)
        let frames = MessageEncoder.encode(message, compress: false)
        #expect(frames.first == ByteBuffer(bytes: [0, 0, 1, 0x86, 0xA0]))
        #expect(frames.second == message)
    }

    @Test func announcedLengthIsNotAllocated() {
        var inbound = InboundMessages(maximumSize: 4 << 20)
        inbound.receive(ByteBuffer(bytes: [0, 0x40, 0, 0, 0]), end: false)
        #expect(drain(&inbound) == [.failed(.tooLarge(length: 1 << 30, limit: 4 << 20))])
        inbound.receive(ByteBuffer(repeating: 0, count: 100), end: true)
        #expect(inbound.next() == nil)
        inbound = InboundMessages(maximumSize: 4 << 20)
        inbound.receive(ByteBuffer(bytes: [0, 0xFF, 0xFF, 0xFF, 0xFF]), end: false)
        #expect(drain(&inbound) == [.failed(.tooLarge(length: Int(UInt32.max), limit: 4 << 20))])
    }

    @Test func limitIsInclusive() {
        var inbound = InboundMessages(maximumSize: 3)
        inbound.receive(framed([[1, 2, 3]]), end: false)
        #expect(drain(&inbound) == [.message(ByteBuffer(bytes: [1, 2, 3]))])
        inbound.receive(framed([[1, 2, 3, 4]]), end: false)
        #expect(drain(&inbound) == [.failed(.tooLarge(length: 4, limit: 3))])
    }

    @Test func brokenFrames() {
        let cases: [([UInt8], MessageError)] = [
            ([2, 0, 0, 0, 0], .badFlag(2)), ([1, 0, 0, 0, 0], .compressedWithoutEncoding),
            ([0, 0, 0, 0, 2, 1], .truncated), ([0, 0], .truncated),
        ]
        for (bytes, error) in cases {
            var inbound = InboundMessages(maximumSize: 10)
            inbound.receive(ByteBuffer(bytes: bytes), end: true)
            #expect(drain(&inbound) == [.failed(error)])
        }
    }

    @Test func messagesBeforeAnErrorAreDelivered() {
        var inbound = InboundMessages(maximumSize: 10)
        var bytes = framed([[1]])
        bytes.writeBytes([9, 9, 9, 9, 9])
        inbound.receive(bytes, end: false)
        #expect(drain(&inbound) == [.message(ByteBuffer(bytes: [1])), .failed(.badFlag(9))])
    }

    @Test func paddingCountsForCredit() {
        var inbound = InboundMessages(maximumSize: 10)
        inbound.receive(framed([[1]]), padding: 11, end: false)
        #expect(inbound.uncredited == 17)
    }

    @Test func gzip() throws {
        let message = ByteBuffer(repeating: 65, count: 50_000)
        let frames = MessageEncoder.encode(message, compress: true)
        #expect(frames.first.getInteger(at: 0) == UInt8(1))
        #expect(frames.first.readableBytes < 500)
        var inbound = InboundMessages(maximumSize: 50_000)
        inbound.encoding = .gzip
        inbound.receive(frames.first, end: true)
        #expect(drain(&inbound) == [.message(message), .end])
        // One byte too many after decompression.
        inbound = InboundMessages(maximumSize: 49_999)
        inbound.encoding = .gzip
        inbound.receive(frames.first, end: true)
        #expect(drain(&inbound) == [.failed(.tooLarge(length: 50_000, limit: 49_999))])
    }

    @Test func whatDoesNotShrinkIsSentAsItIs() {
        let message = ByteBuffer(bytes: [1, 2, 3])
        #expect(MessageEncoder.encode(message, compress: true).first.getInteger(at: 0) == UInt8(0))
    }

    /// 64 MiB of zeros are 64 KiB of gzip: it must stop at the limit, not after.
    @Test func bomb() throws {
        let bomb = try #require(Gzip.compress(ByteBuffer(repeating: 0, count: 64 << 20)))
        #expect(throws: MessageError.tooLarge(length: 100_001, limit: 100_000)) {
            try Gzip.decompress(bomb, limit: 100_000)
        }
        #expect(throws: MessageError.tooLarge(length: 1, limit: 0)) { try Gzip.decompress(bomb, limit: 0) }
    }

    @Test func malformedGzip() throws {
        let good = try #require(Gzip.compress(ByteBuffer(string: "hello hello hello")))
        #expect(try Gzip.decompress(good, limit: 17) == ByteBuffer(string: "hello hello hello"))
        for length in 0..<good.readableBytes {
            let prefix = try #require(good.getSlice(at: 0, length: length))
            #expect(throws: MessageError.malformedCompression) { try Gzip.decompress(prefix, limit: 100) }
        }
        var longer = good
        longer.writeInteger(UInt8(0))
        #expect(throws: MessageError.malformedCompression) { try Gzip.decompress(longer, limit: 100) }
        var wrong = good
        wrong.setInteger(UInt8(0xFF), at: 12)
        #expect(throws: MessageError.malformedCompression) { try Gzip.decompress(wrong, limit: 100) }
        let empty = try #require(Gzip.compress(ByteBuffer()))
        #expect(try Gzip.decompress(empty, limit: 0).readableBytes == 0)
    }
}

@Suite struct PolicyTests {
    private final class Member: DeadlineHolder {
        var deadlineIndex = -1
        var queuedDeadline: UInt64 = 0
    }

    @Test func deadlinesComeInOrder() {
        var queue = DeadlineQueue<Member>()
        let members = (0..<200).map { _ in Member() }
        for (index, member) in members.enumerated() { queue.set(member, UInt64(index * 7_919 % 1_009)) }
        for index in stride(from: 0, to: 200, by: 3) { queue.remove(members[index]) }
        for index in stride(from: 1, to: 200, by: 3) { queue.set(members[index], UInt64(index * 31 % 509)) }
        queue.remove(members[0])
        var times: [UInt64] = []
        while let member = queue.popDue(.max) { times.append(member.queuedDeadline) }
        #expect(times == times.sorted())
        #expect(times.count == 133)
        queue.set(members[1], 5)
        queue.removeAll()
        queue.remove(members[1])
        #expect(members.allSatisfy { $0.deadlineIndex == -1 })
        #expect(queue.next == nil)
    }

    @Test func pingsTooSoonAreStrikes() {
        var policy = PingPolicy(minimumInterval: 100, maximumStrikes: 2)
        #expect([0, 100, 150, 199, 200].map { policy.receivedPing(now: $0) } == [false, false, false, false, true])
    }

    @Test func dataForgivesPings() {
        var policy = PingPolicy(minimumInterval: 100, maximumStrikes: 0)
        for now in 0..<50 {
            let isTooMuch = policy.receivedPing(now: UInt64(now))
            #expect(!isTooMuch)
            policy.sentData()
        }
    }

    @Test func keepalive() {
        var state = KeepaliveState(interval: 100, timeout: 20, now: 0)
        func fire(_ now: UInt64, isWanted: Bool = true) -> KeepaliveState.Action {
            state.timerFired(now: now, isWanted: isWanted)
        }
        #expect(fire(0) == .wait(until: 100))
        state.received(now: 50)
        #expect(fire(100) == .wait(until: 150))
        #expect(fire(150, isWanted: false) == .wait(until: 250))
        #expect(fire(250) == .ping(thenAt: 270))
        state.received(now: 260)
        #expect(fire(270) == .wait(until: 360))
        #expect(fire(360) == .ping(thenAt: 380))
        #expect(fire(379) == .wait(until: 380))
        #expect(fire(380) == .lost)
    }

    @Test func windowUpdatesAreEarned() {
        var budget = WindowUpdateBudget()
        var spent = 0
        while budget.spend() { spent += 1 }
        #expect(spent == 2_000)
        budget = WindowUpdateBudget()
        // Two for each frame of ours, for ever, is what an honest peer sends.
        for _ in 0..<10_000 {
            budget.earn()
            let isAllowed = [budget.spend(), budget.spend()]
            #expect(isAllowed == [true, true])
        }
    }

    @Test func outboundBytes() {
        var limits = TransportLimits()
        limits.outboundHighWatermark = 100
        limits.maximumBufferedOutbound = 200
        var bytes = OutboundBytes()
        func add(_ count: Int) -> [Bool] { [bytes.add(count, limits), bytes.isWritable] }
        func remove(_ count: Int) -> [Bool] { [bytes.remove(count, limits), bytes.isWritable] }
        #expect(add(100) == [true, true])
        #expect(add(1) == [true, false])
        #expect(add(100) == [false, false])
        #expect(remove(50) == [false, false])
        #expect(remove(1) == [true, true])
        #expect(remove(1_000) == [false, true])
        // A single message of any size.
        #expect(add(1_000) == [true, false])
    }
}
