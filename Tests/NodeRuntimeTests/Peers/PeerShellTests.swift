import ClusterModel
import Control
import Foundation
import History
import Membership
import NIOCore
import NIOPosix
import Testing

@testable import NodeRuntime

/// Real sockets, with doorways as the orchestrator has them.
@Suite struct PeerShellTests {
    @Test(.timeLimit(.minutes(1))) func threePeersFindEachOtherAndOneSaysGoodbye() async throws {
        let group = MultiThreadedEventLoopGroup.singleton
        let loop = group.next()
        let names = ["peer-1", "peer-2", "peer-3"]
        let doorways = try await Doorways.open(names, on: loop)
        let folder = FileManager.default.temporaryDirectory.appending(path: "orch-peers-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }

        let (changes, seen) = AsyncStream.makeStream(of: (String, [String]).self)
        let peers = try await loop.submit {
            try NIOLoopBound(
                names.map { name in
                    try Peer(name, loop, doorways, folder.appending(path: name).path) { seen.yield((name, $0)) }
                }, eventLoop: loop)
        }.get()
        for index in names.indices {
            let port = try await loop.flatSubmit { peers.value[index].shell.bind() }.get()
            try await loop.submit {
                doorways.value.announce(names[index], port)
                peers.value[index].shell.start()
            }.get()
        }
        var views: [String: [String]] = [:]
        for await (name, live) in changes {
            views[name] = live
            if names.allSatisfy({ name in views[name] == names.filter { $0 != name } }) { break }
        }

        // A stranger, one that lies about its name, and noise: all dropped.
        try await loop.submit {
            let lie = PeerDatagram(kind: .membership, from: "peer-3", payload: [1]).encoded()!
            doorways.value.forward(lie, from: "peer-2", to: "peer-1")
            doorways.value.forward([1, 2, 3], from: "peer-2", to: "peer-1")
            doorways.value.intrude(lie, to: "peer-1")
        }.get()
        while try await loop.submit({ peers.value[0].shell.dropped }).get() != .init(strangers: 2, malformed: 1) {
            await Task.yield()
        }

        try await loop.flatSubmit { peers.value[2].shell.stop() }.get()
        for await (name, live) in changes {
            views[name] = live
            if views["peer-1"] == ["peer-2"], views["peer-2"] == ["peer-1"] { break }
        }
        let life: UInt64 = 1 << 32
        for index in [1, 0] { try await loop.flatSubmit { peers.value[index].shell.stop() }.get() }
        try await loop.flatSubmit { doorways.value.close() }.get()
        let events = History.read([folder.appending(path: "peer-1").path]).entries.compactMap { entry in
            if case .memberChange(let change) = entry.event { change } else { nil }
        }
        let own = events.first
        #expect(own?.member == "peer-1")
        #expect(own?.status == .alive)
        #expect(own?.incarnation == life)
        #expect(own?.group == "group")
        #expect(events.contains { $0.member == "peer-3" && $0.status == .left })
        #expect(events.last.map { $0.member == "peer-1" && $0.status == .left } == true)
    }
}

private final class Peer {
    let shell: PeerShell

    init(
        _ name: String, _ loop: any EventLoop, _ doorways: NIOLoopBound<Doorways>, _ path: String,
        _ changed: @escaping ([String]) -> Void
    ) throws {
        let plan = NodePlan.PeerPlan(
            role: PeerRole(group: "group"), group: PeerGroup(name: "group"), doorways: doorways.value.ports,
            seeds: name == "peer-1" ? [] : ["peer-1"])
        let recorder = try Recorder(path: path, source: EvidenceSource(kind: .node, name: name))
        shell = try PeerShell(
            loop, name: name, life: 1, seed: 1, plan: plan, recorder: recorder, talk: Listener(changed))
    }
}

/// Says only who is alive.
private final class Listener: PeerTalking {
    weak var host: (any PeerHost)?
    private let changed: ([String]) -> Void

    init(_ changed: @escaping ([String]) -> Void) { self.changed = changed }

    func membersChanged(_ live: [String], now: Int64) -> [PeerAction] {
        changed(live)
        return []
    }

    func receive(_ kind: PeerDatagram.Kind, _ payload: [UInt8], from: String, now: Int64) -> [PeerAction] { [] }
    func tick(now: Int64) -> [PeerAction] { [] }
    var nextDeadline: Int64? { nil }
    func performed(_ action: PeerAction) {}
    func prepare(now: Int64) -> [PeerAction] { [] }
    func run(now: Int64) -> [PeerAction] { [] }
    func drain() {}
    func report(_ progress: inout Control.Progress) {}
    func survey() -> Survey { Survey() }
    func stop(now: Int64) {}
}

/// One socket a peer, as the orchestrator's links have it: what comes to it is passed on from its sender's.
private final class Doorways {
    private var sockets: [String: any Channel] = [:]
    private var peers: [String: Int] = [:]
    private var stranger: (any Channel)?

    static func open(_ names: [String], on loop: any EventLoop) async throws -> NIOLoopBound<Doorways> {
        let doorways = try await loop.submit { NIOLoopBound(Doorways(), eventLoop: loop) }.get()
        for name in names + [""] {
            try await DatagramBootstrap(group: loop)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(Handler(doorways.value, name))
                    }
                }
                .bind(host: "127.0.0.1", port: 0)
                .map { channel in
                    if name.isEmpty {
                        doorways.value.stranger = channel
                    } else {
                        doorways.value.sockets[name] = channel
                    }
                }.get()
        }
        return doorways
    }

    var ports: [String: Int] { sockets.mapValues { $0.localAddress!.port! } }

    func announce(_ name: String, _ port: Int) { peers[name] = port }

    func forward(_ bytes: [UInt8], from: String, to: String) {
        if let socket = sockets[from] { send(bytes, through: socket, to: to) }
    }

    func intrude(_ bytes: [UInt8], to: String) { if let stranger { send(bytes, through: stranger, to: to) } }

    func close() -> EventLoopFuture<Void> {
        let channels = Array(sockets.values) + [stranger!]
        return EventLoopFuture.andAllComplete(channels.map { $0.close() }, on: channels[0].eventLoop)
    }

    private func send(_ bytes: [UInt8], through socket: any Channel, to: String) {
        guard let port = peers[to], let address = try? SocketAddress(ipAddress: "127.0.0.1", port: port) else { return }
        socket.writeAndFlush(AddressedEnvelope(remoteAddress: address, data: ByteBuffer(bytes: bytes)), promise: nil)
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = AddressedEnvelope<ByteBuffer>
        private let doorways: Doorways
        private let name: String

        init(_ doorways: Doorways, _ name: String) {
            self.doorways = doorways
            self.name = name
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let envelope = unwrapInboundIn(data)
            guard let sender = doorways.peers.first(where: { $1 == envelope.remoteAddress.port })?.key else { return }
            doorways.forward(Array(envelope.data.readableBytesView), from: sender, to: name)
        }
    }
}
