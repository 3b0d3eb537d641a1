import Foundation
import TestSupport
import Testing

/// Distributed objects between real processes: moving, dying, and being found, collected and restored.
@Suite struct ObjectTests {
    struct Run {
        var result: OrchBinary.Result
        var report: [String: Any]
        var orch: OrchBinary

        var assertions: [[String: Any]] { report["assertions"] as? [[String: Any]] ?? [] }

        /// The verdict of the first assertion whose name begins like this.
        func verdict(_ name: String) -> String? {
            assertions.first { ($0["assertion"] as? String)?.hasPrefix(name) ?? false }?["verdict"] as? String
        }

        func calls(_ name: String = "calls") -> [String: Int] {
            let found = assertions.first { ($0["assertion"] as? String)?.hasPrefix(name) ?? false }
            let counts = (found?["calls"] as? [String: Any])?["counts"] as? [String: Any]
            return counts?.compactMapValues { $0 as? Int } ?? [:]
        }

        var text: String { result.output + result.errors }
    }

    private func run(_ topology: String) async throws -> Run {
        let orch = OrchBinary()
        orch.write(topology, to: "t.yaml")
        let result = try await orch.run(["up", "t.yaml"])
        #expect(Processes.ofRuns(in: orch.folder).isEmpty)
        return Run(result: result, report: try orch.report(), orch: orch)
    }

    @Test(arguments: [
        "objects-account", "objects-wrong-server", "objects-migration", "objects-migration-crashes", "objects-gc",
        "rpc-versus-objects", "objects-follow-the-caller",
    ])
    func bundledTopologiesPass(name: String) async throws {
        let orch = OrchBinary()
        defer { orch.remove() }
        let result = try await orch.run("up", "\(OrchBinary.root)/Topologies/\(name).yaml")
        #expect(result.code == 0, "\(result.output)\(result.errors)")
        #expect(Processes.ofRuns(in: orch.folder).isEmpty)
    }

    // MARK: - Crashes at each step of a move

    /// Two callers count while `hits` moves from host-a to host-b.
    private func counter(
        type: String, faults: String = "", hosts: String = "restart: always", moves: String = "",
        assertions: String, count: Int = 60
    ) -> String {
        """
        seed: 5
        drain: 10s
        objects:
          Counter:
            \(type)
            state: { total: 0 }
            methods:
              increment:
                returns: int64
                handler: |
                  self.total = self.total + 1
                  return self.total
            retry: { timeout: 200ms, attempts: 100, backoff: 20ms..100ms, deadline: 12s }
            instances:
              hits: { host: host-a }
        nodes:
          directory: { directory: { lease: 1s, margin: 200ms }, restart: always }
          host-a: { host: Counter, \(hosts) }
          host-b: { host: Counter, \(hosts) }
          caller:
            replicas: 2
            invoke: { object: hits, method: increment, count: \(count), rate: 50/s }
        scenario:
          - { migrate: hits, to: host-b, at: 300ms }
        \(moves)
        \(faults)
        assertions:
          - owner: single
          - linearizable: hits
          - calls: at-most-once
        \(assertions)
        """
    }

    private static let steps = [
        "draining", "transferring", "preparing", "prepared", "swapping", "swap", "swapped", "moved", "activating",
        "activated",
    ]

    /// Of a durable object nothing is lost, whoever dies at whatever step, and every call ends in success.
    @Test(arguments: ["host-a", "host-b", "directory"], steps)
    func aDurableObjectSurvivesACrashAtEachStep(victim: String, step: String) async throws {
        let run = try await run(
            counter(
                type: "durable: true", faults: "faults: [{ kill: \(victim), failpoint: \(step) }]",
                assertions: """
                      - availability: 100%
                      - state: hits
                        is: { total: 120 }
                    """))
        defer { run.orch.remove() }
        #expect(run.result.code == 0, "\(victim) at \(step):\n\(run.text)")
        #expect(run.calls()["executions"] == 120)
        #expect(run.text.contains("fault kill \(victim) on"), "\(run.text)")
    }

    /// A target that dies before the swap: the source goes on at its epoch, and its queue is served.
    @Test(arguments: ["preparing", "prepared"])
    func theSourceGoesOnWhenItsTargetDies(step: String) async throws {
        let run = try await run(
            counter(
                type: "drain_timeout: 1s", faults: "faults: [{ kill: host-b, failpoint: \(step) }]",
                hosts: "restart: no",
                assertions: """
                      - availability: 100%
                      - state: hits
                        is: { total: 120 }
                      - node: host-b
                        state: killed
                    """))
        defer { run.orch.remove() }
        #expect(run.verdict("availability") == "pass", "\(run.text)")
        #expect(run.verdict("state") == "pass", "\(run.text)")
        #expect(run.text.contains("was not moved to host-b"), "\(run.text)")
    }

