import ClusterModel
import Dispatch
import NIOCore
import NIOPosix
import Objects
import RPC
import Storage
import Synchronization
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The event loop of the tests that need one.
@globalActor actor DirectoryLoop {
    static let shared = DirectoryLoop()
    static let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
    nonisolated var unownedExecutor: UnownedSerialExecutor {
        DirectoryLoop.eventLoop.executor.asUnownedSerialExecutor()
    }
}

/// Client and directory over gRPC on loopback, with a store on disk.
@DirectoryLoop @Suite("Directory: service", .timeLimit(.minutes(1))) struct DirectoryServiceTests {
    private let loop = DirectoryLoop.eventLoop

    private final class Life {
        let store: NodeStore?
        let service: DirectoryService
        let server: RPCServer
        let client: DirectoryClient
        let calls: RPCClient
        /// Ends the client's calls.
        private(set) lazy var clientClosed = calls.close()

        init(_ store: NodeStore?, _ service: DirectoryService, _ server: RPCServer) throws {
            self.store = store
            self.service = service
            self.server = server
            let target = GRPCTarget(
                target: "directory",
                configuration: GRPCConnectionConfiguration(host: "127.0.0.1", port: Int(server.port)),
                eventLoop: DirectoryLoop.eventLoop)
            calls = RPCClient(
                client: "host-a", incarnation: "1", targets: [target], eventLoop: DirectoryLoop.eventLoop)
            client = try DirectoryClient(calls)
        }

        /// Asks the server something that has nothing to do with the directory, so often.
        func ask(rounds: Int, _ done: @escaping () -> Void) {
            guard rounds > 0 else { return done() }
            let options = CallOptions(semantics: .atLeastOnce)
            calls.call(path: SessionPath.open, message: ByteBuffer(), options: options) { _ in
                self.ask(rounds: rounds - 1, done)
            }
        }

        /// As if killed: nothing more is written, and nobody is answered.
        func kill(isolation: isolated (any Actor)? = #isolation) async throws {
            service.stop()
            try await store?.close().get()
            try await server.shutDown(grace: .zero).get()
            try await clientClosed.get()
        }
    }

    private func life(_ disk: (any StoreDisk)?, _ number: Int = 1, clock: (() -> Int64)? = nil) async throws -> Life {
        let incarnation = "\(number).x"
        var store: NodeStore?
        if let disk {
            store = try await NodeStore.open(disk, incarnation: incarnation, on: DirectoryLoop.eventLoop).get().value
        }
        let service = try DirectoryService(.init(), store: store, on: DirectoryLoop.eventLoop, clock: clock)
        let dispatcher = ServiceDispatcher(
            .init(instance: "directory", incarnation: incarnation), store: store, on: DirectoryLoop.eventLoop)
        let server = try await RPCServer.start(
            GRPCServerConfiguration(), dispatcher: dispatcher, services: [service.served]
        ).get().value
        return try Life(store, service, server)
    }

    private func ask<Reply: Sendable>(
        _ body: (@escaping DirectoryClient.Completion<Reply>) -> Void
    ) async throws -> Reply {
        let result = await withCheckedContinuation { (done: CheckedContinuation<Box<Reply>, Never>) in
            body { done.resume(returning: Box($0)) }
        }
        return try result.result.get()
    }

    private func open(_ client: DirectoryClient, _ host: String) async throws -> UInt64 {
        var request = OpenSession()
        request.host = host
        request.incarnation = "1"
        return try await ask { client.open(request, within: .seconds(30), $0) }.session
    }

    private func object(_ name: String) -> ObjectRecord {
        var record = ObjectRecord()
        record.object = name
        record.type = "Account"
        record.incarnation = "i"
        record.restore = .elsewhere
        return record
    }

    private func swap(_ object: String, _ source: UInt64, _ target: UInt64) -> SwapOwner {
        var request = SwapOwner()
        request.object = object
        request.session = source
        request.epoch = 1
        request.target = "b"
        request.targetSession = target
        return request
    }

    @Test func everyMethodOverTheWireAndAfterAKill() async throws {
        try await inTemporaryFolder { folder in
            let first = try await life(SQLiteDisk(directory: folder))
            let a = try await open(first.client, "a")
            let b = try await open(first.client, "b")
            let lease: SessionLease = try await ask {
                first.client.renew(session: a, within: .seconds(30), $0)
            }
            #expect(lease.session == a && lease.lease == 2_000_000_000)
            let registered: ObjectRecords = try await ask {
                first.client.register(
                    [object("x"), object("y"), object("z")], session: a, within: .seconds(30), $0)
            }
            #expect(registered.objects.map(\.epoch) == [1, 1, 1] && !registered.fenced)
            let swapped: OwnershipReply = try await ask { first.client.swap(swap("x", a, b), $0) }
            #expect(swapped.granted)
            var claim = ClaimObject()
            claim.object = "y"
            claim.session = a
            claim.epoch = 1
            claim.ground = .renewal
            let renewed: OwnershipReply = try await ask { first.client.claim(claim, within: .seconds(30), $0) }
            #expect(renewed.granted && renewed.record?.epoch == 2)
            var snapshot = ObjectSnapshot()
            snapshot.object = "y"
            snapshot.session = a
            snapshot.epoch = 2
            snapshot.number = 1
            snapshot.state = [1, 2, 3]
            let taken: Acknowledgement = try await ask {
                first.client.snapshot(snapshot, within: .seconds(30), $0)
            }
            #expect(!taken.fenced)
            let dropped: Acknowledgement = try await ask {
                first.client.drop([object("z")].map(at(1)), session: a, within: .seconds(30), $0)
            }
            #expect(!dropped.fenced)
            try await first.kill()

            let second = try await life(SQLiteDisk(directory: folder), 2)
            let all: ObjectRecords = try await ask { second.client.list($0) }
            #expect(all.objects.map { "\($0.object) \($0.owner) \($0.epoch)" } == ["x b 2", "y a 2"])
            let found: ObjectRecords = try await ask { second.client.lookup(["z", "x"], $0) }
            #expect(found.objects.map(\.epoch) == [0, 2] && found.objects.map(\.session) == [0, b])
            let kept: ObjectSnapshot = try await ask {
                second.client.fetchSnapshot(of: "y", within: .seconds(30), $0)
            }
            #expect(kept.state == [1, 2, 3])
            let again: OwnershipReply = try await ask { second.client.swap(swap("x", a, b), $0) }
            #expect(again.granted)
            #expect(try await open(second.client, "a") == a)
            #expect(try await open(second.client, "c") == b + 1)
            // The store itself keeps none of it in memory.
            #expect(second.store?.byteCount == 0)
            try await second.kill()
        }
    }

    private func at(_ epoch: UInt64) -> (ObjectRecord) -> ObjectRecord {
        { record in
            var record = record
            record.epoch = epoch
            return record
        }
    }

    @Test func answersWaitForTheDisk() async throws {
        let disk = MemoryDisk()
        let life = try await life(disk)
        let a = try await open(life.client, "a")
        let writing = loop.makePromise(of: Void.self)
        disk.hold(writing)
        var answers: [String] = []
        await withCheckedContinuation { (done: CheckedContinuation<Void, Never>) in
            func answered(_ what: String) {
                answers.append(what)
                if answers.count == 3 { done.resume() }
            }
            life.client.register([object("x")], session: a, within: .seconds(30)) { _ in answered("register") }
            writing.futureResult.assumeIsolated().whenSuccess {
                // A read shows what is not on disk yet: it waits too.
                life.client.lookup(["x"], within: .seconds(30)) { result in
                    #expect((try? result.get())?.objects.first?.epoch == 1)
                    answered("lookup")
                }
                // Both have arrived, and others are answered.
                life.ask(rounds: 5) {
                    answered("others")
                    disk.release()
                }
            }
        }
        #expect(answers.first == "others")
        try await life.kill()
    }

    @Test func aFailedDiskEndsIt() async throws {
        let disk = MemoryDisk()
        let life = try await life(disk)
        let a = try await open(life.client, "a")
        var failures: [StoreFailure] = []
        life.service.onFailure = { failures.append($0) }
        disk.breakDown()
        // One attempt each: more of them fare no better.
        let wire = WireClient(
            life.calls, try DirectoryMethod.schema(), service: DirectoryMethod.service,
            retry: RetryPolicy(timeout: .seconds(30), attempts: 1))
        var requests = [RegisterObjects(), RegisterObjects()]
        for index in requests.indices {
            requests[index].session = a
            requests[index].number = UInt64(index + 1)
            requests[index].objects = [object("x")]
        }
        for request in requests {
            let failure = await withCheckedContinuation { (done: CheckedContinuation<WireFailure?, Never>) in
                wire.ask("Register", request) { (result: Result<ObjectRecords, WireFailure>) in
                    if case .failure(let failure) = result {
                        done.resume(returning: failure)
                    } else {
                        done.resume(returning: nil)
                    }
                }
            }
            #expect(failure?.status.code == .unavailable && failure?.isCertain == false)
        }
        #expect(failures.map(\.code) == [.io])
        try await life.kill()
    }

    @Test func failpointsHoldASwap() async throws {
        var now: Int64 = 1
        let life = try await life(MemoryDisk(), clock: { now })
        let (a, b) = (try await open(life.client, "a"), try await open(life.client, "b"))
        let _: ObjectRecords = try await ask {
            life.client.register([object("x"), object("y")], session: a, within: .seconds(30), $0)
        }
        var reached: [String] = []
        var held: (() -> Void)?
        life.service.failpoint = { point, object, goOn in
            reached.append("\(point) \(object)")
            // Held once each; the client's repetitions pass.
            if reached.filter({ $0 == reached.last }).count > 1 { return goOn() }
            held = goOn
            // What the directory says of it meanwhile.
            life.client.lookup([object]) { result in
                reached.append("e\((try? result.get())?.objects.first?.epoch ?? 0)")
                held?()
            }
        }
        let reply: OwnershipReply = try await ask { life.client.swap(swap("x", a, b), $0) }
        #expect(reply.granted)
        #expect(reached.filter { !$0.hasPrefix("e") }.first == "swap x" && reached.contains("swapped x"))
        #expect(reached.filter { $0.hasPrefix("e") } == ["e1", "e2"])
        // A repetition changes nothing, and is not held behind the commit again.
        reached = ["swap x"]
        let again: OwnershipReply = try await ask { life.client.swap(swap("x", a, b), $0) }
        #expect(again.granted && !reached.contains("swapped x"))

        // What was held is decided when it goes on: the session's time is over by then.
        life.service.failpoint = { _, _, goOn in
            // In steps that are no absence of the directory's own.
            for _ in 1...9 {
                now += 250_000_000
                life.service.expire()
            }
            goOn()
        }
        let late: OwnershipReply = try await ask { life.client.swap(swap("y", a, b), $0) }
        #expect(late.fenced && !late.granted && late.record?.standing == .gone)
        try await life.kill()
    }

    @Test func registrationsAndDropsGoInOrderAndTogether() async throws {
        let life = try await life(nil)
        let a = try await open(life.client, "a")
        let before = life.service.requestCount
        let names = (1...2_500).map { "x\($0)" }
        var sizes: [Int] = []
        await withCheckedContinuation { (done: CheckedContinuation<Void, Never>) in
            for name in names.prefix(500) {
                life.client.register([object(name)], session: a, within: .seconds(30)) {
                    sizes.append((try? $0.get())?.objects.map(\.object) == [name] ? 1 : 0)
                }
            }
            life.client.drop([object("x1")].map(at(1)), session: a, within: .seconds(30)) { _ in }
            life.client.register(names.dropFirst(500).map(object), session: a, within: .seconds(30)) {
                #expect((try? $0.get())?.objects.map(\.object) == Array(names.dropFirst(500)))
                done.resume()
            }
        }
        #expect(sizes == Array(repeating: 1, count: 500))
        #expect(life.service.objectCount == 2_499)
        // The first alone, 499, the drop, and 2,000.
        #expect((5...20).contains(life.service.requestCount - before))
        var wrong = object("no name")
        wrong.epoch = 1
        await #expect {
            let _: ObjectRecords = try await ask {
                life.client.register([wrong], session: a, within: .seconds(30), $0)
            }
        } throws: { error in
            let failure = error as? DirectoryFailure
            return failure?.status.code == .invalidArgument && failure?.isInDoubt == false
        }
        let fenced: ObjectRecords = try await ask {
            life.client.register([object("z")], session: 99, within: .seconds(30), $0)
        }
        #expect(fenced.fenced && fenced.objects.map(\.epoch) == [0])
        try await life.kill()
    }

    @Test func whatNobodyAnswersIsInDoubtOnlyIfItMayHaveArrived() async throws {
        let life = try await life(nil)
        let (a, b) = (try await open(life.client, "a"), try await open(life.client, "b"))
        // It has arrived; then the caller gives up.
        life.service.failpoint = { _, _, _ in _ = life.clientClosed }
        await #expect {
            let _: OwnershipReply = try await ask { life.client.swap(swap("x", a, b), $0) }
        } throws: { ($0 as? DirectoryFailure)?.isInDoubt == true }
        try await life.kill()
        await #expect {
            let _: OwnershipReply = try await ask {
                life.client.swap(swap("x", a, b), within: .milliseconds(50), $0)
            }
        } throws: { ($0 as? DirectoryFailure)?.isInDoubt == false }
    }

    private func inTemporaryFolder(_ body: (String) async throws -> Void) async throws {
        var template = Array("/tmp/orch-directory-XXXXXX".utf8CString)
        guard let made = template.withUnsafeMutableBufferPointer({ mkdtemp($0.baseAddress!) }) else {
            throw StoreFailure(.io, "no temporary folder")
        }
        let folder = String(cString: made)
        defer {
            for name in ["node.sqlite", "node.sqlite-wal", "node.sqlite-shm", "node.sqlite-journal"] {
                unlink("\(folder)/\(name)")
            }
            rmdir(folder)
        }
        try await body(folder)
    }
}

