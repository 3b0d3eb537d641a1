import ClusterModel
import History
import Testing

@testable import Assertions

/// The oracle's reading of bindings, against cases worked out by hand from the specification and RabbitMQ's documents.
@Suite struct OracleTests {
    // MARK: - Patterns

    @Test(arguments: [
        ("*.orange.*", "quick.orange.rabbit", true), ("*.orange.*", "lazy.orange.elephant", true),
        ("*.orange.*", "quick.orange.male.rabbit", false), ("*.orange.*", "orange", false),
        ("*.*.rabbit", "quick.orange.rabbit", true), ("lazy.#", "lazy", true), ("lazy.#", "lazy.pink.rabbit", true),
        ("lazy.#", "lazyness", false), ("#", "", true), ("#", "a.b.c", true), ("*", "", false), ("*", "a", true),
        ("", "", true), ("", "a", false), ("a", "", false), ("#.#", "", true), ("#.a.#", "a", true),
        ("#.a.#", "b.a.c", true), ("#.a.#", "b.c", false), ("*.#", "", false), ("*.#", "a", true),
        ("#.*", "a.b.c", true), ("#.*", "", false), ("a.#.b", "a.b", true), ("a.#.b", "a.x.y.b", true),
        ("a.#.b", "a.x.y", false), ("a..b", "a..b", true), ("a.*.b", "a..b", true), ("a.b", "a..b", false),
        ("#.b.#.b", "b.b", true), ("#.b.#.b", "b", false), ("a.b.", "a.b.", true), ("a.b.*", "a.b.", true),
        ("a*", "ab", false), ("é.#", "é.ü", true),
    ])
    func topics(_ pattern: String, _ key: String, _ matches: Bool) {
        #expect(TopicPattern(pattern).matches(key) == matches)
    }

    /// Against a plain recursion, word by word.
    @Test func topicsAgreeWithARecursion() {
        func recursion(_ pattern: ArraySlice<Substring>, _ key: ArraySlice<Substring>) -> Bool {
            guard let word = pattern.first else { return key.isEmpty }
            if word == "#" {
                return recursion(pattern.dropFirst(), key) || (!key.isEmpty && recursion(pattern, key.dropFirst()))
            }
            guard let first = key.first, word == "*" || word == first else { return false }
            return recursion(pattern.dropFirst(), key.dropFirst())
        }
        var generator = SeededGenerator(seed: 11, "topics")
        for _ in 0..<5_000 {
            let pattern = (0..<Int.random(in: 0...5, using: &generator)).map { _ in
                ["a", "b", "*", "#", ""].randomElement(using: &generator)!
            }.joined(separator: ".")
            let key = (0..<Int.random(in: 0...5, using: &generator)).map { _ in
                ["a", "b", ""].randomElement(using: &generator)!
            }.joined(separator: ".")
            let expected = recursion(TopicPattern.split(pattern)[...], TopicPattern.split(key)[...])
            #expect(TopicPattern(pattern).matches(key) == expected, "\(pattern) / \(key)")
        }
    }

    private typealias Field = TableBytes.Field

    private func satisfies(_ headers: [(String, Field)], _ arguments: [(String, Field)]) -> Bool {
        HeaderTable(TableBytes.table(headers)).satisfies(HeaderTable(TableBytes.table(arguments)))
    }

