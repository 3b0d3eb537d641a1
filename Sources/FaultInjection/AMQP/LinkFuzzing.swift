import ClusterModel
import NIOCore

/// Feeds arbitrary octets to a link machine from both sides, with faults on: the way in for the fuzzer, which cannot
/// reach the machine itself.
package enum LinkFuzzing {
    package static func run(_ bytes: [UInt8]) {
        let facts = ConnectionFacts(
            link: LinkIdentity(client: "a", server: "b"), id: 1, ordinal: 1, seed: 1, stampBase: 0)
        var link = AMQPLink(facts)
        var faults = LinkFaults()
        let specs: [FaultSpec] = [
            FaultSpec(.drop(Share(0.3))), FaultSpec(.duplicate(Share(0.3))),
            FaultSpec(.delay(.milliseconds(1), jitter: .zero, Share(0.3))),
            FaultSpec(.drop(Share(0.3)), only: FaultFilter(kinds: [.ack, .confirm])),
        ]
        for (index, spec) in specs.enumerated() {
            let fault = ActiveFault(id: index + 1, name: "\(index)", spec: spec)
            faults.toServer.append(fault)
            faults.toClient.append(fault)
        }
        link.receive(ByteBuffer(bytes: Array("AMQP".utf8) + [0, 0, 9, 1]), .toServer, now: 0)
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
        link.tick(now: .max)
    }
}
