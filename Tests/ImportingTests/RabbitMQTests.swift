import ClusterModel
import Testing
import TopologyDSL

@testable import Importing

@Suite struct RabbitMQTests {
    private func imported(_ json: String, vhost: String? = nil) throws -> Imported {
        try RabbitMQImporter.run(try tree(json, "defs.json"), vhost: vhost)
    }

    private func topology(_ imported: Imported) throws -> Topology {
        try TopologyFile.load(text: imported.text, path: "out.yaml").get()
    }

    /// A shop's definitions, in the shape of RabbitMQ 3.12's export.
    static let shop = """
        {
          "rabbit_version": "3.12.14", "rabbitmq_version": "3.12.14", "product_name": "RabbitMQ",
          "users": [
            {"name": "guest", "password_hash": "x", "hashing_algorithm": "y", "tags": ["administrator"], "limits": {}},
            {"name": "shop", "password_hash": "x", "hashing_algorithm": "y", "tags": [], "limits": {}}
          ],
          "vhosts": [{"name": "/"}],
          "permissions": [{"user": "shop", "vhost": "/", "configure": ".*", "write": ".*", "read": ".*"}],
          "topic_permissions": [],
          "parameters": [{"vhost": "/", "component": "shovel", "name": "to-the-cloud", "value": {"src-queue": "orders"}}],
          "global_parameters": [{"name": "cluster_name", "value": "rabbit@a"}],
          "policies": [{"vhost": "/", "name": "ttl", "pattern": "^orders$", "apply-to": "queues",
                        "definition": {"message-ttl": 60000}, "priority": 0}],
          "queues": [
            {"name": "orders", "vhost": "/", "durable": true, "auto_delete": false,
             "arguments": {"x-queue-type": "quorum", "x-dead-letter-exchange": "dead"}},
            {"name": "prices $ all", "vhost": "/", "durable": false, "auto_delete": true, "arguments": {"x-mine": 5}},
            {"name": "dead-orders", "vhost": "/", "durable": true, "auto_delete": false,
             "arguments": {"x-message-ttl": 5000, "x-queue-mode": "lazy"}}
          ],
          "exchanges": [
            {"name": "shop", "vhost": "/", "type": "topic", "durable": true, "auto_delete": false, "internal": false,
             "arguments": {"alternate-exchange": "dead"}},
            {"name": "dead", "vhost": "/", "type": "fanout", "durable": true, "auto_delete": false, "internal": false,
             "arguments": {}},
            {"name": "spread", "vhost": "/", "type": "x-consistent-hash", "durable": true, "auto_delete": false,
             "internal": false, "arguments": {"hash-header": "id"}}
          ],
          "bindings": [
            {"source": "shop", "vhost": "/", "destination": "orders", "destination_type": "queue",
             "routing_key": "order.*.#", "arguments": {}},
            {"source": "shop", "vhost": "/", "destination": "prices $ all", "destination_type": "queue",
             "routing_key": "price.#", "arguments": {}},
            {"source": "dead", "vhost": "/", "destination": "dead-orders", "destination_type": "queue",
             "routing_key": "", "arguments": {}},
            {"source": "shop", "vhost": "/", "destination": "dead", "destination_type": "exchange",
             "routing_key": "x", "arguments": {}},
            {"source": "spread", "vhost": "/", "destination": "orders", "destination_type": "queue",
             "routing_key": "10", "arguments": {}}
          ]
        }
        """

