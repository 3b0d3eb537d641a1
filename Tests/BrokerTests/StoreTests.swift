import AMQP
import Glibc
import Logging
import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import Broker

/// A directory of its own for a test, removed with it.
final class Scratch {
    let path: String

    init() {
        var template = Array("/tmp/broker-tests-XXXXXX".utf8CString)
        path = String(cString: mkdtemp(&template)!)
    }

    deinit {
        for name in [
            "broker.sqlite", "broker.sqlite-wal", "broker.sqlite-shm", "broker.sqlite-journal", "delivered", "lock",
        ] {
            unlink("\(path)/\(name)")
        }
        rmdir(path)
    }

    func write(_ name: String, _ bytes: [UInt8]) {
        let file = open("\(path)/\(name)", O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        _ = bytes.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
        close(file)
    }

    func size(_ name: String) -> Int {
        var status = stat()
        return stat("\(path)/\(name)", &status) == 0 ? Int(status.st_size) : -1
    }

    /// A copy of the files as they are now: what a crash at this moment leaves behind.
    func crashed() -> Scratch {
        let copy = Scratch()
        for name in ["broker.sqlite", "broker.sqlite-wal", "delivered"] {
            let file = open("\(path)/\(name)", O_RDONLY)
            guard file >= 0 else { continue }
            var bytes = [UInt8](repeating: 0, count: size(name))
            let count = bytes.withUnsafeMutableBytes { read(file, $0.baseAddress, $0.count) }
            close(file)
            copy.write(name, Array(bytes.prefix(max(count, 0))))
        }
        return copy
    }
}

/// A core with a real store on disk, whose commits the test waits for.
struct StoredBroker {
    let broker: TestBroker
    let store: any MessageStore

    init(_ store: any MessageStore) throws {
        self.store = store
        broker = TestBroker { $0.hasStore = true }
        broker.core.restore(try store.open()) { store.mark(queue: $0) }
    }

    init(_ scratch: Scratch) throws { try self.init(SQLiteStore(directory: scratch.path)) }

    /// Writes everything that waits. Gives false if the store failed.
    @discardableResult
    func commit() -> Bool {
        var success = true
        while let group = broker.core.sealGroup(isTick: true) {
            let done = MultiThreadedEventLoopGroup.singleton.any().makePromise(of: Void.self)
            store.commit(group) { done.completeWith($0.mapError { $0 }) }
            success = (try? done.futureResult.wait()) != nil
            broker.core.groupCompleted(success: success)
            if !success { return false }
        }
        return success
    }
}

private let persistent = BasicProperties(deliveryMode: 2)

struct StoreTests {
    private let scratch = Scratch()

    @Test func confirmsWaitForTheDisk() throws {
        let stored = try StoredBroker(scratch)
        defer { stored.store.close() }
        let client = try stored.broker.client()
        client.send(.queueDeclare(Queue.Declare(queue: "q", durable: true)))
        #expect(try client.receive() == [])
        stored.commit()
        #expect(try client.receive() == [.method(1, .queueDeclareOk(Queue.DeclareOk(queue: "q")))])
        try client.call(.confirmSelect(Confirm.Select()))
        client.publish("a", key: "q", properties: persistent)
        client.publish("b", key: "q")
        #expect(try client.receive() == [.method(1, .basicAck(Basic.Ack(deliveryTag: 2)))])
        stored.commit()
        #expect(try client.receive() == [.method(1, .basicAck(Basic.Ack(deliveryTag: 1)))])
    }

    @Test func repliesKeepTheirOrder() throws {
        let stored = try StoredBroker(scratch)
        defer { stored.store.close() }
        let client = try stored.broker.client()
        client.send(.queueDeclare(Queue.Declare(queue: "q", durable: true)))
        client.send(.basicQos(Basic.Qos(prefetchCount: 1)))
        #expect(try client.receive() == [])
        stored.commit()
        #expect(
            try client.receive() == [
                .method(1, .queueDeclareOk(Queue.DeclareOk(queue: "q"))), .method(1, .basicQosOk(Basic.QosOk())),
            ])
    }

    /// Who declares a queue that another is declaring must not be told before it is on disk either.
    @Test func aSecondDeclarerWaitsToo() throws {
        let stored = try StoredBroker(scratch)
        defer { stored.store.close() }
        let first = try stored.broker.client()
        let second = try stored.broker.client()
        first.send(.queueDeclare(Queue.Declare(queue: "q", durable: true)))
        let group = try #require(stored.broker.core.sealGroup())
        #expect(group.operations.count == 1)
        second.send(.queueDeclare(Queue.Declare(queue: "q", durable: true)))
        #expect(try second.receive() == [])
        stored.broker.core.groupCompleted(success: true)
        #expect(try first.receive().count == 1)
        stored.commit()
        #expect(try second.receive().count == 1)
    }

