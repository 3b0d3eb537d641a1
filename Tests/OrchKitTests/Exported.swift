// swift-format-ignore-file
import OrchKit

/// Topologies as `orch export --swift` prints them. Written by BuilderTests.
enum Exported {
    static let autoAckLoses = Topology(
        "auto-ack-loses",
        description: "The same worker killed with automatic and with manual acknowledgement",
        seed: 7) {
        Queue("hasty-tasks")
        Queue("patient-tasks")
        Node("broker") { Broker() }
        Node("boss") {
            Publish(queue: "hasty-tasks", count: 150, rate: .perSecond(1000), confirm: true)
            Publish(queue: "patient-tasks", count: 150, rate: .perSecond(1000), confirm: true)
        }
        Node("hasty", restart: .onFailure(backoff: .milliseconds(50)...(.milliseconds(50)))) {
            Consume(queue: "hasty-tasks", work: .milliseconds(4))
        }
        Node("patient", restart: .onFailure(backoff: .milliseconds(50)...(.milliseconds(50)))) {
            Consume(queue: "patient-tasks", ack: .manual, prefetch: 10, work: .milliseconds(4))
        }
        Fault(.kill("hasty"), at: .milliseconds(150))
        Fault(.kill("patient"), at: .milliseconds(150))
        Assert(.delivery(.atLeastOnce), from: "boss", to: "hasty", isViolated: true)
        Assert(.delivery(.atLeastOnce), from: "boss", to: "patient")
    }

    static let durableRestart = Topology(
        "durable-restart",
        description: "A broker that is killed mid-way, with a durable and a transient queue",
        seed: 7) {
        Queue("kept", durable: true)
        Queue("gone")
        Node("broker", restart: .always(backoff: .milliseconds(50)...(.milliseconds(50)))) { Broker() }
        Node("careful") {
            Publish(
                queue: "kept",
                count: 300,
                rate: .perSecond(1000),
                persistent: true,
                confirm: Confirm(timeout: .seconds(1), attempts: 10))
        }
        Node("careless") {
            Publish(
                queue: "gone",
                count: 300,
                rate: .perSecond(1000),
                confirm: Confirm(timeout: .seconds(1), attempts: 10))
        }
        Node("archive") { Consume(queue: "kept", ack: .manual, prefetch: 10, work: .milliseconds(2)) }
        Node("cache") { Consume(queue: "gone", ack: .manual, prefetch: 10, work: .milliseconds(2)) }
        Fault(.kill("broker"), at: .milliseconds(200))
        Assert(.delivery(.atLeastOnce), from: "careful", to: "archive")
        Assert(.delivery(.atLeastOnce), from: "careless", to: "cache", isViolated: true)
        Assert(.node("broker", restarts: 1))
    }

    static let headers = Topology(
        "headers",
        description: "Documents by format and type, through a headers exchange",
        seed: 7) {
        Exchange("documents", .headers)
        Queue(
            "pdf-reports",
            bind: [Binding("documents", arguments: ["format": "pdf", "type": "report", "x-match": "all"])])
        Queue(
            "pdf-or-log",
            bind: [Binding("documents", arguments: ["format": "pdf", "type": "log", "x-match": "any"])])
        Queue("second-version", bind: [Binding("documents", arguments: ["version": 2, "x-match": "all"])])
        Node("broker") { Broker() }
        Node("office") {
            Publish(
                to: "documents",
                headers: ["format": "pdf", "type": "report"],
                count: 50,
                rate: .perSecond(200),
                confirm: true)
            Publish(
                to: "documents",
                headers: ["format": "pdf", "type": "letter", "version": 2],
                count: 50,
                rate: .perSecond(200),
                confirm: true)
            Publish(
                to: "documents",
                headers: ["format": "zip", "type": "log", "version": "2"],
                count: 50,
                rate: .perSecond(200),
                confirm: true)
            Publish(
                to: "documents",
                headers: ["format": "zip", "type": "backup"],
                count: 50,
                rate: .perSecond(200),
                confirm: true)
        }
        Node("reader") { Consume(queue: "pdf-reports") }
        Node("collector") { Consume(queue: "pdf-or-log") }
        Node("reviewer") { Consume(queue: "second-version") }
        Assert(.routing, from: "office")
        Assert(.delivery(.exactlyOnce), from: "office", to: "reader")
        Assert(.delivery(.exactlyOnce), from: "office", to: "collector")
        Assert(.delivery(.exactlyOnce), from: "office", to: "reviewer")
    }

    static let longPolling = Topology(
        "long-polling",
        description: "Clients that wait at the server until there is news",
        seed: 7) {
        Feed("news", append: Items(body: "news $(seq)", count: 100, rate: .perSecond(50)))
        Node("server") { ServeFeed("news") }
        Node("reader", replicas: 3) {
            Watch("news", by: .longPoll, wait: .milliseconds(500), timeout: .milliseconds(300))
        }
        Fault(.drop(0.1), link: "server -> reader", at: .milliseconds(500), for: .seconds(1))
        Assert(.feed(.exactlyOnce, of: "news"), to: "reader")
        Assert(.feed(.exactlyOnce, fresh: ["p50": "<100ms"]))
    }

    static let lossyPublisher = Topology(
        "lossy-publisher",
        description: "30% of all publishes are lost, with and without confirms",
        seed: 7) {
        Queue("letters")
        Queue("postcards")
        Node("broker") { Broker() }
        Node("careful", labels: ["lossy"]) {
            Publish(
                queue: "letters",
                body: "letter $(seq)",
                count: 500,
                rate: .perSecond(1000),
                confirm: Confirm(timeout: .seconds(1), attempts: 20))
        }
        Node("careless", labels: ["lossy"]) {
            Publish(queue: "postcards", body: "postcard $(seq)", count: 500, rate: .perSecond(1000))
        }
        Node("letterbox") { Consume(queue: "letters") }
        Node("fridge-door") { Consume(queue: "postcards") }
        Fault(.drop(0.3), link: "label:lossy -> broker", settle: .after(.milliseconds(20)))
        Assert(.delivery(.atLeastOnce), from: "careful", to: "letterbox")
        Assert(
            .delivery(.atLeastOnce, of: .attempted),
            from: "careless",
            to: "fridge-door",
            isViolated: true)
    }

