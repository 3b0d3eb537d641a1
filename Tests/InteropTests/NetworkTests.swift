import Foundation
import TestSupport
import Testing

/// Programs over HTTP/1.1 and UDP that know nothing of us: curl, a browser, Python's own server and sockets.
@Suite struct NetworkTests {
    private static let programs = "\(OrchBinary.root)/Tests/InteropTests/Programs"
    private static let environment = [
        "PATH": "\(OrchBinary.root)/.venv/bin:" + (ProcessInfo.processInfo.environment["PATH"] ?? "")
    ]

    private func log(_ run: ClusterRun, _ node: String) throws -> String {
        try String(contentsOfFile: "\(run.orch.folder)/.orch/runs/latest/logs/\(node).log", encoding: .utf8)
    }

    /// Each way of following a feed with nothing but curl, while replies are late and some are lost.
    @Test func curlFollowsAFeedInEachWay() async throws {
        let orch = OrchBinary()
        orch.write(
            """
            after=0
            while [ $after -lt 40 ]; do
              reply=$(curl -sS --max-time 3 --retry 20 --retry-all-errors --retry-delay 0 "$1/feeds/news?after=$after$2")
              for id in $(printf '%s' "$reply" | grep -o '"id": *[0-9]*' | grep -o '[0-9]*'); do echo "item $id"; after=$id; done
              [ -z "$2" ] && sleep 0.05
            done
            exit 0
            """, to: "follow.sh")
        orch.write(
            """
            after=0
            while [ $after -lt 40 ]; do
              curl -sSN --max-time 2 -H 'Accept: text/event-stream' -H "Last-Event-ID: $after" "$1/feeds/news" > stream.txt
              for id in $(grep '^id:' stream.txt | grep -o '[0-9]*'); do echo "item $id"; after=$id; done
            done
            exit 0
            """, to: "push.sh")
        let run = try await ClusterRun(
            """
            seed: 21
            feeds: { news: { durable: true, append: { rate: 40/s } } }
            nodes:
              server: { feed: news }
              poll: { command: [sh, follow.sh, $(server.url), ""] }
              long: { command: [sh, follow.sh, $(server.url), "&wait=1s"] }
              push: { command: [sh, push.sh, $(server.url)] }
            faults:
              - { drop: 20%, link: server -> poll, settle: 100ms }
              - { drop: 20%, link: server -> long, settle: 100ms }
              - { delay: 1ms..20ms, link: server -> push }
            assertions:
              - { node: poll, exit: 0 }
              - { node: long, exit: 0 }
              - { node: push, exit: 0 }
              - { feed: at-least-once, to: poll }
              - { feed: at-least-once, to: long }
              - { feed: at-least-once, to: push }
            """, in: orch, environment: Self.environment)
        defer { run.orch.remove() }
        #expect(run.result.code == 0, "\(run.text)")
        for node in ["poll", "long", "push"] {
            let items = try log(run, node).split(separator: "\n").compactMap { line in
                line.range(of: "item ").map { String(line[$0.lowerBound...]) }
            }
            #expect(items.count >= 40 && items == (1...items.count).map { "item \($0)" }, "\(node): \(items)")
        }
    }

    /// A browser's EventSource goes on after a reset where it was.
    @Test func aBrowserFollowsAFeedThroughResets() async throws {
        let run = try await ClusterRun(
            """
            seed: 22
            feeds: { news: { append: { rate: 30/s } } }
            nodes:
              server: { feed: news }
              browser:
                command: [python, \(Self.programs)/eventsource.py, $(server.url)/feeds/news, "120"]
                ready: { log: following }
            faults:
              - { reset: true, link: browser <-> server, at: 1s }
              - { reset: true, link: browser <-> server, at: 2s }
            assertions:
              - { node: browser, exit: 0 }
              - { feed: exactly-once, to: browser }
            """, environment: Self.environment)
        defer { run.orch.remove() }
        #expect(run.result.code == 0, "\(run.text)")
        let line = try #require(try log(run, "browser").split(separator: "\n").last { $0.contains("{") })
        let json = try JSONSerialization.jsonObject(with: Data(line[line.firstIndex(of: "{")!...].utf8))
        let seen = try #require(json as? [String: Any])
        let ids = try #require(seen["ids"] as? [Int])
        #expect(ids.count >= 120 && ids == Array(1...ids.count), "\(ids)")
        #expect(seen["opened"] as? Int ?? 0 >= 3, "the resets reached it: \(seen)")
    }

    /// Anybody's server over HTTP/1.1: what its clients were told is counted from the wire.
    @Test func pythonsServerAnswersThroughFaults() async throws {
        let orch = OrchBinary()
        orch.write("hello", to: "hello.txt")
        orch.write(
            """
            import os, urllib.request, urllib.error
            told = {}
            for n in range(200):
                try:
                    with urllib.request.urlopen(os.environ['URL'] + '/hello.txt', timeout=2) as reply:
                        body = reply.read()
                        assert body == b'hello', body
                        key = reply.status
                except urllib.error.HTTPError as error:
                    key = error.code
                except Exception as error:
                    key = type(error).__name__
                told[key] = told.get(key, 0) + 1
            print(told, flush=True)
            """, to: "client.py")
        let run = try await ClusterRun(
            """
            seed: 23
            nodes:
              server: { command: [python, -m, http.server, $(port), --bind, 127.0.0.1], protocol: http }
              client: { command: [python, client.py], env: { URL: $(server.url) } }
            faults:
              - { error: 25%, status: 502, link: client -> server, only: { method: GET, path: /hello.* } }
              - { truncate: 10%, link: server -> client }
            assertions:
              - { node: client, exit: 0 }
              - { availability: ">=50%", from: client }
              - { availability: ">=95%", method: GET /hello.txt, expect: violated }
              - { latency: { p99: <1s }, method: GET }
            """, in: orch, environment: Self.environment)
        defer { run.orch.remove() }
        #expect(run.result.code == 0, "\(run.text)")
        let told = try log(run, "client")
        #expect(told.contains("502:"), "\(told)")
        #expect(told.contains("200:"), "\(told)")
        #expect(told.contains("IncompleteRead") || told.contains("ConnectionResetError"), "\(told)")
    }

    /// Datagrams between programs are lost, doubled and overtaken, and come back.
    @Test func pythonsDatagramsThroughFaults() async throws {
        let run = try await ClusterRun(
            """
            seed: 24
            nodes:
              echo:
                command: [python, \(Self.programs)/datagrams.py, serve, $(port)]
                protocol: udp
                ready: { log: serving }
              client: { command: [python, \(Self.programs)/datagrams.py, ask, $(echo.address), "400"], depends_on: echo }
            faults:
              - { drop: 30%, link: client -> echo }
              - { duplicate: 20%, link: echo -> client }
              - { reorder: 20%, link: client -> echo }
            assertions:
              - { node: client, exit: 0 }
            """, environment: Self.environment)
        defer { run.orch.remove() }
        #expect(run.result.code == 0, "\(run.text)")
        let line = try #require(try log(run, "client").split(separator: "\n").last { $0.contains("[") })
        let json = try JSONSerialization.jsonObject(with: Data(line[line.firstIndex(of: "[")!...].utf8))
        let back = try #require(json as? [Int])
        let kinds = Set(back)
        // 5 standard deviations around 70% of 400, and 20% of those twice.
        #expect((234...326).contains(kinds.count), "\(kinds.count)")
        #expect(back.count > kinds.count && back.count < kinds.count * 14 / 10, "\(back.count)")
        #expect(back != back.sorted(), "some were overtaken")
    }
}
