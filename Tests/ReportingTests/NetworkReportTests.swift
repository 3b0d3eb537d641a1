import Assertions
import ClusterModel
import Reporting
import Testing

/// Feeds and peers in reports.
@Suite struct NetworkReportTests {
    private static let values = [
        LatencyAccount.Value(name: "p50", duration: .nanoseconds(1_234_567)),
        LatencyAccount.Value(name: "p99", duration: .milliseconds(40)),
        LatencyAccount.Value(name: "max", duration: .milliseconds(52)),
    ]

    private static func feed(_ way: String, _ watcher: String, requests: Int, missed: Int = 0) -> FeedAccount {
        FeedAccount(
            feed: "news", watcher: watcher, way: way, watchers: 50, appended: 20, seen: 1_000, missed: missed,
            fresh: values, requests: requests, events: way == "push" ? 1_000 : 0)
    }

    private static let feeds = RunReport(
        topology: "t", seed: 1, duration: .zero,
        feeds: [
            feed("poll", "poller", requests: 5_000, missed: 2), feed("long-poll", "waiter", requests: 1_020),
            feed("push", "listener", requests: 50),
        ])

    private static let peers = RunReport(
        topology: "t", seed: 1, duration: .zero,
        peers: [
            PeerAccount(
                group: "g",
                members: [
                    .init(name: "a", view: ["b"]), .init(name: "b", view: ["a", "c"]),
                    .init(name: "c", isLive: false),
                ], agree: false,
                deaths: [
                    .init(
                        member: "c", how: "signal 9", time: 2_000_000_000, others: 2, knew: 1,
                        first: .milliseconds(800), last: .milliseconds(800))
                ], falseDeaths: 1, sent: 10, received: 9,
                ways: {
                    var ways = MessageWays()
                    ways.direct = 6
                    ways.relayed = ["b": 3]
                    return ways
                }(), items: 4, handOvers: 4, gaps: 1,
                lookups: [
                    LookupAccount(
                        way: "neighbours", lookups: 10, found: 9, leftOut: 0, medianHops: 1, mostHops: 3, messages: 55)
                ])
        ])

    @Test func theCostsStandSideBySide() {
        let lines = Self.feeds.text(width: 140).split(separator: "\n").map(String.init)
        let header = lines.first { $0.contains("an item") && $0.contains("again") } ?? ""
        #expect(header.contains("watcher") && header.contains("p99"))
        let rows = ["poller", "waiter", "listener"].compactMap { name in lines.first { $0.contains("    \(name)") } }
        #expect(rows.count == 3)
        #expect(rows.allSatisfy { $0.count == header.count })
        #expect(rows.first?.hasSuffix(" 5") == true && rows.last?.hasSuffix(" 0.05") == true)
        #expect(rows.first?.contains("1.23ms") == true)
        // Where it is too narrow, in words.
        let narrow = Self.feeds.text(width: 60)
        #expect(narrow.contains("0.05 requests an item") || narrow.contains("0.05 requests"))
        #expect(narrow.split(separator: "\n").allSatisfy { $0.count <= 60 })
    }

    @Test func plainLinesOfFeeds() {
        let text = Self.feeds.text()
        #expect(
            text.contains(
                "feed: news by push at 50 of listener: 1000 seen, 0 missed, 0 seen again, 50 requests, 1000 events, "
                    + "0.05 requests an item, from append to sight p50 1.235ms, p99 40ms, max 52ms\n"))
    }

    @Test func jsonOfFeeds() {
        #expect(
            Self.feeds.json().contains(
                #"{"feed":"news","watcher":"listener","way":"push","watchers":50,"appended":20,"seen":1000,"missed":0,"#
                    + #""repeated":0,"requests":50,"events":1000,"requests_per_item":0.05,"p50_ms":1.235,"#
                    + #""p99_ms":40,"max_ms":52}]"#))
        #expect(!RunReport(topology: "t", seed: 1, duration: .zero).json().contains("feeds"))
    }

    @Test func whatIsSaidOfPeers() {
        for text in [Self.peers.text(width: 160), Self.peers.text()] {
            for part in [
                "2 of 3 live at the end, views differ: b", "c (signal 9) known to 1 of 2 after 800ms",
                "9 of 10 handed over: 6 directly, 3 through b", "4 items, handed over 4 times, 1 not with all who live",
                "by neighbours: 9 of 10 found, hops p50 1, max 3, 5.5 messages each", "false deaths",
            ] {
                #expect(text.contains(part), "\(part)")
            }
        }
        for line in Self.peers.text(width: 70).split(separator: "\n") { #expect(line.count <= 70, "\(line)") }
    }

    @Test func jsonOfPeers() {
        let parts: [String] = [
            #""peers":[{"group":"g","members":[{"name":"a","live":true,"view":["b"]},"#,
            #"{"name":"b","live":true,"view":["a","c"]},{"name":"c","live":false,"view":[]}],"agree":false,"#,
            #""deaths":[{"member":"c","how":"signal 9","t_ms":2000,"others":2,"knew":1,"first_ms":800,"#,
            #""last_ms":800}],"false_deaths":1,"messages":{"sent":10,"received":9,"direct":6,"opened":0,"#,
            #""relayed":{"b":3}},"broadcast":{"items":4,"handed_over":4,"lacking":1},"#,
            #""lookups":[{"way":"neighbours","lookups":10,"found":9,"left_out":0,"wrong":0,"stale":0,"#,
            #""hops_p50":1,"hops_max":3,"messages":55,"messages_per_lookup":5.5}]}]"#,
        ]
        #expect(Self.peers.json().contains(parts.joined()))
    }

    @Test func measures() {
        func report(_ measure: CallMeasure) -> RunReport {
            var result = AssertionResult(title: "x", verdict: .fail, explanation: "because")
            result.measure = measure
            return RunReport(topology: "t", seed: 1, duration: .zero, assertions: [result])
        }
        let fresh = report(.freshness(LatencyAccount(measured: 3, leftOut: 1, values: Self.values)))
        #expect(
            fresh.json().contains(#""freshness":{"measured":3,"left_out":1,"p50_ms":1.235,"p99_ms":40,"max_ms":52}"#))
        #expect(fresh.text(width: 120).contains("from append to sight: p50 1.235ms, p99 40ms, max 52ms (3 items)"))
        let views = report(.members(MemberTimesAccount(kind: .convergence, measured: 1, values: Self.values)))
        #expect(views.json().contains(#""convergence":{"measured":1,"p50_ms":1.235,"p99_ms":40,"max_ms":52}"#))
        #expect(views.text().contains("views the same after p50 1.23ms, p99 40ms, max 52ms (1 quiet time)"))
        let deaths = report(.members(MemberTimesAccount(kind: .detection, measured: 6, values: Self.values)))
        #expect(deaths.json().contains(#""detection":{"measured":6,"#))
        #expect(deaths.text().contains("deaths known after p50 1.23ms, p99 40ms, max 52ms (6 observers)"))
        let lookups = report(.lookups([LookupAccount(way: "names", lookups: 2, found: 1, messages: 2)]))
        #expect(lookups.json().contains(#""lookups":[{"way":"names","lookups":2,"found":1,"#))
    }
}