/// Confined to the loop, as what it holds.
private struct Box<Reply: Sendable>: Sendable {
    let result: Result<Reply, DirectoryFailure>
    init(_ result: Result<Reply, DirectoryFailure>) { self.result = result }
}

/// A disk that a test can hold up and break.
private final class MemoryDisk: StoreDisk {
    private let values = Mutex<(values: [[UInt8]: [UInt8]], isBroken: Bool)>(([:], false))
    private let gate = DispatchSemaphore(value: 1)
    private let writing = Mutex<EventLoopPromise<Void>?>(nil)

    /// - Parameter writing: succeeds when something is held.
    func hold(_ writing: EventLoopPromise<Void>) {
        self.writing.withLock { $0 = writing }
        gate.wait()
    }
    func release() { gate.signal() }
    func breakDown() { values.withLock { $0.isBroken = true } }

    func open(incarnation: String) throws(StoreFailure) -> StoredState {
        var state = StoredState()
        state.values = values.withLock { $0.values }
        return state
    }

    func write(_ group: [StoreOperation]) throws(StoreFailure) {
        writing.withLock { $0.take() }?.succeed()
        gate.wait()
        gate.signal()
        let isBroken = values.withLock { contents in
            if contents.isBroken { return true }
            for operation in group {
                switch operation {
                case .put(let key, let value): contents.values[key] = value
                case .delete(let key): contents.values[key] = nil
                case .table: break
                }
            }
            return false
        }
        if isBroken { throw StoreFailure(.io, "the disk is broken") }
    }

    func close() {}
}
