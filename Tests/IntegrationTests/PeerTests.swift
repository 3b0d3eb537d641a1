import Foundation
import TestSupport
import Testing

/// Peers as real processes that find, lose and tell each other.
@Suite struct PeerTests {
    @Test(arguments: [
        "peers-name-service", "peers-gossip", "peers-partition", "peers-lookup", "peers-behind-firewalls",
    ])
    func bundledTopologiesPass(name: String) async throws {
        let orch = OrchBinary()
        defer { orch.remove() }
        let result = try await orch.run("up", "\(OrchBinary.root)/Topologies/\(name).yaml")
        #expect(result.code == 0, "\(result.output)\(result.errors)")
        #expect(Processes.ofRuns(in: orch.folder).isEmpty)
    }

    @Test func aDeathIsKnownToAllTheOthersInTime() async throws {
        let run = try await ClusterRun(
            """
            seed: 7
            groups: { g: { period: 100ms, timeout: 40ms, suspicion: 8 } }
            nodes:
              peer: { replicas: 7, peer: g }
            faults:
              - { kill: 1 of peer, at: 1s }
              - { latency: 1ms, link: all, at: 1s, for: 6s }
            assertions:
              - { detected: g, within: 5s }
              - { converged: g, within: 5s }
              - { false-deaths: 0 }
            """)
        defer { run.orch.remove() }
        #expect(run.result.code == 0, "\(run.text)")
        #expect(run.verdict("detected") == "pass")
        #expect(run.leftovers.isEmpty)
    }

    @Test func viewsAgreeAgainAfterAPartition() async throws {
        let run = try await ClusterRun(
            """
            seed: 8
            groups: { g: { period: 100ms, timeout: 40ms, suspicion: 3 } }
            nodes:
              peer: { replicas: 6, peer: g }
            faults:
              - { partition: { halves: peer }, at: 500ms, for: 2s }
              - { latency: 0.1ms, at: 2500ms, for: 6s, name: wait }
            assertions:
              - { converged: g, within: 5s }
            """)
        defer { run.orch.remove() }
        #expect(run.result.code == 0, "\(run.text)")
    }

    /// One that stood still finds that it was given up, and says that it lives.
    @Test func aPausedPeerRefutesItsDeath() async throws {
        let run = try await ClusterRun(
            """
            seed: 9
            groups: { g: { period: 100ms, timeout: 40ms, suspicion: 8 } }
            nodes:
              peer: { replicas: 5, peer: g }
            faults:
              - { pause: peer-3, at: 500ms, for: 2s }
              - { latency: 0.1ms, at: 2500ms, for: 6s, name: wait }
            assertions:
              - { converged: g, within: 5s }
              - { false-deaths: 0 }
            """)
        defer { run.orch.remove() }
        #expect(run.result.code == 0, "\(run.text)")
    }

    @Test func allAreKilledTogetherAndFindEachOther() async throws {
        let run = try await ClusterRun(
            """
            seed: 10
            groups: { g: { period: 100ms, timeout: 40ms, suspicion: 3 } }
            nodes:
              peer: { replicas: 7, peer: g, restart: always }
            faults:
              - { kill: peer, at: 1s }
              - { latency: 0.1ms, at: 1s, for: 6s, name: wait }
            assertions:
              - { converged: g, within: 5s }
            """)
        defer { run.orch.remove() }
        #expect(run.result.code == 0, "\(run.text)")
    }

    @Test func whatOneBroadcastsReachesAllThroughPartitions() async throws {
        let run = try await ClusterRun(
            """
            seed: 12
            drain: 10s
            groups: { g: { period: 100ms, timeout: 40ms, suspicion: 3 } }
            nodes:
              peer: { replicas: 5, peer: { group: g, broadcast: { count: 60, rate: 30/s } } }
            faults:
              - { partition: { halves: peer }, at: 300ms, for: 500ms, every: 900ms }
              - { drop: 20%, only: datagram }
            assertions:
              - { coherent: g }
            """)
        defer { run.orch.remove() }
        #expect(run.result.code == 0, "\(run.text)")
    }

    private func behindFirewalls(relay: String) -> String {
        """
        seed: 13
        groups: { g: { period: 100ms, timeout: 40ms, seeds: relay } }
        nodes:
          relay: { peer: g }
          alice: { inbound: deny, peer: { group: g, send: { to: bob, count: 40, rate: 40/s, attempts: 6 } } }
          bob: { inbound: deny, peer: { group: g, send: { to: alice, count: 40, rate: 40/s, attempts: 6 } } }
        faults: \(relay)
        assertions:
          - { messages: exactly-once, of: attempted }
        """
    }

    @Test func closedPeersTalkThroughARelay() async throws {
        let run = try await ClusterRun(behindFirewalls(relay: "[]"))
        defer { run.orch.remove() }
        #expect(run.result.code == 0, "\(run.text)")
        #expect(run.text.contains("relay"), "the report tells the way\n\(run.text)")
    }

    @Test func withoutTheRelayTheyDoNot() async throws {
        let run = try await ClusterRun(behindFirewalls(relay: "[{ kill: relay, at: 200ms }]"))
        defer { run.orch.remove() }
        #expect(run.verdict("messages") == "fail", "\(run.text)")
    }

    @Test func theNameServiceMayDie() async throws {
        let run = try await ClusterRun(
            """
            seed: 14
            groups: { g: { period: 100ms, timeout: 40ms, names: registry } }
            nodes:
              registry: { names: { lease: 500ms }, restart: always }
              peer:
                replicas: 4
                peer: { group: g, share: song-$(replica), find: { what: song-$(random 1 4), by: names, count: 40, rate: 20/s } }
            faults:
              - { kill: registry, at: 700ms }
            assertions:
              - { converged: g, within: 5s }
              - { found: ">=20%", by: names }
            """)
        defer { run.orch.remove() }
        #expect(run.result.code == 0, "\(run.text)")
    }
}
