import ClusterModel
import History
import NIOCore
import Testing

@testable import FaultInjection

/// Partitions and firewalls on real connections.
@Suite(.timeLimit(.minutes(1))) struct PartitionLinkTests {
    private final class Bench {
        let bench: LinkBench
        let injector: FaultInjector
        let link: Link
        let listener: any Channel
        private let accepted: AsyncStream<TCPSocket>

        init(_ inbound: InboundRule = .allow) async throws {
            bench = try LinkBench()
            injector = bench.injector(
                Topology(name: "t", nodes: [Node(name: "client"), Node(name: "server", inbound: inbound)]))
            link = try await injector.link(LinkIdentity(client: "client", server: "server"))
            (listener, accepted) = try await TCPSocket.listen(on: bench.loops.group)
            injector.lead(to: "server", listener.localAddress)
        }

        func connect() async throws -> TCPSocket {
            try await TCPSocket.connect(to: link.port, on: bench.loops.group)
        }

        func accept() async -> TCPSocket? {
            var iterator = accepted.makeAsyncIterator()
            return await iterator.next()
        }

        /// Lets so much pass between others that whatever was sent before would have come long since.
        func letTimePass() async throws {
            let outside = try await injector.link(LinkIdentity(client: "outside", server: "server"))
            outside.lead(to: listener.localAddress)
            let other = try await TCPSocket.connect(to: outside.port, on: bench.loops.group)
            let server = await accept()
            for n in 1...5 {
                try await other.send("\(n)")
                _ = await server?.next()
                try await server?.send("\(n)")
                _ = await other.next()
            }
            await other.close()
        }

        func close() async {
            try? await listener.close().get()
            await bench.close(injector)
        }
    }

    @Test func bytesWaitAndArriveWhenItIsOver() async throws {
        let b = try await Bench()
        let client = try await b.connect()
        let server = try #require(await b.accept())
        try await client.send("hello")
        #expect(await server.next() == .text("hello"))
        let fault = b.injector.start(
            FaultSpec(.partition(.oneWay(from: [.named("client")], to: [.named("server")]))))
        try await client.send("held")
        try await b.letTimePass()
        // The other way is open.
        try await server.send("back")
        #expect(await client.next() == .text("back"))
        #expect(server.happened == 1)
        #expect(b.injector.stop(fault.id))
        #expect(await server.next() == .text("held"))
        await b.close()
    }

    @Test func connectionsThatOpenMeanwhileAreCutToo() async throws {
        let b = try await Bench()
        let fault = b.injector.start(
            FaultSpec(.partition(.parts([[.named("client")], [.named("server")]]))))
        let client = try await b.connect()
        let server = try #require(await b.accept())
        try await client.send("from the client")
        try await server.send("from the server")
        try await b.letTimePass()
        #expect(server.happened == 0 && client.happened == 0)
        b.injector.stop(fault.id)
        #expect(await server.next() == .text("from the client"))
        #expect(await client.next() == .text("from the server"))
        await b.close()
    }

    @Test func anEndIsNotHeardOfBeforeItIsOver() async throws {
        let b = try await Bench()
        let client = try await b.connect()
        let server = try #require(await b.accept())
        let fault = b.injector.start(
            FaultSpec(.partition(.oneWay(from: [.named("client")], to: [.named("server")]))))
        await client.close()
        try await b.letTimePass()
        #expect(b.link.connections == 1)
        #expect(server.happened == 0 && server.channel.isActive)
        b.injector.stop(fault.id)
        #expect(await server.next() == .closed)
        await b.close()
    }

    @Test func whoMayNotComeInIsReset() async throws {
        let b = try await Bench(InboundRule(.deny, except: [.named("outside")]))
        let client = try await b.connect()
        #expect(await client.next() == .reset)
        let outside = try await b.injector.link(LinkIdentity(client: "outside", server: "server"))
        outside.lead(to: b.listener.localAddress)
        let welcome = try await TCPSocket.connect(to: outside.port, on: b.bench.loops.group)
        try await welcome.send("hello")
        #expect(await b.accept()?.next() == .text("hello"))
        let opened = b.bench.events.compactMap { if case .connection(let event) = $0 { event } else { nil } }
        let closed = b.bench.events.compactMap { if case .connectionClosed(let event) = $0 { event } else { nil } }
        #expect(opened.map(\.client) == ["client", "outside"])
        #expect(closed.first?.by == "inbound" && closed.first?.connection == opened.first?.connection)
        await b.close()
    }
}
