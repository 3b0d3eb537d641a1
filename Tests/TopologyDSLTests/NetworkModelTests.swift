import ClusterModel
import Testing

@testable import TopologyDSL

/// What sound feeds, watchers, groups, peers, and what goes with them become.
@Suite struct NetworkModelTests {
    private func topology(_ text: String, warnings: [String] = []) throws -> Topology {
        let loaded = TopologyFile.load(text: text, path: "dir/t.yaml")
        #expect(loaded.diagnostics.map(\.message) == warnings, "\(loaded.diagnostics.rendered())")
        return try loaded.get()
    }

    /// Every key of feeds and peers once, and the assertions and faults that go with them.
    static let everything = """
        feeds:
          news:
            append: { body: "item $(seq)!", size: 2KB, count: 100, rate: 50/s }
            durable: true
            keep: 500
            buffer: 10
            slow: drop-oldest
            heartbeat: 200ms
            wait: 5s
          plain:
        groups:
          friends:
            period: 100ms
            timeout: 30ms
            indirect: 2
            suspicion: 12
            seeds: [peer-1, relay]
            names: names
            relays: relay
            gossip: 20ms
            fanout: 4
            repair: 300ms
            neighbours: 2
            hops: 6
          bare:
        nodes:
          broker: { broker: }
          server: { feed: { feeds: [news, plain], port: 8090 }, inbound: { deny: all, except: [label:x, outside] } }
          shown: { watch: [news, { feed: plain, by: poll, every: 50ms, from: now, limit: 10, timeout: 1s, to: server }] }
          waits: { watch: { feed: news, by: long-poll, wait: 2s }, labels: x }
          writer:
            labels: x
            publish:
              - { to: amq.fanout, count: 1 }
              - { feed: news, count: 10, rate: 5/s, body: hi, size: 100, to: server, timeout: 2s, attempts: 3 }
              - { to: amq.direct, key: k, count: 2 }
              - { feed: plain }
          names: { names: { lease: 500ms } }
          relay: { peer: friends, inbound: allow, ports: 7000 }
          peer:
            replicas: 2
            inbound: { allow: all, except: relay }
            ports: 7010..7012
            peer:
              group: friends
              send:
                - { to: peer, count: 5 }
                - { to: relay, body: hey, size: 100, count: 6, rate: 2/s, timeout: 50ms, attempts: 4 }
              broadcast: [{ count: 3 }, { body: b, size: 10, rate: 1/s }]
              share: [song-$(replica), $(node)]
              find:
                - { what: song-1 }
                - { what: "song-$(random 1 2)", by: names, count: 7, rate: 2/s, timeout: 1s }
                - { what: x, rate: 1/s }
          closed: { peer: { group: bare, send: { to: closed } }, replicas: 2, inbound: deny }
          web: { command: [x], protocol: http }
          tcp: { command: [x], protocol: { speaks: tcp, port: 9000, listen: 9001 }, ports: 7020 - 7029 }
          rpc: { command: [x, $(port), $(udp.address)], protocol: grpc }
          udp: { command: [x], protocol: { speaks: udp, listen: 9002 } }
        faults:
          - { partition: [[peer-1, names], peer-2, [server]], at: 1s, for: 2s, every: 5s, name: cut }
          - { partition: { halves: peer }, for: 1s }
          - { partition: { isolate: 1 of peer } }
          - { partition: { from: [peer-1], to: peer-2 } }
          - { error: 20%, status: 429, link: waits -> server, only: { path: "/feeds/*", method: GET } }
          - { error: 1% }
          - { truncate: 10%, link: shown <- server }
          - { duplicate: 10%, only: [event, datagram] }
          - { kill: relay, at: 1s }
        assertions:
          - { feed: exactly-once }
          - { feed: at-least-once, of: news, to: shown, fresh: { p99: <500ms, max: 1s }, within: 9s }
          - { converged: friends, within: 5s }
          - { converged: { group: friends, within: 4s } }
          - { detected: all, within: 3s }
          - { detected: { group: friends, within: 2s }, expect: violated }
          - { false-deaths: 0 }
          - { false-deaths: <2, group: friends }
          - { coherent: friends }
          - { found: 99% }
          - { found: ">50%", group: friends, by: names, from: peer-1, hops: <=3, within: 1s }
          - { messages: exactly-once }
          - { messages: at-most-once, from: peer-1, to: relay, of: attempted }

        """

