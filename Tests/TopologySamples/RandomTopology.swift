import ClusterModel
import TopologyDSL

/// Sound topologies, drawn from a seed, with everything that a file can say and odd values.
package struct RandomTopology {
    private var dice: SeededGenerator

    package init(seed: UInt64) { dice = SeededGenerator(seed: seed, "topology") }

    package mutating func topology() -> Topology {
        var topology = Topology(name: text(), description: maybe { $0.text() } ?? "")
        topology.seed = maybe { $0.dice.next() }
        topology.tags = some(2) { $0.text() }
        topology.drain = time()
        topology.exchanges = (0...number(2)).map { index in
            Exchange(
                name: "e\(index)", kind: .topic, durable: flag(), autoDelete: flag(), arguments: arguments())
        }
        topology.queues = (0...number(2)).map { index in
            Queue(
                name: "q\(index)", durable: flag(), autoDelete: flag(),
                bindings: some(2) { Binding(exchange: "e0", key: $0.text(), arguments: $0.arguments()) },
                arguments: arguments())
        }
        topology.feeds = [
            Feed(
                name: "f", append: maybe { $0.source("item $(seq)") }, durable: flag(), keep: 1 + number(9),
                slow: pick(Feed.Slow.allCases),
                heartbeat: time())
        ]
        topology.groups = [
            PeerGroup(
                name: "g", period: .seconds(1), timeout: .milliseconds(1 + number(900)), indirect: number(9),
                seeds: flag() ? ["peer"] : [], relays: maybe { _ in ["peer"] }, fanout: 1 + number(9))
        ]
        topology.services = Self.base.services
        topology.objects = Self.base.objects
        topology.params = some(2) {
            Parameter(name: "p\($0.number(999_999))", values: [$0.text()] + $0.some(2) { $0.text() })
        }
        topology.nodes = nodes() + Self.base.nodes
        topology.faults = some(4) { $0.flag() ? $0.fault() : $0.webFault() }
        topology.scenario = some(6) { dice in
            let every = dice.maybe { $0.time() }
            return ScenarioStep(
                dice.verb(depth: 2), at: dice.maybe { $0.time() }, every: every,
                times: every == nil ? 1 : 1 + dice.number(9))
        }
        topology.script = maybe {
            ScenarioScript(name: "", source: "log(\($0.quoted()))\n" + $0.pick(["", "\n", "  "]))
        }
        topology.assertions = some(8) { $0.assertion() }
        return topology
    }

    /// What is written by hand rather than drawn: types and who serves them.
    private static let base = TopologyFile.load(
        text: """
            services:
              shop.v1.Calc:
                methods:
                  add: { request: { a: int64, b: double }, response: { sum: int64 }, handler: 'return { sum = 1 }' }
            objects:
              Account:
                state: { balance: 0 }
                methods:
                  deposit: { params: { amount: int64 }, returns: int64, handler: 'return 1' }
                  get: { returns: int64, handler: 'return 1' }
                  set: { params: { to: int64 }, handler: 'return' }
                  put: { params: { item: int64 }, handler: 'return' }
                  take: { returns: int64, handler: 'return 1' }
                instances: { acc-1: { host: host-1 } }
            nodes:
              server: { serve: Calc }
              caller: { call: { method: Calc.add, with: { a: 1 }, count: 3 } }
              directory: { directory: }
              host: { host: Account, replicas: 2 }
            """, path: "base.yaml"
    ).topology!.placeless

    private mutating func nodes() -> [Node] {
        [
            Node(name: "broker", broker: BrokerRole(port: maybe { 1_024 + $0.number(9_000) })),
            Node(name: "press", feed: FeedRole(feeds: ["f"], port: maybe { 1_024 + $0.number(9_000) })),
            Node(
                name: "producer", replicas: maybe { 1 + $0.number(3) },
                publish: [publish()] + some(1) { $0.publish() },
                append: some(2) {
                    AppendRole(
                        feed: "f", to: "press", source: $0.source("item $(seq)"), timeout: $0.time(),
                        attempts: 1 + $0.number(20))
                },
                restart: RestartPolicy(
                    mode: pick(RestartPolicy.Mode.allCases), backoff: .milliseconds(number(50)),
                    maximumBackoff: .milliseconds(50 + number(50)), maximum: maybe { $0.number(9) }),
                dependsOn: flag() ? ["broker"] : [], env: flag() ? ["A_B": text()] : [:],
                labels: flag() ? ["x", "y-z"] : ["x"], stop: StopPolicy(signal: pick(["TERM", "INT"]), timeout: time())),
            Node(
                name: "consumer",
                consume: [
                    ConsumeRole(
                        queue: maybe { _ in "q0" }, bindings: some(2) { _ in Binding(exchange: "e0") }, ack: .manual,
                        prefetch: number(9), work: time(),
                        fail: maybe { .init(chance: $0.share(), action: $0.pick(ConsumeRole.FailAction.allCases)) },
                        requeue: flag())
                ],
                watch: [watch()] + some(1) { $0.watch() }),
            Node(
                name: "peer", replicas: 3,
                peer: PeerRole(
                    group: "g",
                    send: [send()] + some(1) { $0.send() },
                    broadcast: some(2) { $0.source("item $(seq)") }, share: some(2) { "s\($0.number(9))" },
                    find: [find()] + some(1) { $0.find() })),
            Node(
                name: "program",
                command: CommandRole(
                    arguments: ["sh", text(), "$(broker.url)"], directory: maybe { _ in "a b" },
                    ready: maybe { dice in
                        ReadinessProbe(
                            dice.pick([.log(dice.text()), .tcp("localhost:1"), .exec(["true", "x y"]), .consuming]),
                            timeout: dice.time(), interval: dice.time())
                    }),
                inbound: InboundRule(
                    pick(InboundRule.Policy.allCases), except: flag() ? [.named("peer"), .label("x")] : [])),
        ]
    }

    private mutating func watch() -> WatchRole {
        // Longer than any heartbeat: one that is pushed to must not give up in between.
        WatchRole(
            feed: "f", by: pick(WatchWay.allCases), to: "press", every: time(), timeout: .seconds(100) + time(),
            from: pick([.start, .now]), limit: 1 + number(5))
    }

    private mutating func send() -> SendRole {
        SendRole(to: "peer", source: source("message $(seq)"), timeout: time(), attempts: 1 + number(30))
    }

    private mutating func find() -> FindRole {
        let rate = maybe { $0.rate() }
        return FindRole(
            what: "s\(number(9))", count: rate == nil ? 1 + number(5) : maybe { 1 + $0.number(5) }, rate: rate,
            timeout: time())
    }

    private mutating func publish() -> PublishRole {
        var role = PublishRole(exchange: "e0", key: text())
        if flag() { role = PublishRole(exchange: "", key: "q0") }
        role.headers = arguments()
        role.body = text()
        role.size = maybe { $0.number(5_000) }
        role.count = maybe { 1 + $0.number(5_000) }
        role.rate = maybe { $0.rate() }
        role.persistent = flag()
        role.confirm = maybe { .init(timeout: $0.time(), attempts: 1 + $0.number(4), window: 1 + $0.number(400)) }
        return role
    }

    private mutating func fault() -> FaultSpec {
        let kinds: [Fault] = [
            .drop(share()), .duplicate(share()), .corrupt(share()), .reorder(share(), within: time()),
            .delay(time(), jitter: time(), share()), .latency(time(), jitter: time()), .blackhole, .reset,
        ]
        var spec = FaultSpec(
            pick(kinds), link: maybe { _ in .oneWay(.named("producer"), .named("broker")) }, at: maybe { $0.time() },
            for: maybe { $0.time() }, name: maybe { $0.text() })
        if case .drop = spec.fault { spec.settle = maybe { $0.time() } }
        if case .drop = spec.fault, flag() {
            spec.only = FaultFilter(kinds: [.publish], nth: maybe { 1 + $0.number(9) })
        }
        if flag() {
            spec = FaultSpec(
                pick([
                    .kill(.count(1, of: "peer"), signal: pick(["KILL", "TERM"])), .restart(.named("peer-2")),
                    .partition(.parts([[.named("peer-1")], [.named("peer-2"), .named("peer-3")]])),
                    .partition(.halves(.named("peer"))),
                    .partition(.oneWay(from: [.named("peer-1")], to: [.named("peer-2")])),
                ]), at: maybe { $0.time() })
        }
        return spec
    }

    /// Of the network of peers, of requests over HTTP and the like.
    private mutating func webFault() -> FaultSpec {
        FaultSpec(
            pick([.error(share(), status: 400 + number(199)), .truncate(share())]),
            link: maybe { _ in .bothWays(.named("consumer"), .named("press")) },
            only: FaultFilter(path: maybe { _ in "/feeds/*" }), for: maybe { $0.time() })
    }

    /// - Parameter depth: how deep repetitions may be in one another.
    private mutating func verb(depth: Int) -> Verb {
        let nodes = pick([NodeSelector.named("peer-2"), .count(1, of: "peer"), .share(Share(0.5), of: "peer")])
        switch number(depth > 0 ? 14 : 13) {
        case 0: return .wait(pick([.zero, time()]))
        case 1: return .waitUntil(until(), within: pick([.seconds(10), time()]))
        case 2:
            var spec = flag() ? fault() : webFault()
            spec.at = nil
            return .fault(spec)
        case 3: return .clear(maybe { $0.text() })
        case 4: return .publish(publication())
        case 5:
            return .call(
                Verb.Invocation(
                    method: "Calc.add", with: ["a": .int(7)], expect: maybe { $0.argument(1) },
                    to: maybe { _ in "server" }))
        case 6:
            return .invoke(
                Verb.Invocation(
                    object: "acc-1", method: "deposit", with: ["amount": .int(1)], expect: maybe { $0.argument(1) }))
        case 7: return .migrate(object: "acc-1", to: ["host-2"])
        case 8: return .kill(nodes, signal: pick(["KILL", "TERM"]))
        case 9: return pick([.pause(nodes), .resume(nodes)])
        case 10: return pick([.stop(nodes), .start(nodes)])
        case 11: return .restart(nodes)
        case 12: return .assert(assertion())
        case 13: return .note(text())
        default:
            return .repeat(
                Verb.Repetition(
                    times: 1 + number(99), every: maybe { $0.time() },
                    steps: (0...number(2)).map { _ in ScenarioStep(verb(depth: depth - 1)) }))
        }
    }

    private mutating func until() -> WaitCondition {
        pick([
            .state(pick(["peer", "peer-3"]), pick(NodeState.allCases)),
            .count("producer", pick(WaitCondition.Count.allCases), condition()),
            .queue("q0", depth: condition(), consumers: maybe { $0.condition() }), .faultEnded(text()),
            .log("program", contains: text(), matches: nil, count: pick([Condition(.greaterOrEqual, 1), condition()])),
            .log("program", contains: nil, matches: "a+ b", count: condition()),
        ])
    }

    private mutating func publication() -> Verb.Publication {
        if number(2) == 0 { return Verb.Publication(body: flag() ? text() : "", feed: "f") }
        var message = Verb.Publication(
            headers: arguments(), body: flag() ? text() : "", persistent: flag(), broker: "broker")
        (message.exchange, message.key) = flag() ? ("e0", flag() ? text() : "") : ("", "q0")
        return message
    }

    private mutating func assertion() -> AssertionSpec {
        let calls = CallScope(
            method: maybe { _ in "shop.v1.Calc.add" }, from: maybe { _ in "caller" }, to: maybe { _ in "server" })
        let time = time()
        let bound = LatencyBound(pick([.percentile(99.95), .mean, .maximum]), .less, self.time())
        let all: [Assertion] = [
            .delivery(
                pick(Guarantee.allCases), from: maybe { _ in "producer" }, to: maybe { _ in "consumer" },
                of: pick(Assertion.Basis.allCases)),
            .routing(from: maybe { _ in "producer" }), .order(from: maybe { _ in "producer" }, to: nil),
            .queue("q0", depth: condition(), consumers: maybe { $0.condition() }),
            .node("consumer", state: .running, restarts: maybe { $0.condition() }, exitCode: nil),
            .log("program", contains: text(), matches: nil, count: condition()),
            .calls(pick([.maybe, .atLeastOnce, .atMostOnce, .exactlyOnce]), calls), .latency(calls, [bound]),
            .throughput(calls, Condition(.greaterOrEqual, Double(1 + number(99)))),
            .availability(calls, Condition(.greaterOrEqual, Double(number(8)) / 8)),
            .recovery(calls, within: time, after: nil),
            .linearizable("acc-1", model: pick([.methods, .register, .counter, .queue])),
            .owner(maybe { _ in "Account" }), .collected(maybe { _ in "Account" }, within: time),
            .alive(maybe { _ in "acc-1" }), .pause(maybe { _ in "acc-1" }, Condition(.less, Double(time.nanoseconds))),
            .state("acc-1", ["balance": argument(1)]),
            .feed(
                pick(Guarantee.allCases), feed: maybe { _ in "f" }, to: maybe { _ in "consumer" },
                fresh: some(1) { LatencyBound(.percentile(99.95), .less, $0.time()) }),
            .converged("g", within: time), .detected(maybe { _ in "g" }, within: time),
            .falseDeaths(maybe { _ in "g" }, condition()), .coherent("g"),
            .found(
                LookupScope(group: maybe { _ in "g" }, by: maybe { _ in .neighbours }, from: maybe { _ in "peer" }),
                Condition(.greaterOrEqual, Double(number(8)) / 8), hops: maybe { $0.condition() }),
            .messages(
                pick(Guarantee.allCases), from: maybe { _ in "peer" }, to: maybe { _ in "peer-2" },
                of: pick(Assertion.Basis.allCases)),
        ]
        let chosen = pick(all)
        var within = maybe { $0.time() }
        // They have one of their own.
        switch chosen {
        case .converged, .detected: within = nil
        default: break
        }
        return AssertionSpec(chosen, expect: pick(AssertionSpec.Expectation.allCases), within: within)
    }

    // MARK: Values

    private mutating func source(_ body: String) -> AppendSource {
        AppendSource(
            body: flag() ? body : text(), size: maybe { $0.number(5_000) }, count: maybe { 1 + $0.number(99) },
            rate: maybe { $0.rate() })
    }

    /// A text as Lua has it, all on one line.
    private mutating func quoted() -> String {
        "[[" + text().filter { $0 != "]" && !$0.isNewline } + "]]"
    }

    private mutating func arguments() -> [String: ArgumentValue] {
        guard flag() else { return [:] }
        return Dictionary(some(3) { ("k\($0.number(9))", $0.argument(2)) }) { first, _ in first }
    }

    private mutating func argument(_ depth: Int) -> ArgumentValue {
        switch number(depth > 0 ? 6 : 4) {
        case 0: .string(text())
        case 1: .int(Int64(truncatingIfNeeded: dice.next()))
        case 2: .double(Double(number(1_000_000)) / 7)
        case 3: .bool(flag())
        case 4: .null
        case 5: .list(some(3) { $0.argument(depth - 1) })
        default: .table(["x": argument(depth - 1)])
        }
    }

    private mutating func text() -> String {
        let parts = [
            "a", "null", "12", " ", ":", "#", "- ", "'", "\"", "\\", "ä", "😀", "{", "]", ",", "true", "\n", "%", "0x1",
        ]
        let text = (0...number(4)).map { _ in pick(parts) }.joined()
        return text.allSatisfy(\.isWhitespace) ? "t" : text
    }

    private mutating func time() -> Duration {
        pick([.nanoseconds(1 + number(Int(Int32.max))), .milliseconds(1 + number(9_999)), .seconds(1 + number(99))])
    }

    private mutating func share() -> Share {
        pick([Share(Double(number(100)) / 100), Share(Double(number(9_999)) / 9_999)])
    }
    private mutating func rate() -> Rate { Rate(perSecond: Double(1 + number(9_999)) / pick([1, 60, 3_600, 7])) }
    private mutating func condition() -> Condition {
        Condition(
            pick([.equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual]),
            Double(number(99)) / pick([1, 8]))
    }

    /// From 0 to this one.
    private mutating func number(_ most: Int) -> Int { Int.random(in: 0...most, using: &dice) }
    private mutating func flag() -> Bool { number(1) == 1 }
    private mutating func pick<Item>(_ items: [Item]) -> Item { items[number(items.count - 1)] }

    private mutating func maybe<Item>(_ make: (inout RandomTopology) -> Item) -> Item? { flag() ? make(&self) : nil }

    private mutating func some<Item>(_ most: Int, _ make: (inout RandomTopology) -> Item) -> [Item] {
        (0..<number(most)).map { _ in make(&self) }
    }
}
