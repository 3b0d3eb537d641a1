import ClusterModel
import History
import NIOCore
import Testing

@testable import FaultInjection

/// Real sockets: a program that takes datagrams, and the link in front of it.
@Suite(.timeLimit(.minutes(1))) struct DatagramLinkTests {
    private static let identity = LinkIdentity(client: "client", server: "server")

    private func topology(_ inbound: InboundRule = .allow) -> Topology {
        Topology(
            name: "t",
            nodes: [
                Node(name: "client", command: CommandRole(arguments: ["x"])),
                Node(
                    name: "server", serve: ServeRole(services: [], speaks: .udp),
                    command: CommandRole(arguments: ["x"]),
                    inbound: inbound),
            ])
    }

    private func lead(_ injector: FaultInjector, to server: UDPSocket) throws {
        injector.lead(to: "server", try SocketAddress(ipAddress: "127.0.0.1", port: server.port))
    }

    @Test func theServerTellsItsClientsApartAndAnswersEach() async throws {
        let bench = try LinkBench()
        let injector = bench.injector(topology())
        let link = try await injector.datagramLink(Self.identity)
        let server = try await UDPSocket(on: bench.loops.group)
        try lead(injector, to: server)
        let one = try await UDPSocket(on: bench.loops.group)
        let two = try await UDPSocket(on: bench.loops.group)
        try await one.send("1", to: link.port)
        let first = try #require(await server.next())
        try await two.send("2", to: link.port)
        let second = try #require(await server.next())
        #expect([first.text, second.text] == ["1", "2"])
        #expect(first.from != second.from && first.from != one.port)
        try await server.send("to 2", to: second.from)
        try await server.send("to 1", to: first.from)
        #expect(await two.next() == .init(text: "to 2", from: link.port))
        #expect(await one.next() == .init(text: "to 1", from: link.port))
        // The same address keeps its socket.
        try await one.send("3", to: link.port)
        #expect(await server.next() == .init(text: "3", from: first.from))
        // Others than the server are not let in.
        let stranger = try await UDPSocket(on: bench.loops.group)
        try await stranger.send("boo", to: first.from)
        try await server.send("end", to: first.from)
        #expect(await one.next()?.text == "end")
        #expect(link.connections == 2)
        #expect(link.counts.datagrams == 6)
        #expect(injector.port(from: "client", to: "server") == link.port)

        let seen = bench.events.compactMap { if case .datagram(let event) = $0 { event } else { nil } }
        #expect(seen.map(\.back) == [false, false, true, true, false, true])
        #expect(seen.filter { !$0.back }.map(\.n) == [1, 1, 2])
        #expect(seen[0].client == "client" && seen[0].server == "server" && seen[0].size == 1)
        #expect(seen[0].hash == StableHash.ofBody(Array("1".utf8)))
        #expect(seen.allSatisfy { $0.fate == .passed })
        for socket in [server, one, two, stranger] { await socket.close() }
        await bench.close(injector)
    }

    @Test func faultsAreOnEachDirection() async throws {
        let bench = try LinkBench()
        let injector = bench.injector(topology())
        let link = try await injector.datagramLink(Self.identity)
        let server = try await UDPSocket(on: bench.loops.group)
        try lead(injector, to: server)
        let client = try await UDPSocket(on: bench.loops.group)
        let drop = injector.start(
            FaultSpec(.drop(Share(1)), link: .oneWay(.named("server"), .named("client"))))
        try await client.send("ask", to: link.port)
        let asked = try #require(await server.next())
        try await server.send("lost", to: asked.from)
        // Through the same loop after it: the answer has been decided by then.
        try await client.send("ask again", to: link.port)
        #expect(await server.next()?.text == "ask again")
        injector.stop(drop.id)
        try await server.send("answer", to: asked.from)
        #expect(await client.next()?.text == "answer")
        _ = injector.start(FaultSpec(.partition(.isolate(.named("server")))))
        try await client.send("into the void", to: link.port)
        func fates() -> [Fate] {
            bench.events.compactMap { if case .datagram(let event) = $0 { event.fate } else { nil } }
        }
        while fates().count < 5 { await Task.yield() }
        #expect(fates() == [.passed, .dropped, .passed, .passed, .dropped])
        for socket in [server, client] { await socket.close() }
        await bench.close(injector)
    }

    @Test func whoMayNotComeInIsDropped() async throws {
        let bench = try LinkBench()
        let injector = bench.injector(topology(InboundRule(.deny, except: [.named("outside")])))
        let link = try await injector.datagramLink(Self.identity)
        let outside = try await injector.datagramLink(LinkIdentity(client: "outside", server: "server"))
        let server = try await UDPSocket(on: bench.loops.group)
        try lead(injector, to: server)
        let client = try await UDPSocket(on: bench.loops.group)
        try await client.send("knock", to: link.port)
        while link.refused == 0 { await Task.yield() }
        try await client.send("from outside", to: outside.port)
        #expect(await server.next()?.text == "from outside")
        #expect(link.connections == 0 && link.counts.datagrams == 0 && outside.counts.datagrams == 1)
        for socket in [server, client] { await socket.close() }
        await bench.close(injector)
    }

    @Test func withoutAServerDatagramsAreLost() async throws {
        let bench = try LinkBench()
        let injector = bench.injector(topology())
        let link = try await injector.datagramLink(Self.identity)
        let client = try await UDPSocket(on: bench.loops.group)
        try await client.send("nobody", to: link.port)
        while link.connections == 0 { await Task.yield() }
        let server = try await UDPSocket(on: bench.loops.group)
        try lead(injector, to: server)
        try await client.send("somebody", to: link.port)
        #expect(await server.next()?.text == "somebody")
        let fates = bench.events.compactMap { if case .datagram(let event) = $0 { event.fate } else { nil } }
        #expect(fates == [.undeliverable, .passed])
        for socket in [server, client] { await socket.close() }
        await bench.close(injector)
    }

    @Test func theIdleAreForgottenAndTheOldestMakesRoom() async throws {
        let bench = try LinkBench()
        let loop = bench.loops.group.next()
        let totals = DatagramTotals()
        let core = NIOLoopBoundBox.makeBoxSendingValue(
            DatagramLinkCore(
                identity: Self.identity, seed: 1, loops: bench.loops, loop: loop,
                faults: CurrentValue(LinkFaults()), totals: totals, refuses: false),
            eventLoop: loop)
        try await loop.submit {
            for port in 1...(DatagramLink.clientLimit + 3) {
                core.value.receive(ByteBuffer(string: "m"), from: try SocketAddress(ipAddress: "127.0.0.1", port: port))
            }
        }.get()
        #expect(totals.values.withLock { $0.clients } == DatagramLink.clientLimit)
        try await loop.submit { core.value.sweep(now: MonotonicClock.now()) }.get()
        #expect(totals.values.withLock { $0.clients } == DatagramLink.clientLimit)
        try await loop.submit { core.value.sweep(now: MonotonicClock.now() + DatagramLink.idle) }.get()
        #expect(totals.values.withLock { $0.clients } == 0)
        let channels = try await loop.submit { core.value.close() }.get()
        #expect(channels.isEmpty)
        await bench.close(bench.injector(topology()))
    }
}
