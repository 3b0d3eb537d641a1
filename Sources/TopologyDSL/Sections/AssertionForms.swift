import ClusterModel

/// One assertion of the language. To add one: a case of `Assertion` in ClusterModel, and an entry here.
struct AssertionForm: Sendable {
    /// Gives nothing where a key is missing; `missing` has then said so.
    typealias Maker = @Sendable (AssertionOptions) -> Assertion

    let keyword: String
    let doc: String
    /// The further keys that it understands, besides `expect` and `within`.
    let options: [String]
    /// Keys of which at least one is needed.
    let needs: [String]
    /// Whether `within` is its own bound and has to be there, rather than the time by which it is judged.
    let isBounded: Bool
    let format: Format<Maker>

    init<Argument>(
        _ keyword: String, takes argument: Format<Argument>, options: [String], needs: [String] = [],
        isBounded: Bool = false, _ doc: String,
        make: @escaping @Sendable (Argument, AssertionOptions) -> Assertion
    ) {
        self.keyword = keyword
        self.doc = doc
        self.options = options
        self.needs = needs
        self.isBounded = isBounded
        format = argument.map { argument in { @Sendable options in make(argument, options) } }
    }

    static let all: [AssertionForm] = [
        AssertionForm(
            "delivery", takes: Format<Guarantee>.word("a guarantee"), options: ["from", "to", "of"],
            "`at-most-once`, `at-least-once` or `exactly-once`, for each destination."
        ) { .delivery($0, from: $1.from, to: $1.to, of: $1.of) },
        AssertionForm(
            "routing", takes: Format<Exact>.word("a routing assertion"), options: ["from"],
            "`exact`: each message reached just the queues that the bindings say."
        ) { .routing(from: $1.from) },
        AssertionForm(
            "order", takes: Format<Order>.word("an order"), options: ["from", "to"],
            "`fifo`: one publisher's transmissions reach one consumer in order, redeliveries aside."
        ) { .order(from: $1.from, to: $1.to) },
        AssertionForm(
            "queue", takes: .reference("a queue's name"), options: ["depth", "consumers"],
            needs: ["depth", "consumers"],
            "A queue's messages and consumers."
        ) { .queue($0, depth: $1.depth, consumers: $1.consumers) },
        AssertionForm(
            "node", takes: .reference("a node's name"), options: ["state", "restarts", "exit"],
            needs: ["state", "restarts", "exit"], "The state of a node's processes, or of one, `worker-2`."
        ) { .node($0, state: $1.state, restarts: $1.restarts, exitCode: $1.exit) },
        AssertionForm(
            "log", takes: .reference("a node's name"), options: ["contains", "matches", "count"],
            needs: ["contains", "matches"], "Lines of a node's output."
        ) { .log($0, contains: $1.contains, matches: $1.matches, count: $1.count) },
        AssertionForm(
            "calls", takes: Format<CallGuarantee>.word("a guarantee for calls"), options: scope,
            "`maybe`, `at-least-once`, `at-most-once` or `exactly-once`: how often each call was executed, against "
                + "what its caller was told."
        ) { .calls($0, $1.scope) },
        AssertionForm(
            "latency", takes: LatencyKey.format, options: scope,
            "How long calls take, from the moment they were due: `{ p50: <5ms, p99: <50ms, mean: <10ms, max: <1s }`."
        ) { .latency($1.scope(within: $0), $0.bounds) },
        AssertionForm(
            "throughput", takes: .throughput, options: scope, "Calls that succeed a second: `\">=500/s\"`."
        ) { .throughput($1.scope, $0) },
        AssertionForm(
            "availability", takes: .availability, options: scope, "The share of calls that succeed: `\">=99.9%\"`."
        ) { .availability($1.scope, $0) },
        AssertionForm(
            "recovery", takes: .duration(allowsZero: false), options: scope + ["after"],
            "How soon after a fault has ended calls succeed again, and go on doing so."
        ) { .recovery($1.scope, within: $0, after: $1.after) },
        AssertionForm(
            "linearizable", takes: .reference("an object's name, or an object type's"), options: ["model"],
            "The invocations of an object, or of each of a type's, have a legal sequential order."
        ) { .linearizable($0, model: $1.model) },
        AssertionForm(
            "owner", takes: Format<Single>.word("an assertion on owners"), options: ["object"],
            "`single`: never two owners that serve an object at a time."
        ) { _, options in .owner(options.object) },
        AssertionForm(
            "collected", takes: CollectedKey.format, options: [],
            "Objects that nobody refers to are collected within this time, and none is while somebody does: `3s`, or "
                + "`{ within: 3s, type: Item }`."
        ) { draft, _ in .collected(draft.type, within: draft.within) },
        AssertionForm(
            "alive", takes: .reference("an object's name, an object type's, or all"), options: [],
            "No such object is collected, or lost, as long as somebody refers to it."
        ) { name, _ in .alive(name == "all" ? nil : name) },
        AssertionForm(
            "pause", takes: LatencyKey.bound, options: ["object"],
            "How long an object's invocations stand still while it moves: `<50ms`."
        ) { .pause($1.object, Condition($0.op, Double($0.time.nanoseconds))) },
        AssertionForm(
            "state", takes: .reference("an object's name"), options: ["is"], needs: ["is"],
            "The fields of an object at the end, by `is`. With `node`: the state of its processes."
        ) { .state($0, $1.fields) },
        AssertionForm(
            "feed", takes: Format<Guarantee>.word("a guarantee"), options: ["of", "to", "fresh"],
            "`at-most-once`, `at-least-once` or `exactly-once`: what watchers of a feed see of its items. `of` narrows it "
                + "to one feed, `fresh` says how soon after their append they see them."
        ) { .feed($0, feed: $1.feed, to: $1.to, fresh: $1.fresh) },
        AssertionForm(
            "converged", takes: GroupBoundKey.format, options: [], isBounded: true,
            "After every change, the views of all live peers of the group are the same and right within `within`."
        ) { bound, options in .converged(bound.group, within: bound.within ?? options.within ?? .zero) },
        AssertionForm(
            "detected", takes: GroupBoundKey.format, options: [], isBounded: true,
            "A peer's death is known within `within` to all the others that can know: in a group, or `all`."
        ) { bound, options in
            .detected(bound.group == "all" ? nil : bound.group, within: bound.within ?? options.within ?? .zero)
        },
        AssertionForm(
            "false-deaths", takes: .condition, options: ["group"],
            "How often a peer that was alive and within reach was held to be dead: `0`."
        ) { .falseDeaths($1.group, $0) },
        AssertionForm(
            "coherent", takes: .reference("a group's name"), options: [],
            "In the end all live peers of the group have the same broadcast items, and all that were broadcast by them."
        ) { group, _ in .coherent(group) },
        AssertionForm(
            "found", takes: .availability, options: ["group", "by", "from", "hops"],
            "The share of lookups that were answered, `\">=99%\"`, and with `hops` how far each went at most."
        ) { condition, options in
            .found(
                LookupScope(group: options.group, by: options.by, from: options.from), condition, hops: options.hops)
        },
        AssertionForm(
            "messages", takes: Format<Guarantee>.word("a guarantee"), options: ["from", "to", "of"],
            "`at-most-once`, `at-least-once` or `exactly-once`, for what peers `send` to one another."
        ) { .messages($0, from: $1.from, to: $1.to, of: $1.of) },
    ]

