import Assertions
import ClusterModel
import Reporting
import Testing

@Suite struct ObjectReportTests {
    private func report(_ measure: CallMeasure) -> RunReport {
        var result = AssertionResult(title: "x", verdict: .fail, explanation: "because")
        result.measure = measure
        return RunReport(topology: "t", seed: 1, duration: .zero, assertions: [result])
    }

    private static let values = [
        LatencyAccount.Value(name: "p50", duration: .microseconds(2_500)),
        LatencyAccount.Value(name: "max", duration: .milliseconds(12)),
    ]

    @Test func jsonOfTimes() {
        #expect(
            report(.times(ObjectTimesAccount(kind: .pause, measured: 20, values: Self.values))).json().contains(
                #""pause":{"migrations":20,"p50_ms":2.5,"max_ms":12,"abandoned":0}"#))
        #expect(
            report(
                .times(
                    ObjectTimesAccount(
                        kind: .pause, measured: 0, abandoned: 2, longestAbandoned: .milliseconds(7)))
            ).json().contains(#""pause":{"migrations":0,"abandoned":2,"abandoned_max_ms":7}"#))
        #expect(
            report(.times(ObjectTimesAccount(kind: .collection, measured: 1, values: Self.values))).json().contains(
                #""collected":{"objects":1,"p50_ms":2.5,"max_ms":12}"#))
    }

    @Test func timesAreLines() {
        let pause = report(
            .times(
                ObjectTimesAccount(
                    kind: .pause, measured: 20, values: Self.values, abandoned: 1, longestAbandoned: .milliseconds(7))))
        for text in [pause.text(width: 120), pause.text()] {
            #expect(text.contains("pause: p50 2.5ms, max 12ms (20 migrations)"))
            #expect(text.contains("given up: 1, max 7ms"))
        }
        let one = report(.times(ObjectTimesAccount(kind: .collection, measured: 1, values: Self.values)))
        #expect(one.text(width: 120).contains("collected: p50 2.5ms, max 12ms after the last reference (1 object)"))
    }

    @Test func jsonOfObjects() {
        var report = RunReport(topology: "t", seed: 1, duration: .zero)
        #expect(!report.json().contains("objects"))
        report.objects = [
            ObjectAccount(
                object: "acc-1", type: "Account", owner: "host-b", epoch: 21, migrations: 20, executions: 800,
                state: #"{"balance":100.25,"owner":"ann"}"#),
            ObjectAccount(object: "acc-2", type: "Account", owner: "host-a", epoch: 1, state: "{\"a\":\n1}"),
            ObjectAccount(object: "acc-3"),
        ]
        let json = report.json()
        #expect(
            json.contains(
                #""objects":[{"object":"acc-1","type":"Account","owner":"host-b","epoch":21,"migrations":20,"#
                    + #""executions":800,"state":{"balance":100.25,"owner":"ann"}},"#))
        #expect(json.contains(#""state":"{\"a\":\n1}"},"#))
        #expect(json.hasSuffix(#"{"object":"acc-3","type":"","owner":"","epoch":0,"migrations":0,"executions":0}]}"#))
        #expect(!json.contains("\n"))
    }

    // MARK: - The graph

    private static let topology = Topology(
        name: "objects",
        nodes: [
            Node(name: "directory", directory: DirectoryRole()),
            Node(name: "host-a", host: HostRole(types: ["Account", "Basket"])),
            Node(name: "host-b", host: HostRole(types: ["Account"])),
            Node(
                name: "client",
                call: [
                    CallRole(service: "Account", method: "deposit", object: "acc-1"),
                    CallRole(service: "Basket", method: "put", object: "$(ref)"),
                ]),
        ], faults: [FaultSpec(.drop(Share(0.1)), link: .oneWay(.named("client"), .named("host-b")))])

    @Test func hostsAndInvocationsAreDrawn() {
        let text = TopologyGraph.render(Self.topology, as: .ascii)
        let lines = text.split(separator: "\n").map(String.init)
        #expect(
            lines.contains { $0.contains("Account.deposit of acc-1") && $0.hasSuffix("host-a (hosts Account, Basket)") }
        )
        #expect(
            lines.contains {
                $0.contains("Account.deposit of acc-1 ~ drop 10% ~") && $0.hasSuffix("host-b (hosts Account)")
            })
        #expect(
            lines.contains { $0.contains("Basket.put of $(ref)") && $0.hasSuffix("host-a (hosts Account, Basket)") })
        #expect(!lines.contains { $0.contains("Basket.put") && $0.contains("host-b") })
        #expect(lines.last == "on their own: directory (directory)")
        let dot = TopologyGraph.render(Self.topology, as: .dot)
        #expect(dot.contains("\"node:client\" -> \"node:host-a\" [label=\"Account.deposit of acc-1\"];"))
        #expect(dot.contains("[label=\"directory\\ndirectory\", shape=box, style=rounded];"))
        #expect(!dot.contains("\"node:\""))
    }
}
