import ClusterModel
import Foundation
import TestSupport
import Testing

/// For each kind of assertion a topology that violates it on purpose, run with real processes: it, and nothing else in
/// the file, is reported violated, with the counts and the examples that follow from the cause and from the evidence.
/// One after the other: most of them have times in them.
@Suite(.serialized) struct ViolationTests {
    /// The kinds of assertion that the model has. A new one does not compile without a place here (`name(of:)`), and
    /// then fails `eachKindHasATopology` without a topology.
    private enum Kind: String, CaseIterable {
        case delivery, routing, order, queue, node, log, calls, latency, throughput, availability, recovery
        case linearizable, owner, collected, alive, pause, state, feed, converged, detected, coherent, found, messages
        case falseDeaths = "false-deaths"

        var guarantees: [String] {
            switch self {
            case .delivery, .feed: Guarantee.allCases.map(\.rawValue)
            // A receiver knows its copies, and nobody but a native peer hands anything over.
            case .messages: Guarantee.allCases.filter { $0 != .atMostOnce }.map(\.rawValue)
            case .calls: CallGuarantee.allCases.map(\.rawValue)
            default: []
            }
        }

        var names: [String] { guarantees.isEmpty ? [rawValue] : guarantees.map { "\(rawValue)-\($0)" } }
    }

    private static func name(of assertion: Assertion) -> String {
        func named(_ kind: Kind, _ guarantee: String) -> String { "\(kind.rawValue)-\(guarantee)" }
        return switch assertion {
        case .delivery(let guarantee, _, _, _): named(.delivery, guarantee.rawValue)
        case .routing: Kind.routing.rawValue
        case .order: Kind.order.rawValue
        case .queue: Kind.queue.rawValue
        case .node: Kind.node.rawValue
        case .log: Kind.log.rawValue
        case .calls(let guarantee, _): named(.calls, guarantee.rawValue)
        case .latency: Kind.latency.rawValue
        case .throughput: Kind.throughput.rawValue
        case .availability: Kind.availability.rawValue
        case .recovery: Kind.recovery.rawValue
        case .linearizable: Kind.linearizable.rawValue
        case .owner: Kind.owner.rawValue
        case .collected: Kind.collected.rawValue
        case .alive: Kind.alive.rawValue
        case .pause: Kind.pause.rawValue
        case .state: Kind.state.rawValue
        case .feed(let guarantee, _, _, _): named(.feed, guarantee.rawValue)
        case .converged: Kind.converged.rawValue
        case .detected: Kind.detected.rawValue
        case .falseDeaths: Kind.falseDeaths.rawValue
        case .coherent: Kind.coherent.rawValue
        case .found: Kind.found.rawValue
        case .messages(let guarantee, _, _, _): named(.messages, guarantee.rawValue)
        }
    }

    /// What is judged without being asserted.
    private static let unstated = ["nodes": "nodes: alive", "replies": "replies: as expected"]

    @Test func eachKindHasATopology() throws {
        let wanted = Kind.allCases.flatMap(\.names) + Self.unstated.keys
        #expect(Violation.names == wanted.sorted())
        #expect(Set(Violation.names) == Set(ViolationChecks.all.keys))
        for name in Violation.names where Self.unstated[name] == nil {
            let violated = try Violation(name).assertions()
            #expect(!violated.isEmpty && violated.allSatisfy { Self.name(of: $0) == name }, "\(name): \(violated)")
        }
    }

    @Test(arguments: Violation.names.filter { $0 != "routing" }) func isReported(name: String) async throws {
        let violation = try Violation(name)
        let run = try await violation.run()
        defer { run.remove() }
        try check(violation, run)
    }

    /// A binding that no link has seen needs a broker of our own.
    @Test func aHiddenBindingIsReported() async throws {
        let broker = try await HiddenBinding(exchange: "e", queue: "b", key: "a")
        let violation = try Violation("routing")
        let run: ViolationRun
        do { run = try await violation.run(broker: broker.url) } catch {
            await broker.shutdown()
            throw error
        }
        await broker.shutdown()
        defer { run.remove() }
        try check(violation, run)
    }

    private func check(_ violation: Violation, _ run: ViolationRun) throws {
        #expect(run.run.result.code == 1, "\(run.run.text)")
        #expect(run.run.leftovers.isEmpty)
        #expect(run.run.report["verdict"] as? String == "fail")
        let unstated = Self.unstated[violation.name]
        for judged in run.judged {
            let isMeant = unstated.map { judged.title == $0 } ?? violation.lines.contains(judged.line)
            #expect(judged.verdict == (isMeant ? "fail" : "pass"), "\(judged.title): \(judged.explanation)")
            #expect(!isMeant || !judged.explanation.isEmpty)
        }
        #expect(run.failed.count == max(violation.lines.count, unstated == nil ? 0 : 1), "\(run.run.text)")
        for example in run.failed.flatMap(\.examples) {
            #expect(!example.path.isEmpty && !example.message.isEmpty, "\(example)")
            #expect(example.path.map(\.time) == example.path.map(\.time).sorted(), "\(example)")
        }
        let first = try #require(run.failed.first)
        let check = try #require(ViolationChecks.all[violation.name])
        try check(run, first)
    }
}
