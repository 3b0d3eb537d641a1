import ClusterModel
import Testing
import TopologyDSL

@testable import Importing

@Suite struct AsyncAPITests {
    private func imported(_ yaml: String) throws -> Imported {
        try AsyncAPIImporter.run(try tree(yaml, "api.yaml"))
    }

    private func topology(_ yaml: String) throws -> Topology {
        try TopologyFile.load(text: try imported(yaml).text, path: "out.yaml").get()
    }

    /// One channel `c` with this binding, and one operation `o`.
    private func document(_ amqp: String, action: String = "send", channel: String = "", operation: String = "")
        -> String
    {
        """
        asyncapi: 3.0.0
        info: { title: T, version: 1.0.0 }
        channels:
          c: { address: "a.{id}.b", bindings: { amqp: { \(amqp) } }\(channel.isEmpty ? "" : ", \(channel)") }
        operations:
          o: { action: \(action), channel: { $ref: '#/channels/c' }\(operation.isEmpty ? "" : ", \(operation)") }
        """
    }

    @Test func sendingToAnExchange() throws {
        let topology = try topology(
            document(
                "is: routingKey, exchange: { name: users, type: topic, durable: true, autoDelete: true, vhost: / }",
                channel: "parameters: { id: { examples: [u7] } }",
                operation: "bindings: { amqp: { deliveryMode: 2, mandatory: true } }"))
        #expect(
            topology.exchanges
                == [Exchange(name: "users", kind: .topic, durable: true, autoDelete: true, broker: "broker")].map {
                    wanted in
                    var exchange = wanted
                    exchange.location = topology.exchanges[0].location
                    return exchange
                })
        let publish = try #require(topology.node(named: "o")?.publish.first)
        #expect(publish.exchange == "users" && publish.key == "a.u7.b" && publish.persistent && publish.mandatory)
        let listener = try #require(topology.node(named: "o-listener")?.consume.first)
        #expect(listener.queue == nil && listener.bindings == [Binding(exchange: "users", key: "a.u7.b")])
        #expect(topology.assertions.count == 1)
    }

    @Test func receivingFromAnExchange() throws {
        let topology = try topology(
            document(
                "exchange: { name: users, type: topic }", action: "receive",
                operation: "bindings: { amqp: { ack: true } }"))
        let consume = try #require(topology.node(named: "o")?.consume.first)
        #expect(
            consume.queue == nil && consume.bindings == [Binding(exchange: "users", key: "a.*.b")]
                && consume.ack == .manual)
        #expect(topology.node(named: "o-sender")?.publish.first?.key == "a.id.b")
    }

    @Test(arguments: [
        ("is: queue, queue: { name: jobs, durable: true }", "jobs"), ("is: queue, queue: { name: 'a $ b' }", "a $ b"),
        ("is: routingKey", "a.id.b"),
        ("is: routingKey, exchange: { name: '', type: default }, name: direct-key", "direct-key"),
    ])
    func queues(_ amqp: String, _ name: String) throws {
        let receives = try topology(document(amqp, action: "receive"))
        #expect(receives.queues.map(\.name) == [name])
        #expect(receives.node(named: "o")?.consume.first?.queue == name)
        #expect(try Template(try #require(receives.node(named: "o-sender")?.publish.first).key).constant == name)
        let sends = try topology(document(amqp))
        #expect(sends.node(named: "o-listener")?.consume.first?.queue == name)
    }

    @Test func aQueueThatIsBoundToItsExchange() throws {
        // As FastStream writes it: both in one binding, and the key in cc.
        let both = try topology(
            document(
                "is: queue, queue: { name: jobs }, exchange: { name: work, type: direct }", action: "receive",
                operation: "bindings: { amqp: { cc: [job.new], ack: true } }"))
        #expect(both.queues[0].bindings == [Binding(exchange: "work", key: "job.new")])
        // As version 0.4.0 of the binding has it: a channel that leads to another.
        let chained = try topology(
            """
            asyncapi: 3.1.0
            channels:
              in: { bindings: { amqp: { is: routingKey, name: user.*, exchange: { name: x, type: topic }, channel: { $ref: '#/channels/out' } } } }
              out: { address: q, bindings: { amqp: { is: queue } } }
            operations:
              send: { action: send, channel: { $ref: '#/channels/in' } }
              receive: { action: receive, channel: { $ref: '#/channels/out' } }
            """)
        #expect(chained.queues[0].bindings == [Binding(exchange: "x", key: "user.*")])
        #expect(chained.node(named: "send")?.publish.first?.key == "user.any")
        let key = try topology(
            document("exchange: { name: x, type: direct }", operation: "bindings: { amqp: { cc: [only.one] } }"))
        #expect(key.node(named: "o")?.publish.first?.key == "only.one")
    }

    @Test(
        arguments: [
            (
                "messages: { m: { examples: [{ payload: { a: 1, b: [x, null], c: 1.50, d: '5', e: true } }] } }",
                #"{"a": 1, "b": ["x", null], "c": 1.50, "d": "5", "e": true}"#
            ),
            ("messages: { m: { examples: [{ payload: plain $(seq) }] } }", "plain $(seq)"),
            ("messages: { m: { payload: { examples: [{ x: 2 }] } } }", #"{"x": 2}"#),
            (
                "messages: { m: { payload: { type: object, properties: { n: { type: integer, minimum: 3 }, s: { type: string }, l: { type: array, items: { enum: [A, B] } } } } } }",
                #"{"n": 3, "s": "text", "l": ["A"]}"#
            ),
            (
                "messages: { m: { payload: { allOf: [{ properties: { a: { const: 1 } } }, { properties: { b: { default: q } } }] } } }",
                #"{"a": 1, "b": "q"}"#
            ),
            ("messages: { m: { payload: { schemaFormat: x, schema: { type: boolean } } } }", "true"),
            ("messages: { m: { payload: { type: string, example: 007 } } }", #""007""#), ("messages: { m: {} }", nil),
            ("messages: {}", nil),
        ] as [(String, String?)])
    func bodies(_ messages: String, _ expected: String?) throws {
        let topology = try topology(document("is: queue, queue: { name: q }", channel: messages))
        let body = try #require(topology.node(named: "o")?.publish.first?.body)
        if let expected {
            #expect(try Template(body).constant == expected)
        } else {
            #expect(body == PublishRole(exchange: "").body)
        }
    }

    @Test func headersOfTheExample() throws {
        let topology = try topology(
            document(
                "is: queue, queue: { name: q }",
                channel: "messages: { m: { examples: [{ headers: { v: 2, s: '2' } }] } }"))
        #expect(topology.node(named: "o")?.publish.first?.headers == ["v": .int(2), "s": .string("2")])
    }

    @Test func referencesAreFollowed() throws {
        let topology = try topology(
            """
            asyncapi: 3.0.0
            channels:
              "a/b {x}": { $ref: '#/components/channels/real' }
            operations:
              o: { action: send, channel: { $ref: '#/channels/a~1b%20%7Bx%7D' }, messages: [{ $ref: '#/components/channels/real/messages/m' }] }
            components:
              channels:
                real:
                  bindings: { $ref: '#/components/channelBindings/b' }
                  messages: { m: { $ref: '#/components/messages/deep' } }
              channelBindings: { b: { amqp: { is: queue, queue: { name: q } } } }
              messages: { deep: { payload: { $ref: '#/components/schemas/tree' } } }
              schemas:
                tree: { type: object, properties: { l: { $ref: '#/components/schemas/tree' }, r: { $ref: '#/components/schemas/tree' }, m: { $ref: '#/components/schemas/tree' }, n: { $ref: '#/components/schemas/tree' } } }
            """)
        let body = try #require(topology.node(named: "o")?.publish.first?.body)
        #expect(body.hasPrefix(#"{"l": {"l": "#) && body.utf8.count < 20_000)
    }

    @Test(arguments: [
        (
            "is: queue, queue: { exclusive: true }", "send", "",
            "operation (o): it sends to a queue whose name is known at run time only"
        ),
        ("is: queue, queue: { exclusive: true }", "receive", "", "operation (o): nobody can send to its queue"),
        (
            "exchange: { name: h, type: headers }", "receive", "",
            "operation (o): the document does not say which headers"
        ),
        (
            "is: queue, queue: { name: q }", "send", "bindings: { amqp: { expiration: 5, cc: [a, b] } }",
            "expiration (o)"
        ),
        ("is: queue, queue: { name: q }", "send", "reply: { address: { location: x } }", "reply (o)"),
        ("is: queue, queue: { name: q, exclusive: true }", "receive", "", "exclusive (q)"),
        ("exchange: { name: amq.mine }", "send", "", "channel (c): its exchange has a name that belongs to the broker"),
        (
            "is: queue, queue: { name: amq.q }", "send", "",
            "channel (c): its queue has a name that belongs to the broker"
        ),
        ("exchange: { name: e, type: x-hash }", "send", "", "channel (c): there is no exchange of type x-hash"),
    ])
    func whatIsLeftOutIsTold(_ amqp: String, _ action: String, _ operation: String, _ expected: String) throws {
        let text = document(amqp, action: action, operation: operation).replacing(
            "operations:",
            with: "  other: { address: x, bindings: { amqp: { is: queue } } }\n  ws: { address: y }\noperations:")
        let told = try imported(text).leftOut.map(\.text)
        #expect(told.contains { $0.contains(expected) }, "\(told)")
        #expect(told.contains { $0.hasPrefix("api.yaml:6:7: channel (ws): it has no amqp binding") }, "\(told)")
    }

    @Test func jsonWillDo() throws {
        let topology = try topology(
            ##"{"asyncapi":"3.0.0","channels":{"q":{"address":"q","bindings":{"amqp":{"is":"queue"}}}},"operations":{"r":{"action":"receive","channel":{"$ref":"#/channels/q"}}}}"##
        )
        #expect(topology.nodes.map(\.name) == ["broker", "r", "r-sender"])
    }

    @Test(arguments: [
        ("", "the file is empty"), ("openapi: 3.0.0", "api.yaml:1:1: error: this is no AsyncAPI document"),
        ("asyncapi: 2.6.0\nchannels: {}", "api.yaml:1:11: error: AsyncAPI 2.6.0 cannot be imported"),
        ("asyncapi: 3.0.0", "no channel of it has AMQP bindings"),
        ("asyncapi: 3.0.0\nchannels: { a: 5 }", "channel 'a': expected a mapping, found text"),
        (
            "asyncapi: 3.0.0\nchannels: { a: { $ref: 'x.yaml#/a' } }",
            "api.yaml:2:24: error: 'x.yaml#/a' is in another file"
        ),
        ("asyncapi: 3.0.0\nchannels:\n  a:\n    $ref: #/channels/b", "YAML reads what follows # as a comment"),
        ("asyncapi: 3.0.0\nchannels: { a: { $ref: '#/channels/z' } }", "there is no '#/channels/z' in this document"),
        ("asyncapi: 3.0.0\nchannels: { a: { $ref: '#/channels/a' } }", "goes round in circles"),
        (
            "asyncapi: 3.0.0\nchannels: { a: { bindings: { amqp: { is: queue } } } }\noperations: { o: { action: publish } }",
            "api.yaml:3:28: error: operation 'o': expected action: send or receive"
        ),
        (
            "asyncapi: 3.0.0\nchannels: { a: { bindings: { amqp: { is: queue } } } }\noperations: { o: { action: send } }",
            "operation 'o' without its channel"
        ),
    ])
    func brokenFilesSayWhatAndWhere(_ yaml: String, _ expected: String) {
        let found = message { try imported(yaml) }
        #expect(found.contains(expected), "\(found)")
    }
}