    @Test func headersMatchAsRabbitMQHasIt() {
        let pdf: [(String, Field)] = [("format", .text("pdf")), ("type", .text("report")), ("x-n", .int(1))]
        #expect(satisfies(pdf, [("format", .text("pdf")), ("type", .text("report"))]))
        #expect(satisfies(pdf, [("x-match", .text("all")), ("format", .text("pdf"))]))
        #expect(!satisfies(pdf, [("x-match", .text("all")), ("format", .text("pdf")), ("type", .text("log"))]))
        #expect(satisfies(pdf, [("x-match", .text("any")), ("format", .text("pdf")), ("type", .text("log"))]))
        #expect(!satisfies(pdf, [("x-match", .text("any")), ("format", .text("zip")), ("type", .text("log"))]))
        // Nothing asked for.
        #expect(satisfies([], []))
        #expect(satisfies(pdf, [("x-match", .text("all"))]))
        #expect(!satisfies(pdf, [("x-match", .text("any"))]))
        // Presence alone.
        #expect(satisfies(pdf, [("format", .void)]))
        #expect(!satisfies(pdf, [("size", .void)]))
        // `x-` does not count, unless asked for.
        #expect(satisfies(pdf, [("format", .text("pdf")), ("x-n", .int(2))]))
        #expect(!satisfies(pdf, [("x-match", .text("any")), ("x-n", .int(1))]))
        #expect(!satisfies(pdf, [("x-match", .text("all-with-x")), ("format", .text("pdf")), ("x-n", .int(2))]))
        #expect(satisfies(pdf, [("x-match", .text("any-with-x")), ("x-n", .int(1))]))
        // Integers of all sizes are one type; a text and a number are not.
        #expect(satisfies([("n", .byte(7))], [("n", .long(7))]))
        #expect(satisfies([("n", .short(-7))], [("n", .int(-7))]))
        #expect(!satisfies([("n", .text("7"))], [("n", .int(7))]))
        #expect(!satisfies([("n", .double(7))], [("n", .int(7))]))
        #expect(satisfies([("b", .bool(true))], [("b", .bool(true))]))
        #expect(satisfies([("l", .list([.int(1), .text("a")]))], [("l", .list([.long(1), .text("a")]))]))
        #expect(!satisfies([("l", .list([.int(1)]))], [("l", .list([.int(2)]))]))
        #expect(satisfies([("t", .table([("a", .int(1))]))], [("t", .table([("a", .int(1))]))]))
    }

