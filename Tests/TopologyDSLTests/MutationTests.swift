import ClusterModel
import Testing
import TopologySamples

@testable import TopologyDSL

/// Whatever a file holds, reading it gives a topology, or at least one error at a place that exists.
@Suite struct MutationTests {
    /// Rounds for each file; a seed that failed is in the message.
    static let rounds = 150

    private func check(_ bytes: [UInt8], _ seed: UInt64) {
        let loaded = TopologyFile.load(bytes: bytes, path: "m.yaml", environment: ["A": "x"])
        let breaks = bytes.count { $0 == 0x0A || $0 == 0x0D }
        #expect(loaded.topology != nil || loaded.diagnostics.hasErrors, "seed \(seed)")
        #expect((loaded.topology == nil) == loaded.diagnostics.hasErrors, "seed \(seed)")
        for diagnostic in loaded.diagnostics {
            #expect((1...(breaks + 1)).contains(diagnostic.location.line), "seed \(seed): \(diagnostic)")
            #expect((1...(bytes.count + 1)).contains(diagnostic.location.column), "seed \(seed): \(diagnostic)")
            #expect(diagnostic.length >= 1 && !diagnostic.message.isEmpty)
            #expect(!diagnostic.rendered(colour: true).isEmpty)
        }
    }

    private static let pieces = [
        "{", "}", "[", "]", ":", ": ", "- ", "#", " #", "*", "&a ", "*a", "<<: ", "\"", "'", "|", ">", "\t", "\n",
        "\n  ",
        "!x ", "%", "@", "`", "~", "${A}", "${", "$(", "$$", ",", "?", "---\n", "...\n", "é", "日本", "\u{2028}",
        "\u{85}", "\r",
        "\u{FEFF}", "null", "-1", "1e9", "99999999999999999999", "0x", "30%", "nodes:\n", "faults:\n", "broker",
        "replicas: 1000",
        "->", "<->", "of", "label:", "queue:", "\u{0}", "true", "services:\n", "serve: ", "call: ", "method: ",
        "S.", "map<", "map<string, int64>", "repeated ", "oneof: ", "enum: [A]", "number: 5", "proto: x.proto",
        "request: ", "with: ", "handler: return ", "via: queue", "p99: <5ms", "google.protobuf.", "objects:\n",
        "host: ", "invoke: ", "directory:", "object: ", "acc-1", "orch://",
        "migrate: ", "failpoint: swapped", "state: ", "is: ", "collected: ", "returns: ", "ref",
        "feeds:\n", "groups:\n", "watch: ", "peer: ", "partition: ", "halves: ", "inbound: ", "deny: ", "ports: ",
        "7000-",
        "a | b", "fresh: ", "converged: ", "within: ", "protocol: udp",
    ]

    /// With everything that services have.
    private static let services = """
        services:
          S:
            package: p
            messages: { M: { a: int64, b: [string], c: "map<string, N>", d: { oneof: { x: N, y: bytes } } }, N: { e: bool } }
            enums: { E: [ZERO, ONE] }
            methods:
              one: { request: M, response: { total: int64, e: E, f: { type: double, number: 7 } }, handler: "return {}" }
              two:
                stream: both
                request: { inner: { deeper: { z: sint32 } }, when: Timestamp }
                handler: |
                  local n = 0
                  for request in requests do n = n + 1 end
            retry: { timeout: 200ms, attempts: 5, backoff: 20ms..500ms, deadline: 1s }
            duplicates: { on: execute, keep: 1s }
            limits: { memory: 1MB }
        nodes:
          broker: { broker: }
          a: { serve: { service: S, concurrency: 5 }, replicas: 2 }
          b: { serve: { service: S, via: { queue: rpc } } }
          c: { command: [x, "$(port)"], serve: p.S }
          d:
            call:
              - { method: S.one, to: a, with: { a: $(seq), b: [x], c: { k: { e: true } }, y: AA== }, expect: { total: 5 } }
              - { method: p.S.two, to: a, replica: 1, with: [{ when: "2026-01-01T00:00:00Z" }, {}], messages: 4 }
              - { method: S.one, to: b, metadata: { a: b }, rate: 5/s, loop: open, semantics: maybe }
        faults:
          - { drop: 10%, only: { method: S.one, kind: request }, name: f, for: 1s }
          - { reorder: 10%, within: 5ms }
        assertions:
          - { calls: at-most-once, of: S.one, from: d, to: a }
          - { latency: { of: S, p99: <5ms, max: 1s } }
          - { throughput: ">5/s" }
          - { availability: 99.9% }
          - { recovery: 1s, after: f }

        """

    @Test func mutatedObjects() {
        mutate(Array(ObjectModelTests.everything.utf8), "objects", rounds: Self.rounds * 2)
    }

    @Test func servicesAreSound() {
        let loaded = TopologyFile.load(text: Self.services, path: "s.yaml")
        #expect(loaded.diagnostics.isEmpty, "\(loaded.diagnostics.rendered())")
    }

    @Test func mutatedServices() { mutate(Array(Self.services.utf8), "services", rounds: Self.rounds * 2) }

    @Test func mutatedNetworks() {
        mutate(Array(NetworkModelTests.everything.utf8), "network", rounds: Self.rounds * 2)
    }

    @Test(arguments: BundledTests.names) func mutatedBundledFiles(_ name: String) {
        mutate(Array(contents(of: "\(repository)/Topologies/\(name).yaml").utf8), name, rounds: Self.rounds)
    }

    private func mutate(_ original: [UInt8], _ name: String, rounds: Int) {
        for seed in 0..<UInt64(rounds) {
            var generator = SeededGenerator(seed: seed, name)
            var bytes = original
            for _ in 0..<Int.random(in: 1...6, using: &generator) {
                let place = Int.random(in: 0..<max(bytes.count, 1), using: &generator)
                switch Int.random(in: 0..<5, using: &generator) {
                case 0:
                    bytes.insert(
                        contentsOf: Self.pieces.randomElement(using: &generator)!.utf8, at: min(place, bytes.count))
                case 1:
                    bytes.removeSubrange(place..<min(place + Int.random(in: 1...20, using: &generator), bytes.count))
                case 2:
                    let end = min(place + Int.random(in: 1...60, using: &generator), bytes.count)
                    bytes.insert(contentsOf: bytes[place..<end], at: Int.random(in: 0...bytes.count, using: &generator))
                case 3 where place < bytes.count: bytes[place] = UInt8.random(in: 0...255, using: &generator)
                default:
                    let piece = Array(Self.pieces.randomElement(using: &generator)!.utf8)
                    bytes.replaceSubrange(place..<min(place + piece.count, bytes.count), with: piece)
                }
                if bytes.isEmpty { break }
            }
            check(bytes, seed)
        }
    }

    @Test func garbage() {
        for seed in 0..<UInt64(Self.rounds * 3) {
            var generator = SeededGenerator(seed: seed, "garbage")
            var bytes: [UInt8] = []
            for _ in 0..<Int.random(in: 0...80, using: &generator) {
                if Bool.random(using: &generator) {
                    bytes += Array(Self.pieces.randomElement(using: &generator)!.utf8)
                } else {
                    bytes.append(UInt8.random(in: 0...127, using: &generator))
                }
            }
            check(bytes, seed)
        }
    }

    @Test func everyPrefix() {
        let bytes = Array(contents(of: repository + "/Topologies/headers.yaml").utf8)
        for end in stride(from: 0, to: bytes.count, by: 7) { check(Array(bytes[..<end]), UInt64(end)) }
    }
}
