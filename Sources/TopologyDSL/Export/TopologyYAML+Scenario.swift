import ClusterModel
import TopologyText

/// What is done while it runs.
extension TopologyYAML {
    func step(_ step: ScenarioStep) -> TopologyValue {
        var fields = Fields()
        write(step.action, &fields)
        fields.put("at", step.at)
        fields.put("every", step.every)
        if step.every != nil { fields.put("times", step.times) }
        return .mapping(fields.entries)
    }

    private func write(_ verb: Verb, _ fields: inout Fields) {
        let keyword = verb.keyword
        switch verb {
        case .wait(let time): fields.put(keyword, time)
        case .waitUntil(let condition, let limit):
            var inner = Fields()
            inner.put("until", write(condition))
            inner.put("within", limit, unless: .seconds(10))
            fields.put(keyword, .mapping(inner.entries))
        case .fault(let spec): fields.put(keyword, fault(spec))
        case .clear(let name): fields.text(keyword, name ?? "all")
        case .publish(let message): fields.put(keyword, write(message))
        case .call(let call), .invoke(let call): fields.put(keyword, write(call))
        case .migrate(let object, let to):
            fields.text(keyword, object)
            fields.put("to", Self.names(to))
        case .kill(let nodes, let signal):
            fields.text(keyword, nodes.description)
            fields.text("signal", signal, unless: "KILL")
        case .pause(let nodes), .resume(let nodes), .stop(let nodes), .start(let nodes), .restart(let nodes):
            fields.text(keyword, nodes.description)
        case .assert(let spec): fields.put(keyword, assertion(spec))
        case .repeat(let repetition):
            var inner = Fields()
            inner.put("times", repetition.times)
            inner.put("every", repetition.every)
            inner.put("steps", .list(repetition.steps.map(step)))
            fields.put(keyword, .mapping(inner.entries))
        case .note(let text): fields.text(keyword, text)
        // Of scripts and commands; no file has them.
        case .status(let name), .queue(let name): fields.text(keyword, name)
        }
    }

    private func write(_ condition: WaitCondition) -> TopologyValue {
        var fields = Fields()
        switch condition {
        case .state(let node, let state):
            fields.text("node", node)
            fields.text("state", state.rawValue)
        case .count(let node, let count, let condition):
            fields.text("node", node)
            fields.put(count.rawValue, condition)
        case .queue(let name, let depth, let consumers):
            fields.text("queue", name)
            fields.put("depth", depth)
            fields.put("consumers", consumers)
        case .faultEnded(let name): fields.text("fault", name)
        case .log(let node, let contains, let matches, let count):
            fields.text("log", node)
            fields.text("contains", contains)
            fields.text("matches", matches)
            fields.put("count", count, unless: Condition(.greaterOrEqual, 1))
        }
        return .mapping(fields.entries)
    }

    private func write(_ message: Verb.Publication) -> TopologyValue {
        var fields = Fields()
        if let feed = message.feed {
            fields.text("feed", feed)
        } else if message.exchange.isEmpty {
            fields.text("queue", message.key)
        } else {
            fields.text("to", message.exchange)
            fields.text("key", message.key, unless: "")
        }
        fields.put("headers", arguments(message.headers))
        fields.text("body", message.body, unless: "")
        fields.put("persistent", message.persistent, unless: false)
        fields.put("broker", brokerName(message.broker))
        return .mapping(fields.entries)
    }

    private func write(_ call: Verb.Invocation) -> TopologyValue {
        var fields = Fields()
        fields.text("object", call.object, unless: "")
        fields.text("method", call.method)
        fields.put("with", arguments(call.with))
        fields.put("expect", call.expect.map { argument($0, isTemplate: false) })
        fields.text("to", call.to)
        return .mapping(fields.entries)
    }
}