    @Test func aCrashKeepsWhatWasWritten() throws {
        let stored = try StoredBroker(scratch)
        defer { stored.store.close() }
        let client = try stored.broker.client()
        client.send(.queueDeclare(Queue.Declare(queue: "q", durable: true, arguments: ["x-k": "v"])))
        client.send(.queueDeclare(Queue.Declare(queue: "r", durable: true)))
        client.send(.queueDeclare(Queue.Declare(queue: "t")))
        client.send(.queueDeclare(Queue.Declare(queue: "e", durable: true, exclusive: true)))
        client.send(.exchangeDeclare(Exchange.Declare(exchange: "x", type: "topic", durable: true)))
        client.send(.exchangeDeclare(Exchange.Declare(exchange: "tx", type: "topic")))
        for queue in ["q", "r", "t"] {
            client.send(.queueBind(Queue.Bind(queue: queue, exchange: "x", routingKey: "k.*")))
        }
        client.send(.queueBind(Queue.Bind(queue: "q", exchange: "amq.fanout")))
        client.send(.queueBind(Queue.Bind(queue: "r", exchange: "x", routingKey: "gone")))
        client.send(.queueUnbind(Queue.Unbind(queue: "r", exchange: "x", routingKey: "gone")))
        for index in 0..<6 { client.publish("\(index)", exchange: "x", key: "k.1", properties: persistent) }
        client.publish("transient", exchange: "x", key: "k.1")
        stored.commit()
        // Delivered: 0 1 2 3. Settled: 1.
        for _ in 0..<4 { client.send(.basicGet(Basic.Get(queue: "q"))) }
        client.send(.basicAck(Basic.Ack(deliveryTag: 2)))
        stored.commit()
        // Too late for the disk.
        client.publish("late", key: "q", properties: persistent)

        let after = try StoredBroker(scratch.crashed())
        defer { after.store.close() }
        let next = try after.broker.client()
        let statistics = after.broker.core.statistics
        #expect(statistics.queues.map(\.name) == ["q", "r"])
        #expect(statistics.queues.map(\.ready) == [5, 6])
        #expect(statistics.exchanges.contains { $0.name == "x" && $0.bindings == 2 })
        #expect(statistics.exchanges.contains { $0.name == "amq.fanout" && $0.bindings == 1 })
        #expect(!statistics.exchanges.contains { $0.name == "tx" })
        next.send(.basicConsume(Basic.Consume(queue: "q", consumerTag: "c")))
        let got = try next.deliveries()
        #expect(got.map(\.body) == ["0", "2", "3", "4", "5"])
        #expect(got.map(\.isRedelivered) == [true, true, true, false, false])
        #expect(try next.drain("r") == ["0", "1", "2", "3", "4", "5"])
        // Same arguments, no error; and new messages come after the old ones.
        next.send(.queueDeclare(Queue.Declare(queue: "q", durable: true, arguments: ["x-k": "v"])))
        next.publish("new", exchange: "amq.fanout", key: "", properties: persistent)
        after.commit()
        #expect(try next.receive().count == 2)
    }

    @Test func acknowledgedBeforeItWasWrittenIsNeverWritten() throws {
        let stored = try StoredBroker(scratch)
        defer { stored.store.close() }
        let client = try stored.broker.client()
        client.send(.queueDeclare(Queue.Declare(queue: "q", durable: true)))
        stored.commit()
        client.send(.confirmSelect(Confirm.Select()))
        client.send(.basicConsume(Basic.Consume(queue: "q", noAck: true)))
        _ = try client.receive()
        client.publish("a", key: "q", properties: persistent)
        #expect(try client.deliveries().map(\.body) == ["a"])
        let group = try #require(stored.broker.core.sealGroup())
        #expect(group.operations.isEmpty)
        stored.broker.core.groupCompleted(success: true)
        #expect(try client.receive() == [.method(1, .basicAck(Basic.Ack(deliveryTag: 1)))])
    }

    @Test func deletedAndPurgedStaysSo() throws {
        let stored = try StoredBroker(scratch)
        defer { stored.store.close() }
        let client = try stored.broker.client()
        for name in ["a", "b"] { client.send(.queueDeclare(Queue.Declare(queue: name, durable: true))) }
        for index in 0..<5 {
            client.publish("\(index)", key: "a", properties: persistent)
            client.publish("\(index)", key: "b", properties: persistent)
        }
        stored.commit()
        client.send(.queueDelete(Queue.Delete(queue: "a")))
        client.send(.queuePurge(Queue.Purge(queue: "b")))
        stored.commit()
        // The number of the old queue is used again; nothing of it may show.
        client.send(.queueDeclare(Queue.Declare(queue: "c", durable: true)))
        stored.commit()
        let after = try StoredBroker(scratch.crashed())
        defer { after.store.close() }
        let queues = after.broker.core.statistics.queues
        #expect(queues.map(\.name) == ["b", "c"])
        #expect(queues.map(\.ready) == [0, 0])
    }

