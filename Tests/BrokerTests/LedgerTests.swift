import AMQP
import NIOCore
import Testing

@testable import Broker

struct ConfirmLedgerTests {
    private struct Sent: Equatable {
        var tag: UInt64
        var multiple: Bool
        var isAck: Bool
    }

    private func flush(_ ledger: inout ConfirmLedger) -> [Sent] {
        var sent: [Sent] = []
        ledger.flush { sent.append(Sent(tag: $0, multiple: $1, isAck: $2)) }
        return sent
    }

    @Test func oneIsSingleManyAreMultiple() {
        var ledger = ConfirmLedger()
        ledger.published()
        #expect(flush(&ledger) == [Sent(tag: 1, multiple: false, isAck: true)])
        ledger.published()
        ledger.published()
        #expect(flush(&ledger) == [Sent(tag: 3, multiple: true, isAck: true)])
        #expect(flush(&ledger) == [])
    }

    @Test func aMultipleDoesNotCoverWhatWaits() {
        var ledger = ConfirmLedger()
        ledger.published()
        ledger.published()
        ledger.published(waitingFor: 1)
        ledger.published()
        ledger.published()
        #expect(
            flush(&ledger) == [
                Sent(tag: 2, multiple: true, isAck: true), Sent(tag: 4, multiple: false, isAck: true),
                Sent(tag: 5, multiple: false, isAck: true),
            ])
        ledger.groupCompleted(1, success: true)
        #expect(flush(&ledger) == [Sent(tag: 3, multiple: false, isAck: true)])
    }

    @Test func groupsConfirmOnlyTheirOwn() {
        var ledger = ConfirmLedger()
        for _ in 0..<3 { ledger.published(waitingFor: 1) }
        for _ in 0..<2 { ledger.published(waitingFor: 2) }
        ledger.groupCompleted(1, success: true)
        #expect(flush(&ledger) == [Sent(tag: 3, multiple: true, isAck: true)])
        #expect(ledger.outstanding == 2)
        ledger.groupCompleted(2, success: false)
        #expect(
            flush(&ledger) == [
                Sent(tag: 4, multiple: false, isAck: false), Sent(tag: 5, multiple: false, isAck: false),
            ])
    }

    @Test func refusalsComeBeforeTheMultipleThatWouldCoverThem() {
        var ledger = ConfirmLedger()
        ledger.published()
        ledger.refused()
        ledger.published()
        #expect(
            flush(&ledger) == [Sent(tag: 2, multiple: false, isAck: false), Sent(tag: 3, multiple: true, isAck: true)])
    }
}

struct UnackedLedgerTests {
    private let broker = TestBroker()

    private func ledger(_ tags: ClosedRange<UInt64>) -> UnackedLedger {
        let queue = MessageQueue(
            name: "q", vhost: broker.core.vhosts["/"]!, isDurable: false, isAutoDelete: false, arguments: [:],
            owner: nil, storeID: 0, mark: nil)
        let message = [UInt8](repeating: 0, count: 2).withUnsafeBytes {
            Message(routing: $0, properties: $0, bodyLength: 0, isPersistent: false)
        }
        var ledger = UnackedLedger()
        for tag in tags {
            ledger.append(
                UnackedLedger.Delivery(
                    tag: tag, consumer: nil, queue: queue,
                    entry: QueueEntry(message: message, position: tag, isRedelivered: false)))
        }
        return ledger
    }

    @Test func singlesInAnyOrder() {
        var ledger = ledger(1...200)
        for tag in stride(from: UInt64(200), through: 2, by: -1) { #expect(ledger.take(tag)?.tag == tag) }
        #expect(ledger.take(200) == nil)
        #expect(ledger.count == 1)
        #expect(ledger.take(1)?.tag == 1)
        #expect(ledger.count == 0)
    }

    @Test func multipleSkipsWhatIsSettled() {
        var ledger = ledger(1...6)
        _ = ledger.take(2)
        #expect(ledger.take(upTo: 4)?.map(\.tag) == [1, 3, 4])
        #expect(ledger.take(upTo: 4) == nil)
        #expect(ledger.take(upTo: 9) == nil)
        #expect(ledger.take(upTo: 0)?.map(\.tag) == [5, 6])
        #expect(ledger.take(upTo: 0)?.isEmpty == true)
    }
}

struct PropertyScanTests {
    @Test func findsDeliveryModeBehindOtherProperties() throws {
        var properties = BasicProperties(contentType: "text/plain", headers: ["a": 1, "b": "c"], deliveryMode: 2)
        properties.userID = "me"
        properties.timestamp = 5
        let scan = try #require(PropertyScan(properties))
        #expect(scan.isPersistent)
        #expect(scan.userID?.count == 2)
        #expect(!scan.headers.isEmpty)
        #expect(!scan.hasExpiration)
        #expect(PropertyScan(BasicProperties(deliveryMode: 1))?.isPersistent == false)
        #expect(PropertyScan(BasicProperties(expiration: "9"))?.hasExpiration == true)
    }

    @Test func refusesWhatDoesNotFit() {
        for bytes: [UInt8] in [[], [0], [0x80, 0, 5, 65], [0x10, 0], [0, 0, 1], [0x20, 0, 0, 0, 0, 9], [0, 1]] {
            #expect(bytes.withUnsafeBytes { PropertyScan($0) } == nil, "\(bytes)")
        }
    }
}

extension PropertyScan {
    fileprivate init?(_ properties: BasicProperties) {
        var buffer = ByteBuffer()
        properties.encode(into: &buffer)
        guard let scan = buffer.withUnsafeReadableBytes({ PropertyScan($0) }) else { return nil }
        self = scan
    }
}
