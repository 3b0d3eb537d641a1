import ClusterModel
import NIOCore
import Testing

@testable import FaultInjection

/// Real sockets: peers, and the doorways between them.
@Suite(.timeLimit(.minutes(1))) struct DatagramMeshTests {
    /// Two or three peers with a socket each, behind a mesh.
    private final class Bench {
        let bench: LinkBench
        let injector: FaultInjector
        var sockets: [String: UDPSocket] = [:]
        var mesh: DatagramMesh { injector.mesh }

        init(_ names: [String], closed: [String] = []) async throws {
            bench = try LinkBench()
            let nodes = names.map { name in
                Node(
                    name: name, peer: PeerRole(group: "g"), inbound: closed.contains(name) ? InboundRule(.deny) : .allow
                )
            }
            injector = bench.injector(Topology(name: "t", groups: [PeerGroup(name: "g")], nodes: nodes))
            for name in names {
                try await injector.openDoorway(of: name)
                let socket = try await UDPSocket(on: bench.loops.group)
                sockets[name] = socket
                mesh.register(name, port: socket.port)
            }
        }

        func send(_ text: String, from: String, to: String) async throws {
            try await sockets[from]!.send(text, to: mesh.doorways[to]!)
        }

        func next(_ name: String) async -> UDPSocket.Received? { await sockets[name]!.next() }

        func close() async {
            for socket in sockets.values { await socket.close() }
            await bench.close(injector)
        }
    }

    @Test func whatArrivesComesFromTheSendersDoorway() async throws {
        let b = try await Bench(["a", "b", "c"])
        try await b.send("hello", from: "a", to: "b")
        #expect(await b.next("b") == .init(text: "hello", from: b.mesh.doorways["a"]!))
        try await b.send("you too", from: "b", to: "a")
        #expect(await b.next("a") == .init(text: "you too", from: b.mesh.doorways["b"]!))
        #expect(Set(b.mesh.doorways.values).count == 3)
        #expect(b.mesh.passed == [.init(client: "a", server: "b"): 1, .init(client: "b", server: "a"): 1])
        let row = try #require(b.injector.traffic.first)
        #expect(row.link.description == "a -> b" && row.counts.datagrams == 1 && row.port == b.mesh.doorways["b"])
        await b.close()
    }

    @Test func strangersAreNotHeard() async throws {
        let b = try await Bench(["a", "b"])
        let stranger = try await UDPSocket(on: b.bench.loops.group)
        try await stranger.send("boo", to: b.mesh.doorways["b"]!)
        try await b.send("hello", from: "a", to: "b")
        #expect(await b.next("b")?.text == "hello")
        #expect(b.mesh.unknown == 1)
        await stranger.close()
        await b.close()
    }

    @Test func theDeadAreForgottenAndComeBack() async throws {
        let b = try await Bench(["a", "b"])
        b.mesh.unregister("a")
        try await b.send("from the grave", from: "a", to: "b")
        // To one that is dead: lost, and counted.
        try await b.send("anybody?", from: "b", to: "a")
        while b.mesh.unknown < 1 || b.mesh.lost < 1 { await Task.yield() }
        b.mesh.register("a", port: b.sockets["a"]!.port)
        try await b.send("alive", from: "a", to: "b")
        #expect(await b.next("b")?.text == "alive")
        try await b.send("welcome", from: "b", to: "a")
        #expect(await b.next("a")?.text == "welcome")
        await b.close()
    }

    @Test func faultsAreOnOneDirection() async throws {
        let b = try await Bench(["a", "b"])
        let fault = b.injector.start(
            FaultSpec(.drop(Share(1)), link: .oneWay(.named("a"), .named("b"))))
        try await b.send("lost", from: "a", to: "b")
        try await b.send("back", from: "b", to: "a")
        #expect(await b.next("a")?.text == "back")
        b.injector.stop(fault.id)
        try await b.send("again", from: "a", to: "b")
        #expect(await b.next("b")?.text == "again")
        #expect(fault.counts[.datagram]?.affected == 1)
        await b.close()
    }

    @Test func whatIsDelayedComesLaterAndHoldsNobodyUp() async throws {
        let b = try await Bench(["a", "b"])
        _ = b.injector.start(
            FaultSpec(.delay(.milliseconds(30), jitter: .zero, Share(1)), only: FaultFilter(nth: 1)))
        try await b.sockets["a"]!.send(["first", "second"], to: b.mesh.doorways["b"]!)
        #expect(await b.next("b")?.text == "second")
        #expect(await b.next("b")?.text == "first")
        #expect(b.mesh.held == 0)
        await b.close()
    }

    @Test func aPartitionCutsWhatItSays() async throws {
        let b = try await Bench(["a", "b", "c"])
        let fault = b.injector.start(FaultSpec(.partition(.isolate(.named("c")))))
        try await b.send("lost", from: "a", to: "c")
        try await b.send("lost", from: "c", to: "a")
        try await b.send("passes", from: "b", to: "a")
        #expect(await b.next("a")?.text == "passes")
        b.injector.stop(fault.id)
        try await b.send("healed", from: "a", to: "c")
        #expect(await b.next("c")?.text == "healed")
        #expect(fault.counts[.datagram]?.affected == 2)
        await b.close()
    }

    @Test func toAClosedPeerPassesWhatItHasAskedFor() async throws {
        let b = try await Bench(["a", "closed", "also"], closed: ["closed", "also"])
        try await b.send("knock", from: "a", to: "closed")
        try await b.send("asks", from: "closed", to: "a")
        #expect(await b.next("a")?.text == "asks")
        try await b.send("answer", from: "a", to: "closed")
        #expect(await b.next("closed")?.text == "answer")
        #expect(b.mesh.refused == 1)
        // Two closed ones cannot meet, even where both try.
        try await b.send("psst", from: "also", to: "closed")
        try await b.send("psst", from: "closed", to: "also")
        try await b.send("psst", from: "also", to: "closed")
        try await b.send("end", from: "a", to: "closed")
        #expect(await b.next("closed")?.text == "end")
        #expect(b.mesh.refused == 4)
        await b.close()
    }

    @Test func manyPassWithoutLoss() async throws {
        let b = try await Bench(["a", "b"])
        // One at a time, so that no kernel buffer overflows.
        for n in 0..<2_000 {
            try await b.send("\(n)", from: "a", to: "b")
            #expect(await b.next("b")?.text == "\(n)")
        }
        await b.close()
    }

    @Test func portsComeFromTheNodesRange() async throws {
        let bench = try LinkBench()
        // Two neighbours that are free now.
        let range = try await freePorts(bench)
        let node = Node(name: "p", replicas: 3, peer: PeerRole(group: "g"), ports: range)
        let injector = bench.injector(Topology(name: "t", groups: [PeerGroup(name: "g")], nodes: [node]))
        let first = try await injector.openDoorway(of: "p-1")
        let second = try await injector.openDoorway(of: "p-2")
        #expect([first, second] == [range.lowerBound, range.upperBound])
        let error = await #expect(throws: OrchError.self) { try await injector.openDoorway(of: "p-3") }
        #expect(error?.code == .unavailable)
        #expect(error?.message.contains("'ports: \(range.lowerBound)-\(range.upperBound)' of the node 'p'") == true)
        #expect(error?.message.contains("p-3") == true)
        // Connections have ports of their own.
        let link = try await injector.link(LinkIdentity(client: "x", server: "p-1"))
        #expect(link.port == range.lowerBound)
        await bench.close(injector)
    }

    private func freePorts(_ bench: LinkBench) async throws -> ClosedRange<Int> {
        for _ in 0..<50 {
            // Below those that the kernel gives to whoever asks for any: such a one would not stay free.
            let port = Int.random(in: 20_000..<30_000)
            let injector = bench.injector(Topology(name: "t"))
            let probe = LinkIdentity(client: "a", server: "b")
            let other = LinkIdentity(client: "a", server: "c")
            let first = try? await injector.datagramLink(probe, port: port)
            let second = try? await injector.datagramLink(other, port: port + 1)
            let third = try? await injector.link(probe, port: port)
            let isFree = first != nil && second != nil && third != nil
            await injector.close()
            if isFree { return port...(port + 1) }
        }
        throw OrchError(.unavailable, "no two ports are free")
    }
}
