import OrchKit
import OrchTestKit
import Testing

/// Tests to copy. They run the `orch` that ORCH names, or the one on PATH.
@Suite(.serialized) struct ClusterTests {
    private let orders = Topology("orders", seed: 7) {
        Exchange("orders", .fanout)
        Node("broker") { Broker() }
        Node("shop") {
            Publish(to: "orders", rate: .perSecond(200), confirm: Confirm(timeout: .seconds(1), attempts: 10))
        }
        Node("store", replicas: 2) { Consume(bind: ["orders"]) }
        Assert(.delivery(.atLeastOnce), from: "shop", to: "store")
    }

    @Test(.timeLimit(.minutes(1))) func nothingIsLostWithoutFaults() async throws {
        let report = try await withCluster(orders) { cluster in
            try await cluster.wait { $0.total("store", \.processed) >= 200 }
            return try await cluster.finish()
        }
        #expect(report.verdict == .pass)
        #expect(report.assertion("delivery")?.count("duplicated") == 0)
    }

    @Test(.timeLimit(.minutes(1))) func confirmsOutliveLoss() async throws {
        let report = try await withCluster(orders) { cluster in
            try await cluster.fault("drop 10%", link: "shop -> broker")
            try await cluster.wait { $0.faults.contains { $0.affected >= 10 } }
            try await cluster.clear()
            return try await cluster.finish()
        }
        #expect(report.assertion("delivery")?.count("lost") == 0)
    }

    @Test(.timeLimit(.minutes(1))) func aFrozenStoreCatchesUp() async throws {
        let report = try await withCluster(orders) { cluster in
            try await cluster.pause("store-2")
            try await cluster.publish("by hand", to: "orders")
            try await cluster.resume("store-2")
            // Nothing is under way while it is judged.
            try await cluster.stop("shop")
            let judgement = try await cluster.judge(
                "delivery: at-least-once", from: "shop", to: "store", within: .seconds(20))
            #expect(judgement.holds)
            return try await cluster.finish()
        }
        #expect(report.verdict == .pass)
    }
}
