import ClusterModel

extension Checker {
    /// Exchanges, queues, bindings, and who publishes and consumes.
    func checkRouting() {
        for exchange in topology.exchanges {
            guard let alternate = exchange.alternate else { continue }
            let span = reading.place(["exchanges", exchange.name, "alternate"])
            checkExchange(alternate, on: exchange.broker, at: span)
            if alternate == exchange.name { reading.error("'\(alternate)' is its own alternate", at: span) }
        }
        for queue in topology.queues {
            check(queue.bindings, on: queue.broker, ["queues", queue.name, "bind"])
        }
        for node in topology.nodes {
            let path: Path = ["nodes", node.name]
            for (index, role) in node.publish.enumerated() { check(role, publishPath(node, index)) }
            for (index, role) in node.consume.enumerated() { check(role, path / "consume" / index) }
        }
    }

    private func check(_ role: PublishRole, _ path: Path) {
        if !role.exchange.isEmpty {
            let span = reading.place(path / "to")
            checkExchange(role.exchange, on: role.broker, at: span)
            if exchange(named: role.exchange)?.isInternal == true {
                reading.error("'\(role.exchange)' is internal: only other exchanges may publish to it", at: span)
            }
        } else if reading.has(path / "queue") || reading.has(path / "to"), !reading.isBroken(path),
            let key = (try? Template(role.key))?.constant
        {
            let part = ["queue", "key", "to"].first { reading.has(path / $0) } ?? "to"
            checkQueue(key, on: role.broker, at: reading.place(path / part))
        }
    }

    private func check(_ role: ConsumeRole, _ path: Path) {
        if let queue = role.queue {
            checkQueue(queue, on: role.broker, at: reading.place(path / "queue"))
        } else if role.bindings.isEmpty, !reading.isBroken(path) {
            reading.warning(
                "an anonymous queue with no binding: nothing reaches it", at: reading.place(path),
                advice: "bind: an exchange, or queue: a queue")
        }
        check(role.bindings, on: role.broker, path / "bind")
    }

    private func check(_ bindings: [Binding], on broker: String, _ path: Path) {
        for (index, binding) in bindings.enumerated() {
            let place = path / index
            // A binding in its short form is the exchange's name.
            let span = reading.place(place / "exchange")
            if binding.exchange.isEmpty {
                if !reading.isBroken(place) {
                    reading.error("the default exchange takes no bindings: it routes by queue name", at: span)
                }
                continue
            }
            checkExchange(binding.exchange, on: broker, at: span)
            checkHeaders(binding, place)
        }
    }

    private func checkHeaders(_ binding: Binding, _ path: Path) {
        let kind = exchange(named: binding.exchange)?.kind ?? EntityName.predeclared[binding.exchange]
        guard kind == .headers, !reading.isBroken(["exchanges", binding.exchange, "type"]), !reading.isBroken(path)
        else {
            return
        }
        if let match = binding.arguments["x-match"] {
            let words = ["all", "any", "all-with-x", "any-with-x"]
            if case .string(let word) = match, words.contains(word) {
            } else {
                reading.error("x-match: expected \(words.listed())", at: reading.place(path / "arguments" / "x-match"))
            }
        }
        if binding.arguments.keys.allSatisfy({ $0 == "x-match" }) {
            reading.error(
                "a binding to a headers exchange needs the headers to match", at: reading.place(path),
                advice: "arguments: { x-match: all, format: pdf }")
        }
    }

    private func checkExchange(_ name: String, on broker: String, at span: Span) {
        if EntityName.predeclared[name] != nil { return }
        guard let exchange = exchange(named: name) else {
            let names = topology.exchanges.map(\.name)
            return missing(
                "exchange", name, among: names + (name.hasPrefix("amq") ? EntityName.predeclared.keys.sorted() : []),
                at: span)
        }
        if !exchange.broker.isEmpty, !broker.isEmpty, exchange.broker != broker {
            reading.error("exchange '\(name)' is on broker '\(exchange.broker)', not on '\(broker)'", at: span)
        }
    }

    private func checkQueue(_ name: String, on broker: String, at span: Span) {
        guard let queue = queue(named: name) else {
            return missing("queue", name, among: topology.queues.map(\.name), at: span)
        }
        if !queue.broker.isEmpty, !broker.isEmpty, queue.broker != broker {
            reading.error("queue '\(name)' is on broker '\(queue.broker)', not on '\(broker)'", at: span)
        }
    }
}
