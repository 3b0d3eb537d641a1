/// What `orch init` writes: a small topology of a well-known pattern, with comments, that passes as it is.
package struct StarterTopology: Sendable {
    package enum Pattern: String, Sendable, CaseIterable {
        case pubsub
        case workQueue = "work-queue"
        case routing, rpc, objects, push
        case longPolling = "long-polling"
        case gossip, program

        /// For the list to choose from.
        package var summary: String {
            switch self {
            case .pubsub: "every subscriber gets every message"
            case .workQueue: "workers share tasks, one of them dies"
            case .routing: "messages go where their key says"
            case .rpc: "a client calls a method, and loses replies"
            case .objects: "an object with state moves between hosts"
            case .push: "a server tells its watchers over channels that stay open, and break"
            case .longPolling: "readers wait at a server until there is news, and lose replies"
            case .gossip: "peers without a server tell each other, over a lossy network that is cut"
            case .program: "a program of yours consumes, and its deliveries are lost"
            }
        }

        /// What `nodes` counts.
        package var many: String {
            switch self {
            case .pubsub: "subscribers"
            case .workQueue: "workers"
            case .routing: "archives"
            case .rpc: "clients"
            case .objects: "hosts"
            case .push: "watchers"
            case .longPolling: "readers"
            case .gossip: "peers"
            case .program: "consumers"
            }
        }

        package var defaultNodes: Int {
            switch self {
            case .pubsub, .workQueue: 3
            case .push, .longPolling: 2
            case .gossip: 4
            case .routing, .rpc, .program: 1
            case .objects: 2
            }
        }

        package var leastNodes: Int {
            switch self {
            case .objects: 2
            // Halves of fewer would not know each other.
            case .gossip: 4
            default: 1
            }
        }

        /// Each peer talks to every other.
        package var mostNodes: Int { self == .gossip ? 20 : 100 }
    }

    package let pattern: Pattern
    /// Letters, digits, `-` and `_`.
    package let name: String
    /// From `leastNodes` of the pattern to its `mostNodes`.
    package let nodes: Int

    package init(_ pattern: Pattern, name: String, nodes: Int) {
        self.pattern = pattern
        self.name = name
        self.nodes = nodes
    }

    package var text: String {
        let head = """
            # \(title)
            #
            #   orch up \(name).yaml          run it, watch it, get its verdict
            #   orch validate \(name).yaml    check it after a change
            name: \(name)
            seed: 7                    # every choice by chance follows from it; --seed overrides it
            """
        return head + "\n\n" + body + "\n"
    }

    /// What a program of this pattern needs beside it: its file's name and its text.
    package var program: (name: String, text: String)? {
        guard pattern == .program else { return nil }
        return (
            "consumer.py",
            """
            # A consumer with pika (pip install pika). It knows nothing of orch but the address that it is given.
            import os
            import pika

            connection = pika.BlockingConnection(pika.URLParameters(os.environ["ORCH_BROKER_URL"]))
            channel = connection.channel()
            channel.basic_qos(prefetch_count=10)


            def received(channel, method, properties, body):
                print("received", body.decode(), flush=True)
                channel.basic_ack(method.delivery_tag)          # after the work, not before it


            channel.basic_consume("letters", received)
            try:
                channel.start_consuming()
            except KeyboardInterrupt:
                connection.close()

            """
        )
    }

    private var title: String {
        switch pattern {
        case .pubsub: "Publish and subscribe: one producer, and \(nodes) subscribers with a queue each."
        case .workQueue: "A work queue: tasks that \(nodes) workers share. One of them is killed, and comes back."
        case .routing: "Routing: a topic exchange, and queues that want some of its keys."
        case .rpc: "Remote calls over a line that loses requests and replies, each executed exactly once."
        case .objects: "A counter, which is an object with state, moves between \(nodes) hosts while it is in use."
        case .push: "Push: a server tells each item to \(nodes) watchers, over a channel that is torn down on the way."
        case .longPolling: "Long polling: \(nodes) readers ask, and their question stays open until there is news."
        case .gossip: "Gossip: what one of \(nodes) peers tells reaches all, though the network is cut for a while."
        case .program: "Your own program under test: a consumer in Python, over a line that loses deliveries."
        }
    }

    private func replicas(_ indent: String = "    ") -> String { nodes == 1 ? "" : "\(indent)replicas: \(nodes)\n" }

    private var body: String {
        switch pattern {
        case .pubsub: pubsub
        case .workQueue: workQueue
        case .routing: routing
        case .rpc: rpc
        case .objects: objects
        case .push: push
        case .longPolling: longPolling
        case .gossip: gossip
        case .program: ownProgram
        }
    }

    private var pubsub: String {
        """
        exchanges:
          news: { type: fanout }   # a copy for every queue that is bound to it

        nodes:
          broker:
            broker: {}             # the embedded one; a real RabbitMQ: { engine: external, url: "amqp://…" }
          producer:
            publish:
              to: news
              body: story $(seq)
              count: 500
              rate: 1000/s
              confirm: { timeout: 1s, attempts: 10 }   # what is not confirmed is published again
          subscriber:
        \(replicas())    consume: { bind: news }                     # no queue named: each has an anonymous one

        faults:
          - { drop: 20%, link: producer -> broker, at: 100ms, for: 200ms, settle: 50ms }

        assertions:
          - { delivery: at-least-once, from: producer, to: subscriber }
        """
    }

    private var workQueue: String {
        """
        queues:
          tasks: { durable: true }

        nodes:
          broker:
            broker: {}
          boss:
            publish: { queue: tasks, body: task $(seq), count: 300, rate: 1000/s, persistent: true, confirm: true }
          worker:
        \(replicas())    restart: { mode: on-failure, backoff: 50ms }
            consume: { queue: tasks, ack: manual, prefetch: 1, work: \(nodes)ms }   # a task counts as done once it is

        faults:
          - { kill: 1 of worker, at: 150ms }

        assertions:
          - { delivery: at-least-once, from: boss, to: worker }   # what the killed one had goes to another
          - { queue: tasks, depth: 0 }
          - { node: worker, restarts: ">=1" }
        """
    }

    private var routing: String {
        """
        exchanges:
          events: { type: topic }   # in a pattern * is one word, # any number of them; both need quotes

        queues:
          errors: { bind: { exchange: events, key: "*.error" } }
          everything: { bind: { exchange: events, key: "#" } }

        nodes:
          broker:
            broker: {}
          application:
            publish:
              - { to: events, key: shop.order, count: 100, rate: 500/s, confirm: true }
              - { to: events, key: shop.error, count: 100, rate: 500/s, confirm: true }
          pager:
            consume: { queue: errors }
          archive:
        \(replicas())    consume: { queue: everything }

        assertions:
          - { routing: exact, from: application }   # each message reached the queues that the bindings say, and no other
          - { delivery: exactly-once, from: application, to: pager }
          - { delivery: exactly-once, from: application, to: archive }
        """
    }

    private var rpc: String {
        """
        services:
          Counter:
            semantics: at-most-once        # or maybe, or at-least-once: try them, and see what the last line says
            retry: { timeout: 250ms, attempts: 40, backoff: none }
            methods:
              add:
                request: { amount: int64 }
                response: { done: bool }
                handler: return { done = true }

        nodes:
          server:
            serve: Counter
          client:
        \(replicas())    call: { method: Counter.add, with: { amount: 1 }, count: 100, concurrency: 8 }

        faults:
          - { drop: 20%, only: [request, reply] }

        assertions:
          - { calls: exactly-once, method: Counter.add }
        """
    }

    private var objects: String {
        let hosts = (1...nodes).map { "  host-\($0):\n    host: Counter\n" }.joined()
        let moves = (1..<nodes).map { "  - { migrate: hits, to: host-\($0 + 1), at: \($0 * 100)ms }" }.joined(
            separator: "\n")
        return """
            objects:
              Counter:
                state: { value: 0 }
                methods:
                  increment:
                    returns: int64
                    handler: |
                      self.value = self.value + 1
                      return self.value
                instances:
                  hits: { host: host-1 }

            nodes:
              directory:
                directory:                   # knows who owns which object
            \(hosts)  client:
                invoke: { object: hits, method: increment, count: 400, concurrency: 4, rate: 500/s }

            scenario:
            \(moves)

            assertions:
              - { linearizable: hits }       # all replies fit one order of the invocations
              - { owner: single }
              - { calls: exactly-once, method: Counter.increment }
              - { state: hits, is: { value: 400 } }
            """
    }

    private var push: String {
        """
        feeds:
          ticker:
            append: { body: tick $(seq), count: 100, rate: 100/s }   # the server's own items; others may POST to it
            heartbeat: 200ms         # a silent channel may be a dead one

        nodes:
          server:
            feed: ticker             # { feeds: ticker, port: 8090 } opens it to curl and browsers
          watcher:
        \(replicas())    watch: { feed: ticker, by: push, timeout: 600ms }   # or by: long-poll, or by: poll

        faults:
          - { reset: , link: watcher <-> server, at: 400ms }        # who comes back says what it has seen last
          - { drop: 10%, link: watcher <- server, only: event, at: 100ms, for: 500ms }

        assertions:
          - { feed: exactly-once, of: ticker, to: watcher }         # nothing is missed, nothing shown twice
        """
    }

    private var longPolling: String {
        """
        feeds:
          news:
            append: { body: news $(seq), count: 60, rate: 50/s }

        nodes:
          server:
            feed: news               # { feeds: news, port: 8090 } opens it to curl and browsers
          reader:
        \(replicas())    watch: { feed: news, by: long-poll, wait: 500ms, timeout: 300ms }

        faults:
          - { drop: 10%, link: reader <- server, at: 200ms, for: 600ms }   # a lost reply is asked for again

        assertions:
          - { feed: exactly-once, of: news, to: reader }
        """
    }

    private var gossip: String {
        """
        groups:
          village:
            period: 200ms            # each peer probes another so often
            timeout: 60ms
            suspicion: 10            # periods until who does not answer is held to be dead
            repair: 300ms            # so often two of them compare all that they have

        nodes:
          peer:
        \(replicas())    peer:
              group: village
              broadcast: { body: rumour $(seq), count: 20, rate: 20/s }

        faults:
          - { drop: 10%, only: datagram, for: 1s }
          - { partition: { halves: peer }, at: 200ms, for: 500ms }

        assertions:
          - { coherent: village }    # all have all, in the end
        """
    }

    private var ownProgram: String {
        """
        queues:
          letters: { durable: true }

        nodes:
          broker:
            broker: {}
          consumer:
        \(replicas())    command: [python3, consumer.py]   # any program: ORCH_BROKER_URL in its environment leads to the broker
            # A folder for its files, new in each run and kept over restarts: ORCH_DATA, or $(data) in command and env.
            ready: consuming                  # or { log: TEXT }, { http: URL }, { tcp: HOST:PORT }, { exec: […] }
            stop: { signal: INT, timeout: 2s }
          producer:
            publish: { queue: letters, body: letter $(seq), count: 300, rate: 500/s, confirm: true }

        faults:
          - { drop: 20%, link: broker -> consumer, settle: 50ms }   # a lost delivery is requeued after settle
          # - { kill: consumer, at: 300ms }                         # needs restart: on-failure on the consumer

        assertions:
          - { delivery: at-least-once, from: producer, to: consumer }
          - { queue: letters, depth: 0 }
        """
    }
}
