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

    /// Through the sniffer. The first octet says which faults are on and how the conversation begins; then each piece of
    /// up to 127 octets has one before it that says how long it is and who says it.
    /// - Returns: whether what went in came out, in both directions, where no fault was on and it was not HTTP/2.
    package static func runHTTP1(_ bytes: [UInt8]) -> Bool {
        var link = Sniffed(facts)
        let choice = bytes.first ?? 0
        let begin = choice & 1 == 0 ? "" : "GET /a HTTP/1.1\r\nhost: b\r\n\r\n"
        let answer = choice & 3 != 3 ? "" : "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n"
        let isFaulted = choice & 4 != 0
        // All of them, or one.
        let only = Int(choice >> 3)
        if isFaulted { link.apply(faults(httpSpecs.indices.contains(only) ? [httpSpecs[only]] : httpSpecs)) }
        var said = BothWays<[UInt8]>([], [])
        var heard = BothWays<[UInt8]>([], [])
        var now: Int64 = 0
        func say(_ octets: some Collection<UInt8>, _ direction: Direction) {
            said[direction] += octets
            link.receive(ByteBuffer(bytes: octets), direction, now: now)
            now += 300_000
            link.tick(now: now)
            for direction in [Direction.toServer, .toClient] { heard[direction] += link.takeOutput(direction) }
        }
        if !begin.isEmpty { say(Array(begin.utf8), .toServer) }
        if !answer.isEmpty { say(Array(answer.utf8), .toClient) }
        var rest = bytes.dropFirst()
        while let control = rest.popFirst() {
            say(Array(rest.prefix(Int(control >> 1))), control & 1 == 0 ? .toServer : .toClient)
            rest = rest.dropFirst(Int(control >> 1))
        }
        link.apply(LinkFaults())
        for direction in [Direction.toServer, .toClient] {
            link.ended(direction, now: now)
            link.tick(now: .max)
            for direction in [Direction.toServer, .toClient] { heard[direction] += link.takeOutput(direction) }
        }
        link.close(now: .max)
        return isFaulted || link.speaksAnew || (said.toServer == heard.toServer && said.toClient == heard.toClient)
    }

    /// A machine as a session has it: not chosen before enough has come.
    private struct Sniffed {
        private var sniffer: ProtocolSniffer? = ProtocolSniffer()
        private var machine: any LinkMachine = UnreadLink()
        private var faults = LinkFaults()
        private let facts: ConnectionFacts

        init(_ facts: ConnectionFacts) { self.facts = facts }

        mutating func receive(_ bytes: ByteBuffer, _ direction: Direction, now: Int64) {
            guard sniffer != nil else {
                machine.receive(bytes, direction, now: now)
                return
            }
            let (facts, faults) = (facts, faults)
            guard let known = sniffer?.receive(bytes, direction, facts, faults, now: now) else { return }
            machine = known
            sniffer = nil
        }

        mutating func apply(_ new: LinkFaults) {
            faults = new
            machine.apply(new)
        }

        /// HTTP/2, by its preface: a link has a connection of its own on each side then.
        var speaksAnew: Bool { machine is HTTP2Link }

        mutating func tick(now: Int64) {
            if let deadline = machine.nextDeadline, deadline <= now { machine.tick(now: now) }
        }

        mutating func ended(_ direction: Direction, now: Int64) {
            if direction == .toServer, let rest = sniffer?.ended(now: now) {
                machine = rest
                sniffer = nil
            }
            machine.ended(direction, now: now)
        }

        mutating func close(now: Int64) { machine.close(now: now) }

        mutating func takeOutput(_ direction: Direction) -> [UInt8] {
            defer {
                machine.output[direction] = ByteBuffer()
                machine.events.removeAll()
            }
            return Array(machine.output[direction].readableBytesView)
        }
    }

    private static let httpSpecs: [FaultSpec] =
        specs + [
            FaultSpec(.error(Share(0.3), status: 503)), FaultSpec(.truncate(Share(0.3))),
            FaultSpec(.corrupt(Share(0.5)), only: FaultFilter(kinds: [.event], path: "/*")),
        ]

    private static func faults(_ specs: [FaultSpec]) -> LinkFaults {
        var faults = LinkFaults()
        for (index, spec) in specs.enumerated() {
            let fault = ActiveFault(id: index + 1, name: "\(index)", spec: spec)
            faults.toServer.append(fault)
            faults.toClient.append(fault)
        }
        return faults
    }

    private static let specs: [FaultSpec] = [
        FaultSpec(.drop(Share(0.3))), FaultSpec(.duplicate(Share(0.3))),
        FaultSpec(.delay(.milliseconds(1), jitter: .zero, Share(0.3))),
        FaultSpec(.reorder(Share(0.3), within: .milliseconds(2))), FaultSpec(.corrupt(Share(0.3))),
        FaultSpec(.drop(Share(0.3)), only: FaultFilter(kinds: [.ack, .confirm])),
    ]

    private static let facts = ConnectionFacts(
        link: LinkIdentity(client: "a", server: "b"), id: 1, ordinal: 1, seed: 1, stampBase: 0)

    private static func run(_ bytes: [UInt8], on machine: some LinkMachine, hello: BothWays<[UInt8]>) {
        var link = machine
        link.receive(ByteBuffer(bytes: hello.toServer), .toServer, now: 0)
        if !hello.toClient.isEmpty { link.receive(ByteBuffer(bytes: hello.toClient), .toClient, now: 0) }
        link.apply(faults(specs))
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
