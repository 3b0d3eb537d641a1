import Foundation
import TestSupport
import Testing

/// Feeds over HTTP between real processes, by each way of following one.
@Suite struct FeedTests {
    @Test(arguments: ["long-polling", "push", "polling-versus-push"])
    func bundledTopologiesPass(name: String) async throws {
        let orch = OrchBinary()
        defer { orch.remove() }
        let result = try await orch.run("up", "\(OrchBinary.root)/Topologies/\(name).yaml")
        #expect(result.code == 0, "\(result.output)\(result.errors)")
        #expect(Processes.ofRuns(in: orch.folder).isEmpty)
    }

    /// Watchers by each way see every item once, whatever is lost on the way and however often the server dies.
    @Test func nothingIsMissedOrShownTwiceUnderLossAndRestarts() async throws {
        let run = try await ClusterRun(
            """
            seed: 11
            drain: 10s
            feeds:
              news: { durable: true, append: { count: 200, rate: 100/s } }
            nodes:
              server: { feed: news, restart: always }
              poll: { replicas: 3, watch: { feed: news, by: poll, every: 50ms, timeout: 500ms } }
              long: { replicas: 3, watch: { feed: news, by: long-poll, wait: 2s, timeout: 500ms } }
              push: { replicas: 3, watch: { feed: news, by: push, timeout: 2s } }
            faults:
              - { drop: 20%, only: [reply, event], settle: 200ms }
              - { kill: server, at: 600ms }
              - { kill: server, at: 1300ms }
            assertions:
              - { feed: exactly-once, of: news, to: poll }
              - { feed: exactly-once, of: news, to: long }
              - { feed: exactly-once, of: news, to: push }
            """)
        defer { run.orch.remove() }
        #expect(run.result.code == 0, "\(run.text)")
        #expect(run.assertions.count >= 3)
        #expect(run.leftovers.isEmpty)
        let feeds = run.report["feeds"] as? [[String: Any]] ?? []
        #expect(feeds.contains { ($0["seen"] as? Int ?? 0) == 600 }, "\(feeds)")
    }

    /// A feed that lives in memory loses what it had: that is a finding, not a pass.
    @Test func aVolatileFeedThatDiesHasLostItems() async throws {
        let run = try await ClusterRun(
            """
            seed: 1
            feeds: { news: {} }
            nodes:
              server: { feed: news, restart: always }
              writer: { publish: { feed: news, count: 60, rate: 100/s } }
              reader: { watch: { feed: news, by: poll, every: 2s } }
            faults:
              - { kill: server, at: 300ms }
            assertions:
              - { feed: at-least-once, of: news, to: reader }
            """)
        defer { run.orch.remove() }
        #expect(run.result.code == 1, "\(run.text)")
        #expect(run.verdict("feed") == "fail")
    }

    /// An append is repeated until it is answered, and is there once.
    @Test func anAppendIsRepeatedAndIsThereOnce() async throws {
        let run = try await ClusterRun(
            """
            seed: 3
            feeds: { news: { durable: true } }
            nodes:
              server: { feed: news, restart: always }
              writer: { publish: { feed: news, count: 40, rate: 100/s, timeout: 200ms, attempts: 50 } }
              reader: { watch: news }
            faults:
              - { drop: 30%, link: writer <-> server, settle: 100ms }
              - { kill: server, at: 400ms }
            assertions:
              - { feed: exactly-once, of: news, to: reader }
            """)
        defer { run.orch.remove() }
        #expect(run.result.code == 0, "\(run.text)")
        let feeds = run.report["feeds"] as? [[String: Any]] ?? []
        #expect(feeds.first?["appended"] as? Int == 40, "\(feeds)")
    }

    /// A handler of a service appends.
    @Test func aCallAppends() async throws {
        let run = try await ClusterRun(
            """
            seed: 4
            feeds: { news: {} }
            services:
              Desk:
                methods:
                  report:
                    request: { text: string }
                    response: { number: int64 }
                    handler: return { number = append("news", request.text) }
            nodes:
              server: { feed: news }
              desk: { serve: Desk }
              caller: { call: { method: Desk.report, with: { text: hello $(seq) }, count: 30, rate: 200/s } }
              reader: { watch: { feed: news, by: long-poll, wait: 1s } }
            assertions:
              - { feed: exactly-once, to: reader }
              - { calls: exactly-once, method: Desk.report }
            """)
        defer { run.orch.remove() }
        #expect(run.result.code == 0, "\(run.text)")
    }

    /// The way in which it is followed has its price.
    @Test func theReportTellsWhatEachWayCosts() async throws {
        let run = try await ClusterRun(
            """
            seed: 5
            feeds: { news: { append: { count: 20, rate: 10/s } } }
            nodes:
              server: { feed: news }
              poll: { watch: { feed: news, by: poll, every: 20ms } }
              push: { watch: { feed: news, by: push } }
            assertions:
              - { feed: exactly-once, to: poll }
              - { feed: exactly-once, to: push, fresh: { p50: <500ms } }
            """)
        defer { run.orch.remove() }
        #expect(run.result.code == 0, "\(run.text)")
        let feeds = run.report["feeds"] as? [[String: Any]] ?? []
        func requests(_ watcher: String) -> Int? {
            feeds.first { ($0["watcher"] as? String) == watcher }?["requests"] as? Int
        }
        #expect((requests("poll") ?? 0) > 40, "\(feeds)")
        #expect(requests("push") == 1, "\(feeds)")
    }
}
