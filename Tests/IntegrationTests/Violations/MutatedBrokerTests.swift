#if DEBUG
    import Foundation
    import TestSupport
    import Testing

    /// Within the other suite, so that their processes do not run beside one another.
    extension ViolationTests {
        /// A broker that breaks every 1,000th of 10,000 messages (`ORCH_BROKER_MUTATION`, which only debug builds know).
        ///
        /// Which assertion is the right one follows from `docs/verdicts.md`. *Lost*: an acknowledged message that was owed
        /// is nowhere, so delivery is not at-least-once. *Doubled*: processed twice, so not at-most-once. *Swapped*: order.
        /// *Misrouted*: the message also comes to a queue to which no binding leads, whose consumer another publisher's
        /// messages are for; that violates routing, and nothing that was promised about delivery. And `routing: exact` says
        /// of each queue that what is owed reaches it, once: what the broker itself loses or doubles (a fault on a link is
        /// another matter) violates it, too, with a count and a kind of its own.
        @Suite struct MutatedBrokerTests {
            enum Mutation: String, CaseIterable, Sendable {
                case none, lose, double, swap, misroute

                var violated: Set<String> {
                    switch self {
                    case .none: []
                    case .lose: ["delivery: at-least-once", "delivery: exactly-once", "routing: exact"]
                    case .double: ["delivery: at-most-once", "delivery: exactly-once", "routing: exact"]
                    case .swap: ["order: fifo"]
                    case .misroute: ["routing: exact"]
                    }
                }
            }

            private static let topology = """
                exchanges: { e: { type: direct } }
                queues:
                  right: { bind: { exchange: e, key: k } }
                  a-wrong-one: { bind: { exchange: e, key: other } }
                nodes:
                  broker: { broker: {}, env: { ORCH_BROKER_MUTATION: "KIND 1000" } }
                  a: { publish: { to: e, key: k, count: 10000, confirm: true } }
                  b: { consume: { queue: right } }
                  c: { publish: { to: e, key: other, count: 10, confirm: true } }
                  d: { consume: { queue: a-wrong-one } }
                assertions:
                  - { delivery: at-least-once, from: a, to: b }
                  - { delivery: at-most-once, from: a, to: b }
                  - { delivery: exactly-once, from: a, to: b }
                  - { delivery: exactly-once, from: c, to: d }
                  - { order: fifo, from: a, to: b }
                  - routing: exact
                  - { queue: right, depth: 0 }
                """

            @Test(arguments: Mutation.allCases) func isCaughtByTheRightAssertion(mutation: Mutation) async throws {
                let run = try await ClusterRun(Self.topology.replacing("KIND", with: mutation.rawValue))
                defer { run.orch.remove() }
                #expect(run.result.code == (mutation == .none ? 0 : 1), "\(run.text)")
                let judged = run.assertions.map { ViolationRun.Judged(json: $0) }
                try #require(judged.count == 7, "\(run.text)")
                for one in judged {
                    let isMeant = mutation.violated.contains(one.title) && one.json["from"] as? String != "c"
                    #expect(one.verdict == (isMeant ? "fail" : "pass"), "\(one.title): \(one.explanation)")
                }
                for one in judged where one.json["from"] as? String == "a" && one.title.hasPrefix("delivery") {
                    #expect(one.count("attempted") == 10_000 && one.count("acknowledged") == 10_000)
                    #expect(one.count("lost") == (mutation == .lose ? 10 : 0))
                    #expect(one.count("duplicated") == (mutation == .double ? 10 : 0))
                    #expect(one.count("unexpected") == 0)
                    #expect(one.count("delivered") == (mutation == .lose ? 9_990 : 10_000))
                }
                let order = judged[4]
                #expect(order.count("reordered") == (mutation == .swap ? 10 : 0))
                let routing = judged[5]
                #expect(routing.count("owed", at: "queue:right") == 10_000)
                #expect(routing.count("lost", at: "queue:right") == (mutation == .lose ? 10 : 0))
                #expect(routing.count("duplicated", at: "queue:right") == (mutation == .double ? 10 : 0))
                #expect(routing.count("unexpected", at: "queue:a-wrong-one") == (mutation == .misroute ? 10 : 0))
                checkExamples(judged, mutation)
            }

            /// The messages that the mutation chose, by its rule: each 1,000th; of a swap, the one before it comes late.
            private func checkExamples(_ judged: [ViolationRun.Judged], _ mutation: Mutation) {
                let chosen = (1...10).map { "a.1.\($0 * 1_000)" }
                let before = (1...10).map { "a.1.\($0 * 1_000 - 1)" }
                func kinds(_ index: Int) -> Set<String> { Set(judged[index].examples.map(\.kind)) }
                switch mutation {
                case .none: #expect(judged.allSatisfy { $0.examples.isEmpty })
                case .lose:
                    #expect(judged[0].messages("lost") == chosen && judged[2].messages("lost") == chosen)
                    #expect(judged[5].messages("missing") == chosen)
                    #expect(judged[0].examples.allSatisfy { $0.path.map(\.text).suffix(1) == ["confirmed"] })
                case .double:
                    #expect(judged[1].messages("duplicated") == chosen && judged[5].messages("duplicated") == chosen)
                    #expect(judged[1].examples.allSatisfy { $0.path.count { $0.text == "processed by b" } == 2 })
                case .swap:
                    #expect(judged[4].messages("reordered") == before)
                    #expect(
                        zip(judged[4].examples, chosen).allSatisfy {
                            $0.tells("\($1), published later, had arrived before")
                        })
                case .misroute:
                    #expect(judged[5].messages("unexpected") == chosen && kinds(5) == ["unexpected"])
                    #expect(judged[5].examples.allSatisfy { $0.tells("delivered from queue a-wrong-one to d") })
                }
            }
        }
    }
#endif
