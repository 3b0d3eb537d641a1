import ClusterModel
import Control
import History
import Membership
import NIOCore
import NIOPosix
import Testing

@testable import NodeRuntime

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Whole peers on real sockets, with doorways between them that lose some of what passes.
@PeerLoop @Suite("Peers: talk", .timeLimit(.minutes(1))) struct PeerTalkTests {
    /// The way to one peer: what comes from a socket that is known goes on from its sender's doorway.
    private final class Doorway: ChannelInboundHandler {
        typealias InboundIn = AddressedEnvelope<ByteBuffer>

        let name: String
        let doorways: Doorways
        var channel: (any Channel)?

        init(_ name: String, _ doorways: Doorways) {
            self.name = name
            self.doorways = doorways
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let envelope = unwrapInboundIn(data)
            guard let port = envelope.remoteAddress.port else { return }
            doorways.pass(envelope.data, fromPort: port, to: name)
        }
    }

    private final class Doorways {
        private(set) var doors: [String: Doorway] = [:]
        var sockets: [String: Int] = [:]
        var isCut: (String, String) -> Bool = { _, _ in false }
        var loss = 0.0
        private var generator = SeededGenerator(seed: 5, "doorways")

        func open(_ names: [String], isolation: isolated (any Actor)? = #isolation) async throws -> [String: Int] {
            var ports: [String: Int] = [:]
            for name in names {
                let door = Doorway(name, self)
                let bound = NIOLoopBound(door, eventLoop: PeerLoop.eventLoop)
                let channel = try await DatagramBootstrap(group: PeerLoop.eventLoop).channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(bound.value)
                    }
                }.bind(host: "127.0.0.1", port: 0).get()
                door.channel = channel
                doors[name] = door
                ports[name] = channel.localAddress!.port!
            }
            return ports
        }

        func pass(_ data: ByteBuffer, fromPort port: Int, to: String) {
            guard let from = sockets.first(where: { $0.value == port })?.key, !isCut(from, to),
                let target = sockets[to], Double.random(in: 0..<1, using: &generator) >= loss,
                let address = try? SocketAddress(ipAddress: "127.0.0.1", port: target)
            else { return }
            doors[from]?.channel?.writeAndFlush(AddressedEnvelope(remoteAddress: address, data: data), promise: nil)
        }

        func close() { for door in doors.values { _ = door.channel?.close() } }
    }

    private final class Peer {
        let conversation: PeerConversation
        let shell: PeerShell
        let evidence: String

        init(_ name: String, _ doorways: [String: Int], relays: [String], _ role: PeerRole, _ folder: String) throws {
            let group = PeerGroup(name: "g", period: .milliseconds(50), timeout: .milliseconds(15), suspicion: 10)
            let plan = NodePlan.PeerPlan(
                role: role, group: group, doorways: doorways, seeds: doorways.keys.filter { $0 != name }.sorted(),
                relays: relays)
            evidence = "\(folder)/\(name)"
            let recorder = try Recorder(path: evidence, source: EvidenceSource(kind: .node, name: name))
            let me = TalkIdentity(name: name, life: 1, others: doorways.keys, seed: 1)
            conversation = try PeerConversation(
                plan, me: me, names: nil,
                values: { use in
                    Template.Values(
                        sequence: 0, node: name, replica: Int(name.dropFirst(5))!,
                        generator: SeededGenerator(seed: 1, name, use), now: { 0 })
                }, record: { recorder.record($0) }, log: { _ in })
            shell = try PeerShell(
                PeerLoop.eventLoop, name: name, life: 1, seed: 1, plan: plan, recorder: recorder, talk: conversation)
        }

        var progress: Progress {
            var progress = Progress()
            progress.isDone = true
            conversation.report(&progress)
            return progress
        }
    }

    /// Looks again at each step of the event loop's clock; the suite's time limit ends it.
    private func until(_ condition: () -> Bool) async throws {
        while !condition() {
            try Task.checkCancellation()
            try await PeerLoop.eventLoop.scheduleTask(in: .milliseconds(1)) {}.futureResult.get()
        }
    }

    @Test func theyTalkThroughARelayAndUnderLoss() async throws {
        let folder = try temporaryFolder()
        defer { remove(folder) }
        let names = (1...4).map { "peer-\($0)" }
        let doorways = Doorways()
        let ports = try await doorways.open(names)
        // These two reach each other only through a third.
        doorways.isCut = { Set([$0, $1]) == ["peer-1", "peer-2"] }
        doorways.loss = 0.05
        var role = PeerRole(group: "g", share: ["song-$(replica)"])
        role.send = [
            SendRole(to: "peer", source: .init(count: 60), timeout: .milliseconds(200), attempts: 50)
        ]
        role.broadcast = [.init(body: "news $(seq)", count: 250)]
        role.find = [FindRole(what: "song-4", count: 3, timeout: .seconds(10))]
        var peers: [Peer] = []
        for name in names {
            let peer = try Peer(name, ports, relays: ["peer-4"], role, folder)
            doorways.sockets[name] = try await peer.shell.bind().get()
            peers.append(peer)
        }
        for peer in peers { peer.shell.start() }
        try await until { peers.allSatisfy { $0.shell.live.count == 4 } }
        for peer in peers { peer.shell.run() }
        try await until {
            peers.allSatisfy { $0.progress.isDone && $0.progress.talked == 60 + 750 }
                && Set(peers.map { $0.conversation.survey().broadcasts["g"] }).count == 1
        }
        for peer in peers {
            #expect(peer.progress.confirmed == 60)
            #expect(peer.progress.failed == 0)
            #expect(peer.progress.lookups == 3)
            #expect(peer.conversation.survey().unhandled == 0)
            try await peer.shell.stop().get()
        }
        doorways.close()
        let history = History.read(peers.map(\.evidence))
        #expect(history.problems == [])
        var ways: [String: Set<String>] = [:]
        var found: Set<String> = []
        for entry in history.entries {
            if case .peerReceipt(let event) = entry.event, event.kind == .send {
                let receiver = history.sources[entry.source].name
                ways["\(event.from) \(receiver)", default: []].insert(event.via)
            }
            if case .lookupResult(let event) = entry.event { found.insert(event.holder) }
        }
        #expect(ways["peer-1 peer-2"] == ["peer-4"])
        #expect(ways["peer-2 peer-1"] == ["peer-4"])
        // No way to the relay leads through another.
        #expect(ways["peer-1 peer-4"] == [""])
        #expect(ways.count == 12)
        #expect(found == ["peer-4"])
    }

    private func temporaryFolder() throws -> String {
        var template = Array("/tmp/orch-peers-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw OrchError(.unavailable, "no folder under /tmp") }
        return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private func remove(_ folder: String) {
        for number in 1...4 { unlink("\(folder)/peer-\(number)") }
        rmdir(folder)
    }
}
