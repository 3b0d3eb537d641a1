import ClusterModel
import History
import NIOCore
import NIOEmbedded
import Testing

@testable import FaultInjection

/// What was said after a fault was turned on meets the fault, though no event loop has had a turn between the two.
@Suite struct FaultOrderTests {
    private static let identity = LinkIdentity(client: "a", server: "b")
    private static let all = FaultSpec(.drop(Share(1)), settle: .milliseconds(1))

    private static func faults(_ spec: FaultSpec) -> LinkFaults {
        var faults = LinkFaults()
        let fault = ActiveFault(id: 1, name: "fault", spec: spec)
        faults.toServer.append(fault)
        faults.toClient.append(fault)
        return faults
    }

    /// What becomes of a request whose bytes are read in the same turn of the loop as `change` is made.
    private func fates(after change: @escaping @Sendable (Link) -> Void) async throws -> [Fate] {
        let bench = try LinkBench()
        let link = Link(identity: Self.identity, context: LinkContext(seed: 1, nonce: 1, loops: bench.loops))
        let facts = ConnectionFacts(link: Self.identity, id: 1, ordinal: 1, seed: 1, stampBase: 0)
        let loops = bench.loops
        let loop = loops.group.next()
        try await loop.submit {
            let session = LinkSession(
                link: link, facts: facts, client: EmbeddedChannel(), recorder: loops.recorder(for: loop),
                standing: link.standing.copy)
            change(link)
            session.read(ByteBuffer(string: "POST /a HTTP/1.1\r\nHost: b\r\nContent-Length: 0\r\n\r\n"), .toServer)
            session.readComplete()
            session.shutdown()
        }.get()
        let fates = bench.events.compactMap { if case .callRequest(let event) = $0 { event.fate } else { nil } }
        await bench.close(bench.injector(Topology(name: "test")))
        return fates
    }

    @Test func aRequestAfterAFaultMeetsIt() async throws {
        #expect(try await fates { $0.apply(Self.faults(Self.all)) } == [.dropped])
    }

    @Test func aRequestAfterTheEndOfAFaultPasses() async throws {
        let fates = try await fates {
            $0.apply(Self.faults(Self.all))
            $0.apply(LinkFaults())
        }
        #expect(fates == [.passed])
    }

    /// A reset is over as soon as it has begun.
    @Test func bytesAfterAResetAreNotRead() async throws {
        let fates = try await fates {
            $0.apply(Self.faults(FaultSpec(.reset)))
            $0.apply(LinkFaults())
        }
        #expect(fates.isEmpty)
    }

    @Test func aDatagramAfterAFaultMeetsIt() async throws {
        let bench = try LinkBench()
        let loops = bench.loops
        let loop = loops.group.next()
        try await loop.submit {
            let faults = CurrentValue(LinkFaults())
            let core = DatagramLinkCore(
                identity: Self.identity, seed: 1, loops: loops, loop: loop, faults: faults, totals: DatagramTotals(),
                refuses: false)
            let source = try SocketAddress(ipAddress: "127.0.0.1", port: 1)
            core.receive(ByteBuffer(string: "before"), from: source)
            faults.set(Self.faults(Self.all))
            core.receive(ByteBuffer(string: "after"), from: source)
            for channel in core.close() { channel.close(promise: nil) }
        }.get()
        let fates = bench.events.compactMap { if case .datagram(let event) = $0 { event.fate } else { nil } }
        #expect(fates == [.undeliverable, .dropped])
        await bench.close(bench.injector(Topology(name: "test")))
    }
}
