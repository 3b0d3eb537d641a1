import ClusterModel
import TopologyText

extension TopologyYAML {
    func node(_ node: Node) -> TopologyValue {
        var fields = Fields()
        fields.put("broker", node.broker.map(broker))
        fields.put("publish", Self.some(node.publish.map(publish) + node.append.map(append)))
        fields.put("consume", Self.some(node.consume.map(consume)))
        if let serve = node.serve { fields.put(serve.services.isEmpty ? "protocol" : "serve", self.serve(serve)) }
        fields.put("call", Self.some(node.call.filter { $0.object == nil }.map(call)))
        fields.put("host", node.host.map(host))
        fields.put("invoke", Self.some(node.call.filter { $0.object != nil }.map(invoke)))
        fields.put("directory", node.directory.map(directory))
        fields.put("feed", node.feed.map(feedServer))
        fields.put("watch", Self.some(node.watch.map(watch)))
        fields.put("peer", node.peer.map(peer))
        fields.put("names", node.names.map(nameService))
        if let command = node.command {
            fields.put("command", .list(command.arguments.map { .template($0) }))
            fields.template("cwd", command.directory)
            fields.put("ready", command.ready.map(ready))
        }
        fields.put("inbound", inbound(node.inbound))
        fields.text("ports", node.ports.map { "\($0.lowerBound)-\($0.upperBound)" })
        fields.put("replicas", node.replicas)
        fields.put("restart", restart(node.restart))
        fields.put("depends_on", Self.names(node.dependsOn))
        fields.put("env", node.env.isEmpty ? nil : dictionary(node.env))
        fields.put("labels", Self.names(node.labels))
        let stop = StopPolicy()
        if node.stop != stop {
            var inner = Fields()
            inner.text("signal", node.stop.signal, unless: stop.signal)
            inner.put("timeout", node.stop.timeout, unless: stop.timeout)
            fields.put("stop", .mapping(inner.entries))
        }
        return .mapping(fields.entries)
    }

    // MARK: Messages

    private func broker(_ role: BrokerRole) -> TopologyValue {
        var fields = Fields()
        if case .external(let url) = role.engine {
            fields.put("engine", .word("external"))
            fields.text("url", url)
        }
        fields.put("port", role.port)
        fields.put("purge", role.purge, unless: false)
        return .mapping(fields.entries)
    }

    private func publish(_ role: PublishRole) -> TopologyValue {
        var fields = Fields()
        if role.exchange.isEmpty {
            fields.text("queue", singleDollars(role.key))
        } else {
            fields.text("to", role.exchange)
            fields.template("key", role.key, unless: "")
        }
        fields.put("headers", arguments(role.headers, isTemplate: true))
        fields.template("body", role.body, unless: "message $(seq)")
        fields.put("size", role.size)
        fields.put("count", role.count)
        fields.put("rate", role.rate)
        fields.put("mandatory", role.mandatory, unless: false)
        fields.put("persistent", role.persistent, unless: false)
        fields.put("confirm", role.confirm.map(confirm))
        fields.put("broker", brokerName(role.broker))
        return .mapping(fields.entries)
    }

    private func confirm(_ confirm: PublishRole.Confirm) -> TopologyValue {
        let initial = PublishRole.Confirm()
        if confirm == initial { return .word("true") }
        var fields = Fields()
        fields.put("timeout", confirm.timeout, unless: initial.timeout)
        fields.put("attempts", confirm.attempts, unless: initial.attempts)
        fields.put("window", confirm.window, unless: initial.window)
        return .mapping(fields.entries)
    }

    private func append(_ role: AppendRole) -> TopologyValue {
        let initial = AppendRole(feed: "")
        var fields = Fields()
        fields.text("feed", role.feed)
        fields.put("to", feedServerName(role.to, of: role.feed))
        source(role.source, unless: initial.source.body, &fields)
        fields.put("timeout", role.timeout, unless: initial.timeout)
        fields.put("attempts", role.attempts, unless: initial.attempts)
        return .mapping(fields.entries)
    }

    private func consume(_ role: ConsumeRole) -> TopologyValue {
        var fields = Fields()
        fields.text("queue", role.queue)
        fields.put("bind", bindings(role.bindings))
        fields.put("ack", role.ack, unless: .auto)
        fields.put("prefetch", role.prefetch, unless: 0)
        fields.put("work", role.work, unless: .zero)
        if let fail = role.fail {
            var inner = Fields()
            inner.put("chance", fail.chance)
            inner.put("action", fail.action, unless: .die)
            fields.put("fail", fail.action == .die ? fail.chance.written : .mapping(inner.entries))
        }
        fields.put("requeue", role.requeue, unless: true)
        fields.put("broker", brokerName(role.broker))
        return .mapping(fields.entries)
    }

    // MARK: Programs

    private func ready(_ probe: ReadinessProbe) -> TopologyValue {
        let initial = ReadinessProbe(.consuming)
        if probe == initial { return .word("consuming") }
        var fields = Fields()
        switch probe.kind {
        case .log(let text): fields.text("log", text)
        case .http(let url): fields.template("http", url)
        case .tcp(let address): fields.template("tcp", address)
        case .exec(let words): fields.put("exec", .list(words.map { .template($0) }))
        case .consuming: fields.put("consuming", true)
        }
        fields.put("timeout", probe.timeout, unless: initial.timeout)
        fields.put("interval", probe.interval, unless: initial.interval)
        return .mapping(fields.entries)
    }

    private func inbound(_ rule: InboundRule) -> TopologyValue? {
        if rule == .allow { return nil }
        if rule.except.isEmpty { return .text(rule.policy.rawValue) }
        var fields = Fields()
        fields.put(rule.policy.rawValue, .word("all"))
        fields.put("except", Self.names(rule.except.map(\.description)))
        return .mapping(fields.entries)
    }

    private func restart(_ policy: RestartPolicy) -> TopologyValue? {
        let initial = RestartPolicy()
        if policy == RestartPolicy(mode: policy.mode) { return policy == initial ? nil : .text(policy.mode.rawValue) }
        var fields = Fields()
        fields.text("mode", policy.mode.rawValue)
        if (policy.backoff, policy.maximumBackoff) != (initial.backoff, initial.maximumBackoff) {
            fields.put("backoff", policy.backoff...policy.maximumBackoff)
        }
        fields.put("max", policy.maximum)
        return .mapping(fields.entries)
    }

    func dictionary(_ texts: [String: String]) -> TopologyValue {
        .mapping(texts.sorted { $0.key < $1.key }.map { .init($0.key, .template($0.value)) })
    }
}