    @Test func feeds() throws {
        let topology = try topology(Self.everything)
        let at = topology.feeds.map(\.location)
        #expect(
            topology.feeds == [
                Feed(
                    name: "news",
                    append: AppendSource(
                        body: "item $(seq)!", size: 2_000, count: 100, rate: Rate(perSecond: 50)),
                    durable: true, keep: 500, buffer: 10, slow: .dropOldest, heartbeat: .milliseconds(200),
                    wait: .seconds(5), location: at[0]),
                Feed(name: "plain", location: at[1]),
            ])
        #expect(at[1] == SourceLocation(file: "dir/t.yaml", line: 10, column: 3))
        #expect(topology.node(named: "server")?.feed == FeedRole(feeds: ["news", "plain"], port: 8090))
        #expect(
            topology.node(named: "shown")?.watch == [
                WatchRole(feed: "news", to: "server"),
                WatchRole(
                    feed: "plain", by: .poll, to: "server", every: .milliseconds(50), timeout: .seconds(1), from: .now,
                    limit: 10),
            ])
        #expect(
            topology.node(named: "waits")?.watch == [
                WatchRole(feed: "news", by: .longPoll, to: "server", wait: .seconds(2))
            ])
    }

    @Test func whatIsPublishedGoesToBrokersAndFeeds() throws {
        let writer = try #require(try topology(Self.everything).node(named: "writer"))
        #expect(
            writer.publish == [
                PublishRole(exchange: "amq.fanout", count: 1), PublishRole(exchange: "amq.direct", key: "k", count: 2),
            ])
        #expect(
            writer.append == [
                AppendRole(
                    feed: "news", to: "server",
                    source: AppendSource(body: "hi", size: 100, count: 10, rate: Rate(perSecond: 5)),
                    timeout: .seconds(2), attempts: 3),
                AppendRole(feed: "plain", to: "server"),
            ])
        #expect(writer.append[1].source.body == "item $(seq)")
        // What is wrong with a workload for a broker is told at its own place among them.
        let loaded = TopologyFile.load(
            text: """
                feeds: { news: }
                nodes:
                  broker: { broker: }
                  server: { feed: news }
                  a:
                    publish:
                      - { feed: news, count: 1 }
                      - { to: nowhere }
                      - { feed: nws, count: 1 }
                """, path: "t")
        #expect(
            DiagnosticTests.said(loaded.diagnostics) == [
                "8:15: error: there is no exchange 'nowhere' | the topology declares none",
                "9:17: error: there is no feed 'nws', did you mean 'news'?",
            ])
    }

    @Test func groups() throws {
        let topology = try topology(Self.everything)
        let at = topology.groups.map(\.location)
        #expect(
            topology.groups == [
                PeerGroup(
                    name: "friends", period: .milliseconds(100), timeout: .milliseconds(30), indirect: 2, suspicion: 12,
                    seeds: ["peer-1", "relay"], names: "names", relays: ["relay"], gossip: .milliseconds(20), fanout: 4,
                    repair: .milliseconds(300), neighbours: 2, hops: 6, location: at[0]),
                PeerGroup(name: "bare", location: at[1]),
            ])
        #expect(topology.node(named: "names")?.names == NamesRole(lease: .milliseconds(500)))
        #expect(topology.node(named: "relay")?.peer == PeerRole(group: "friends"))
        #expect(
            topology.node(named: "peer")?.peer
                == PeerRole(
                    group: "friends",
                    send: [
                        SendRole(to: "peer", source: AppendSource(body: "message $(seq)", count: 5)),
                        SendRole(
                            to: "relay",
                            source: AppendSource(body: "hey", size: 100, count: 6, rate: Rate(perSecond: 2)),
                            timeout: .milliseconds(50), attempts: 4),
                    ],
                    broadcast: [
                        AppendSource(count: 3), AppendSource(body: "b", size: 10, rate: Rate(perSecond: 1)),
                    ],
                    share: ["song-$(replica)", "$(node)"],
                    find: [
                        FindRole(what: "song-1"),
                        FindRole(
                            what: "song-$(random 1 2)", by: .names, count: 7, rate: Rate(perSecond: 2),
                            timeout: .seconds(1)),
                        FindRole(what: "x", count: nil, rate: Rate(perSecond: 1)),
                    ]))
    }

    @Test func noRelaysIsNotAllRelays() throws {
        let topology = try topology("groups: { g: { relays: [] }, h: }\nnodes: { a: { peer: g }, b: { peer: h } }")
        #expect(topology.groups.map(\.relays) == [[], nil])
    }

    @Test func reachability() throws {
        let topology = try topology(Self.everything)
        func node(_ name: String) -> Node? { topology.node(named: name) }
        #expect(node("server")?.inbound == InboundRule(.deny, except: [.label("x"), .named("outside")]))
        #expect(node("peer")?.inbound == InboundRule(.allow, except: [.named("relay")]))
        #expect(node("closed")?.inbound == InboundRule(.deny) && node("relay")?.inbound == .allow)
        #expect(node("relay")?.ports == 7000...7000 && node("peer")?.ports == 7010...7012)
        #expect(node("tcp")?.ports == 7020...7029 && node("server")?.ports == nil)
        #expect(!topology.mayOpen(from: "shown", to: "server") && topology.mayOpen(from: "waits", to: "server"))
        #expect(topology.mayOpen(from: "outside", to: "server"))
        #expect(!topology.mayOpen(from: "relay", to: "peer-1") && topology.mayOpen(from: "peer-2", to: "peer-1"))
        #expect(!topology.mayOpen(from: "closed-1", to: "closed-2"))
    }

    @Test func protocols() throws {
        let topology = try topology(Self.everything)
        func served(_ name: String) -> ServeRole? { topology.node(named: name)?.serve }
        #expect(served("web") == ServeRole(services: [], speaks: .http))
        #expect(served("tcp") == ServeRole(services: [], speaks: .tcp, port: 9_000, listen: 9_001))
        #expect(served("rpc") == ServeRole(services: []))
        #expect(served("udp") == ServeRole(services: [], speaks: .udp, listen: 9_002))
    }

    @Test func faults() throws {
        let topology = try topology(Self.everything)
        #expect(
            topology.faults.map(\.fault) == [
                .partition(
                    .parts([[.named("peer-1"), .named("names")], [.named("peer-2")], [.named("server")]])),
                .partition(.halves(.named("peer"))), .partition(.isolate(.count(1, of: "peer"))),
                .partition(.oneWay(from: [.named("peer-1")], to: [.named("peer-2")])), .error(Share(0.2), status: 429),
                .error(Share(0.01), status: 503), .truncate(Share(0.1)), .duplicate(Share(0.1)),
                .kill(.named("relay"), signal: "KILL"),
            ])
        let cut = topology.faults[0]
        #expect(cut.at == .seconds(1) && cut.duration == .seconds(2) && cut.every == .seconds(5) && cut.name == "cut")
        #expect(cut.text == "partition peer-1, names | peer-2 | server")
        #expect(topology.faults[4].only == FaultFilter(method: "GET", path: "/feeds/*"))
        #expect(topology.faults[7].only == FaultFilter(kinds: [.event, .datagram]))
    }

    @Test func assertions() throws {
        let topology = try topology(Self.everything)
        #expect(
            topology.assertions.map(\.assertion) == [
                .feed(.exactlyOnce, feed: nil, to: nil, fresh: []),
                .feed(
                    .atLeastOnce, feed: "news", to: "shown",
                    fresh: [
                        LatencyBound(.percentile(99), .less, .milliseconds(500)),
                        LatencyBound(.maximum, .lessOrEqual, .seconds(1)),
                    ]),
                .converged("friends", within: .seconds(5)), .converged("friends", within: .seconds(4)),
                .detected(nil, within: .seconds(3)), .detected("friends", within: .seconds(2)),
                .falseDeaths(nil, Condition(.equal, 0)), .falseDeaths("friends", Condition(.less, 2)),
                .coherent("friends"), .found(LookupScope(), Condition(.greaterOrEqual, 0.99), hops: nil),
                .found(
                    LookupScope(group: "friends", by: .names, from: "peer-1"), Condition(.greater, 0.5),
                    hops: Condition(.lessOrEqual, 3)),
                .messages(.exactlyOnce, from: nil, to: nil, of: .acknowledged),
                .messages(.atMostOnce, from: "peer-1", to: "relay", of: .attempted),
            ])
        // Of `converged` and `detected` it is a bound, not the time by which they are judged.
        #expect(
            topology.assertions.map(\.within) == [nil, .seconds(9)] + Array(repeating: nil, count: 8) + [
                .seconds(1), nil, nil,
            ])
        #expect(topology.assertions[5].expect == .violated)
    }
}
