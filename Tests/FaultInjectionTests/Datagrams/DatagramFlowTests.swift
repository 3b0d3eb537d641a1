import ClusterModel
import History
import NIOCore
import Testing

@testable import FaultInjection

@Suite struct DatagramFlowTests {
    /// A flow with its clock and the faults that are on.
    private final class Harness {
        var flow = DatagramFlow(seed: 7, link: LinkIdentity(client: "a", server: "b"))
        var faults: [ActiveFault] = []
        var now: Int64 = 0

        @discardableResult
        func start(_ fault: Fault, only: FaultFilter = .init()) -> ActiveFault {
            let active = ActiveFault(id: faults.count + 1, name: "f", spec: FaultSpec(fault, only: only))
            faults.append(active)
            return active
        }

        /// - Returns: what goes on at once.
        @discardableResult
        func send(_ text: String, mayHold: Bool = true) -> [String] {
            _ = flow.receive(ByteBuffer(string: text), faults: faults, now: now, mayHold: mayHold)
            return out()
        }

        func fate(of text: String) -> Fate {
            flow.receive(ByteBuffer(string: text), faults: faults, now: now).fate
        }

        func advance(_ milliseconds: Int64) -> [String] {
            now += milliseconds * 1_000_000
            flow.tick(now: now)
            return out()
        }

        func out() -> [String] { flow.takeOutput().map { String(buffer: $0) } }
    }

    private func nth(_ n: Int) -> FaultFilter { FaultFilter(nth: n) }

    @Test func withoutFaultsAllPassesAtOnce() {
        let h = Harness()
        #expect((1...3).map { h.send("m\($0)") } == [["m1"], ["m2"], ["m3"]])
        #expect(h.flow.nextDeadline == nil)
    }

    @Test func aShareIsDroppedAndTheSameOnesEachTime() {
        func dropped(_ after: Int = 0) -> [Int] {
            let h = Harness()
            for n in 0..<after { h.send("\(n)") }
            let fault = h.start(.drop(Share(0.3)))
            let lost = (after..<1_000).filter { h.send("\($0)").isEmpty }
            #expect(fault.counts[.datagram]?.seen == 1_000 - after)
            #expect(fault.counts[.datagram]?.affected == lost.count)
            return lost
        }
        #expect((240...360).contains(dropped().count))
        #expect(dropped() == dropped())
        // Ordinals count from the opening, whether or not a fault is on.
        #expect(dropped(300) == dropped().filter { $0 >= 300 })
    }

    @Test func aDuplicateComesTwice() {
        let h = Harness()
        h.start(.duplicate(Share(1)), only: nth(2))
        #expect(h.send("a") == ["a"])
        #expect(h.send("b") == ["b", "b"])
    }

    @Test func onlyTheDelayedWait() {
        let h = Harness()
        h.start(.delay(.milliseconds(50), jitter: .zero, Share(1)), only: nth(1))
        #expect(h.send("a") == [])
        #expect(h.send("b") == ["b"])
        #expect(h.flow.held == 1 && h.flow.nextDeadline == 50_000_000)
        #expect(h.advance(49) == [])
        #expect(h.advance(1) == ["a"])
        #expect(h.flow.held == 0 && h.flow.heldBytes == 0)
    }

    @Test func latencyIsForAllAndCounts() {
        let h = Harness()
        let fault = h.start(.latency(.milliseconds(10), jitter: .zero))
        #expect(h.send("a") == [])
        #expect(h.advance(5) == [])
        #expect(h.send("b") == [])
        #expect(h.advance(5) == ["a"])
        #expect(h.advance(5) == ["b"])
        #expect(fault.counts[.datagram]?.affected == 2)
    }

    @Test func jitterLetsDatagramsOvertake() {
        let h = Harness()
        h.start(.latency(.milliseconds(10), jitter: .milliseconds(9)))
        for n in 0..<100 { h.send("\(n)") }
        let order = h.advance(20).compactMap(Int.init)
        #expect(order.count == 100 && order != order.sorted())
    }