    /// Cuts the log at every few octets: what was confirmed before the cut group is there, in order, and no half.
    @Test func aTornLogLosesOnlyItsEnd() throws {
        let stored = try StoredBroker(scratch)
        defer { stored.store.close() }
        let client = try stored.broker.client()
        client.send(.queueDeclare(Queue.Declare(queue: "q", durable: true)))
        stored.commit()
        client.publish("safe", key: "q", properties: persistent)
        stored.commit()
        let safe = scratch.size("broker.sqlite-wal")
        client.publish("torn 1", key: "q", properties: persistent)
        client.publish("torn 2", key: "q", properties: persistent)
        stored.commit()
        let end = scratch.size("broker.sqlite-wal")
        #expect(end > safe)
        for length in stride(from: safe, to: end, by: 1997) {
            let torn = scratch.crashed()
            truncate("\(torn.path)/broker.sqlite-wal", length)
            let after = try StoredBroker(torn)
            #expect(try after.broker.client().drain("q") == ["safe"], "\(length) of \(end)")
            after.store.close()
        }
    }

    @Test func oneBrokerADirectory() throws {
        let first = SQLiteStore(directory: scratch.path)
        _ = try first.open()
        let second = SQLiteStore(directory: scratch.path)
        let error = #expect(throws: StoreError.self) { try second.open() }
        #expect(error?.code == .locked)
        second.close()
        first.close()
        let third = SQLiteStore(directory: scratch.path)
        _ = try third.open()
        third.close()
    }

    @Test func aFileThatIsNoStoreIsRefused() throws {
        scratch.write("broker.sqlite", Array(repeating: 0x55, count: 9000))
        var error = #expect(throws: StoreError.self) { try SQLiteStore(directory: scratch.path).open() }
        #expect(error?.code == .unreadable)

        let foreign = Scratch()
        try SQLiteConnection(path: foreign.path + "/broker.sqlite").execute("CREATE TABLE theirs (a)")
        error = #expect(throws: StoreError.self) { try SQLiteStore(directory: foreign.path).open() }
        #expect(error?.code == .unreadable)

        error = #expect(throws: StoreError.self) { try SQLiteStore(directory: "/proc/no/such").open() }
        #expect(error?.code == .io)
    }

    @Test func aDiskThatFailsMeansNackAndLife() throws {
        let store = FailingStore(SQLiteStore(directory: scratch.path))
        let stored = try StoredBroker(store)
        defer { stored.store.close() }
        let client = try stored.broker.client()
        client.send(.queueDeclare(Queue.Declare(queue: "q", durable: true)))
        client.send(.confirmSelect(Confirm.Select()))
        client.publish("before", key: "q", properties: persistent)
        stored.commit()
        _ = try client.receive()
        store.fails.withLock { $0 = true }
        client.publish("refused", key: "q", properties: persistent)
        client.publish("transient", key: "q")
        client.send(.basicGet(Basic.Get(queue: "q", noAck: true)))
        #expect(!stored.commit())
        #expect(
            try client.receive().compactMap(\.method).contains(.basicNack(Basic.Nack(deliveryTag: 2))))
        store.fails.withLock { $0 = false }
        client.publish("after", key: "q", properties: persistent)
        #expect(stored.commit())
        #expect(try client.receive() == [.method(1, .basicAck(Basic.Ack(deliveryTag: 4)))])
        let after = try StoredBroker(scratch.crashed())
        defer { after.store.close() }
        // `before` was settled while the disk failed: that must have been made up for.
        #expect(try after.broker.client().drain("q") == ["after"])
    }
}

/// Passes on, or fails every group.
final class FailingStore: MessageStore {
    private let store: SQLiteStore
    let fails = Mutex(false)

    init(_ store: SQLiteStore) { self.store = store }

    func open() throws -> RecoveredState { try store.open() }
    func mark(queue: UInt32) -> UnsafeMutablePointer<UInt64>? { store.mark(queue: queue) }
    func close() { store.close() }

    func commit(_ group: StoreGroup, completion: @escaping @Sendable (Result<Void, StoreError>) -> Void) {
        guard !fails.withLock({ $0 }) else { return completion(.failure(StoreError(.io, "disk full", path: "x"))) }
        store.commit(group, completion: completion)
    }
}
