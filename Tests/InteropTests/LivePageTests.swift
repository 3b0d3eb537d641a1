import Foundation
import TestSupport
import Testing

/// The live page in a browser: `Programs/live-page.py` says what is clicked, and what must come of it.
@Suite(.serialized) struct LivePageTests {
    private static let environment = [
        "PATH": "\(OrchBinary.root)/.venv/bin:" + (ProcessInfo.processInfo.environment["PATH"] ?? "")
    ]

    /// Runs the topology in the background with its page, and what is to be clicked on it.
    private func click(_ kind: String, in orch: OrchBinary, _ topology: String) async throws {
        orch.write(topology, to: "t.yaml")
        let up = try await orch.run("up", "-d", "t.yaml", "--ui", "--wait", "--seed", "7")
        #expect(up.code == 0, "\(up.output)\(up.errors)")
        let page = try await orch.run("ui")
        let url = page.output.trimmingCharacters(in: .whitespacesAndNewlines)
        #expect(page.code == 0 && up.output.contains("page  \(url)\n"), "\(up.output)\(page.output)\(page.errors)")
        // ORCH_SCREENSHOTS=FOLDER keeps pictures for people.
        let shots = ProcessInfo.processInfo.environment["ORCH_SCREENSHOTS"].map { ["--shots", "\($0)/live-\(kind)"] }
        let script = "\(OrchBinary.root)/Tests/InteropTests/Programs/live-page.py"
        let result = try await Shell.run(
            "python", [script, url, OrchBinary.path, kind] + (shots ?? []), in: orch.folder,
            environment: Self.environment)
        #expect(result.code == 0, "\(result.output)\(result.errors)")
        // Whatever has failed, nothing is left behind.
        if result.code != 0 { _ = try? await orch.run("down") }
    }

    @Test func faultsAndProcessesAreClicked() async throws {
        let orch = OrchBinary()
        defer { orch.remove() }
        try await click(
            "messages", in: orch,
            """
            name: shop
            exchanges:
              orders: { type: topic }
            queues:
              jobs: { durable: true, bind: { exchange: orders, key: order.* } }
            nodes:
              broker: { broker: {} }
              producer:
                publish: { to: orders, key: order.new, rate: 300/s, confirm: { timeout: 300ms, attempts: 20 } }
              worker:
                replicas: 3
                consume: { queue: jobs, ack: manual }
              loud: { command: [sh, -c, "while sleep 0.1; do echo 'tick </script>'; done"], ready: { log: tick } }
            assertions:
              - { delivery: at-least-once, from: producer, to: worker }
            """)
        #expect(Processes.ofRuns(in: orch.folder).isEmpty)
        // The page did not change how the run ended.
        #expect(try orch.report()["verdict"] as? String == "pass")
        #expect(try await orch.run("ui").code == 69)
    }

    @Test func anObjectIsMoved() async throws {
        let orch = OrchBinary()
        defer { orch.remove() }
        try await click(
            "objects", in: orch,
            """
            name: accounts
            nodes:
              directory: { directory: { lease: 30s } }
              host-a: { host: Account }
              host-b: { host: Account }
            objects:
              Account:
                state: { balance: 100 }
                methods:
                  deposit:
                    params: { amount: int64 }
                    returns: int64
                    handler: |
                      self.balance = self.balance + params.amount
                      return self.balance
                instances:
                  acc-1: { host: host-a }
            """)
        #expect(try await orch.run("down").code == 0)
    }

    @Test func peersThatAreDoubtedAreShown() async throws {
        let orch = OrchBinary()
        defer { orch.remove() }
        try await click(
            "peers", in: orch,
            """
            name: islands
            groups:
              islands: { period: 100ms }
            nodes:
              peer:
                replicas: 5
                peer: { group: islands }
            """)
        #expect(try await orch.run("down").code <= 2)
    }
}