    @Test func exchangesQueuesAndBindingsAreCarriedOver() throws {
        let topology = try topology(imported(Self.shop))
        #expect(topology.exchanges.map(\.name) == ["shop", "dead"])
        let shop = try #require(topology.exchanges.first)
        #expect(shop.kind == .topic && shop.durable && !shop.autoDelete && shop.alternate == "dead")
        #expect(topology.queues.map(\.name) == ["orders", "prices $ all", "dead-orders"])
        #expect(topology.queues[0].durable && topology.queues[0].arguments.isEmpty)
        #expect(topology.queues[0].bindings.map(\.key) == ["order.*.#"])
        #expect(topology.queues[1].autoDelete && topology.queues[1].arguments == ["x-mine": .int(5)])
        #expect(topology.queues[2].bindings == [Binding(exchange: "dead")])
        #expect(topology.node(named: "producer")?.publish.first?.key == "order.any")
        #expect(topology.node(named: "consumer")?.consume.first?.queue == "orders")
    }

    @Test func whatIsLeftOutIsToldWithItsPlace() throws {
        let all = try imported(Self.shop).leftOut.map(\.text)
        func expect(_ start: String, _ part: String) {
            #expect(all.contains { $0.hasPrefix(start) && $0.contains(part) }, "\(start) \(part) in \(all)")
        }
        expect("defs.json:16:", "x-queue-type: quorum (orders)")
        expect("defs.json:16:", "x-dead-letter-exchange (orders)")
        expect("defs.json:19:", "x-message-ttl (dead-orders)")
        expect("defs.json:19:", "x-queue-mode (dead-orders)")
        expect("defs.json:26:", "exchange of type x-consistent-hash (spread)")
        expect("defs.json:36:", "binding of an exchange to an exchange (shop -> dead)")
        expect("defs.json:38:", "binding (spread -> orders): its exchange is not there")
        expect("defs.json:12:", "policy (ttl { message-ttl: 60000 } for names like ^orders$)")
        expect("defs.json:10:", "parameter (to-the-cloud)")
        expect("defs.json:5:", "user (shop)")
        expect("defs.json:8:", "permissions (shop)")
        #expect(all.count == 11)
    }

    @Test func whatOnlyRabbitMQDoesStaysAsAComment() throws {
        let text = try imported(Self.shop).text
        #expect(text.contains("# On a real RabbitMQ also: arguments: { x-message-ttl: 5000 }\n  dead-orders:"))
    }