    /// Which calls an assertion is about.
    private static let scope = ["method", "of", "from", "to"]

    enum Exact: String, Sendable, CaseIterable { case exact }
    enum Single: String, Sendable, CaseIterable { case single }
    enum Order: String, Sendable, CaseIterable { case fifo }
}

/// The keys that go with an assertion.
struct AssertionOptions: Sendable {
    var from: String?
    var to: String?
    /// Of `delivery` and `messages`.
    var of = Assertion.Basis.acknowledged
    var method: String?
    var after: String?
    var depth: Condition?
    var consumers: Condition?
    var state: NodeState?
    var restarts: Condition?
    var exit: Condition?
    var contains: String?
    var matches: String?
    var count = Condition(.greaterOrEqual, 1)
    var object: String?
    /// `of` a `feed`.
    var feed: String?
    var fresh: [LatencyBound] = []
    var group: String?
    var by: LookupWay?
    var hops: Condition?
    var model = ObjectModel.methods
    /// `is`
    var fields: [String: ArgumentValue] = [:]
    var expect = AssertionSpec.Expectation.holds
    var within: Duration?

    var scope: CallScope { CallScope(method: method, from: from, to: to) }

    /// What a `latency:` says itself comes first.
    func scope(within latency: LatencyKey.Draft) -> CallScope {
        CallScope(method: latency.method ?? method, from: latency.from ?? from, to: latency.to ?? to)
    }
}