    /// Without a store a source that dies takes the object with it, and says so; no call is executed twice all the same.
    @Test func anObjectWithoutAStoreDiesWithItsOwner() async throws {
        let run = try await run(
            counter(
                type: "durable: false", faults: "faults: [{ kill: host-a, failpoint: swapping }]",
                assertions: "  - availability: <100%"))
        defer { run.orch.remove() }
        #expect(run.verdict("calls") == "pass", "\(run.text)")
        #expect(run.verdict("owner") == "pass", "\(run.text)")
        #expect(run.verdict("linearizable") == "pass", "\(run.text)")
        #expect(run.verdict("availability") == "pass", "\(run.text)")
        #expect((run.calls()["not_executed"] ?? 0) > 0, "\(run.calls())")
    }

    /// `restore: prepared`: the copy is adopted, since nothing ran after it was made.
    @Test func aPreparedCopyIsAdopted() async throws {
        let run = try await run(
            counter(
                type: "restore: prepared", faults: "faults: [{ kill: host-a, failpoint: swapping }]",
                hosts: "restart: no",
                assertions: """
                      - availability: 100%
                      - state: hits
                        is: { total: 120 }
                    """))
        defer { run.orch.remove() }
        #expect(run.verdict("availability") == "pass", "\(run.text)")
        #expect(run.verdict("state") == "pass", "\(run.text)")
        #expect(run.verdict("linearizable") == "pass", "\(run.text)")
    }

    /// `restore: elsewhere`: another host goes on from the last snapshot.
    @Test func aSnapshotIsRestoredElsewhere() async throws {
        let run = try await run(
            counter(
                type: "restore: elsewhere\n    snapshot: 50ms",
                faults: "faults: [{ kill: host-a, at: 700ms }]", hosts: "restart: no",
                moves: "", assertions: "  - availability: \">50%\"", count: 150
            ).replacingOccurrences(
                of: "- { migrate: hits, to: host-b, at: 300ms }", with: "- { migrate: hits, to: host-a, at: 300ms }"))
        defer { run.orch.remove() }
        #expect(run.verdict("owner") == "pass", "\(run.text)")
        #expect(run.verdict("availability") == "pass", "\(run.text)")
    }

    // MARK: - Partitions

    /// The owner does not hear from the directory for longer than its lease, or is not heard by it: it serves nobody
    /// meanwhile, and nothing is lost.
    @Test(arguments: ["host-a -> directory", "directory -> host-a"])
    func aPartitionFromTheDirectoryLosesNothing(link: String) async throws {
        let run = try await run(
            counter(
                type: "durable: true",
                faults: "faults: [{ drop: 100%, link: \(link), at: 600ms, for: 1500ms, only: [request, reply] }]",
                hosts: "restart: no",
                assertions: """
                      - availability: 100%
                      - state: hits
                        is: { total: 120 }
                    """
            ).replacingOccurrences(of: "at: 300ms }", with: "at: 5s }"))
        defer { run.orch.remove() }
        #expect(run.result.code == 0, "\(run.text)")
    }

    // MARK: - Pauses

    /// An owner that is stopped for longer than its lease finds out before it serves again.
    @Test func aPausedOwnerFindsOut() async throws {
        let run = try await run(
            counter(
                type: "durable: true", faults: "faults: [{ pause: host-a, at: 500ms, for: 1500ms }]",
                hosts: "restart: no",
                assertions: """
                      - availability: 100%
                      - state: hits
                        is: { total: 120 }
                    """
            ).replacingOccurrences(of: "at: 300ms }", with: "at: 4s }"))
        defer { run.orch.remove() }
        #expect(run.result.code == 0, "\(run.text)")
    }

    /// `on_stop: migrate`: a host that is asked to stop sends its objects away first, and none is lost.
    @Test func aHostThatIsRestartedSendsItsObjectsAway() async throws {
        let run = try await run(
            counter(
                type: "on_stop: migrate", faults: "faults: [{ restart: host-a, at: 600ms }]",
                assertions: """
                      - availability: 100%
                      - state: hits
                        is: { total: 120 }
                    """
            ).replacingOccurrences(of: "at: 300ms }", with: "at: 4s }"))
        defer { run.orch.remove() }
        #expect(run.result.code == 0, "\(run.text)")
        let events = try await run.orch.run("events")
        #expect(events.output.contains("\"change\":\"activated\""), "\(run.text)")
    }

    // MARK: - References