    @Test func damagedTablesDoNotTrap() {
        let whole = TableBytes.table(
            ("a", .text("b")), ("t", .table([("x", .list([.int(1), .void]))])), ("d", .double(1.5)))
        #expect(!HeaderTable(whole).isDamaged)
        var generator = SeededGenerator(seed: 5, "tables")
        for _ in 0..<5_000 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            }
            _ = HeaderTable(Array(bytes.prefix(Int.random(in: 0...bytes.count, using: &generator))))
        }
        var deep: [UInt8] = []
        for _ in 0..<10_000 { deep += [0, 0, 0, 200, 1, 65, UInt8(ascii: "F")] }
        #expect(HeaderTable(deep).isDamaged)
    }

    // MARK: - Bindings

    /// What a transmission with this key, published last, is owed to.
    private func owed(
        _ builder: HistoryBuilder, _ exchange: String, key: String = "", headers: [UInt8] = [], confirm: Bool = true
    ) -> (certain: [String], possible: [String]) {
        var builder = builder
        builder.publish("last", to: exchange, key: key, confirm: confirm) { $0.headers = headers }
        return route(builder)
    }

    private func route(_ builder: HistoryBuilder) -> (certain: [String], possible: [String]) {
        var builder = builder
        builder.phase(.stop)
        let ledger = Ledger(builder.history, topology: Clusters.workers())
        let route = ledger.route(of: Int32(ledger.transmissions.count - 1))
        return (
            route.certain.map { ledger.queues[$0].name }.sorted(),
            route.possible.map { ledger.queues[$0].name }.sorted()
        )
    }

    @Test func eachTypeOfExchange() {
        var builder = HistoryBuilder()
        builder.exchange("d", "direct")
        builder.exchange("f", "fanout")
        builder.exchange("t", "topic")
        builder.exchange("h", "headers")
        for name in ["q1", "q2"] { builder.queue(name) }
        builder.declare(.bindQueue, "q1", "d", key: "k1")
        builder.declare(.bindQueue, "q2", "d", key: "k2")
        builder.declare(.bindQueue, "q2", "d", key: "k1")
        builder.declare(.bindQueue, "q1", "f", key: "ignored")
        builder.declare(.bindQueue, "q1", "t", key: "a.*")
        builder.declare(.bindQueue, "q2", "t", key: "#.b")
        builder.declare(.bindQueue, "q1", "h", arguments: TableBytes.table(("n", .int(1))))
        #expect(owed(builder, "d", key: "k1").certain == ["q1", "q2"])
        #expect(owed(builder, "d", key: "k2").certain == ["q2"])
        #expect(owed(builder, "d", key: "k3").possible == [])
        #expect(owed(builder, "f", key: "x").certain == ["q1"])
        #expect(owed(builder, "t", key: "a.b").certain == ["q1", "q2"])
        #expect(owed(builder, "t", key: "a.c").certain == ["q1"])
        #expect(owed(builder, "h", headers: TableBytes.table(("n", .byte(1)))).certain == ["q1"])
        #expect(owed(builder, "h").possible == [])
        // The default exchange leads to the queue of that name.
        #expect(owed(builder, "", key: "q2").certain == ["q2"])
        #expect(owed(builder, "", key: "nobody").possible == [])
    }

    @Test func predeclaredExchangesAreKnown() {
        var builder = HistoryBuilder()
        builder.queue("q")
        builder.declare(.bindQueue, "q", "amq.topic", key: "a.#")
        #expect(owed(builder, "amq.topic", key: "a.b").certain == ["q"])
        #expect(owed(builder, "amq.fanout", key: "a.b").possible == [])
    }

    @Test func exchangesBoundToExchangesEvenInACircle() {
        var builder = HistoryBuilder()
        for name in ["a", "b", "c"] { builder.exchange(name, "fanout") }
        builder.queue("q", boundTo: "c")
        builder.declare(.bindExchange, "b", "a")
        builder.declare(.bindExchange, "c", "b")
        builder.declare(.bindExchange, "a", "c")
        #expect(owed(builder, "a").certain == ["q"])
        #expect(owed(builder, "b").certain == ["q"])
        builder.declare(.unbindExchange, "c", "b")
        #expect(owed(builder, "a").possible == [])
    }

    @Test func whatCannotBeRoutedGoesToTheAlternate() {
        var builder = HistoryBuilder()
        builder.exchange("main", "direct") { $0.alternate = "rest" }
        builder.exchange("rest", "fanout")
        builder.queue("q", boundTo: "main", key: "k")
        builder.queue("unrouted", boundTo: "rest")
        #expect(owed(builder, "main", key: "k") == (["q"], ["q"]))
        #expect(owed(builder, "main", key: "other") == (["unrouted"], ["unrouted"]))
        // While a binding is being made, the message may go by it or by the alternate.
        builder.declare(.bindQueue, "q", "main", key: "soon", client: "worker", answer: nil)
        #expect(owed(builder, "main", key: "soon") == ([], ["q", "unrouted"]))
        // As an argument, as clients send it.
        builder.exchange("second", "direct") {
            $0.arguments = TableBytes.table(("alternate-exchange", .text("rest")))
        }
        #expect(owed(builder, "second", key: "other").certain == ["unrouted"])
    }

    @Test func internalExchangesTakeNoPublish() {
        var builder = HistoryBuilder()
        builder.exchange("inner", "fanout") { $0.isInternal = true }
        builder.exchange("outer", "fanout")
        builder.declare(.bindExchange, "inner", "outer")
        builder.queue("q", boundTo: "inner")
        #expect(owed(builder, "inner").possible == [])
        #expect(owed(builder, "outer").certain == ["q"])
    }

    // MARK: - Time

    @Test func aPublishThatOverlapsABindMayGoEitherWay() {
        var builder = HistoryBuilder()
        builder.exchange("f", "fanout")
        builder.queue("q")
        // Asked for, not answered yet.
        builder.declare(.bindQueue, "q", "f", client: "worker", answer: nil)
        let route = owed(builder, "f")
        #expect(route.certain == [] && route.possible == ["q"])
    }

    @Test func aPublishBeforeABindIsNotOwed() {
        var builder = HistoryBuilder()
        builder.exchange("f", "fanout")
        builder.queue("q")
        builder.publish("m1", to: "f")
        builder.declare(.bindQueue, "q", "f")
        #expect(route(builder).possible == [])
    }

    @Test func aPublishNotConfirmedBeforeABindMayGoEitherWay() {
        var builder = HistoryBuilder()
        builder.exchange("f", "fanout")
        builder.queue("q")
        builder.publish("m1", to: "f", confirm: false)
        builder.declare(.bindQueue, "q", "f")
        #expect(route(builder).certain == [] && route(builder).possible == ["q"])
    }

    @Test func aPublishThatOverlapsAnUnbindMayGoEitherWay() {
        var builder = HistoryBuilder()
        builder.exchange("f", "fanout")
        builder.queue("q", boundTo: "f")
        let stamp = builder.publish("m1", to: "f", confirm: false)
        builder.declare(.unbindQueue, "q", "f")
        builder.result(stamp, .acked)
        #expect(route(builder).certain == [] && route(builder).possible == ["q"])
    }

    @Test func aPublishAfterAnUnbindIsNotOwed() {
        var builder = HistoryBuilder()
        builder.exchange("f", "fanout")
        builder.queue("q", boundTo: "f")
        builder.declare(.unbindQueue, "q", "f")
        #expect(owed(builder, "f").possible == [])
        // A refused unbind changes nothing; one without an answer may have.
        builder.declare(.bindQueue, "q", "f")
        builder.declare(.unbindQueue, "q", "f", answer: .fail)
        #expect(owed(builder, "f").certain == ["q"])
        builder.declare(.unbindQueue, "q", "f", client: "worker", answer: nil)
        #expect(owed(builder, "f").certain == [] && owed(builder, "f").possible == ["q"])
    }

    /// Without confirms, what else proves that a publish was routed.
    @Test func anythingLaterOnTheChannelBoundsAPublish() {
        var builder = HistoryBuilder()
        builder.exchange("f", "fanout")
        builder.queue("q", boundTo: "f")
        builder.publish("m1", to: "f", confirm: false)
        var answered = builder
        answered.declare(.declareQueue, "x", client: "producer") { $0.channel = 1 }
        answered.declare(.unbindQueue, "q", "f")
        #expect(route(answered).certain == ["q"])
        var otherChannel = builder
        otherChannel.declare(.declareQueue, "x", client: "producer") { $0.channel = 2 }
        otherChannel.declare(.unbindQueue, "q", "f")
        #expect(route(otherChannel).certain == [])
        var closed = builder
        closed.disconnect("producer", orderly: true)
        closed.declare(.unbindQueue, "q", "f")
        #expect(route(closed).certain == ["q"])
        var broken = builder
        broken.disconnect("producer")
        broken.declare(.unbindQueue, "q", "f")
        #expect(route(broken).certain == [])
        var delivered = builder
        delivered.deliver("m1", from: "q", to: "worker")
        delivered.declare(.unbindQueue, "q", "f")
        #expect(route(delivered).certain == ["q"])
    }

    /// Its copy may be routed after the first one was confirmed.
    @Test func aDuplicatedPublishLastsUntilALaterOne() {
        var builder = HistoryBuilder()
        builder.exchange("f", "fanout")
        builder.queue("q", boundTo: "f")
        builder.publish("m1", to: "f", fate: .duplicated)
        builder.declare(.unbindQueue, "q", "f")
        #expect(route(builder) == ([], ["q"]))
    }

    @Test func aDeletionDuringADeclarationLeavesItOpen() {
        var builder = HistoryBuilder()
        builder.queue("q")
        builder.declare(.declareQueue, "q", client: "worker", answer: nil)
        builder.declare(.deleteQueue, "q")
        #expect(owed(builder, "", key: "q") == ([], ["q"]))
    }

    @Test func theEndOfTheRunTakesNothingAway() {
        var builder = HistoryBuilder()
        builder.exchange("f", "fanout")
        builder.anonymousQueue("amq.gen-1", of: "worker", boundTo: "f")
        builder.publish("m1", to: "f", confirm: false)
        builder.phase(.stop)
        builder.disconnect("worker", orderly: true)
        #expect(route(builder).certain == ["amq.gen-1"])
    }

    @Test func deletingAQueueOrExchangeTakesItsBindings() {
        var builder = HistoryBuilder()
        builder.exchange("f", "fanout")
        builder.queue("q", boundTo: "f")
        var deleted = builder
        deleted.declare(.deleteQueue, "q")
        #expect(owed(deleted, "f").possible == [])
        deleted.queue("q")
        #expect(owed(deleted, "f").possible == [])
        #expect(owed(deleted, "", key: "q").certain == ["q"])
        var gone = builder
        gone.declare(.deleteExchange, "f")
        gone.exchange("f", "fanout")
        #expect(owed(gone, "f").possible == [])
    }

    @Test func exclusiveQueuesEndWithTheirConnection() {
        var builder = HistoryBuilder()
        builder.exchange("f", "fanout")
        builder.anonymousQueue("amq.gen-1", of: "worker", boundTo: "f")
        #expect(owed(builder, "f").certain == ["amq.gen-1"])
        builder.disconnect("worker")
        // When exactly the broker removes it, nobody sees.
        #expect(owed(builder, "f").certain == [] && owed(builder, "f").possible == ["amq.gen-1"])
    }

    @Test func autoDeleteQueuesEndWithTheirLastConsumer() {
        var builder = HistoryBuilder()
        builder.exchange("f", "fanout")
        builder.queue("q", boundTo: "f") { $0.autoDelete = true }
        #expect(owed(builder, "f").certain == ["q"])
        builder.consume("q", by: "worker-1")
        builder.consume("q", by: "worker-2")
        builder.disconnect("worker-1")
        #expect(owed(builder, "f").certain == ["q"])
        builder.declare(.cancel, "", "ctag-worker-2", client: "worker-2")
        #expect(owed(builder, "f").certain == [])
    }

    @Test func autoDeleteExchangesEndWithTheirLastBinding() {
        var builder = HistoryBuilder()
        builder.exchange("f", "fanout") { $0.autoDelete = true }
        builder.exchange("outer", "fanout")
        builder.declare(.bindExchange, "f", "outer")
        builder.queue("q", boundTo: "f")
        #expect(owed(builder, "outer").certain == ["q"])
        builder.declare(.unbindQueue, "q", "f")
        builder.declare(.bindQueue, "q", "f")
        #expect(owed(builder, "outer").possible == [])
    }

    @Test func aBrokerThatRestartsKeepsOnlyWhatIsDurable() {
        var builder = HistoryBuilder()
        builder.node("broker", .starting)
        builder.exchange("kept", "fanout") { $0.durable = true }
        builder.exchange("gone", "fanout")
        builder.queue("kept-queue", boundTo: "kept") { $0.durable = true }
        builder.queue("gone-queue", boundTo: "kept")
        builder.declare(.bindQueue, "kept-queue", "gone")
        #expect(owed(builder, "kept").certain == ["gone-queue", "kept-queue"])
        var restarted = builder
        restarted.node("broker", .restarting, intended: true, detail: "signal 9")
        restarted.node("broker", .starting, incarnation: 2)
        #expect(owed(restarted, "kept").certain == ["kept-queue"])
        #expect(owed(restarted, "kept").possible == ["kept-queue"])
        #expect(owed(restarted, "gone").possible == [])
        restarted.exchange("gone", "fanout")
        #expect(owed(restarted, "gone").possible == [])
        // What was confirmed before the death was owed; what was under way may have been.
        let stamp = builder.publish("m1", to: "kept", confirm: false)
        builder.node("broker", .killed, intended: true)
        builder.node("broker", .starting, incarnation: 2)
        #expect(route(builder).certain == ["kept-queue"])
        #expect(route(builder).possible == ["gone-queue", "kept-queue"])
        _ = stamp
    }

    @Test func anEmptyQueueNameMeansTheLastDeclared() {
        var builder = HistoryBuilder()
        builder.exchange("f", "fanout")
        builder.declare(.declareQueue, "q", client: "worker")
        builder.declare(.bindQueue, "", "f", client: "worker")
        #expect(owed(builder, "f").certain == ["q"])
    }

    @Test func aMethodWithoutAnswerIsDoneWhenALaterOneIsAnswered() {
        var builder = HistoryBuilder()
        builder.exchange("f", "fanout")
        builder.queue("q")
        builder.declare(.bindQueue, "q", "f", client: "worker", answer: nil)
        #expect(owed(builder, "f").certain == [])
        builder.declare(.consume, "q", "tag", client: "worker")
        #expect(owed(builder, "f").certain == ["q"])
    }

    @Test func aPassiveDeclareMakesNothingButShowsIt() {
        var builder = HistoryBuilder()
        builder.declare(.declareQueue, "q", answer: .fail) { $0.passive = true }
        #expect(owed(builder, "", key: "q").possible == [])
        builder.declare(.declareQueue, "q") { $0.passive = true }
        #expect(owed(builder, "", key: "q").certain == ["q"])
    }

    @Test func deadLettersAreOwedToTheOtherQueues() {
        var builder = HistoryBuilder()
        builder.exchange("dead", "fanout")
        builder.queue("graves", boundTo: "dead")
        builder.queue("tasks") { $0.arguments = TableBytes.table(("x-dead-letter-exchange", .text("dead"))) }
        builder.consume("tasks", by: "worker")
        builder.consume("graves", by: "digger")
        for n in 1...2 { builder.publish("m\(n)", to: "", key: "tasks") }
        for n in 1...2 {
            let delivered = builder.deliver("m\(n)", from: "tasks", to: "worker")
            builder.handle(delivered)
            builder.handled(delivered, .fail, reason: "rejected")
            builder.settle(delivered, .rejected)
        }
        builder.work("m1", from: "graves", by: "digger")
        builder.finish()
        let tasks = builder.one(Clusters.workers(), .delivery(.atLeastOnce, to: "queue:tasks"))
        #expect(tasks.verdict == .pass)
        #expect(tasks.destinations[0].counts.deadLettered == 2)
        let graves = builder.one(Clusters.workers(), .delivery(.atLeastOnce, to: "queue:graves"))
        #expect(graves.verdict == .fail)
        #expect(graves.destinations[0].counts.lost == 1 && graves.destinations[0].counts.unexpected == 0)
        #expect(builder.one(Clusters.workers(), .routing(from: nil)).verdict == .pass)
    }
}