    @Test func aReorderedOneGoesAfterALaterOne() {
        let h = Harness()
        h.start(.reorder(Share(1), within: .milliseconds(100)), only: FaultFilter(first: 2))
        #expect(h.send("a") == [])
        #expect(h.send("b") == [])
        #expect(h.send("c") == ["c", "a", "b"])
        #expect(h.flow.nextDeadline == nil)
    }

    @Test func nobodyComesAfterIt() {
        let h = Harness()
        h.start(.reorder(Share(1), within: .milliseconds(100)), only: nth(1))
        h.send("a")
        #expect(h.advance(99) == [])
        #expect(h.advance(1) == ["a"])
    }

    @Test func whatIsDelayedOvertakesWhenItGoes() {
        let h = Harness()
        h.start(.reorder(Share(1), within: .seconds(1)), only: nth(1))
        h.start(.delay(.milliseconds(50), jitter: .zero, Share(1)), only: nth(2))
        h.send("a")
        h.send("b")
        #expect(h.advance(49) == [])
        #expect(h.advance(1) == ["b", "a"])
    }

    @Test func oneBitIsFlippedAnywhere() {
        let h = Harness()
        let fault = h.start(.corrupt(Share(1)))
        let text = String(repeating: "x", count: 64)
        var places: Set<Int> = []
        for _ in 0..<200 {
            _ = h.fate(of: text)
            let bytes = Array(h.flow.takeOutput()[0].readableBytesView)
            let changed = zip(bytes, text.utf8).enumerated().filter { $1.0 != $1.1 }
            #expect(changed.count == 1 && (changed[0].element.0 ^ changed[0].element.1).nonzeroBitCount == 1)
            places.insert(changed[0].offset)
        }
        #expect(places.count > 40)
        #expect(fault.counts[.datagram]?.affected == 200)
        // Nothing in it can be damaged.
        #expect(h.fate(of: "") == .passed)
        #expect(fault.counts[.datagram]?.affected == 200)
    }

    @Test func twoDamagesOfOneTextDoNotUndoEachOther() {
        let h = Harness()
        h.start(.corrupt(Share(1)))
        h.start(.corrupt(Share(1)))
        #expect(h.send("xxxx") != ["xxxx"])
    }

    @Test func nothingPassesTheVoid() {
        for fault in [Fault.blackhole, .partition(.isolate(.named("a")))] {
            let h = Harness()
            let active = h.start(fault)
            let drop = h.start(.drop(Share(1)))
            #expect(h.fate(of: "a") == .dropped)
            #expect(h.out().isEmpty)
            #expect(active.counts[.datagram]?.affected == 1)
            #expect(drop.counts[.datagram] == nil)
            h.faults = []
            #expect(h.send("b") == ["b"])
        }
    }

    @Test func faultsOnOtherKindsLeaveDatagramsAlone() {
        let h = Harness()
        h.start(.drop(Share(1)), only: FaultFilter(kinds: [.request]))
        h.start(.reset)
        #expect(h.send("a") == ["a"])
    }

    @Test func fatesSayWhatBecameOfIt() {
        func fate(_ fault: Fault) -> Fate {
            let h = Harness()
            h.start(fault)
            return h.fate(of: "m")
        }
        #expect(fate(.drop(Share(1))) == .dropped)
        #expect(fate(.duplicate(Share(1))) == .duplicated)
        #expect(fate(.delay(.seconds(1), jitter: .zero, Share(1))) == .delayed)
        #expect(fate(.latency(.seconds(1), jitter: .zero)) == .delayed)
        #expect(fate(.reorder(Share(1), within: .seconds(1))) == .reordered)
        #expect(fate(.corrupt(Share(1))) == .corrupted)
        #expect(fate(.drop(Share(0))) == .passed)
    }