    /// Three moves later, when no host remembers any more where it went.
    @Test func anOldReferenceFindsItsObject() async throws {
        let run = try await run(
            """
            seed: 5
            objects:
              Counter:
                state: { total: 0 }
                tombstone: 100ms
                methods:
                  increment: { returns: int64, handler: "self.total = self.total + 1 return self.total" }
                instances:
                  hits: { host: host-a }
            nodes:
              directory: { directory: {} }
              host-a: { host: Counter }
              host-b: { host: Counter }
              host-c: { host: Counter }
              # Once at the start, and once when the object has moved three times and the tombstones are gone.
              caller: { invoke: { object: orch://Counter/hits, method: increment, count: 2, rate: 0.5/s } }
            scenario:
              - { migrate: hits, to: [host-b, host-c, host-b], at: 300ms, every: 250ms, times: 3 }
            assertions:
              - calls: exactly-once
              - state: hits
                is: { total: 2 }
              - pause: <5s
            """)
        defer { run.orch.remove() }
        #expect(run.result.code == 0, "\(run.text)")
        #expect(run.text.contains("epoch 4"), "\(run.text)")
    }

    /// A holder that is away for longer than its lease finds the object collected: its reference is expired, and never
    /// another object.
    @Test func aHolderThatIsAwayTooLongLosesItsReference() async throws {
        let run = try await run(
            """
            seed: 5
            objects:
              Item:
                lease: 600ms
                state: { label: "" }
                methods:
                  name: { returns: string, handler: return self.label }
              Shelf:
                methods:
                  fill:
                    handler: self.item = invoke("maker", "make")
                  look:
                    returns: string
                    handler: |
                      local found, value = pcall(invoke, self.item, "name")
                      if found then return value end
                      return value.status
                instances:
                  shelf: { host: host-b }
              Maker:
                methods:
                  make: { returns: ref, handler: 'return create("Item", { label = "it" })' }
                instances:
                  maker: { host: host-a }
            nodes:
              directory: { directory: {} }
              host-a: { host: [Item, Maker] }
              host-b: { host: [Shelf] }
              filler: { invoke: { object: shelf, method: fill, count: 1 } }
              # At 0, 2 and 4 seconds.
              looker: { invoke: { object: shelf, method: look, count: 3, rate: 0.5/s, retry: { timeout: 5s } } }
            faults:
              - { drop: 100%, link: host-b <-> host-a, at: 700ms, for: 2500ms }
            assertions:
              - collected: { within: 2s, type: Item }
              - calls: at-most-once
            """)
        defer { run.orch.remove() }
        #expect(run.verdict("collected") == "pass", "\(run.text)")
        let events = try await run.orch.run("events")
        #expect(events.output.contains("4f424a4543545f45585049524544"), "no OBJECT_EXPIRED in \(events.output)")
    }

    // MARK: - Commands

    @Test func objectsAreInvokedMovedAndListedByHand() async throws {
        let orch = OrchBinary()
        defer { orch.remove() }
        orch.write(
            """
            seed: 5
            objects:
              Counter:
                state: { total: 0 }
                methods:
                  add:
                    params: { by: int64 }
                    returns: int64
                    raises: Negative
                    handler: |
                      if params.by < 0 then raise("Negative", "by " .. params.by) end
                      self.total = self.total + params.by
                      return self.total
                instances:
                  hits: { host: host-a }
            nodes:
              directory: { directory: {} }
              host-a: { host: Counter }
              host-b: { host: Counter }
            """, to: "t.yaml")
        let up = try await orch.run("up", "-d", "--wait", "t.yaml")
        #expect(up.code == 0, "\(up.output)\(up.errors)")
        let first = try await orch.run("invoke", "hits", "add", "by=5")
        #expect(first.code == 0 && first.output.contains("\"5\""), "\(first)")
        let moved = try await orch.run("migrate", "hits", "--to", "host-b")
        #expect(moved.code == 0 && moved.output.contains("epoch 2"), "\(moved)")
        let second = try await orch.run("invoke", "orch://Counter/hits", "add", "{\"by\": 2}", "--trace")
        #expect(second.code == 0 && second.output.contains("\"7\"") && second.output.contains("host-b"), "\(second)")
        let raised = try await orch.run("invoke", "hits", "add", "by=-1")
        #expect(raised.code == 1 && raised.errors.contains("by -1"), "\(raised)")
        let listed = try await orch.run("objects")
        #expect(listed.output.contains("hits") && listed.output.contains("host-b"), "\(listed)")
        let gone = try await orch.run("invoke", "orch://Counter/nobody", "add", "by=1")
        #expect(gone.code == 69 && gone.errors.contains("object-gone"), "\(gone)")
        let nowhere = try await orch.run("migrate", "hits", "--to", "directory")
        #expect(nowhere.code != 0, "\(nowhere)")
        let down = try await orch.run("down")
        #expect(down.code == 2 || down.code == 0, "\(down)")
        #expect(Processes.ofRuns(in: orch.folder).isEmpty)
    }
}
