import ClusterModel
import Testing

@testable import TopologyDSL

/// What sound objects, hosts, invocations and scenarios become.
@Suite struct ObjectModelTests {
    private func topology(_ text: String, warnings: [String] = []) throws -> Topology {
        let loaded = TopologyFile.load(text: text, path: "dir/t.yaml")
        #expect(loaded.diagnostics.map(\.message) == warnings, "\(loaded.diagnostics.rendered())")
        return try loaded.get()
    }

    @Test func theShortestObject() throws {
        let topology = try topology(DiagnosticTests.objects)
        let type = try #require(topology.objects.first)
        #expect(type.name == "Account" && type.location.line == 2)
        #expect(
            type.service.schema
                == ProtoSchema(
                    messages: [
                        MessageDefinition(
                            name: "AccountDepositRequest",
                            fields: [FieldDefinition(name: "amount", number: 1, type: .int64)]),
                        MessageDefinition(
                            name: "AccountDepositResponse",
                            fields: [FieldDefinition(name: "value", number: 1, type: .int64)]),
                    ],
                    services: [
                        ServiceDefinition(
                            name: "Account",
                            methods: [
                                MethodDefinition(
                                    name: "deposit", input: "AccountDepositRequest", output: "AccountDepositResponse")
                            ])
                    ]))
        #expect(
            type.service.handlers == [
                ServiceHandler(
                    method: "deposit", source: "return self.balance",
                    location: SourceLocation(file: "dir/t.yaml", line: 9, column: 18))
            ])
        var expected = ObjectType(service: type.service, location: type.location)
        expected.state = ["balance": .int(0)]
        expected.raises = ["deposit": ["Closed"]]
        expected.singles = ["deposit"]
        expected.instances = [
            ObjectInstance(
                name: "acc-1", host: "host-a", state: ["balance": .int(0)],
                location: SourceLocation(file: "dir/t.yaml", line: 10, column: 18))
        ]
        #expect(type == expected)
        #expect(type.service.semantics == .atMostOnce && type.service.retry == RetryPolicy())
        #expect(type.service.duplicates == DuplicatePolicy() && type.service.limits == HandlerLimits())
        #expect(topology.node(named: "host-a")?.host == HostRole(types: ["Account"]))
        #expect(topology.node(named: "directory")?.directory == DirectoryRole())
        #expect(
            topology.node(named: "client")?.call == [
                CallRole(
                    service: "Account", method: "deposit", requests: [.table(["amount": .int(1)])], count: 10,
                    object: "acc-1")
            ])
        #expect(
            topology.links.map(\.description) == [
                "host-a <-> directory", "client <-> directory", "client <-> host-a", "outside <-> directory",
                "outside <-> host-a",
            ])
    }

    static let everything = """
        objects:
          bank.Account:
            state: { balance: 1, owner: x, $(seq): 2, list: [1, a] }
            messages: { Entry: { at: Timestamp, by: ref } }
            enums: { Kind: [NONE, SOME] }
            methods:
              all:
                params: { a: ref, b: [ref], c: "map<string, ref>", d: repeated ref, e: optional ref, k: Kind }
                returns: [Entry]
                raises: [One, Two]
                handler: "return {}"
              fields: { returns: { value: int64, rest: Entry }, handler: "return {}" }
              nothing: { params: Entry, handler: self.balance = 2 }
              entry: { returns: Entry, raises: One, handler: "return {}" }
            durable: true
            restore: elsewhere
            snapshot: 1s
            follow: 60%
            on_stop: migrate
            mailbox: 5
            drain_timeout: 1s
            tombstone: 2s
            lease: 3s
            limits: { memory: 1MB }
            semantics: at-least-once
            retry: { timeout: 10ms }
            duplicates: { capacity: 7, keep: 9s }
            instances:
              acc-1: { host: pair-2, state: { balance: 5 } }
              a.b_C: { host: host }
          Item: { methods: { get: { returns: string, handler: return '' } }, instances: { item: { host: both } } }
        nodes:
          directory: { directory: { lease: 5s, margin: 1s } }
          pair: { replicas: 2, host: Account }
          host: { host: { types: [bank.Account, Item], concurrency: 7, work: 5ms } }
          both: { serve: S, host: { concurrency: 9 } }
          client:
            replicas: 2
            invoke:
              - object: acc-1
                method: bank.Account.all
                with: { a: "orch://Item/item", b: [x] }
                count: 5
                rate: 5/s
                concurrency: 6
                loop: open
                hold: true
                semantics: maybe
                retry: { timeout: 1s }
                metadata: { a: b }
              - { object: "$(node)", method: Account.entry, expect_exception: One }
              - { object: "orch://Item/any-$(seq)", method: Item.get, expect: $(seq) }
              - { object: "orch://bank.Account/at-run-time", method: fields, expect: { value: 5 } }
              - { object: item, method: get, expect: { value: x }, expect_status: OK }
              - { object: acc-1, method: entry, expect: { by: x } }
            call: { method: S.m, to: both }
        services: { S: { methods: { m: { handler: "return {}" } } } }
        scenario:
          - { migrate: acc-1, to: host, at: 1s }
          - { migrate: a.b_C, to: [pair, host], every: 2s, times: 9 }
        faults:
          - { kill: host, failpoint: swapped }
          - { drop: 5%, link: pair-1 -> pair-2, only: { method: "bank.Account.*" }, failpoint: moved, for: 1s }
          - { drop: 5%, link: client -> directory, only: { method: Account.all } }
        assertions:
          - { linearizable: acc-1 }
          - { linearizable: Account }
          - { owner: single }
          - { owner: single, object: item }
          - { collected: 3s }
          - { collected: { within: 2s, type: Item }, expect: violated }
          - { alive: all }
          - { alive: bank.Account }
          - { pause: 50ms }
          - { pause: <5ms, object: Item }
          - { state: acc-1, is: { balance: 5, owner: null } }
          - { node: host, state: running }
          - { calls: at-most-once, method: Account.all, from: client, to: pair-1 }
          - { latency: { of: bank.Account, p99: <5ms }, from: host, to: host }
          - { recovery: 1s, of: Item }

        """

    private func everything() throws -> Topology {
        try topology(Self.everything)
    }

    @Test func everyKeyOfATypeGoesWhereItBelongs() throws {
        let topology = try everything()
        let type = topology.objects[0]
        #expect(type.name == "bank.Account" && type.service.schema.package == "bank")
        #expect(
            type.state == [
                "balance": .int(1), "owner": .string("x"), "$(seq)": .int(2), "list": .list([.int(1), .string("a")]),
            ])
        #expect(type.raises == ["all": ["One", "Two"], "fields": [], "nothing": [], "entry": ["One"]])
        #expect(type.singles == ["all", "entry"])
        #expect(type.durable && type.service.duplicates.durable && type.restore == .elsewhere)
        #expect(type.snapshot == .seconds(1) && type.follow == Share(0.6) && type.onStop == .migrate)
        #expect(type.mailbox == 5 && type.drainTimeout == .seconds(1))
        #expect(type.tombstone == .seconds(2) && type.lease == .seconds(3))
        #expect(type.service.limits.memory == 1_000_000 && type.service.semantics == .atLeastOnce)
        #expect(type.service.retry.timeout == .milliseconds(10) && type.service.duplicates.on == .execute)
        #expect(type.service.duplicates.capacity == 7 && type.service.duplicates.keep == .seconds(9))
        #expect(type.instances.map(\.host) == ["pair-2", "host"])
        #expect(type.instances[0].state == type.state.merging(["balance": .int(5)]) { $1 })
        #expect(type.instances[1].state == type.state)
        #expect(topology.objects[1].instances.map(\.host) == ["both"])
        let messages = type.service.schema.messages
        let request = try #require(messages.first { $0.name == "bank.AccountAllRequest" })
        #expect(
            request.fields == [
                FieldDefinition(name: "a", number: 1, type: .string),
                FieldDefinition(name: "b", number: 2, type: .string, cardinality: .repeated),
                FieldDefinition(name: "c", number: 3, type: .map(key: .string, value: .string)),
                FieldDefinition(name: "d", number: 4, type: .string, cardinality: .repeated),
                FieldDefinition(name: "e", number: 5, type: .string, cardinality: .optional),
                FieldDefinition(name: "k", number: 6, type: .enumeration("bank.Kind")),
            ])
        #expect(
            messages.first { $0.name == "bank.AccountAllResponse" }?.fields == [
                FieldDefinition(name: "value", number: 1, type: .message("bank.Entry"), cardinality: .repeated)
            ])
        #expect(messages.first { $0.name == "bank.AccountFieldsResponse" }?.fields.map(\.name) == ["value", "rest"])
        let methods = try #require(type.service.definition?.methods)
        #expect(methods.map(\.input).contains("bank.Entry"))
        #expect(messages.first { $0.name == "bank.AccountNothingResponse" }?.fields == [])
    }

    @Test func hostsInvokersAndTheirLinks() throws {
        let topology = try everything()
        #expect(topology.directory?.directory == DirectoryRole(lease: .seconds(5), margin: .seconds(1)))
        #expect(topology.node(named: "pair")?.host == HostRole(types: ["bank.Account"]))
        #expect(
            topology.node(named: "host")?.host
                == HostRole(types: ["bank.Account", "Item"], concurrency: 7, work: .milliseconds(5)))
        #expect(topology.node(named: "both")?.host == HostRole(types: ["bank.Account", "Item"], concurrency: 9))
        let calls = try #require(topology.node(named: "client")?.call)
        #expect(
            calls.map(\.fullMethod) == [
                "S.m", "bank.Account.all", "bank.Account.entry", "Item.get", "bank.Account.fields", "Item.get",
                "bank.Account.entry",
            ])
        #expect(
            calls.map(\.object) == [
                nil, "acc-1", "$(node)", "orch://Item/any-$(seq)", "orch://bank.Account/at-run-time", "item", "acc-1",
            ])
        #expect(calls[1].requests == [.table(["a": .string("orch://Item/item"), "b": .list([.string("x")])])])
        #expect(calls[1].count == 5 && calls[1].rate == Rate(perSecond: 5) && calls[1].concurrency == 6)
        #expect(calls[1].loop == .open && calls[1].holds && calls[1].metadata == ["a": "b"])
        #expect(calls[1].semantics == .maybe && calls[1].retry.attempts == 1 && calls[1].retry.timeout == .seconds(1))
        #expect(calls[2].semantics == .atLeastOnce && calls[2].retry.timeout == .milliseconds(10))
        #expect(calls[2].expectException == "One" && !calls[2].holds && calls[2].requests == [.table([:])])
        #expect(calls[3].expect == [.table(["value": .string("$(seq)")])])
        #expect(calls[4].expect == [.table(["value": .int(5)])])
        #expect(calls[5].expect == [.table(["value": .string("x")])] && calls[5].expectStatus == nil)
        #expect(calls[6].expect == [.table(["value": .table(["by": .string("x")])])])
        func servers(_ name: String) throws -> [String] {
            topology.serversUsed(by: try #require(topology.node(named: name)))
        }
        #expect(try servers("client") == ["both", "directory", "pair", "host"])
        #expect(try servers("host") == ["directory", "pair", "both"])
        #expect(try servers("pair") == ["directory", "pair", "host", "both"])
        #expect(try servers("directory") == [])
        #expect(topology.links.contains(NodeLink(client: "pair", server: "pair")))
        #expect(!topology.links.contains(NodeLink(client: "host", server: "host")))
    }

    @Test func scenarioFaultsAndAssertions() throws {
        let topology = try everything()
        #expect(
            topology.scenario.map(\.action) == [
                .migrate(object: "acc-1", to: ["host"]), .migrate(object: "a.b_C", to: ["pair-1", "pair-2", "host"]),
            ])
        #expect(topology.scenario.map(\.at) == [.seconds(1), nil] && topology.scenario.map(\.times) == [1, 9])
        #expect(topology.scenario.map(\.every) == [nil, .seconds(2)])
        #expect(topology.faults.map(\.failpoint) == [.swapped, .moved, nil])
        #expect(topology.faults.map(\.at) == [nil, nil, nil] && topology.faults[1].duration == .seconds(1))
        #expect(
            topology.assertions.prefix(12).map(\.assertion) == [
                .linearizable("acc-1", model: .methods), .linearizable("Account", model: .methods), .owner(nil),
                .owner("item"), .collected(nil, within: .seconds(3)), .collected("Item", within: .seconds(2)),
                .alive(nil), .alive("bank.Account"), .pause(nil, Condition(.lessOrEqual, 50_000_000)),
                .pause("Item", Condition(.less, 5_000_000)),
                .state("acc-1", ["balance": .int(5), "owner": .null]),
                .node("host", state: .running, restarts: nil, exitCode: nil),
            ])
        #expect(topology.assertions[5].expect == .violated)
    }
}