    static let objectsAccount = Topology(
        "objects-account",
        description: "A client deposits to and withdraws from an account, which is an object on another host",
        seed: 7) {
        ObjectType(
            "Account",
            state: ["balance": 0],
            instances: [Instance("acc-1", state: ["balance": 500])]) {
            ObjectMethod(
                "deposit",
                params: ["amount": "int64"],
                returns: "int64",
                handler: #"""
                self.balance = self.balance + params.amount
                return self.balance

                """#)
            ObjectMethod(
                "withdraw",
                params: ["amount": "int64"],
                returns: "int64",
                raises: ["InsufficientFunds"],
                handler: #"""
                if self.balance < params.amount then
                  raise("InsufficientFunds", "the balance is " .. self.balance)
                end
                self.balance = self.balance - params.amount
                return self.balance

                """#)
        }
        Node("directory") { Directory() }
        Node("host-a") { Host() }
        Node("client") {
            Invoke("acc-1", "deposit", with: ["amount": 10], count: 100)
            Invoke("acc-1", "withdraw", with: ["amount": 10], count: 50)
            Invoke("acc-1", "withdraw", with: ["amount": 5000], count: 10, expectException: "InsufficientFunds")
        }
        Assert(.linearizable("acc-1"))
        Assert(.state("acc-1", is: ["balance": 1000]))
        Assert(.calls(.atMostOnce, method: "Account"))
    }

    static let objectsFollowTheCaller = Topology(
        "objects-follow-the-caller",
        description: "A document moves to the office that uses it most",
        seed: 7) {
        ObjectType(
            "Document",
            state: ["edits": 0],
            follow: 0.6,
            instances: [Instance("plan", host: "south")]) {
            ObjectMethod(
                "edit",
                returns: "int64",
                handler: #"""
                self.edits = self.edits + 1
                return self.edits

                """#)
        }
        Node("directory") { Directory() }
        Node("north") {
            Host()
            Invoke("plan", "edit", count: 300, rate: .perSecond(200))
        }
        Node("south") {
            Host()
            Invoke("plan", "edit", count: 40, rate: .perSecond(20))
        }
        Fault(.latency(.milliseconds(5)), link: "north <-> south")
        Assert(.linearizable("plan"))
        Assert(.singleOwner())
        Assert(.calls(.exactlyOnce))
        Assert(.pause("<2s", object: "plan"))
        Assert(.state("plan", is: ["edits": 340]))
    }

    static let objectsGc = Topology(
        "objects-gc",
        description: "Items are created, passed on, dropped and orphaned, and collected when nobody holds them",
        seed: 7,
        drain: .seconds(6)) {
        ObjectType("Item", state: ["label": ""], lease: .seconds(1)) {
            ObjectMethod("name", returns: "string", handler: "return self.label")
        }
        ObjectType(
            "Shelf",
            instances: [Instance("shelf-a", host: "host-a"), Instance("shelf-b", host: "host-b"), Instance("shelf-c", host: "host-c"), Instance("spare", host: "host-a")]) {
            ObjectMethod(
                "make",
                params: ["label": "string"],
                returns: "string",
                handler: #"""
                self.item = create("Item", { label = params.label })
                return self.item

                """#)
            ObjectMethod(
                "fill",
                params: ["label": "string"],
                handler: #"self.item = create("Item", { label = params.label })"#)
            ObjectMethod("take", params: ["item": "string"], handler: "self.item = params.item")
            ObjectMethod(
                "pass",
                params: ["to": "string"],
                handler: #"""
                invoke(params.to, "take", { item = self.item })
                self.item = nil

                """#)
            ObjectMethod("look", returns: "string", handler: #"return invoke(self.item, "name")"#)
            ObjectMethod("drop", handler: "self.item = nil")
        }
        ObjectType("Tour", instances: [Instance("tour")]) {
            ObjectMethod(
                "go",
                params: ["label": "string"],
                returns: "string",
                handler: #"""
                local a, b, c = "orch://Shelf/shelf-a", "orch://Shelf/shelf-b", "orch://Shelf/shelf-c"
                invoke(a, "fill", { label = params.label })
                invoke(a, "pass", { to = b })
                invoke(b, "pass", { to = c })
                local label = invoke(c, "look")
                invoke(c, "drop")
                return label

                """#)
        }
        Node("directory") { Directory() }
        Node("host-a") { Host("Item", "Shelf") }
        Node("host-b") { Host() }
        Node("host-c") { Host("Item", "Shelf") }
        Node("traveller") {
            Invoke(
                "tour",
                "go",
                with: ["label": "item $(seq)"],
                count: 20,
                rate: .perSecond(10),
                expect: "item $(seq)")
        }
        Node("hoarder") { Invoke("spare", "make", with: ["label": "hoarded"], count: 5, hold: true) }
        Fault(.kill("hoarder"), at: .milliseconds(1500))
        Fault(.pause("host-b"), at: .milliseconds(2500), for: .milliseconds(600))
        Assert(.alive("Item"))
        Assert(.collected(within: .milliseconds(2500), type: "Item"))
        Assert(.calls(.exactlyOnce))
    }

    static let objectsMigration = Topology(
        "objects-migration",
        description: "A counter moves 20 times under 8 callers and 10% loss, and counts right",
        seed: 7,
        tags: ["slow"]) {
        ObjectType(
            "Counter",
            state: ["total": 0],
            retry: Retry(timeout: .milliseconds(80), attempts: 40, backoff: .milliseconds(5)...(.milliseconds(40))),
            instances: [Instance("hits", host: "host-a")]) {
            ObjectMethod(
                "increment",
                params: ["by": "int64"],
                returns: "int64",
                handler: #"""
                self.total = self.total + params.by
                return self.total

                """#)
            ObjectMethod("read", returns: "int64", handler: "return self.total")
        }
        Node("directory") { Directory() }
        Node("host-a") { Host() }
        Node("host-b") { Host() }
        Node("caller", replicas: 8) { Invoke("hits", "increment", with: ["by": 1], count: 150, rate: .perSecond(50)) }
        Fault(.drop(0.1))
        Step(
            .migrate("hits", to: "host-b", "host-a"),
            at: .milliseconds(200),
            every: .milliseconds(180),
            times: 20)
        Assert(.linearizable("hits"))
        Assert(.singleOwner())
        Assert(.calls(.exactlyOnce, method: "Counter.increment"))
        Assert(.state("hits", is: ["total": 1200]))
    }

    static let objectsMigrationCrashes = Topology(
        "objects-migration-crashes",
        description: "A durable counter moves while source, target and directory are killed at each step",
        seed: 7,
        tags: ["slow"],
        drain: .seconds(15)) {
        ObjectType(
            "Counter",
            state: ["total": 0],
            durable: true,
            retry: Retry(timeout: .milliseconds(250), attempts: 100, backoff: .milliseconds(20)...(.milliseconds(200))),
            instances: [Instance("hits", host: "host-a")]) {
            ObjectMethod(
                "increment",
                returns: "int64",
                handler: #"""
                self.total = self.total + 1
                return self.total

                """#)
        }
        Node("directory", restart: .always) { Directory(lease: .milliseconds(600), margin: .milliseconds(100)) }
        Node("host-a", restart: .always) { Host() }
        Node("host-b", restart: .always) { Host() }
        Node("caller", replicas: 4) { Invoke("hits", "increment", count: 300, rate: .perSecond(25)) }
        Fault(.kill("host-a"), failpoint: "transferring")
        Fault(.kill("host-b"), failpoint: "prepared")
        Fault(.kill("host-a"), failpoint: "swapping")
        Fault(.kill("directory"), failpoint: "swap")
        Fault(.kill("directory"), failpoint: "swapped")
        Fault(.kill("host-a"), failpoint: "moved")
        Fault(.kill("host-b"), failpoint: "activating")
        Step(
            .migrate("hits", to: "host-b", "host-a"),
            at: .milliseconds(200),
            every: .milliseconds(400),
            times: 28)
        Assert(.linearizable("hits"))
        Assert(.singleOwner())
        Assert(.calls(.atMostOnce))
        Assert(.node("host-a", state: "running", restarts: ">=2"))
    }

    static let objectsWrongServer = Topology(
        "objects-wrong-server",
        description: "Callers ask hosts that the object has left, and find it all the same",
        seed: 7) {
        ObjectType(
            "Counter",
            state: ["total": 0],
            tombstone: .milliseconds(300),
            instances: [Instance("hits", host: "host-a")]) {
            ObjectMethod(
                "increment",
                returns: "int64",
                handler: #"""
                self.total = self.total + 1
                return self.total

                """#)
        }
        Node("directory") { Directory() }
        Node("host-a") { Host() }
        Node("host-b") { Host() }
        Node("host-c") { Host() }
        Node("eager") { Invoke("hits", "increment", count: 300, rate: .perSecond(100)) }
        Node("seldom", replicas: 3) { Invoke("orch://Counter/hits", "increment", count: 4, rate: .perSecond(1.2)) }
        Step(
            .migrate("hits", to: "host-b", "host-c", "host-a"),
            at: .milliseconds(150),
            every: .milliseconds(250),
            times: 11)
        Assert(.calls(.exactlyOnce))
        Assert(.linearizable("hits", model: .counter))
        Assert(.singleOwner())
        Assert(.state("hits", is: ["total": 312]))
    }

    static let peersBehindFirewalls = Topology(
        "peers-behind-firewalls",
        description: "Two peers that nobody can reach, and one that carries between them",
        seed: 7) {
        Group("friends", period: .milliseconds(100), timeout: .milliseconds(30), suspicion: 10)
        Node("relay") { Peer("friends") }
        Node("alice", inbound: .deny()) {
            Peer("friends", send: [Send(to: "bob", body: "dear Bob $(seq)", count: 30, rate: .perSecond(15))])
        }
        Node("bob", inbound: .deny()) {
            Peer(
                "friends",
                send: [Send(to: "alice", body: "dear Alice $(seq)", count: 30, rate: .perSecond(15))])
        }
        Assert(.messages(.exactlyOnce, of: .attempted), from: "alice", to: "bob")
        Assert(.messages(.exactlyOnce, of: .attempted), from: "bob", to: "alice")
        Assert(.converged("friends", within: .seconds(3)))
    }

    static let peersGossip = Topology(
        "peers-gossip",
        description: "Broadcast by rumour and repair over a network that loses a fifth of everything",
        seed: 7) {
        Group(
            "village",
            period: .milliseconds(100),
            timeout: .milliseconds(30),
            suspicion: 20,
            fanout: 2,
            repair: .milliseconds(300))
        Node("peer", replicas: 5) {
            Peer("village", broadcast: [Items(body: "rumour $(seq)", count: 60, rate: .perSecond(20))])
        }
        Fault(.drop(0.2), only: .init([.datagram]), for: .milliseconds(2500))
        Fault(.duplicate(0.1), only: .init([.datagram]), for: .milliseconds(2500))
        Fault(.pause("peer-3"), at: .milliseconds(500), for: .milliseconds(700))
        Assert(.coherent("village"))
        Assert(.falseDeaths(0))
    }

    static let peersLookup = Topology(
        "peers-lookup",
        description: "Finding who has what, by a name service and by asking around",
        seed: 7) {
        Group("music", period: .milliseconds(100), timeout: .milliseconds(30), names: "index")
        Node("index") { NameService() }
        Node("peer", replicas: 8) {
            Peer(
                "music",
                share: ["song-$(replica)"],
                find: [Find("song-$(random 1 8)", by: .names, count: 10, rate: .perSecond(5)), Find("song-$(random 1 8)", count: 10, rate: .perSecond(5))])
        }
        Assert(.found(">=99%", by: .names))
        Assert(.found(">=95%", by: .neighbours, hops: "<=4"))
        Assert(.converged("music", within: .seconds(3)))
    }

    static let peersNameService = Topology(
        "peers-name-service",
        description: "Peers that join through a name service and talk directly",
        seed: 7) {
        Group("office", period: .milliseconds(100), timeout: .milliseconds(30), names: "directory")
        Node("directory") { NameService(lease: .seconds(1)) }
        Node("peer", replicas: 5) {
            Peer(
                "office",
                send: [Send(
                    to: "peer",
                    body: "hello $(seq)",
                    count: 75,
                    rate: .perSecond(25),
                    timeout: .milliseconds(100),
                    attempts: 8)])
        }
        Fault(.pause("directory"), at: .milliseconds(500), for: .seconds(1))
        Fault(.kill("peer-5"), at: .milliseconds(1700))
        Assert(.converged("office", within: .seconds(3)))
        Assert(.detected("office", within: .seconds(2)))
        Assert(.falseDeaths(0))
        Assert(.messages(.atMostOnce))
        Assert(.messages(.exactlyOnce), to: "peer-1")
    }

    static let peersPartition = Topology(
        "peers-partition",
        description: "Six peers, two halves for two seconds, and one view afterwards",
        seed: 7) {
        Group("islands", period: .milliseconds(100), timeout: .milliseconds(30), repair: .milliseconds(300))
        Node("peer", replicas: 6) {
            Peer("islands", broadcast: [Items(body: "note $(seq)", count: 35, rate: .perSecond(10))])
        }
        Fault(.halves("peer"), at: .milliseconds(500), for: .seconds(2))
        Assert(.converged("islands", within: .seconds(3)))
        Assert(.coherent("islands"))
        Assert(.falseDeaths(0))
    }

    static let pollingVersusPush = Topology(
        "polling-versus-push",
        description: "What polling, long polling and push cost for the same news",
        seed: 7) {
        Feed(
            "news",
            append: Items(body: "news $(seq)", count: 40, rate: .perSecond(15)),
            durable: true,
            heartbeat: .milliseconds(250))
        Node("server") { ServeFeed("news") }
        Node("polling") { Watch("news", by: .poll, timeout: .milliseconds(300)) }
        Node("long-polling") { Watch("news", by: .longPoll, wait: .milliseconds(500), timeout: .milliseconds(300)) }
        Node("push") { Watch("news", timeout: .milliseconds(700)) }
        Fault(
            .drop(0.1),
            link: "all",
            only: .init([.reply, .event]),
            at: .milliseconds(500),
            for: .seconds(1))
        Assert(.feed(.exactlyOnce, of: "news"), to: "polling")
        Assert(.feed(.exactlyOnce, of: "news"), to: "long-polling")
        Assert(.feed(.exactlyOnce, of: "news"), to: "push")
    }

    static let pubsub = Topology(
        "pubsub",
        description: "One producer, three subscribers, each with its own anonymous queue",
        seed: 7) {
        Exchange("logs", .fanout)
        Node("broker") { Broker() }
        Node("producer") {
            Publish(
                to: "logs",
                body: "line $(seq)",
                count: 1000,
                rate: .perSecond(2000),
                confirm: Confirm(timeout: .seconds(1), attempts: 10))
        }
        Node("subscriber", replicas: 3) { Consume(bind: ["logs"]) }
        Fault(
            .drop(0.3),
            link: "producer -> broker",
            at: .milliseconds(100),
            for: .milliseconds(200),
            settle: .after(.milliseconds(50)))
        Assert(.delivery(.atLeastOnce), from: "producer", to: "subscriber")
    }

    static let push = Topology(
        "push",
        description: "A server that tells its clients over channels that stay open, and break",
        seed: 7) {
        Feed(
            "ticker",
            append: Items(body: "tick $(seq)", count: 200, rate: .perSecond(100)),
            buffer: 100,
            heartbeat: .milliseconds(200))
        Node("server") { ServeFeed("ticker") }
        Node("screen", replicas: 3) { Watch("ticker", timeout: .milliseconds(600)) }
        Fault(
            .reset,
            link: "screen <-> server",
            at: .milliseconds(600),
            for: .milliseconds(20),
            every: .milliseconds(700))
        Fault(
            .drop(0.1),
            link: "server -> screen",
            only: .init([.event]),
            at: .milliseconds(200),
            for: .milliseconds(1200))
        Assert(.feed(.exactlyOnce, of: "ticker"), to: "screen")
    }

    static let routing = Topology("routing", description: "Log lines by severity, through a direct exchange", seed: 7) {
        Exchange("severity")
        Queue("errors", bind: [Binding("severity", key: "error")])
        Queue(
            "everything",
            bind: [Binding("severity", key: "error"), Binding("severity", key: "warning"), Binding("severity", key: "info")])
        Node("broker") { Broker() }
        Node("application") {
            Publish(to: "severity", key: "error", count: 100, rate: .perSecond(400), confirm: true)
            Publish(to: "severity", key: "warning", count: 100, rate: .perSecond(400), confirm: true)
            Publish(to: "severity", key: "info", count: 100, rate: .perSecond(400), confirm: true)
            Publish(
                to: "severity",
                key: "debug",
                count: 100,
                rate: .perSecond(400),
                mandatory: true,
                confirm: true)
        }
        Node("pager") { Consume(queue: "errors") }
        Node("archive") { Consume(queue: "everything") }
        Assert(.routing, from: "application")
        Assert(.delivery(.exactlyOnce), from: "application", to: "pager")
        Assert(.delivery(.exactlyOnce), from: "application", to: "archive")
    }

    static let rpcCrash = Topology(
        "rpc-crash",
        description: "A server is killed between the execution and the reply",
        seed: 7) {
        Service(
            "Volatile",
            retry: Retry(timeout: .milliseconds(100), attempts: 100, backoff: .zero...(.zero))) {
            Method(
                "pay",
                request: ["amount": "int64"],
                response: ["balance": "int64"],
                handler: #"""
                state.balance = (state.balance or 0) + request.amount
                return { balance = state.balance }

                """#)
        }
        Service(
            "Durable",
            retry: Retry(timeout: .milliseconds(100), attempts: 100, backoff: .zero...(.zero)),
            duplicates: ["durable": "true"]) {
            Method(
                "pay",
                request: ["amount": "int64"],
                response: ["balance": "int64"],
                handler: #"""
                local balance = (store.get("balance") or 0) + request.amount
                store.put("balance", balance)
                return { balance = balance }

                """#)
        }
        Node("volatile-server", restart: .always) { Serve("Volatile") }
        Node("durable-server", restart: .always) { Serve("Durable") }
        Node("volatile-client") { Call("Volatile.pay", with: ["amount": 10], count: 5, concurrency: 5) }
        Node("durable-client") { Call("Durable.pay", with: ["amount": 10], count: 5, concurrency: 5) }
        Fault(.drop(1.0), only: .init([.reply]), for: .milliseconds(900))
        Fault(.kill("volatile-server"), at: .milliseconds(500))
        Fault(.kill("durable-server"), at: .milliseconds(500))
        Assert(.calls(.atMostOnce, method: "Volatile.pay"))
        Assert(.availability("<1%", method: "Volatile.pay"))
        Assert(.calls(.exactlyOnce, method: "Durable.pay"))
        Assert(.availability(">=100%", method: "Durable.pay"))
        Assert(.node("durable-server", restarts: 1))
    }

    static let rpcOverQueue = Topology(
        "rpc-over-queue",
        description: "The same call semantics with requests and replies as messages",
        seed: 7) {
        Queue("rpc_queue")
        Service(
            "Calculator",
            retry: Retry(timeout: .milliseconds(200), attempts: 20, backoff: .zero...(.zero))) {
            Method(
                "suma",
                request: ["a": "int64", "b": "int64"],
                response: ["total": "int64"],
                handler: "return { total = request.a + request.b }")
        }
        Node("broker") { Broker() }
        Node("server") { Serve("Calculator", queue: "rpc_queue") }
        Node("client") { Call("Calculator.suma", with: ["a": "$(seq)", "b": 1], count: 200, concurrency: 40) }
        Fault(.drop(0.2), only: .init([.publish, .deliver]), settle: .after(.milliseconds(50)))
        Assert(.calls(.exactlyOnce, method: "Calculator.suma"))
        Assert(.availability(">=100%"))
    }

    static let rpcPython = Topology(
        "rpc-python",
        description: "A grpcio server and client under the loss of requests and replies",
        seed: 7) {
        Service("example.Calculator") {
            Method("suma", request: ["a": "int64", "b": "int64"], response: ["total": "int64"])
        }
        Node("server") {
            Command(["python3", "server.py", "$(port)"], in: "rpc-python")
            Serve("example.Calculator")
        }
        Node("client") { Command(["python3", "client.py", "$(server.address)", "60"], in: "rpc-python") }
        Fault(.drop(0.2), only: .init([.request, .reply]))
        Assert(.calls(.maybe, method: "Calculator.suma"), from: "client")
        Assert(.availability(">30%", method: "Calculator.suma"))
        Assert(.log("client", contains: "60 of 60 sums are right"))
    }

    static let rpcReplicas = Topology(
        "rpc-replicas",
        description: "Three replicas of a stateless service, two of which die",
        seed: 7) {
        Service(
            "Calculator",
            semantics: .atLeastOnce,
            retry: Retry(timeout: .milliseconds(100), attempts: 20, backoff: .milliseconds(5)...(.milliseconds(50)))) {
            Method(
                "suma",
                request: ["a": "int64", "b": "int64"],
                response: ["total": "int64"],
                handler: "return { total = request.a + request.b }")
        }
        Node("server", replicas: 3, restart: .always) { Serve("Calculator") }
        Node("client", replicas: 2) {
            Call(
                "Calculator.suma",
                with: ["a": "$(seq)", "b": 1],
                count: 1500,
                rate: .perSecond(1500),
                concurrency: 8)
        }
        Fault(.kill("server-1"), at: .milliseconds(200))
        Fault(.kill("server-2"), at: .milliseconds(500))
        Assert(.calls(.atLeastOnce, method: "Calculator.suma"))
        Assert(.availability(">=100%"))
        Assert(.recovery(within: .seconds(5)))
        Assert(.latency(["p50": "<500ms"]))
    }

    static let rpcSemantics = Topology(
        "rpc-semantics",
        description: "Three call semantics under the loss of requests and replies",
        seed: 7) {
        Service("Maybe", semantics: .maybe, retry: Retry(timeout: .milliseconds(200))) {
            Method(
                "increment",
                response: ["count": "int64"],
                handler: #"""
                state.count = (state.count or 0) + 1
                return { count = state.count }

                """#)
        }
        Service(
            "AtLeastOnce",
            semantics: .atLeastOnce,
            retry: Retry(timeout: .milliseconds(200), attempts: 20, backoff: .zero...(.zero))) {
            Method(
                "increment",
                response: ["count": "int64"],
                handler: #"""
                state.count = (state.count or 0) + 1
                return { count = state.count }

                """#)
        }
        Service(
            "AtMostOnce",
            retry: Retry(timeout: .milliseconds(200), attempts: 20, backoff: .zero...(.zero))) {
            Method(
                "increment",
                response: ["count": "int64"],
                handler: #"""
                state.count = (state.count or 0) + 1
                return { count = state.count }

                """#)
        }
        Node("server") { Serve("Maybe", "AtLeastOnce", "AtMostOnce") }
        Node("maybe") { Call("Maybe.increment", count: 500, concurrency: 32) }
        Node("at-least-once") { Call("AtLeastOnce.increment", count: 500, concurrency: 32) }
        Node("at-most-once") { Call("AtMostOnce.increment", count: 500, concurrency: 32) }
        Fault(.drop(0.3), only: .init([.request, .reply]))
        Assert(.calls(.maybe, method: "Maybe.increment"))
        Assert(.availability("<60%", method: "Maybe.increment"))
        Assert(.calls(.atLeastOnce, method: "AtLeastOnce.increment"))
        Assert(.calls(.atMostOnce, method: "AtLeastOnce.increment"), isViolated: true)
        Assert(.availability(">=100%", method: "AtLeastOnce.increment"))
        Assert(.calls(.exactlyOnce, method: "AtMostOnce.increment"))
    }

    static let rpcStreams = Topology(
        "rpc-streams",
        description: "Unary, server-, client- and bidirectional-streaming methods over a slow line",
        seed: 7) {
        Service("Numbers", messages: ["Number": ["value": "int64"]]) {
            Method(
                "square",
                request: "Number",
                response: "Number",
                handler: "return { value = request.value * request.value }")
            Method(
                "count_to",
                request: "Number",
                response: "Number",
                stream: .server,
                handler: #"""
                for i = 1, request.value do send({ value = i }) end

                """#)
            Method(
                "sum",
                request: "Number",
                response: "Number",
                stream: .client,
                handler: #"""
                local total = 0
                for number in requests() do total = total + number.value end
                return { value = total }

                """#)
            Method(
                "running_total",
                request: "Number",
                response: "Number",
                stream: .both,
                handler: #"""
                local total = 0
                for number in requests() do
                  total = total + number.value
                  send({ value = total })
                end

                """#)
        }
        Node("server") { Serve("Numbers") }
        Node("client") {
            Call("Numbers.square", with: ["value": "$(seq)"], count: 50, concurrency: 4)
            Call(
                "Numbers.count_to",
                with: ["value": 3],
                count: 50,
                expect: [["value": 1], ["value": 2], ["value": 3]])
            Call(
                "Numbers.sum",
                with: [["value": 1], ["value": 2], ["value": 39]],
                count: 50,
                expect: ["value": 42])
            Call(
                "Numbers.running_total",
                with: ["value": 1],
                messages: 3,
                count: 50,
                expect: [["value": 1], ["value": 2], ["value": 3]])
        }
        Fault(.delay(.milliseconds(10), chance: 0.2), only: .init([.request, .reply]))
        Assert(.calls(.exactlyOnce))
        Assert(.availability(">=100%"))
    }

    static let rpcSuma = Topology(
        "rpc-suma",
        description: "A client calls suma(a, b), which runs in another process",
        seed: 7) {
        Service("Calculator") {
            Method(
                "suma",
                request: ["a": "int64", "b": "int64"],
                response: ["total": "int64"],
                handler: "return { total = request.a + request.b }")
        }
        Node("server") { Serve("Calculator") }
        Node("client") { Call("Calculator.suma", with: ["a": "$(seq)", "b": 1000], count: 100) }
        Assert(.calls(.exactlyOnce, method: "Calculator.suma"))
        Assert(.availability(">=100%"))
    }

    static let rpcVersusObjects = Topology(
        "rpc-versus-objects",
        description: "A counter as a replicated service, and as an object with one owner",
        seed: 7) {
        Service("Tally") {
            Method(
                "count",
                response: ["total": "int64"],
                handler: #"""
                state.total = (state.total or 0) + 1
                return { total = state.total }

                """#)
        }
        ObjectType("Counter", state: ["total": 0], instances: [Instance("hits", host: "host-2")]) {
            ObjectMethod(
                "increment",
                returns: "int64",
                handler: #"""
                self.total = self.total + 1
                return self.total

                """#)
        }
        Node("directory") { Directory() }
        Node("server", replicas: 3) { Serve("Tally") }
        Node("host", replicas: 3) { Host() }
        Node("rpc-caller", replicas: 3) { Call("Tally.count", count: 100, rate: .perSecond(100)) }
        Node("object-caller", replicas: 3) { Invoke("hits", "increment", count: 100, rate: .perSecond(100)) }
        Step(.migrate("hits", to: "host-3"), at: .milliseconds(500))
        Assert(.calls(.exactlyOnce, method: "Tally"))
        Assert(.calls(.exactlyOnce, method: "Counter"))
        Assert(.linearizable("hits"))
        Assert(.singleOwner())
        Assert(.state("hits", is: ["total": 300]))
    }

    static let scriptedChaos = Topology(
        "scripted-chaos",
        description: "A Lua script breaks a work queue at random, and steps watch it",
        seed: 11,
        tags: ["amqp", "script"]) {
        Queue("jobs", durable: true)
        Node("broker") { Broker() }
        Node("producer") {
            Publish(
                queue: "jobs",
                count: 400,
                rate: .perSecond(300),
                persistent: true,
                confirm: Confirm(timeout: .milliseconds(300), attempts: 30))
        }
        Node("worker", replicas: 2, restart: .always(backoff: .milliseconds(20)...(.milliseconds(20)))) {
            Consume(queue: "jobs", ack: .manual, prefetch: 5)
        }
        Step(.wait(until: .node("producer", published: ">=100"), within: .seconds(30)))
        Step(.note("a hundred are out"))
        Step(.assert(Assert(.node("broker", state: "running"))))
        Script(#"""
        -- Breaks the cluster at random, as the seed says, and mends it again, three times.
        for round = 1, 3 do
            local share = random(10, 40)
            log("round " .. round .. ": " .. share .. "% of what the producer sends is lost")
            local loss = fault("drop " .. share .. "%", { link = "producer -> broker" })
            wait(0.1 + random() * 0.1)

            local victim = "worker-" .. random(1, 2)
            kill(victim)
            wait_until(function() return status(victim).state == "running" end, { within = 30 })
            loss:clear()
        end

        publish { queue = "jobs", body = "the last one", persistent = true }
        wait_until(function() return queue("jobs").depth == 0 end, { within = 30 })

        """#)
        Assert(.delivery(.atLeastOnce), from: "producer", to: "worker")
        Assert(.queue("jobs", depth: 0))
    }

    static let topics = Topology(
        "topics",
        description: "Animals by speed, colour and species, through a topic exchange",
        seed: 7) {
        Exchange("animals", .topic)
        Queue("orange", bind: [Binding("animals", key: "*.orange.*")])
        Queue(
            "rabbits-and-lazy",
            bind: [Binding("animals", key: "*.*.rabbit"), Binding("animals", key: "lazy.#")])
        Queue("all", bind: [Binding("animals", key: "#")])
        Node("broker") { Broker() }
        Node("zoo") {
            Publish(to: "animals", key: "quick.orange.rabbit", count: 50, rate: .perSecond(200), confirm: true)
            Publish(to: "animals", key: "lazy.orange.rabbit", count: 50, rate: .perSecond(200), confirm: true)
            Publish(to: "animals", key: "lazy.brown.fox", count: 50, rate: .perSecond(200), confirm: true)
            Publish(
                to: "animals",
                key: "quick.orange.male.rabbit",
                count: 50,
                rate: .perSecond(200),
                confirm: true)
            Publish(to: "animals", key: "lazy", count: 50, rate: .perSecond(200), confirm: true)
            Publish(to: "animals", key: "orange", count: 50, rate: .perSecond(200), confirm: true)
        }
        Node("painter") { Consume(queue: "orange") }
        Node("friend") { Consume(queue: "rabbits-and-lazy") }
        Node("keeper") { Consume(queue: "all") }
        Assert(.routing, from: "zoo")
        Assert(.delivery(.exactlyOnce), from: "zoo", to: "painter")
        Assert(.delivery(.exactlyOnce), from: "zoo", to: "friend")
        Assert(.delivery(.exactlyOnce), from: "zoo", to: "keeper")
    }

    static let userProgram = Topology(
        "user-program",
        description: "A producer and a consumer in Python, over a line that loses deliveries",
        seed: 7) {
        Queue("letters", durable: true)
        Node("broker") { Broker() }
        Node("consumer", stop: Stop(signal: "INT")) {
            Command(["python3", "consumer.py"], in: "user-program", ready: .consuming)
        }
        Node("producer", dependsOn: ["consumer"]) {
            Command(["python3", "producer.py", "300"], in: "user-program", ready: .log("connected"))
        }
        Fault(
            .drop(0.2),
            link: "broker -> consumer",
            for: .milliseconds(1500),
            settle: .after(.milliseconds(50)))
        Assert(.delivery(.atLeastOnce), from: "producer", to: "consumer")
        Assert(.queue("letters", depth: 0))
        Assert(.log("producer", contains: "300 letters confirmed"))
    }

    static let workQueue = Topology(
        "work-queue",
        description: "Tasks shared by three workers, one of which is killed",
        seed: 7) {
        Queue("tasks", durable: true)
        Node("broker") { Broker() }
        Node("boss") {
            Publish(
                queue: "tasks",
                body: "task $(seq)",
                count: 300,
                rate: .perSecond(1000),
                persistent: true,
                confirm: true)
        }
        Node("worker", replicas: 3, restart: .onFailure(backoff: .milliseconds(50)...(.milliseconds(50)))) {
            Consume(queue: "tasks", ack: .manual, prefetch: 1, work: .milliseconds(5))
        }
        Fault(.kill("1 of worker"), at: .milliseconds(200))
        Assert(.delivery(.atLeastOnce), from: "boss", to: "worker")
        Assert(.queue("tasks", depth: 0))
        Assert(.node("worker", restarts: ">=1"))
    }

    static let random0 = Topology(
        #""'12%"#,
        description: #"0x1\"#,
        tags: ["true"],
        params: ["p66804": ["{"]],
        drain: .seconds(88)) {
        Exchange("e0", .topic, durable: true, arguments: ["k1": [120487.0], "k4": -1718679317855261431])
        Queue(
            "q0",
            autoDelete: true,
            bind: [Binding(
                "e0",
                key: " {- {",
                arguments: ["k2": #"""

                :😀,
                """#])])
        Service("shop.v1.Calc") {
            Method(
                "add",
                request: ["a": "int64", "b": "double"],
                response: ["sum": "int64"],
                handler: "return { sum = 1 }")
        }
        ObjectType("Account", state: ["balance": 0], instances: [Instance("acc-1", host: "host-1")]) {
            ObjectMethod("deposit", params: ["amount": "int64"], returns: "int64", handler: "return 1")
            ObjectMethod("get", returns: "int64", handler: "return 1")
            ObjectMethod("set", params: ["to": "int64"], handler: "return")
            ObjectMethod("put", params: ["item": "int64"], handler: "return")
            ObjectMethod("take", returns: "int64", handler: "return 1")
        }
        Feed("f", durable: true, keep: 9, heartbeat: .nanoseconds(2107323615))
        Group(
            "g",
            period: .seconds(1),
            timeout: .milliseconds(689),
            indirect: 7,
            seeds: ["peer"],
            fanout: 9)
        Node("broker") { Broker() }
        Node("press") { ServeFeed("f", port: 8602) }
        Node(
            "producer",
            replicas: 3,
            restart: .always(backoff: .milliseconds(32)...(.milliseconds(90)), max: 2),
            dependsOn: ["broker"],
            env: ["A_B": "😀'- null"],
            labels: ["x", "y-z"],
            stop: Stop(signal: "INT", timeout: .milliseconds(8922))) {
            Publish(
                to: "e0",
                key: #"""

                '0x1ä
                """#,
                body: "true",
                size: 731,
                count: 2840,
                rate: .perMinute(7913))
            Publish(
                to: "e0",
                key: "{#0x1'",
                body: #"",ä,ä"#,
                size: 4059,
                count: 1818,
                rate: .perMinute(5438),
                persistent: true,
                confirm: Confirm(timeout: .nanoseconds(25745819), attempts: 4, window: 45))
            Append(
                feed: "f",
                size: 193,
                count: 9,
                rate: .perSecond(3056),
                timeout: .milliseconds(1751),
                attempts: 21)
            Append(
                feed: "f",
                body: "]%12a",
                size: 3309,
                rate: .perHour(2546),
                timeout: .seconds(32),
                attempts: 8)
        }
        Node("consumer") {
            Consume(
                queue: "q0",
                bind: ["e0", "e0"],
                ack: .manual,
                prefetch: 1,
                work: .seconds(34),
                fail: .init(0.0222022202220222),
                requeue: false)
            Watch(
                "f",
                by: .longPoll,
                every: .nanoseconds(2015652181),
                timeout: .nanoseconds(101808285566),
                limit: 3)
            Watch("f", by: .longPoll, every: .seconds(97), timeout: .milliseconds(104679), from: .now, limit: 5)
        }
        Node("peer", replicas: 3) {
            Peer(
                "g",
                send: [Send(
                    to: "peer",
                    size: 1776,
                    count: 23,
                    rate: .perSecond(836.5714285714286),
                    timeout: .nanoseconds(454410895),
                    attempts: 3), Send(
                    to: "peer",
                    size: 2355,
                    count: 24,
                    rate: .perSecond(8559),
                    timeout: .nanoseconds(513306107),
                    attempts: 2)],
                broadcast: [Items(
                    body: #"""

                    {😀,
                    """#,
                    count: 58), Items()],
                find: [Find("s2", count: 4, rate: .perSecond(491.42857142857144), timeout: .nanoseconds(994985438))])
        }
        Node("program") { Command(["sh", "aa,", "$(broker.url)"], in: "a b") }
        Node("server") { Serve("shop.v1.Calc") }
        Node("caller") { Call("shop.v1.Calc.add", with: ["a": 1], count: 3) }
        Node("directory") { Directory() }
        Node("host", replicas: 2) { Host() }
        Fault(
            .delay(.milliseconds(6200), jitter: .milliseconds(4686), chance: 0.6242624262426243),
            link: "producer -> broker",
            at: .nanoseconds(829434432))
        Step(.invoke("acc-1", "deposit", with: ["amount": 1]), at: .seconds(88))
        Step(.wait(.nanoseconds(426864927)), every: .seconds(20), times: 8)
        Step(
            .assert(Assert(.state("acc-1", is: ["balance": [138037.2857142857]]))),
            at: .nanoseconds(154460583))
        Assert(.state("acc-1", is: ["balance": nil]), within: .nanoseconds(840353878))
        Assert(.pause("<1468673642ns", object: "acc-1"), isViolated: true, within: .nanoseconds(1035463707))
        Assert(.availability(">=62.5%"), from: "caller", within: .seconds(36))
        Assert(.log("program", contains: "- 😀%", count: "!=8"), isViolated: true, within: .seconds(95))
    }

    static let random1 = Topology(#"]\"#, seed: 8381113977653095242, tags: ["{ä0x1", "]"], drain: .nanoseconds(1598690511)) {
        Exchange("e0", .topic, durable: true)
        Exchange("e1", .topic)
        Queue(
            "q0",
            bind: [Binding("e0", key: #"true ""#, arguments: ["k4": nil]), Binding("e0", key: "]{", arguments: ["k0": ["x": nil], "k2": ["x": "12ä"], "k9": "%ä%%- "])],
            arguments: ["k5": -359214589695083803, "k6": ["x": true]])
        Queue("q1")
        Service("shop.v1.Calc") {
            Method(
                "add",
                request: ["a": "int64", "b": "double"],
                response: ["sum": "int64"],
                handler: "return { sum = 1 }")
        }
        ObjectType("Account", state: ["balance": 0], instances: [Instance("acc-1", host: "host-1")]) {
            ObjectMethod("deposit", params: ["amount": "int64"], returns: "int64", handler: "return 1")
            ObjectMethod("get", returns: "int64", handler: "return 1")
            ObjectMethod("set", params: ["to": "int64"], handler: "return")
            ObjectMethod("put", params: ["item": "int64"], handler: "return")
            ObjectMethod("take", returns: "int64", handler: "return 1")
        }
        Feed(
            "f",
            append: Items(body: "{a,", count: 31, rate: .perMinute(153.8)),
            keep: 9,
            slow: .dropOldest,
            heartbeat: .milliseconds(1791))
        Group(
            "g",
            period: .seconds(1),
            timeout: .milliseconds(836),
            indirect: 7,
            seeds: ["peer"],
            relays: ["peer"],
            fanout: 2)
        Node("broker") { Broker() }
        Node("press") { ServeFeed("f") }
        Node(
            "producer",
            replicas: 3,
            restart: .onFailure(backoff: .milliseconds(27)...(.milliseconds(64)), max: 3),
            labels: ["x", "y-z"],
            stop: Stop(signal: "INT", timeout: .seconds(69))) {
            Publish(
                to: "e0",
                key: "nullä{- a",
                headers: ["k2": [], "k7": true, "k8": 2342471473342832268],
                body: "😀{")
            Publish(
                to: "e0",
                key: #"%a\a0x1"#,
                headers: ["k4": false, "k9": true],
                body: #"{\"#,
                size: 2708,
                count: 4503,
                confirm: Confirm(timeout: .nanoseconds(1090300656), window: 331))
            Append(feed: "f", count: 18, rate: .perSecond(6803), timeout: .seconds(67), attempts: 21)
        }
        Node("consumer") {
            Consume(
                queue: "q0",
                bind: ["e0", "e0"],
                ack: .manual,
                prefetch: 6,
                work: .nanoseconds(134924781),
                fail: .init(0.81),
                requeue: false)
            Watch("f", by: .longPoll, every: .milliseconds(8187), timeout: .seconds(153), limit: 3)
        }
        Node("peer", replicas: 3) {
            Peer(
                "g",
                send: [Send(
                    to: "peer",
                    body: #""a'"#,
                    size: 1278,
                    count: 4,
                    rate: .perHour(4460),
                    timeout: .nanoseconds(1508317825),
                    attempts: 26), Send(to: "peer", body: "'%a", timeout: .nanoseconds(6246018), attempts: 11)],
                share: ["s6"],
                find: [Find("s7", count: 6, timeout: .seconds(49))])
        }
        Node("program", inbound: .deny(except: ["peer", "label:x"])) { Command(["sh", "%truenull", "$(broker.url)"]) }
        Node("server") { Serve("shop.v1.Calc") }
        Node("caller") { Call("shop.v1.Calc.add", with: ["a": 1], count: 3) }
        Node("directory") { Directory() }
        Node("host", replicas: 2) { Host() }
        Step(.clear(#"%'\😀\"#), every: .milliseconds(2071), times: 10)
        Step(.note("',"), at: .seconds(66), every: .seconds(99), times: 7)
        Step(
            .repeat(times: 59, every: .seconds(43)) {
                Step(.note(#"""

                "'%'
                """#))
                Step(.call("Calc.add", with: ["a": 7], to: "server"))
            },
            at: .milliseconds(5390),
            every: .milliseconds(8283),
            times: 2)
        Step(
            .fault(Fault(.blackhole, for: .milliseconds(6269), name: "#{ä")),
            at: .nanoseconds(1289819045),
            every: .nanoseconds(1892741499),
            times: 6)
        Script(#"""
        log([[%##]])


        """#)
        Assert(.availability(">=100%", method: "shop.v1.Calc.add"), isViolated: true)
        Assert(.found(">=0%", group: "g", by: .neighbours), from: "peer", within: .milliseconds(9850))
        Assert(.linearizable("acc-1", model: .register), within: .milliseconds(4494))
        Assert(
            .node("consumer", state: "running", restarts: "<=2.75"),
            isViolated: true,
            within: .nanoseconds(1627800458))
        Assert(.delivery(.atMostOnce), to: "consumer", isViolated: true)
    }

    static let random2 = Topology(
        "\"#0x1\" ",
        description: "0x1a{",
        seed: 5001656801778918875,
        tags: [#"]","#],
        params: ["p102134": ["- true#true", "ä:{true]"], "p47808": ["#😀"]],
        drain: .nanoseconds(1551123734)) {
        Exchange("e0", .topic, autoDelete: true)
        Queue("q0", durable: true, bind: [Binding("e0", key: "%# '")])
        Service("shop.v1.Calc") {
            Method(
                "add",
                request: ["a": "int64", "b": "double"],
                response: ["sum": "int64"],
                handler: "return { sum = 1 }")
        }
        ObjectType("Account", state: ["balance": 0], instances: [Instance("acc-1", host: "host-1")]) {
            ObjectMethod("deposit", params: ["amount": "int64"], returns: "int64", handler: "return 1")
            ObjectMethod("get", returns: "int64", handler: "return 1")
            ObjectMethod("set", params: ["to": "int64"], handler: "return")
            ObjectMethod("put", params: ["item": "int64"], handler: "return")
            ObjectMethod("take", returns: "int64", handler: "return 1")
        }
        Feed("f", durable: true, keep: 3, heartbeat: .seconds(53))
        Group(
            "g",
            period: .seconds(1),
            timeout: .milliseconds(695),
            indirect: 6,
            relays: ["peer"],
            fanout: 9)
        Node("broker") { Broker(port: 6010) }
        Node("press") { ServeFeed("f", port: 9563) }
        Node(
            "producer",
            restart: .always(backoff: .milliseconds(30)...(.milliseconds(62)), max: 1),
            env: ["A_B": #"{a"12"#],
            labels: ["x", "y-z"],
            stop: Stop(timeout: .seconds(24))) {
            Publish(to: "e0", key: "😀nullnull", body: #""{- {"#, count: 4978)
        }
        Node("consumer") {
            Consume(queue: "q0", ack: .manual, prefetch: 8, work: .seconds(52), requeue: false)
            Watch("f", by: .longPoll, every: .milliseconds(4039), timeout: .milliseconds(108285), limit: 3)
            Watch("f", by: .poll, every: .milliseconds(8366), timeout: .milliseconds(102582), limit: 6)
        }
        Node("peer", replicas: 3) {
            Peer(
                "g",
                send: [Send(to: "peer", size: 1475, rate: .perHour(6079), timeout: .seconds(81), attempts: 12)],
                share: ["s1"],
                find: [Find("s0", count: 3, timeout: .nanoseconds(1055413057)), Find("s0", count: 5, timeout: .seconds(41))])
        }
        Node("program") {
            Command(["sh", #"""
            0x1ä12true

            """#, "$(broker.url)"])
        }
        Node("server") { Serve("shop.v1.Calc") }
        Node("caller") { Call("shop.v1.Calc.add", with: ["a": 1], count: 3) }
        Node("directory") { Directory() }
        Node("host", replicas: 2) { Host() }
        Step(
            .clear(#"""
            "'
            #0x1
            """#),
            at: .milliseconds(8977),
            every: .milliseconds(4403),
            times: 1)
        Script(#"""
        log([[:]])


        """#)
        Assert(
            .latency(["max": "<7.207s"], method: "shop.v1.Calc.add"),
            from: "caller",
            within: .seconds(73))
        Assert(
            .log("program", contains: #""ä"#, count: "!=47"),
            isViolated: true,
            within: .milliseconds(3869))
        Assert(.pause("<22s"))
        Assert(
            .log("program", contains: "]12%'", count: ">15"),
            isViolated: true,
            within: .nanoseconds(1615883950))
        Assert(
            .throughput(">=67/s", method: "shop.v1.Calc.add"),
            from: "caller",
            isViolated: true,
            within: .milliseconds(6685))
        Assert(
            .recovery(within: .nanoseconds(341257189)),
            isViolated: true,
            within: .nanoseconds(796892948))
        Assert(.messages(.exactlyOnce, of: .attempted), isViolated: true, within: .seconds(78))
        Assert(
            .messages(.atMostOnce, of: .attempted),
            to: "peer-2",
            isViolated: true,
            within: .nanoseconds(667726650))
    }

    static let random3 = Topology(#""a{'{"#, drain: .nanoseconds(1110704100)) {
        Exchange("e0", .topic, durable: true, arguments: ["k9": true])
        Exchange("e1", .topic, autoDelete: true)
        Exchange("e2", .topic)
        Queue(
            "q0",
            durable: true,
            autoDelete: true,
            bind: [Binding("e0", key: "t"), Binding("e0", key: #"#%ä\"#)],
            arguments: ["k0": ["x": 6712249538655370338], "k6": -7529147084205472284])
        Service("shop.v1.Calc") {
            Method(
                "add",
                request: ["a": "int64", "b": "double"],
                response: ["sum": "int64"],
                handler: "return { sum = 1 }")
        }
        ObjectType("Account", state: ["balance": 0], instances: [Instance("acc-1", host: "host-1")]) {
            ObjectMethod("deposit", params: ["amount": "int64"], returns: "int64", handler: "return 1")
            ObjectMethod("get", returns: "int64", handler: "return 1")
            ObjectMethod("set", params: ["to": "int64"], handler: "return")
            ObjectMethod("put", params: ["item": "int64"], handler: "return")
            ObjectMethod("take", returns: "int64", handler: "return 1")
        }
        Feed(
            "f",
            append: Items(body: "0x1:", size: 1016, count: 37, rate: .perSecond(2963)),
            durable: true,
            keep: 4,
            slow: .dropOldest,
            heartbeat: .nanoseconds(1206271281))
        Group(
            "g",
            period: .seconds(1),
            timeout: .milliseconds(496),
            indirect: 8,
            seeds: ["peer"],
            fanout: 6)
        Node("broker") { Broker() }
        Node("press") { ServeFeed("f") }
        Node(
            "producer",
            replicas: 3,
            restart: .no(backoff: .milliseconds(21)...(.milliseconds(77))),
            env: ["A_B": #" "- %"#],
            labels: ["x"],
            stop: Stop(signal: "INT", timeout: .milliseconds(2444))) {
            Publish(
                queue: "q0",
                body: "true",
                size: 1054,
                rate: .perHour(6986),
                confirm: Confirm(timeout: .milliseconds(7845), attempts: 4, window: 37))
            Publish(
                to: "e0",
                key: "😀:true",
                headers: ["k1": 51409.142857142855, "k9": 857862624717328501],
                body: "120x1😀{0x1",
                rate: .perSecond(151))
            Append(
                feed: "f",
                body: #"""
                "a
                - 
                """#,
                size: 2740,
                count: 24,
                timeout: .milliseconds(2387),
                attempts: 16)
            Append(feed: "f", body: ",],", size: 1305, timeout: .nanoseconds(1020100012), attempts: 17)
        }
        Node("consumer") {
            Consume(
                bind: ["e0", "e0"],
                ack: .manual,
                prefetch: 8,
                work: .nanoseconds(157270112),
                requeue: false)
            Watch("f", by: .poll, every: .milliseconds(3147), timeout: .milliseconds(100357), limit: 4)
            Watch("f", by: .longPoll, every: .seconds(16), timeout: .seconds(161), limit: 1)
        }
        Node("peer", replicas: 3) {
            Peer(
                "g",
                send: [Send(to: "peer", size: 2436, timeout: .seconds(36), attempts: 19), Send(
                    to: "peer",
                    body: #"""
                    ]'%
                    ä
                    """#,
                    size: 4031,
                    timeout: .milliseconds(2269),
                    attempts: 30)],
                broadcast: [Items(size: 4227, rate: .perSecond(2292))],
                find: [Find("s9", rate: .perMinute(7940), timeout: .milliseconds(3603))])
        }
        Node("program", inbound: .deny(except: ["peer", "label:x"])) {
            Command(["sh", "- ]#true", "$(broker.url)"], in: "a b")
        }
        Node("server") { Serve("shop.v1.Calc") }
        Node("caller") { Call("shop.v1.Calc.add", with: ["a": 1], count: 3) }
        Node("directory") { Directory() }
        Node("host", replicas: 2) { Host() }
        Fault(.error(0.43884388438843885, status: 451), for: .milliseconds(8563))
        Fault(.truncate(0.11), link: "consumer <-> press", for: .milliseconds(3272))
        Step(.start("peer-2"), at: .milliseconds(9625))
        Step(.restart("1 of peer"), at: .nanoseconds(2074629684), every: .milliseconds(8506), times: 2)
        Step(.clear("12%0x1:"), at: .nanoseconds(530590755))
        Step(.restart("50% of peer"), every: .milliseconds(9862), times: 10)
        Step(.call("Calc.add", with: ["a": 7]), at: .nanoseconds(1614123420))
        Script(#"""
        log([[ää]])

        """#)
        Assert(.feed(.atLeastOnce, of: "f"), isViolated: true)
        Assert(.found(">=62.5%", group: "g", by: .neighbours), from: "peer", isViolated: true)
        Assert(.messages(.atLeastOnce), from: "peer")
        Assert(.feed(.atMostOnce), isViolated: true)
        Assert(.alive("acc-1"))
        Assert(.routing, isViolated: true)
    }

    static let random4 = Topology(
        #",\120x1""#,
        description: "]: ,",
        seed: 2219383240047816901,
        tags: [#"""
        {%
        :
        """#],
        params: ["p742242": [#" \%{"#, "0x1"], "p449798": ["#😀]ä", #"""
        '%

        """#]],
        drain: .seconds(91)) {
        Exchange("e0", .topic, autoDelete: true)
        Exchange(
            "e1",
            .topic,
            durable: true,
            autoDelete: true,
            arguments: ["k2": [95084.57142857143], "k8": -2174693920317915604, "k9": -2549486228496507485])
        Exchange("e2", .topic)
        Queue(
            "q0",
            durable: true,
            autoDelete: true,
            bind: [Binding(
                "e0",
                key: #"""
                ]12

                """#,
                arguments: ["k4": 86194.57142857143])])
        Queue(
            "q1",
            durable: true,
            bind: [Binding("e0", key: #"- '","#)],
            arguments: ["k0": ["x": 87040.42857142857], "k2": nil])
        Service("shop.v1.Calc") {
            Method(
                "add",
                request: ["a": "int64", "b": "double"],
                response: ["sum": "int64"],
                handler: "return { sum = 1 }")
        }
        ObjectType("Account", state: ["balance": 0], instances: [Instance("acc-1", host: "host-1")]) {
            ObjectMethod("deposit", params: ["amount": "int64"], returns: "int64", handler: "return 1")
            ObjectMethod("get", returns: "int64", handler: "return 1")
            ObjectMethod("set", params: ["to": "int64"], handler: "return")
            ObjectMethod("put", params: ["item": "int64"], handler: "return")
            ObjectMethod("take", returns: "int64", handler: "return 1")
        }
        Feed("f", keep: 10, heartbeat: .nanoseconds(446659332))
        Group(
            "g",
            period: .seconds(1),
            timeout: .milliseconds(345),
            indirect: 9,
            seeds: ["peer"],
            relays: ["peer"],
            fanout: 7)
        Node("broker") { Broker() }
        Node("press") { ServeFeed("f", port: 3381) }
        Node(
            "producer",
            restart: .onFailure(backoff: .milliseconds(37)...(.milliseconds(75))),
            labels: ["x"],
            stop: Stop(signal: "INT", timeout: .seconds(98))) {
            Publish(
                to: "e0",
                key: "true]- ",
                headers: ["k6": -1883040336076588276, "k9": 109990.0],
                body: "#null😀",
                count: 2780,
                rate: .perSecond(1376.142857142857))
            Append(
                feed: "f",
                body: ", '",
                size: 875,
                rate: .perMinute(9763),
                timeout: .nanoseconds(1305627987),
                attempts: 3)
            Append(feed: "f", size: 2055, count: 96, timeout: .nanoseconds(480315619), attempts: 21)
        }
        Node("consumer") {
            Consume(
                queue: "q0",
                ack: .manual,
                prefetch: 1,
                work: .milliseconds(5968),
                fail: .init(0.12, .reject),
                requeue: false)
            Watch("f", by: .poll, every: .nanoseconds(1935251739), timeout: .milliseconds(108074), limit: 5)
            Watch(
                "f",
                every: .nanoseconds(1647559913),
                timeout: .nanoseconds(100520383292),
                from: .now,
                limit: 4)
        }
        Node("peer", replicas: 3) {
            Peer(
                "g",
                send: [Send(
                    to: "peer",
                    body: #"\true '"#,
                    count: 70,
                    rate: .perSecond(8570),
                    timeout: .milliseconds(2436),
                    attempts: 29), Send(to: "peer", rate: .perHour(3143), timeout: .seconds(89), attempts: 31)],
                share: ["s0"],
                find: [Find("s2", count: 2, timeout: .seconds(63)), Find("s3", count: 3, timeout: .seconds(10))])
        }
        Node("program", inbound: .deny()) { Command(["sh", #"- {12 \"#, "$(broker.url)"], in: "a b") }
        Node("server") { Serve("shop.v1.Calc") }
        Node("caller") { Call("shop.v1.Calc.add", with: ["a": 1], count: 3) }
        Node("directory") { Directory() }
        Node("host", replicas: 2) { Host() }
        Fault(.truncate(1.0), for: .nanoseconds(434750125))
        Fault(.truncate(0.024502450245024503), only: .init(path: "/feeds/*"), for: .milliseconds(6592))
        Step(.stop("peer-2"), every: .milliseconds(6587), times: 8)
        Assert(.queue("q0", depth: "<7.75", consumers: "<=6.75"))
        Assert(.linearizable("acc-1", model: .queue))
    }

    static let random5 = Topology(#"\"#, description: "0x1\n\n\\#", tags: [#" %""#], drain: .nanoseconds(1378167739)) {
        Exchange("e0", .topic, durable: true, autoDelete: true)
        Exchange("e1", .topic, durable: true, arguments: ["k3": nil])
        Exchange("e2", .topic, arguments: ["k0": "t", "k2": 109297.14285714286])
        Queue("q0", arguments: ["k3": -1199867967792626204])
        Queue(
            "q1",
            durable: true,
            autoDelete: true,
            bind: [Binding("e0", key: #"\,,0x1\"#, arguments: ["k3": [], "k9": true]), Binding("e0", key: "true")])
        Service("shop.v1.Calc") {
            Method(
                "add",
                request: ["a": "int64", "b": "double"],
                response: ["sum": "int64"],
                handler: "return { sum = 1 }")
        }
        ObjectType("Account", state: ["balance": 0], instances: [Instance("acc-1", host: "host-1")]) {
            ObjectMethod("deposit", params: ["amount": "int64"], returns: "int64", handler: "return 1")
            ObjectMethod("get", returns: "int64", handler: "return 1")
            ObjectMethod("set", params: ["to": "int64"], handler: "return")
            ObjectMethod("put", params: ["item": "int64"], handler: "return")
            ObjectMethod("take", returns: "int64", handler: "return 1")
        }
        Feed(
            "f",
            append: Items(body: #"trueä%\"#, size: 2715),
            durable: true,
            keep: 1,
            heartbeat: .nanoseconds(917553823))
        Group(
            "g",
            period: .seconds(1),
            timeout: .milliseconds(697),
            seeds: ["peer"],
            relays: ["peer"],
            fanout: 2)
        Node("broker") { Broker(port: 4531) }
        Node("press") { ServeFeed("f", port: 1085) }
        Node(
            "producer",
            replicas: 4,
            restart: .always(backoff: .milliseconds(9)...(.milliseconds(56)), max: 6),
            dependsOn: ["broker"],
            env: ["A_B": #"""
            '%,

            """#],
            labels: ["x"],
            stop: Stop(signal: "INT", timeout: .milliseconds(2085))) {
            Publish(
                queue: "q0",
                headers: ["k5": "{:😀", "k8": #"😀#\"#, "k9": 91377.85714285714],
                body: "true",
                count: 3862,
                rate: .perMinute(9659),
                confirm: Confirm(timeout: .nanoseconds(525344259), attempts: 4, window: 303))
            Append(
                feed: "f",
                size: 2554,
                rate: .perSecond(1000.1428571428571),
                timeout: .nanoseconds(101309259))
            Append(feed: "f", size: 2635, count: 15, timeout: .nanoseconds(1449665694), attempts: 5)
        }
        Node("consumer") {
            Consume(
                queue: "q0",
                bind: ["e0", "e0"],
                ack: .manual,
                prefetch: 9,
                work: .milliseconds(6728),
                fail: .init(0.16, .reject))
            Watch("f", by: .longPoll, every: .milliseconds(4648), timeout: .milliseconds(100180), limit: 1)
            Watch(
                "f",
                every: .nanoseconds(1425593169),
                timeout: .nanoseconds(101868833907),
                from: .now,
                limit: 1)
        }
        Node("peer", replicas: 3) {
            Peer(
                "g",
                send: [Send(to: "peer", rate: .perSecond(5974), timeout: .seconds(15), attempts: 28)],
                broadcast: [Items(count: 87, rate: .perSecond(7962)), Items(size: 4275)],
                find: [Find("s8", count: 3, rate: .perHour(173), timeout: .seconds(59))])
        }
        Node("program", inbound: .allow(except: ["peer", "label:x"])) {
            Command(
                ["sh", "t", "$(broker.url)"],
                ready: .consuming(timeout: .milliseconds(4336), interval: .seconds(89)))
        }
        Node("server") { Serve("shop.v1.Calc") }
        Node("caller") { Call("shop.v1.Calc.add", with: ["a": 1], count: 3) }
        Node("directory") { Directory() }
        Node("host", replicas: 2) { Host() }
        Script(#"""
        log([[,:##]])


        """#)
        Assert(.routing, within: .milliseconds(718))
        Assert(
            .throughput(">=34/s", method: "shop.v1.Calc.add"),
            to: "server",
            isViolated: true,
            within: .seconds(38))
        Assert(.singleOwner(of: "Account"), within: .seconds(55))
        Assert(.coherent("g"))
        Assert(.throughput(">=79/s"), from: "caller", isViolated: true)
        Assert(
            .log("program", contains: "{#ä", count: ">=11.5"),
            isViolated: true,
            within: .milliseconds(8013))
        Assert(.singleOwner(), isViolated: true)
    }

    static let random6 = Topology(
        " :-  ",
        description: #"""
        0x1

        """#,
        seed: 15022996441035188812,
        tags: [#"""
        #%ä,

        """#],
        drain: .seconds(60)) {
        Exchange("e0", .topic, durable: true)
        Exchange("e1", .topic, durable: true, autoDelete: true)
        Exchange("e2", .topic, durable: true, autoDelete: true)
        Queue("q0", autoDelete: true, bind: [Binding("e0", key: "{:true")])
        Service("shop.v1.Calc") {
            Method(
                "add",
                request: ["a": "int64", "b": "double"],
                response: ["sum": "int64"],
                handler: "return { sum = 1 }")
        }
        ObjectType("Account", state: ["balance": 0], instances: [Instance("acc-1", host: "host-1")]) {
            ObjectMethod("deposit", params: ["amount": "int64"], returns: "int64", handler: "return 1")
            ObjectMethod("get", returns: "int64", handler: "return 1")
            ObjectMethod("set", params: ["to": "int64"], handler: "return")
            ObjectMethod("put", params: ["item": "int64"], handler: "return")
            ObjectMethod("take", returns: "int64", handler: "return 1")
        }
        Feed("f", durable: true, keep: 5, heartbeat: .milliseconds(5217))
        Group("g", period: .seconds(1), timeout: .milliseconds(777), indirect: 2)
        Node("broker") { Broker() }
        Node("press") { ServeFeed("f") }
        Node(
            "producer",
            replicas: 4,
            restart: .always(backoff: .milliseconds(9)...(.milliseconds(70))),
            dependsOn: ["broker"],
            env: ["A_B": #"{"a]]"#],
            labels: ["x"],
            stop: Stop(timeout: .seconds(62))) {
            Publish(queue: "q0", body: "aa%{", size: 630)
            Append(feed: "f", size: 4654, timeout: .milliseconds(2131), attempts: 16)
            Append(
                feed: "f",
                body: #"""

                😀
                """#,
                count: 52,
                rate: .perSecond(6190),
                timeout: .nanoseconds(464877702),
                attempts: 14)
        }
        Node("consumer") {
            Consume(ack: .manual, prefetch: 6, work: .nanoseconds(786143707), fail: .init(0.7, .reject))
            Watch(
                "f",
                by: .poll,
                every: .seconds(76),
                timeout: .nanoseconds(102133989249),
                from: .now,
                limit: 1)
            Watch(
                "f",
                by: .poll,
                every: .nanoseconds(1481355721),
                timeout: .nanoseconds(100946755529),
                limit: 6)
        }
        Node("peer", replicas: 3) {
            Peer(
                "g",
                send: [Send(to: "peer", rate: .perHour(7466), timeout: .nanoseconds(1019000989), attempts: 18)],
                share: ["s9", "s8"],
                find: [Find("s6", count: 5, timeout: .seconds(81))])
        }
        Node("program", inbound: .allow(except: ["peer", "label:x"])) { Command(["sh", "anull'", "$(broker.url)"]) }
        Node("server") { Serve("shop.v1.Calc") }
        Node("caller") { Call("shop.v1.Calc.add", with: ["a": 1], count: 3) }
        Node("directory") { Directory() }
        Node("host", replicas: 2) { Host() }
        Fault(.halves("peer"))
        Fault(
            .reorder(0.9682968296829683, within: .nanoseconds(1530873403)),
            link: "producer -> broker",
            at: .milliseconds(8084))
        Step(.publish(feed: "f", body: "true😀"), every: .seconds(94), times: 10)
        Step(.start("peer-2"), at: .seconds(84))
        Step(
            .fault(Fault(.reset, link: "producer -> broker", name: "0x1{a")),
            at: .milliseconds(367),
            every: .nanoseconds(335378681),
            times: 1)
        Step(.clear())
        Step(.restart("50% of peer"), at: .seconds(18), every: .nanoseconds(1437686935), times: 7)
        Script(#"""
        log([[😀]])


        """#)
        Assert(.detected("all", within: .milliseconds(6599)), isViolated: true)
        Assert(.falseDeaths(">=73"), isViolated: true, within: .milliseconds(4382))
        Assert(.converged("g", within: .seconds(88)), isViolated: true)
        Assert(
            .log(
                "program",
                contains: #"""
                ,
                true]
                """#,
                count: "12.375"),
            isViolated: true,
            within: .seconds(48))
        Assert(.feed(.exactlyOnce), to: "consumer", isViolated: true, within: .nanoseconds(1135889402))
        Assert(.converged("g", within: .seconds(69)))
        Assert(.falseDeaths("<4", group: "g"), isViolated: true, within: .seconds(32))
        Assert(.log("program", contains: #","::12"#, count: ">0.25"))
    }

    static let random7 = Topology(
        ":true{- ",
        description: "- #]ä ",
        seed: 14053084740717208388,
        tags: ["%0x1,"],
        params: ["p595906": ["]😀", #""]null"#], "p161707": ["0x1- #", #"::\"#]],
        drain: .seconds(58)) {
        Exchange("e0", .topic, autoDelete: true)
        Exchange("e1", .topic, durable: true)
        Exchange("e2", .topic, autoDelete: true)
        Queue("q0", bind: [Binding("e0", key: #"] "0x1"#, arguments: ["k7": nil])])
        Service("shop.v1.Calc") {
            Method(
                "add",
                request: ["a": "int64", "b": "double"],
                response: ["sum": "int64"],
                handler: "return { sum = 1 }")
        }
        ObjectType("Account", state: ["balance": 0], instances: [Instance("acc-1", host: "host-1")]) {
            ObjectMethod("deposit", params: ["amount": "int64"], returns: "int64", handler: "return 1")
            ObjectMethod("get", returns: "int64", handler: "return 1")
            ObjectMethod("set", params: ["to": "int64"], handler: "return")
            ObjectMethod("put", params: ["item": "int64"], handler: "return")
            ObjectMethod("take", returns: "int64", handler: "return 1")
        }
        Feed("f", durable: true, keep: 10, slow: .dropOldest, heartbeat: .milliseconds(3711))
        Group("g", period: .seconds(1), timeout: .milliseconds(335), indirect: 0, fanout: 7)
        Node("broker") { Broker(port: 1131) }
        Node("press") { ServeFeed("f") }
        Node(
            "producer",
            replicas: 4,
            restart: .always(backoff: .milliseconds(22)...(.milliseconds(54)), max: 0),
            dependsOn: ["broker"],
            labels: ["x", "y-z"],
            stop: Stop(signal: "INT", timeout: .nanoseconds(313786562))) {
            Publish(
                queue: "q0",
                headers: ["k3": [5485385866118182862, ["x": " '"], [-169806295667124794, "truea"]], "k4": []],
                body: #""  ]""#,
                rate: .perSecond(579.8571428571429))
        }
        Node("consumer") {
            Consume(
                bind: ["e0", "e0"],
                ack: .manual,
                prefetch: 6,
                work: .milliseconds(3298),
                fail: .init(0.7, .reject),
                requeue: false)
            Watch(
                "f",
                by: .poll,
                every: .nanoseconds(690203354),
                timeout: .milliseconds(104150),
                from: .now,
                limit: 4)
            Watch("f", every: .milliseconds(6904), timeout: .milliseconds(106886), limit: 6)
        }
        Node("peer", replicas: 3) {
            Peer(
                "g",
                send: [Send(to: "peer", timeout: .milliseconds(185), attempts: 3), Send(to: "peer", rate: .perMinute(106.25), timeout: .milliseconds(8702), attempts: 28)],
                broadcast: [Items(body: " ä", rate: .perSecond(5373)), Items(body: #"0x1""#, size: 4105, count: 76)],
                share: ["s1", "s6"],
                find: [Find("s1", count: 2, rate: .perMinute(3319), timeout: .nanoseconds(2101062988))])
        }
        Node("program", inbound: .deny(except: ["peer", "label:x"])) { Command(["sh", "0x1", "$(broker.url)"]) }
        Node("server") { Serve("shop.v1.Calc") }
        Node("caller") { Call("shop.v1.Calc.add", with: ["a": 1], count: 3) }
        Node("directory") { Directory() }
        Node("host", replicas: 2) { Host() }
        Fault(.error(0.7617761776177617, status: 429))
        Step(.pause("peer-2"), at: .seconds(80))
        Step(.publish(feed: "f", body: "null,"), every: .nanoseconds(31548811), times: 9)
        Step(.migrate("acc-1", to: "host-2"))
        Step(
            .fault(Fault(.error(0.62, status: 464), only: .init(path: "/feeds/*"))),
            at: .milliseconds(1838))
        Step(.invoke("acc-1", "deposit", with: ["amount": 1], expect: 27474.714285714286))
        Step(
            .assert(Assert(
                .throughput(">=18/s", method: "shop.v1.Calc.add"),
                from: "caller",
                to: "server",
                isViolated: true,
                within: .nanoseconds(83136176))),
            at: .milliseconds(4470),
            every: .nanoseconds(1080592608),
            times: 1)
    }

    static let random8 = Topology(
        "ä#%",
        description: #"0x1null:0x1\"#,
        seed: 15330779521832933449,
        tags: [#"""#],
        params: ["p447117": ["]0x1", #" :#"😀"#, "null"], "p948122": [#",",,"#, #"""
         
        #
        """#]],
        drain: .milliseconds(3189)) {
        Exchange(
            "e0",
            .topic,
            durable: true,
            arguments: ["k0": ["x": ["x": "],0x1"]], "k1": 5676984122025850496])
        Exchange(
            "e1",
            .topic,
            autoDelete: true,
            arguments: ["k0": [",", 3252040289317884258, 13512.142857142857], "k4": ["x": 58352.42857142857], "k8": -1283688566945200418])
        Queue(
            "q0",
            durable: true,
            bind: [Binding("e0", key: "120x1true", arguments: ["k4": [["x": nil]], "k5": ["x": #"",]"#]]), Binding(
                "e0",
                key: #"""

                12
                """#)])
        Queue("q1", durable: true, bind: [Binding("e0", key: "😀a- - #")])
        Service("shop.v1.Calc") {
            Method(
                "add",
                request: ["a": "int64", "b": "double"],
                response: ["sum": "int64"],
                handler: "return { sum = 1 }")
        }
        ObjectType("Account", state: ["balance": 0], instances: [Instance("acc-1", host: "host-1")]) {
            ObjectMethod("deposit", params: ["amount": "int64"], returns: "int64", handler: "return 1")
            ObjectMethod("get", returns: "int64", handler: "return 1")
            ObjectMethod("set", params: ["to": "int64"], handler: "return")
            ObjectMethod("put", params: ["item": "int64"], handler: "return")
            ObjectMethod("take", returns: "int64", handler: "return 1")
        }
        Feed(
            "f",
            append: Items(body: "'ä", count: 91, rate: .perSecond(63.4)),
            keep: 3,
            slow: .dropOldest,
            heartbeat: .seconds(15))
        Group("g", period: .seconds(1), timeout: .milliseconds(165), seeds: ["peer"], fanout: 8)
        Node("broker") { Broker(port: 6588) }
        Node("press") { ServeFeed("f") }
        Node(
            "producer",
            restart: .no(backoff: .milliseconds(7)...(.milliseconds(72))),
            env: ["A_B": ","],
            labels: ["x"],
            stop: Stop(timeout: .nanoseconds(517151123))) {
            Publish(
                to: "e0",
                key: #"😀]\{"#,
                headers: ["k0": false, "k5": -493186520617689800, "k6": nil],
                body: ":#: ",
                size: 946,
                count: 2813,
                persistent: true,
                confirm: Confirm(timeout: .milliseconds(4943), attempts: 2, window: 84))
            Append(feed: "f", size: 3334, count: 28, timeout: .milliseconds(8084))
        }
        Node("consumer") {
            Consume(
                queue: "q0",
                bind: ["e0"],
                ack: .manual,
                prefetch: 6,
                work: .milliseconds(6310),
                fail: .init(0.89),
                requeue: false)
            Watch(
                "f",
                every: .nanoseconds(754670843),
                timeout: .nanoseconds(101243706729),
                from: .now,
                limit: 3)
            Watch("f", every: .seconds(90), timeout: .milliseconds(100783), limit: 1)
        }
        Node("peer", replicas: 3) {
            Peer(
                "g",
                send: [Send(to: "peer", timeout: .milliseconds(8850), attempts: 8), Send(to: "peer", body: #"'\""#, size: 4548, timeout: .nanoseconds(15792756), attempts: 31)],
                find: [Find("s3", rate: .perSecond(8955), timeout: .seconds(1))])
        }
        Node("program") { Command(["sh", "%,- 😀 ", "$(broker.url)"], in: "a b") }
        Node("server") { Serve("shop.v1.Calc") }
        Node("caller") { Call("shop.v1.Calc.add", with: ["a": 1], count: 3) }
        Node("directory") { Directory() }
        Node("host", replicas: 2) { Host() }
        Fault(.reorder(0.11, within: .milliseconds(3298)))
        Fault(.cut(from: ["peer-1"], to: ["peer-2"]), at: .milliseconds(1715))
        Step(
            .fault(Fault(.truncate(0.97), link: "consumer <-> press", only: .init(path: "/feeds/*"))),
            every: .milliseconds(6720),
            times: 10)
        Step(.migrate("acc-1", to: "host-2"), at: .nanoseconds(822971135))
        Step(.wait(until: .node("peer-3", is: "starting")))
        Step(.kill("1 of peer", signal: "TERM"), at: .milliseconds(7470))
        Step(.stop("peer-2"), at: .nanoseconds(531440191), every: .nanoseconds(1753815287), times: 9)
        Script(#"""
        log([[#' 😀]])


        """#)
        Assert(.falseDeaths(">=8.125", group: "g"), isViolated: true, within: .nanoseconds(872149026))
        Assert(.singleOwner(of: "Account"), isViolated: true, within: .seconds(25))
    }

    static let random9 = Topology(
        "- ",
        tags: ["t", #"😀😀]\12"#],
        params: ["p581778": ["null]a", "true'null"]],
        drain: .nanoseconds(898605388)) {
        Exchange("e0", .topic, arguments: ["k1": ["x": -389221800621001275], "k7": true])
        Queue("q0", durable: true)
        Queue(
            "q1",
            durable: true,
            bind: [Binding(
                "e0",
                key: "null]nulla",
                arguments: ["k2": ["true:truetruenull", "#"], "k6": ["x": -2516759054802651538], "k8": nil])])
        Service("shop.v1.Calc") {
            Method(
                "add",
                request: ["a": "int64", "b": "double"],
                response: ["sum": "int64"],
                handler: "return { sum = 1 }")
        }
        ObjectType("Account", state: ["balance": 0], instances: [Instance("acc-1", host: "host-1")]) {
            ObjectMethod("deposit", params: ["amount": "int64"], returns: "int64", handler: "return 1")
            ObjectMethod("get", returns: "int64", handler: "return 1")
            ObjectMethod("set", params: ["to": "int64"], handler: "return")
            ObjectMethod("put", params: ["item": "int64"], handler: "return")
            ObjectMethod("take", returns: "int64", handler: "return 1")
        }
        Feed(
            "f",
            append: Items(size: 2324, count: 2, rate: .perSecond(3757)),
            keep: 6,
            slow: .dropOldest,
            heartbeat: .milliseconds(6887))
        Group(
            "g",
            period: .seconds(1),
            timeout: .milliseconds(263),
            indirect: 2,
            seeds: ["peer"],
            relays: ["peer"],
            fanout: 10)
        Node("broker") { Broker(port: 3776) }
        Node("press") { ServeFeed("f", port: 7563) }
        Node(
            "producer",
            replicas: 1,
            restart: .no(backoff: .milliseconds(20)...(.milliseconds(62))),
            labels: ["x", "y-z"],
            stop: Stop(timeout: .milliseconds(3773))) {
            Publish(
                to: "e0",
                key: "😀",
                headers: ["k6": ["0x1]", ["x": 104611.28571428571], true], "k9": #"""
                \ä ä

                """#],
                body: #"""
                ä0x10x1{

                """#)
        }
        Node("consumer") {
            Consume(
                queue: "q0",
                bind: ["e0"],
                ack: .manual,
                prefetch: 4,
                work: .milliseconds(4676),
                fail: .init(0.48444844484448446, .reject),
                requeue: false)
            Watch(
                "f",
                by: .longPoll,
                every: .nanoseconds(555218289),
                timeout: .nanoseconds(101088964319),
                from: .now,
                limit: 2)
            Watch("f", by: .poll, every: .nanoseconds(1610240848), timeout: .seconds(187), limit: 4)
        }
        Node("peer", replicas: 3) {
            Peer(
                "g",
                send: [Send(to: "peer", count: 2, rate: .perSecond(668.7142857142857), timeout: .seconds(51), attempts: 23)],
                share: ["s8", "s2"],
                find: [Find("s6", rate: .perMinute(3256), timeout: .nanoseconds(184543728)), Find("s9", rate: .perHour(7511), timeout: .seconds(85))])
        }
        Node("program") { Command(["sh", "#,true#a", "$(broker.url)"], in: "a b") }
        Node("server") { Serve("shop.v1.Calc") }
        Node("caller") { Call("shop.v1.Calc.add", with: ["a": 1], count: 3) }
        Node("directory") { Directory() }
        Node("host", replicas: 2) { Host() }
        Fault(
            .error(0.42264226422642265, status: 412),
            only: .init(path: "/feeds/*"),
            for: .nanoseconds(15038891))
        Step(
            .note(#"""
            %true#

            """#),
            at: .nanoseconds(941645256))
        Step(.clear(), every: .milliseconds(6948), times: 9)
        Script(#"""
        log([[']])

        """#)
        Assert(.routing, from: "producer")
        Assert(.queue("q0", depth: "!=3.375", consumers: 53), within: .milliseconds(6145))
        Assert(.coherent("g"), within: .milliseconds(1300))
        Assert(.messages(.atMostOnce), to: "peer-2", isViolated: true, within: .seconds(49))
        Assert(.routing, within: .seconds(94))
    }

    static let random10 = Topology(
        #",a0x1"]"#,
        description: "- - ",
        params: ["p201352": ["truenull", #"12]"\"#, " true😀ä,"], "p515953": [#"0x1"-  "#, #"null"😀a0x1"#, " :"]],
        drain: .seconds(52)) {
        Exchange("e0", .topic)
        Queue(
            "q0",
            bind: [Binding("e0", key: "- ", arguments: ["k1": true, "k6": ["x": nil], "k9": "#null,:0x1"]), Binding("e0", key: "%- true", arguments: ["k1": ["x": true]])],
            arguments: ["k6": true])
        Queue(
            "q1",
            autoDelete: true,
            arguments: ["k1": ["x": true], "k2": 81508.71428571429, "k9": 57619.71428571428])
        Queue(
            "q2",
            bind: [Binding(
                "e0",
                key: "0x1",
                arguments: ["k5": [21020.714285714286], "k6": 120381.42857142857, "k8": 1127081111548165961])],
            arguments: ["k0": ["x": nil], "k6": nil])
        Service("shop.v1.Calc") {
            Method(
                "add",
                request: ["a": "int64", "b": "double"],
                response: ["sum": "int64"],
                handler: "return { sum = 1 }")
        }
        ObjectType("Account", state: ["balance": 0], instances: [Instance("acc-1", host: "host-1")]) {
            ObjectMethod("deposit", params: ["amount": "int64"], returns: "int64", handler: "return 1")
            ObjectMethod("get", returns: "int64", handler: "return 1")
            ObjectMethod("set", params: ["to": "int64"], handler: "return")
            ObjectMethod("put", params: ["item": "int64"], handler: "return")
            ObjectMethod("take", returns: "int64", handler: "return 1")
        }
        Feed("f", keep: 1, heartbeat: .nanoseconds(28473826))
        Group(
            "g",
            period: .seconds(1),
            timeout: .milliseconds(146),
            indirect: 2,
            seeds: ["peer"],
            relays: ["peer"],
            fanout: 5)
        Node("broker") { Broker(port: 1303) }
        Node("press") { ServeFeed("f", port: 4306) }
        Node(
            "producer",
            replicas: 1,
            restart: .no(backoff: .milliseconds(19)...(.milliseconds(98)), max: 5),
            labels: ["x"],
            stop: Stop(timeout: .milliseconds(3292))) {
            Publish(
                queue: "q0",
                body: #"\ä"#,
                size: 209,
                rate: .perSecond(340.57142857142856),
                persistent: true,
                confirm: Confirm(timeout: .nanoseconds(1282592530), attempts: 2, window: 252))
            Append(
                feed: "f",
                size: 3051,
                count: 73,
                rate: .perSecond(9962),
                timeout: .nanoseconds(1376933270),
                attempts: 15)
            Append(
                feed: "f",
                body: ":ä",
                count: 78,
                rate: .perSecond(818.1428571428571),
                timeout: .nanoseconds(1809667551),
                attempts: 20)
        }
        Node("consumer") {
            Consume(bind: ["e0", "e0"], ack: .manual, work: .seconds(38), fail: .init(0.49), requeue: false)
            Watch(
                "f",
                by: .longPoll,
                every: .milliseconds(1901),
                timeout: .milliseconds(102012),
                from: .now,
                limit: 5)
            Watch("f", every: .nanoseconds(175245059), timeout: .milliseconds(107733), limit: 6)
        }
        Node("peer", replicas: 3) {
            Peer(
                "g",
                send: [Send(
                    to: "peer",
                    size: 1289,
                    rate: .perSecond(704.4285714285714),
                    timeout: .seconds(85),
                    attempts: 19), Send(
                    to: "peer",
                    body: "#ä- {",
                    size: 4334,
                    count: 65,
                    rate: .perSecond(879.5714285714286),
                    timeout: .nanoseconds(1016906640),
                    attempts: 10)],
                find: [Find("s4", count: 2, timeout: .nanoseconds(1086576240)), Find("s7", count: 6, timeout: .seconds(45))])
        }
        Node("program", inbound: .deny(except: ["peer", "label:x"])) {
            Command(
                ["sh", #"{\\true😀"#, "$(broker.url)"],
                ready: .exec(["true", "x y"], timeout: .nanoseconds(786149302), interval: .milliseconds(2078)))
        }
        Node("server") { Serve("shop.v1.Calc") }
        Node("caller") { Call("shop.v1.Calc.add", with: ["a": 1], count: 3) }
        Node("directory") { Directory() }
        Node("host", replicas: 2) { Host() }
        Fault(
            .drop(0.28),
            only: .init([.publish]),
            for: .nanoseconds(188218527),
            settle: .after(.seconds(58)))
        Fault(.cut(from: ["peer-1"], to: ["peer-2"]))
        Step(.clear())
        Script(#"""
        log([["]])

        """#)
        Assert(.alive("all"))
        Assert(.messages(.atLeastOnce, of: .attempted), from: "peer", within: .nanoseconds(624806063))
        Assert(
            .log(
                "program",
                contains: #"""
                "#
                #:
                """#,
                count: 86),
            within: .milliseconds(4515))
        Assert(.routing, within: .nanoseconds(1492534480))
        Assert(.queue("q0", depth: 23), isViolated: true)
        Assert(.node("consumer", state: "running"), within: .nanoseconds(1406121255))
        Assert(.latency(["p99.95": "<34s"]), from: "caller", isViolated: true, within: .seconds(24))
        Assert(.converged("g", within: .seconds(33)))
    }

    static let random11 = Topology(
        "12,'",
        description: #"\null true,"#,
        seed: 17256361417185939328,
        tags: [#"""
        😀
        :'{
        """#, "%12{null12"],
        params: ["p878330": ["ä", "]- ,"], "p279635": ["%,", #"😀{12'\"#]],
        drain: .nanoseconds(295593874)) {
        Exchange("e0", .topic, durable: true)
        Exchange("e1", .topic, autoDelete: true, arguments: ["k5": true])
        Exchange("e2", .topic, durable: true, autoDelete: true, arguments: ["k9": 8315.42857142857])
        Queue(
            "q0",
            durable: true,
            autoDelete: true,
            bind: [Binding("e0", key: "😀]{::")],
            arguments: ["k5": 18312.428571428572, "k9": [true]])
        Service("shop.v1.Calc") {
            Method(
                "add",
                request: ["a": "int64", "b": "double"],
                response: ["sum": "int64"],
                handler: "return { sum = 1 }")
        }
        ObjectType("Account", state: ["balance": 0], instances: [Instance("acc-1", host: "host-1")]) {
            ObjectMethod("deposit", params: ["amount": "int64"], returns: "int64", handler: "return 1")
            ObjectMethod("get", returns: "int64", handler: "return 1")
            ObjectMethod("set", params: ["to": "int64"], handler: "return")
            ObjectMethod("put", params: ["item": "int64"], handler: "return")
            ObjectMethod("take", returns: "int64", handler: "return 1")
        }
        Feed(
            "f",
            append: Items(count: 100),
            durable: true,
            keep: 3,
            slow: .dropOldest,
            heartbeat: .nanoseconds(178735250))
        Group("g", period: .seconds(1), timeout: .milliseconds(330), indirect: 8, fanout: 7)
        Node("broker") { Broker() }
        Node("press") { ServeFeed("f", port: 5795) }
        Node(
            "producer",
            restart: .always(backoff: .milliseconds(1)...(.milliseconds(58))),
            env: ["A_B": "':ä"],
            labels: ["x"],
            stop: Stop(timeout: .nanoseconds(2052649184))) {
            Publish(to: "e0", key: #"'true""#, headers: ["k1": nil], body: "true😀,',", size: 2760, count: 1326)
            Append(feed: "f", count: 39, rate: .perHour(910), timeout: .nanoseconds(270393033), attempts: 1)
            Append(
                feed: "f",
                body: "- :",
                size: 2618,
                count: 23,
                rate: .perSecond(119.8),
                timeout: .seconds(30),
                attempts: 13)
        }
        Node("consumer") {
            Consume(queue: "q0", bind: ["e0"], ack: .manual, prefetch: 7, work: .seconds(100))
            Watch("f", by: .longPoll, every: .seconds(91), timeout: .milliseconds(109049), from: .now, limit: 6)
        }
        Node("peer", replicas: 3) {
            Peer(
                "g",
                send: [Send(to: "peer", body: "😀null ä'", count: 80, timeout: .milliseconds(6590), attempts: 14)],
                share: ["s2"],
                find: [Find("s0", rate: .perMinute(7342), timeout: .seconds(59))])
        }
        Node("program", inbound: .deny()) {
            Command(
                ["sh", #"""
                12

                """#, "$(broker.url)"],
                in: "a b")
        }
        Node("server") { Serve("shop.v1.Calc") }
        Node("caller") { Call("shop.v1.Calc.add", with: ["a": 1], count: 3) }
        Node("directory") { Directory() }
        Node("host", replicas: 2) { Host() }
        Fault(.truncate(0.8597859785978598))
        Fault(.partition(["peer-1"], ["peer-2", "peer-3"]))
        Step(.start("peer-2"), every: .milliseconds(2166), times: 7)
        Step(
            .fault(Fault(.error(0.94, status: 492), for: .nanoseconds(1900855165))),
            at: .milliseconds(1926),
            every: .nanoseconds(1403210066),
            times: 7)
        Step(.publish(to: "e0"), at: .milliseconds(1357), every: .milliseconds(3525), times: 7)
        Step(.resume("1 of peer"), at: .milliseconds(2265), every: .milliseconds(2920), times: 10)
        Step(
            .publish(to: "e0", key: "#- 😀", persistent: true),
            at: .seconds(71),
            every: .milliseconds(677),
            times: 6)
        Script(#"""
        log([[a,]])

        """#)
        Assert(.calls(.maybe), isViolated: true, within: .seconds(4))
        Assert(.routing, isViolated: true)
        Assert(
            .node("consumer", state: "running", restarts: "6.625"),
            isViolated: true,
            within: .milliseconds(1232))
        Assert(.delivery(.exactlyOnce), from: "producer")
    }

    static let all: [String: Topology] = [
        "auto-ack-loses": autoAckLoses,
        "durable-restart": durableRestart,
        "headers": headers,
        "long-polling": longPolling,
        "lossy-publisher": lossyPublisher,
        "objects-account": objectsAccount,
        "objects-follow-the-caller": objectsFollowTheCaller,
        "objects-gc": objectsGc,
        "objects-migration": objectsMigration,
        "objects-migration-crashes": objectsMigrationCrashes,
        "objects-wrong-server": objectsWrongServer,
        "peers-behind-firewalls": peersBehindFirewalls,
        "peers-gossip": peersGossip,
        "peers-lookup": peersLookup,
        "peers-name-service": peersNameService,
        "peers-partition": peersPartition,
        "polling-versus-push": pollingVersusPush,
        "pubsub": pubsub,
        "push": push,
        "routing": routing,
        "rpc-crash": rpcCrash,
        "rpc-over-queue": rpcOverQueue,
        "rpc-python": rpcPython,
        "rpc-replicas": rpcReplicas,
        "rpc-semantics": rpcSemantics,
        "rpc-streams": rpcStreams,
        "rpc-suma": rpcSuma,
        "rpc-versus-objects": rpcVersusObjects,
        "scripted-chaos": scriptedChaos,
        "topics": topics,
        "user-program": userProgram,
        "work-queue": workQueue,
        "random-0": random0,
        "random-1": random1,
        "random-2": random2,
        "random-3": random3,
        "random-4": random4,
        "random-5": random5,
        "random-6": random6,
        "random-7": random7,
        "random-8": random8,
        "random-9": random9,
        "random-10": random10,
        "random-11": random11,
    ]
}