    @Test func oneHostIsChosen() throws {
        let json = """
            {"vhosts": [{"name": "a"}, {"name": "b"}],
             "queues": [{"name": "x", "vhost": "a"}, {"name": "y", "vhost": "b"}]}
            """
        #expect(message { try imported(json) }.contains("defs.json:1:12: error: there are 2 virtual hosts"))
        #expect(message { try imported(json, vhost: "c") }.contains("no virtual host 'c'"))
        let chosen = try imported(json, vhost: "b")
        #expect(try topology(chosen).queues.map(\.name) == ["y"])
        #expect(
            chosen.leftOut.map(\.text) == [
                "defs.json:2:13: virtual host (a): a topology is of one: --vhost 'a' imports it"
            ])
        let slash = try imported(json.replacing("\"a\"", with: "\"/\""))
        #expect(try topology(slash).queues.map(\.name) == ["x"])
    }

    @Test func anExportOfASingleHostNamesNone() throws {
        let json = #"{"queues":[{"name":"q","durable":true}],"exchanges":[],"bindings":[]}"#
        #expect(try topology(imported(json)).queues.map(\.name) == ["q"])
        #expect(try topology(imported(json, vhost: "mine")).queues.map(\.name) == ["q"])
    }

    @Test func headersDelaysAndWhatIsReserved() throws {
        let json = #"""
            {"exchanges": [
               {"name": "h", "type": "headers"},
               {"name": "later", "type": "x-delayed-message", "arguments": {"x-delayed-type": "direct"}},
               {"name": "amq.rabbitmq.trace", "type": "topic"}, {"name": "amq.topic", "type": "topic"}, {"name": "", "type": "direct"}],
             "queues": [{"name": "q"}, {"name": "amq.gen-xyz"}],
             "bindings": [
               {"source": "h", "destination": "q", "destination_type": "queue", "routing_key": "", "arguments": {"x-match": "any", "n": 5, "s": "5"}},
               {"source": "h", "destination": "q", "destination_type": "queue", "arguments": {"x-match": "all"}},
               {"source": "h", "destination": "q", "destination_type": "queue", "arguments": {"x-match": "some", "a": 1}},
               {"source": "amq.topic", "destination": "q", "destination_type": "queue", "routing_key": "#"},
               {"source": "later", "destination": "q", "destination_type": "queue", "routing_key": "#"},
               {"source": "later", "destination": "q", "destination_type": "queue", "routing_key": "#"},
               {"source": "", "destination": "q", "destination_type": "queue", "routing_key": "q"}]}
            """#
        let result = try imported(json)
        let topology = try topology(result)
        #expect(topology.exchanges.map(\.kind) == [.headers, .direct])
        #expect(
            topology.queues[0].bindings == [
                Binding(
                    exchange: "h", key: "", arguments: ["x-match": .string("any"), "n": .int(5), "s": .string("5")]),
                Binding(exchange: "amq.topic", key: "#"), Binding(exchange: "later", key: "#"),
            ])
        #expect(result.leftOut.map(\.what) == ["x-delayed-message", "exchange", "queue", "binding", "binding"])
    }

    @Test func onlyAHostWithNothingInItIsStillATopology() throws {
        let topology = try topology(imported(#"{"vhosts": [{"name": "/test"}], "queues": [], "users": []}"#))
        #expect(topology.nodes.map(\.name) == ["broker"])
    }

    @Test(arguments: [
        ("", "the file is empty"), ("null", "the file is empty"),
        ("[]", "defs.json:1:1: error: these are no definitions"),
        (#"{"openapi": "3.0.0"}"#, "these are no definitions of RabbitMQ"), ("{\n  \"queues\": [\n", "defs.json:"),
        (#"{"queues": {}, "exchanges": []}"#, "defs.json:1:12: error: 'queues': expected a list, found a mapping"),
        (#"{"queues": [{"durable": true}]}"#, "defs.json:1:13: error: a queue without its name"),
        (#"{"queues": [5]}"#, "a queue without its name"), (#"{"exchanges": [[]]}"#, "an exchange without its name"),
        (#"{"queues": [], "bindings": [{"source": "a"}]}"#, "a binding without its 'source' or its 'destination'"),
        (#"{"queues": [{"name": "a", "name": "b"}]}"#, "duplicate key 'name'"),
    ]) func brokenFilesSayWhatAndWhere(_ json: String, _ expected: String) {
        #expect(message { try imported(json) }.contains(expected))
    }

    @Test func namesOfAllKindsComeThrough() throws {
        let names = [
            "a: b", "#", "*.x", "yes", "12", "1.5e3", "-", "é ü", "a\u{1F600}b", "q'uo\"te", "{x}", "$(seq)", "${HOME}",
            " a ", "back\\slash", "null", "a#b", "a #b", "@x", "tab\there", "line\nbreak", "0x1f", ".", "~", "<<",
            "a, b", "\u{7F}", "\u{FFFE}", "2026-01-01",
        ]
        let list = names.map { name in
            let escaped = name.map { character -> String in
                switch character {
                case "\"", "\\": return "\\\(character)"
                case "\n": return "\\n"
                case "\t": return "\\t"
                case "\u{7F}": return "\\u007f"
                case "\u{FFFE}": return "\\ufffe"
                default: return String(character)
                }
            }.joined()
            return "{\"name\": \"\(escaped)\", \"arguments\": {\"x-a\": \"\(escaped)\"}}"
        }.joined(separator: ",")
        let topology = try topology(imported("{\"queues\": [\(list)]}"))
        #expect(topology.queues.map(\.name) == names)
        #expect(topology.queues.map { $0.arguments["x-a"] } == names.map { .string($0) })
        #expect(topology.node(named: "consumer")?.consume.first?.queue == "a: b")
    }
}
