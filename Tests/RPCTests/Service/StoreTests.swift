import ClusterModel
import NIOCore
import Protobuf
import Storage
import Testing

@testable import RPC

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

private func text(_ string: String) -> [UInt8] { Array(string.utf8) }

@Loop @Suite(.timeLimit(.minutes(1))) struct StoreTests {
    private let durable = DuplicatePolicy(durable: true)

    private func store(_ disk: any StoreDisk, _ incarnation: String = "1.a", limit: Int = 1 << 20) async throws
        -> NodeStore
    {
        try await NodeStore.open(disk, incarnation: incarnation, limit: limit, on: Loop.eventLoop).get().value
    }

    private func committed(_ store: NodeStore) async {
        await withCheckedContinuation { done in store.commit([]) { _ in done.resume() } }
    }

    @Test func effectAndReplyAreOneCommitAndTheReplyWaitsForIt() async throws {
        let disk = FakeDisk()
        let bench = try ServiceBench(durable, store: try await store(disk))
        disk.hold()
        let (_, answer) = try bench.send("c/1/1")
        let execution = bench.open[0]
        execution.store?.acquire {}
        try execution.store?.put(text("count"), text("1"))
        execution.finish(bench.total(1))
        // Done, but not on disk: a duplicate waits too.
        let (_, duplicate) = try bench.send("c/1/1", attempt: 2)
        #expect(answer.words == "open" && duplicate.words == "open" && bench.ended.isEmpty)
        disk.release()
        await answer.end()
        #expect(answer.words == "OK executed" && duplicate.words == "OK attached")
        #expect(bench.ended.map(\.ending) == [.succeeded])
        #expect(bench.started.map(\.isDurable) == [true])
        let group = try #require(disk.groups.first)
        #expect(group.contains { if case .put = $0 { true } else { false } })
        #expect(group.contains { if case .table(_, .saved) = $0 { true } else { false } })
        #expect(try bench.send("c/1/1", attempt: 3).answer.words == "OK saved")
    }

    @Test func aRestartAnswersFromTheDisk() async throws {
        let disk = FakeDisk()
        let first = try ServiceBench(durable, store: try await store(disk))
        let (_, done) = try first.send("c/1/1", server: "1.a")
        first.open[0].finish(first.total(42))
        await done.end()
        // Runs when the process dies.
        try first.send("c/1/2", server: "1.a")
        first.open[1].store?.acquire {}
        try first.open[1].store?.put(text("lost"), text("1"))

        let second = try ServiceBench(durable, store: try await store(disk, "2.b"), incarnation: "2.b")
        #expect(second.actions == [.recovered])
        let (_, again) = try second.send("c/1/1", attempt: 2, server: "1.a")
        #expect(again.words == "OK saved")
        #expect(try again.total(second.schema) == 42)
        // The other had no effect, and is executed.
        let (_, other) = try second.send("c/1/2", attempt: 2, server: "1.a")
        second.open[0].store?.acquire {}
        #expect(try second.open[0].store?.get(text("lost")) == nil)
        second.open[0].finish(second.total(1))
        await other.end()
        #expect(other.words == "OK executed")
        #expect(try second.send("c/1/3", server: "0.never").answer.words == "UNAVAILABLE unknown server-restarted")
        // What the client acknowledges is forgotten, on the disk too, and stays over.
        let (_, third) = try second.send("c/1/3", acknowledged: 3)
        second.open[1].finish(second.total(1))
        await third.end()
        let last = try ServiceBench(durable, store: try await store(disk, "3.c"), incarnation: "3.c")
        #expect(try last.send("c/1/1", attempt: 9, server: "1.a").answer.words == "FAILED_PRECONDITION unknown stale")
    }

    @Test func recoveredCallsAreEvidence() async throws {
        let disk = FakeDisk()
        let first = try ServiceBench(durable, store: try await store(disk))
        let (_, done) = try first.send("c/1/1")
        first.open[0].finish(first.total(42))
        await done.end()
        let store = try await store(disk, "2.b")
        let witness = try ServiceBench()
        let dispatcher = ServiceDispatcher(
            .init(instance: "server-1", incarnation: "2.b"), store: store, on: Loop.eventLoop)
        dispatcher.observer = witness
        dispatcher.add(ServedService(try calculator, name: "Calculator", duplicates: durable, handlers: [:]))
        #expect(witness.actions == [.recovered])
        #expect(witness.duplicates[0].method == "Calculator/suma")
        #expect(witness.duplicates[0].call == CallID("c/1/1"))
    }

    @Test func whatFailsIsUndone() async throws {
        let store = try await store(FakeDisk())
        let bench = try ServiceBench(durable, store: store)
        let (_, answer) = try bench.send("c/1/1")
        bench.open[0].store?.acquire {}
        try bench.open[0].store?.put(text("key"), text("1"))
        bench.open[0].fail(GRPCStatus(.aborted, "no"))
        await answer.end()
        #expect(answer.words == "ABORTED executed executed")
        let (cut, _) = try bench.send("c/1/2")
        bench.open[1].store?.acquire {}
        try bench.open[1].store?.put(text("key"), text("2"))
        cut?.cancelled(.reset(code: 8))
        let (_, read) = try bench.send("c/1/3")
        // The lock is handed over in a later turn of the loop.
        await withCheckedContinuation { granted in bench.open[2].store?.acquire { granted.resume() } }
        #expect(try bench.open[2].store?.get(text("key")) == nil)
        bench.open[2].finish(bench.total(0))
        await read.end()
        #expect(read.words == "OK executed")
        #expect(store.byteCount == 0)
    }

    @Test func handlersThatTouchTheStoreAreSerial() async throws {
        let bench = try ServiceBench(durable, store: try await store(FakeDisk()))
        let answers = try (1...20).map { try bench.send("c/1/\($0)").answer }
        for execution in bench.open {
            // Each reads, lets others run, and writes one more.
            execution.store?.acquire { [execution] in
                let old =
                    (try? execution.store?.get(text("n")))?.flatMap { Int(String(decoding: $0, as: UTF8.self)) } ?? 0
                Loop.eventLoop.assumeIsolated().execute {
                    try? execution.store?.put(text("n"), text("\(old + 1)"))
                    execution.finish(bench.total(Int64(old + 1)))
                }
            }
        }
        for answer in answers { await answer.end() }
        #expect(try answers.map { try $0.total(bench.schema) } == (1...20).map { Int64($0) })
    }

    @Test func severalCallsShareACommit() async throws {
        let disk = FakeDisk()
        let bench = try ServiceBench(durable, store: try await store(disk))
        disk.hold()
        let answers = try (1...10).map { try bench.send("c/1/\($0)").answer }
        for execution in bench.open { execution.finish(bench.total(1)) }
        disk.release()
        for answer in answers { await answer.end() }
        #expect(disk.groups.count == 2)
    }

    @Test func aBrokenDiskAnswersNothingForSure() async throws {
        let disk = FakeDisk()
        let bench = try ServiceBench(durable, store: try await store(disk))
        disk.breakDown()
        let (_, answer) = try bench.send("c/1/1")
        bench.open[0].finish(bench.total(1))
        await answer.end()
        #expect(answer.words == "UNAVAILABLE executed unknown store")
        #expect(bench.ended.map(\.ending) == [.cut])
        #expect(try bench.send("c/1/1", attempt: 2).answer.words == "UNAVAILABLE unknown store")
        #expect(try bench.send("c/1/2").answer.words == "UNAVAILABLE unknown store")
    }

    @Test func refusalsOfADurableServiceAreOnDisk() async throws {
        let disk = FakeDisk()
        let bench = try ServiceBench(DuplicatePolicy(capacity: 1, durable: true), store: try await store(disk))
        disk.hold()
        try bench.send("c/1/1", server: "1.a")
        let (_, refused) = try bench.send("c/1/2", server: "1.a")
        #expect(refused.words == "open")
        disk.release()
        await refused.end()
        #expect(refused.words == "RESOURCE_EXHAUSTED not-executed table-full")
        // A copy of what was called not executed, after a crash.
        let second = try ServiceBench(durable, store: try await store(disk, "2.b"), incarnation: "2.b")
        let (_, copy) = try second.send("c/1/2", server: "1.a")
        await copy.end()
        #expect(copy.words == "RESOURCE_EXHAUSTED not-executed table-full")
        #expect(second.started.isEmpty)
    }

    @Test func limitsOfTheStore() async throws {
        let store = try await store(FakeDisk(), limit: 1_000)
        let transaction = store.begin()
        #expect(throws: StoreTransaction.Misuse.notGranted) { try transaction.put(text("a"), []) }
        transaction.acquire {}
        #expect(throws: StoreTransaction.Misuse.keyTooLong) { try transaction.put([], []) }
        #expect(throws: StoreTransaction.Misuse.keyTooLong) {
            try transaction.get([]) == nil ? transaction.put([UInt8](repeating: 1, count: 1_025), []) : ()
        }
        #expect(throws: StoreTransaction.Misuse.full) {
            try transaction.put(text("a"), [UInt8](repeating: 1, count: 1_000))
        }
        try transaction.put(text("a"), [UInt8](repeating: 1, count: 900))
        try transaction.put(text("a"), [UInt8](repeating: 2, count: 999))
        try transaction.put(text("a"), [])
        #expect(try transaction.get(text("a")) == [])
        try transaction.delete(text("a"))
        try transaction.delete(text("b"))
        #expect(try transaction.get(text("a")) == nil)
        try transaction.put(text("a"), [UInt8](repeating: 1, count: 900))
        _ = transaction.end(commits: true)
        #expect(store.byteCount == 901)
        #expect(throws: StoreTransaction.Misuse.notGranted) { try transaction.put(text("a"), []) }
        let next = store.begin()
        next.acquire {}
        #expect(throws: StoreTransaction.Misuse.full) { try next.put(text("b"), [UInt8](repeating: 1, count: 100)) }
        try next.delete(text("a"))
        _ = next.end(commits: true)
        #expect(store.byteCount == 0)
    }

    // MARK: - SQLite

    private func inTemporaryFolder(_ body: (String) async throws -> Void) async throws {
        var template = Array("/tmp/orch-store-XXXXXX".utf8CString)
        let folder = try #require(mkdtemp(&template).map { String(cString: $0) })
        defer { for name in ["node.sqlite", "node.sqlite-wal", "node.sqlite-shm", ""] { remove("\(folder)/\(name)") } }
        try await body(folder)
    }

    @Test func whatSQLiteKeeps() async throws {
        try await inTemporaryFolder { folder in
            var status = GRPCStatus(.notFound, "é\n", details: [0, 1, 255])
            var metadata = Metadata()
            try metadata.add("a", "b")
            try metadata.add("c-bin", binary: [1, 2, 3])
            let error = SavedReply(
                method: "S/m", status: status, headers: metadata, trailers: metadata, outcome: .executed, reason: "x")
            status.details = nil
            let reply = SavedReply(method: "S/n", message: ByteBuffer(bytes: [9, 8]), status: .ok)
            let over = SequenceSet(mark: 4, ranges: [6...7, 9...1_000])
            let disk = SQLiteDisk(directory: folder)
            #expect(try disk.open(incarnation: "1.a").incarnations == ["1.a"])
            try disk.write([
                .put(key: text("k"), value: []), .put(key: text("gone"), value: text("x")), .delete(key: text("gone")),
                .put(key: [0, 255], value: [0]), .table(service: "S", .client(origin: "c/1", over: over, span: 77)),
                .table(service: "S", .client(origin: "d/1", over: over, span: 77)),
                .table(service: "S", .forgotten(origin: "d/1")),
                .table(service: "S", .saved(CallID(origin: "c/1", sequence: 5), error, bytes: 10, span: 5)),
                .table(service: "S", .saved(CallID(origin: "c/1", sequence: 8), reply, bytes: 11, span: 6)),
                .table(service: "S", .saved(CallID(origin: "c/1", sequence: 1_001), reply, bytes: 11, span: 6)),
                .table(service: "S", .removed(CallID(origin: "c/1", sequence: 1_001))),
                .table(service: "T", .refused(CallID(origin: "c/1", sequence: 2), attempt: 3, .tableFull, span: 7)),
            ])
            // A second process is turned away.
            #expect(throws: StoreFailure.self) { try SQLiteDisk(directory: folder).open(incarnation: "x") }
            disk.close()
            let again = SQLiteDisk(directory: folder)
            let state = try again.open(incarnation: "2.b")
            again.close()
            #expect(state.incarnations == ["1.a", "2.b"])
            #expect(state.values == [text("k"): [], [0, 255]: [0]])
            let words = (state.tables["S"] ?? []).map(describe)
            #expect(
                words == [
                    "client c/1 4 [ClosedRange(6...7), ClosedRange(9...1000)] 77", "saved c/1/5 10 5",
                    "saved c/1/8 11 6",
                ])
            #expect(state.tables["T"]?.map(describe) == ["refused c/1/2 3 table-full 7"])
            func describe(_ change: TableChange<SavedReply>) -> String {
                switch change {
                case .client(let origin, let marks, let span):
                    #expect(marks == over)
                    return "client \(origin) \(marks.mark) \(marks.ranges) \(span)"
                case .saved(let id, let saved, let bytes, let span):
                    #expect(saved == (id.sequence == 5 ? error : reply))
                    return "saved \(id) \(bytes) \(span)"
                case .refused(let id, let attempt, let reason, let span):
                    return "refused \(id) \(attempt) \(reason.rawValue) \(span)"
                case .removed, .forgotten: return "unexpected"
                }
            }
        }
    }

    @Test func aGroupThatFailsLeavesNothing() async throws {
        try await inTemporaryFolder { folder in
            let disk = SQLiteDisk(directory: folder, pages: 40)
            _ = try disk.open(incarnation: "1.a")
            let tooLong = [UInt8](repeating: 1, count: 1_000_000)
            #expect(throws: StoreFailure.self) {
                try disk.write([.put(key: text("a"), value: text("1")), .put(key: text("b"), value: tooLong)])
            }
            disk.close()
            #expect(try SQLiteDisk(directory: folder).open(incarnation: "2.b").values.isEmpty)
        }
    }

    @Test func aGroupThatFailsHalfwayIsUndone() async throws {
        try await inTemporaryFolder { folder in
            let disk = SQLiteDisk(directory: folder)
            _ = try disk.open(incarnation: "1.a")
            disk.close()
            // A failure that does not end the transaction by itself, as a full disk does.
            try SQLiteFile(path: "\(folder)/node.sqlite").execute(
                "CREATE TRIGGER no BEFORE INSERT ON value WHEN NEW.key = x'62' BEGIN SELECT RAISE(FAIL, 'no'); END")
            _ = try disk.open(incarnation: "2.b")
            #expect(throws: StoreFailure.self) {
                try disk.write([.put(key: text("a"), value: text("1")), .put(key: text("b"), value: text("2"))])
            }
            try disk.write([.put(key: text("c"), value: text("3"))])
            disk.close()
            #expect(try SQLiteDisk(directory: folder).open(incarnation: "3.c").values == [text("c"): text("3")])
        }
    }

    @Test func otherFilesAreRefused() async throws {
        try await inTemporaryFolder { folder in
            let file = fopen("\(folder)/node.sqlite", "w")
            fputs("this is no database, but it is long enough to look at, and to be told apart from one", file)
            fclose(file)
            #expect { try SQLiteDisk(directory: folder).open(incarnation: "1") } throws: {
                ($0 as? StoreFailure)?.code == .unreadable
            }
        }
        #expect { try SQLiteDisk(directory: "/dev/null/x").open(incarnation: "1") } throws: {
            ($0 as? StoreFailure)?.code == .io
        }
    }

    @Test func repliesThatAreCutShortAreNoReplies() {
        let reply = SavedReply(
            method: "S/m", message: ByteBuffer(bytes: [1, 2, 3]), status: GRPCStatus(.aborted, "x", details: [1]))
        let whole = reply.encoded
        for count in 0..<whole.count { #expect(whole[..<count].withUnsafeBytes { SavedReply(encoded: $0) } == nil) }
        #expect(whole.withUnsafeBytes { SavedReply(encoded: $0) } == reply)
        #expect((whole + [0]).withUnsafeBytes { SavedReply(encoded: $0) } == nil)
    }
}
