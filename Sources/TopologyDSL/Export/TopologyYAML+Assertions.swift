import ClusterModel
import TopologyText

extension TopologyYAML {
    func assertion(_ spec: AssertionSpec) -> TopologyValue {
        var fields = Fields()
        write(spec.assertion, &fields)
        fields.put("expect", spec.expect, unless: .holds)
        fields.put("within", spec.within)
        return .mapping(fields.entries)
    }

    private func write(_ assertion: Assertion, _ fields: inout Fields) {
        switch assertion {
        case .delivery(let guarantee, let from, let to, let basis):
            write("delivery", guarantee, from, to, basis, &fields)
        case .messages(let guarantee, let from, let to, let basis):
            write("messages", guarantee, from, to, basis, &fields)
        case .routing(let from):
            fields.put("routing", .word("exact"))
            fields.text("from", from)
        case .order(let from, let to):
            fields.put("order", .word("fifo"))
            fields.text("from", from)
            fields.text("to", to)
        case .queue(let name, let depth, let consumers):
            fields.text("queue", name)
            fields.put("depth", depth)
            fields.put("consumers", consumers)
        case .node(let name, let state, let restarts, let exitCode):
            fields.text("node", name)
            fields.text("state", state?.rawValue)
            fields.put("restarts", restarts)
            fields.put("exit", exitCode)
        case .log(let name, let contains, let matches, let count):
            fields.text("log", name)
            fields.text("contains", contains)
            fields.text("matches", matches)
            fields.put("count", count, unless: Condition(.greaterOrEqual, 1))
        case .calls, .latency, .throughput, .availability, .recovery: writeCalls(assertion, &fields)
        case .linearizable, .owner, .collected, .alive, .pause, .state: writeObjects(assertion, &fields)
        case .feed, .converged, .detected, .falseDeaths, .coherent, .found: writeNetwork(assertion, &fields)
        }
    }

    private func write(
        _ keyword: String, _ guarantee: Guarantee, _ from: String?, _ to: String?, _ basis: Assertion.Basis,
        _ fields: inout Fields
    ) {
        fields.text(keyword, guarantee.rawValue)
        fields.text("from", from)
        fields.text("to", to)
        fields.put("of", basis, unless: .acknowledged)
    }

    private func writeCalls(_ assertion: Assertion, _ fields: inout Fields) {
        switch assertion {
        case .calls(let guarantee, let scope):
            fields.text("calls", guarantee.rawValue)
            write(scope, &fields)
        case .latency(let scope, let bounds):
            fields.put("latency", write(bounds))
            write(scope, &fields)
        case .throughput(let scope, let condition):
            fields.put("throughput", condition.rate)
            write(scope, &fields)
        case .availability(let scope, let condition):
            fields.put("availability", condition.share)
            write(scope, &fields)
        case .recovery(let scope, let within, let after):
            fields.put("recovery", within)
            write(scope, &fields)
            fields.text("after", after)
        default: break
        }
    }

    private func write(_ scope: CallScope, _ fields: inout Fields) {
        fields.text("method", scope.method)
        fields.text("from", scope.from)
        fields.text("to", scope.to)
    }

    private func write(_ bounds: [LatencyBound]) -> TopologyValue {
        .mapping(bounds.map { .init($0.key, $0.written) })
    }

    private func writeObjects(_ assertion: Assertion, _ fields: inout Fields) {
        switch assertion {
        case .linearizable(let object, let model):
            fields.text("linearizable", object)
            fields.put("model", model, unless: .methods)
        case .owner(let object):
            fields.put("owner", .word("single"))
            fields.text("object", object)
        case .collected(let type, let within):
            var inner = Fields()
            inner.put("within", within)
            inner.text("type", type)
            fields.put("collected", type == nil ? within.written : .mapping(inner.entries))
        case .alive(let object): fields.text("alive", object ?? "all")
        case .pause(let object, let condition):
            fields.put("pause", condition.time)
            fields.text("object", object)
        case .state(let object, let values):
            fields.text("state", object)
            fields.put("is", argument(.table(values), isTemplate: false))
        default: break
        }
    }

    private func writeNetwork(_ assertion: Assertion, _ fields: inout Fields) {
        func bound(_ keyword: String, _ group: String, _ within: Duration) {
            fields.put(keyword, .mapping([.init("group", .text(group)), .init("within", within.written)]))
        }
        switch assertion {
        case .feed(let guarantee, let feed, let to, let fresh):
            fields.text("feed", guarantee.rawValue)
            fields.text("of", feed)
            fields.text("to", to)
            if !fresh.isEmpty { fields.put("fresh", write(fresh)) }
        case .converged(let group, let within): bound("converged", group, within)
        case .detected(let group, let within): bound("detected", group ?? "all", within)
        case .falseDeaths(let group, let condition):
            fields.put("false-deaths", condition)
            fields.text("group", group)
        case .coherent(let group): fields.text("coherent", group)
        case .found(let scope, let condition, let hops):
            fields.put("found", condition.share)
            fields.text("group", scope.group)
            fields.text("by", scope.by?.rawValue)
            fields.text("from", scope.from)
            fields.put("hops", hops)
        default: break
        }
    }
}