    @Test func theQueueIsBounded() {
        let h = Harness()
        h.start(.delay(.seconds(1), jitter: .zero, Share(1)))
        for _ in 0..<(DatagramFlow.heldLimit + 5) { h.send("m") }
        #expect(h.flow.held == DatagramFlow.heldLimit)
        #expect(h.flow.overflowed == 5)
        #expect(h.fate(of: "m") == .dropped)
        #expect(h.advance(1_000).count == DatagramFlow.heldLimit)

        let bytes = Harness()
        bytes.start(.delay(.seconds(1), jitter: .zero, Share(1)))
        let large = String(repeating: "x", count: 60_000)
        for _ in 0..<400 { bytes.send(large) }
        #expect(bytes.flow.heldBytes <= DatagramFlow.heldBytesLimit && bytes.flow.overflowed > 100)

        let full = Harness()
        full.start(.delay(.seconds(1), jitter: .zero, Share(1)))
        full.send("m", mayHold: false)
        #expect(full.flow.held == 0 && full.flow.overflowed == 1)
    }

    @Test func endlessDelaysAreNoTrap() {
        let h = Harness()
        h.now = .max - 10
        h.start(.delay(.seconds(9_000_000_000), jitter: .zero, Share(1)))
        h.start(.reorder(Share(1), within: .seconds(9_000_000_000)))
        #expect(h.send("m") == [])
        #expect(h.flow.nextDeadline == .max)
    }
}

@Suite struct InboundFlowsTests {
    /// Flows that a test may ask in the middle of an expectation.
    private final class Flows {
        private var flows = InboundFlows()

        func admits(_ pair: LinkIdentity, isOpen: Bool, opensFlow: Bool, now: Int64) -> Bool {
            flows.admits(pair, isOpen: isOpen, opensFlow: opensFlow, now: now)
        }

        func forget(_ process: String) { flows.forget(process) }
    }

    private let ab = LinkIdentity(client: "a", server: "b")
    private let ba = LinkIdentity(client: "b", server: "a")

    @Test func toAClosedOneOnlyAnswersPass() {
        let flows = Flows()
        // b is closed, a is open.
        #expect(!flows.admits(ab, isOpen: false, opensFlow: false, now: 0))
        #expect(flows.admits(ba, isOpen: true, opensFlow: true, now: 1_000))
        #expect(flows.admits(ab, isOpen: false, opensFlow: false, now: 1_000 + InboundFlows.idle - 1))
        #expect(!flows.admits(ab, isOpen: false, opensFlow: false, now: 1_000 + InboundFlows.idle))
    }

    @Test func answersDoNotKeepAFlowOpen() {
        let flows = Flows()
        _ = flows.admits(ba, isOpen: true, opensFlow: true, now: 0)
        #expect(flows.admits(ab, isOpen: false, opensFlow: false, now: InboundFlows.idle - 1))
        #expect(!flows.admits(ab, isOpen: false, opensFlow: false, now: InboundFlows.idle + 1))
        // What its opener sends does.
        _ = flows.admits(ba, isOpen: true, opensFlow: true, now: InboundFlows.idle)
        #expect(flows.admits(ab, isOpen: false, opensFlow: false, now: InboundFlows.idle + 1))
    }

    @Test func twoClosedOnesNeverMeet() {
        let flows = Flows()
        for turn in 0..<10 {
            #expect(!flows.admits(ab, isOpen: false, opensFlow: true, now: Int64(turn)))
            #expect(!flows.admits(ba, isOpen: false, opensFlow: true, now: Int64(turn)))
        }
    }

    @Test func whoDiesForgets() {
        let flows = Flows()
        _ = flows.admits(ba, isOpen: true, opensFlow: true, now: 0)
        flows.forget("a")
        #expect(flows.admits(ab, isOpen: false, opensFlow: false, now: 1))
        flows.forget("b")
        #expect(!flows.admits(ab, isOpen: false, opensFlow: false, now: 1))
    }
}
