import ClusterModel
import NIOCore

/// Feeds arbitrary octets to a link machine from both sides, with faults on: the way in for the fuzzer, which cannot
/// reach the machines itself.
package enum LinkFuzzing {
    /// AMQP.
    package static func run(_ bytes: [UInt8]) {
        run(bytes, on: AMQPLink(facts), hello: BothWays(Array("AMQP".utf8) + [0, 0, 9, 1], []))
    }

    package static func runHTTP2(_ bytes: [UInt8]) {
        let settings: [UInt8] = [0, 0, 0, 4, 0, 0, 0, 0, 0]
        run(bytes, on: HTTP2Link(facts), hello: BothWays(HTTP2Preface.bytes + settings, settings))
    }

    private static let facts = ConnectionFacts(
        link: LinkIdentity(client: "a", server: "b"), id: 1, ordinal: 1, seed: 1, stampBase: 0)

    private static func run(_ bytes: [UInt8], on machine: some LinkMachine, hello: BothWays<[UInt8]>) {
        var link = machine
        var faults = LinkFaults()
        let specs: [FaultSpec] = [
            FaultSpec(.drop(Share(0.3))), FaultSpec(.duplicate(Share(0.3))),
            FaultSpec(.delay(.milliseconds(1), jitter: .zero, Share(0.3))),
            FaultSpec(.reorder(Share(0.3), within: .milliseconds(2))), FaultSpec(.corrupt(Share(0.3))),
            FaultSpec(.drop(Share(0.3)), only: FaultFilter(kinds: [.ack, .confirm])),
        ]
        for (index, spec) in specs.enumerated() {
            let fault = ActiveFault(id: index + 1, name: "\(index)", spec: spec)
            faults.toServer.append(fault)
            faults.toClient.append(fault)
        }
        link.receive(ByteBuffer(bytes: hello.toServer), .toServer, now: 0)
        if !hello.toClient.isEmpty { link.receive(ByteBuffer(bytes: hello.toClient), .toClient, now: 0) }
        link.apply(faults)
        var now: Int64 = 0
        // Alternating slices, so that answers follow questions.
        for (index, start) in stride(from: 0, to: bytes.count, by: 64).enumerated() {
            let part = bytes[start..<min(start + 64, bytes.count)]
            link.receive(ByteBuffer(bytes: part), index % 2 == 0 ? .toServer : .toClient, now: now)
            now += 300_000
            link.tick(now: now)
            link.output = BothWays(ByteBuffer(), ByteBuffer())
            link.events.removeAll()
        }
        link.apply(LinkFaults())
        link.ended(.toClient, now: now)
        link.tick(now: .max)
        link.close(now: .max)
    }
}
