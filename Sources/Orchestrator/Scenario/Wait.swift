import ClusterModel

/// `wait`, and what scripts look at.
extension Cluster {
    func wait(_ time: Duration) async -> VerbResult {
        // Not the task's own sleep: a command's wait ends with the run too.
        _ = await wait(for: time) { self.phase != .running || self.endRequest != nil }
        return VerbResult()
    }

    func wait(until condition: WaitCondition, within limit: Duration) async -> VerbResult {
        let isSlow = if case .log = condition { true } else { false }
        let holds = await poll(within: limit, every: .milliseconds(isSlow ? 50 : 10)) { await self.holds(condition) }
        if holds { return VerbResult() }
        return .failed("\(condition.text) did not come true within \(limit.text)\(await found(condition))")
    }

    private func holds(_ condition: WaitCondition) async -> Bool {
        switch condition {
        case .state(let name, let state):
            return topology.instances(named: name).allSatisfy { lives[$0]?.state == state }
        case .count(let name, let count, let bound): return bound.holds(for: Double(total(count, of: name)))
        case .queue(let name, let depth, let consumers):
            guard let found = await messages(in: name) else { return false }
            return depth?.holds(for: Double(found.ready)) ?? true
                && consumers?.holds(for: Double(found.consumers)) ?? true
        case .faultEnded(let name): return !injector.active.contains { $0.name == name }
        case .log(let name, let contains, let matches, let count):
            return count.holds(for: Double(lines(of: name, contains, matches)))
        }
    }

    /// How it was instead.
    private func found(_ condition: WaitCondition) async -> String {
        switch condition {
        case .state(let name, _):
            let states = topology.instances(named: name).map { "\($0) is \(lives[$0]?.state.rawValue ?? "unknown")" }
            return ": \(states.joined(separator: ", "))"
        case .count(let name, let count, _): return ": it was \(total(count, of: name))"
        case .queue(let name, _, _):
            guard let found = await messages(in: name) else { return ": the broker does not say" }
            return ": it had \(found.ready) messages and \(found.consumers) consumers"
        case .faultEnded: return ""
        case .log(let name, let contains, let matches, _): return ": there were \(lines(of: name, contains, matches))"
        }
    }

    private func total(_ count: WaitCondition.Count, of name: String) -> Int {
        topology.instances(named: name).reduce(0) { sum, instance in
            guard let progress = statuses[instance]?.progress else { return sum }
            return switch count {
            case .published: sum + progress.published + progress.appended
            case .processed: sum + progress.processed
            case .called: sum + progress.called
            case .viewed: sum + progress.viewed
            }
        }
    }

    private func lines(of name: String, _ contains: String?, _ matches: String?) -> Int {
        let pattern = matches.flatMap { try? Regex<AnyRegexOutput>($0) }
        return topology.instances(named: name).reduce(0) { sum, instance in
            sum
                + FolderListing.lines(of: folder.log(of: instance)).count { line in
                    if let contains { return line.contains(contains) }
                    return pattern.map { (try? $0.firstMatch(in: line)) ?? nil != nil } ?? false
                }
        }
    }

    private func messages(in name: String) async -> BrokerAdministrator.Depth? {
        guard let broker = queues.first(where: { $0.name == name })?.broker else { return nil }
        return await administrators[broker]?.depth(of: name)
    }

    // MARK: - Looking

    /// A node's counts are those of its processes together; its state is the first one's that differs from `running`.
    func look(at name: String) -> VerbResult {
        let instances = topology.instances(named: name)
        guard let first = instances.first else { return .failed("there is no node '\(name)'") }
        let odd = instances.first { lives[$0]?.state != .running } ?? first
        var table: [String: ArgumentValue] = [
            "name": .string(name), "state": .string(lives[odd]?.state.rawValue ?? ""),
            "restarts": .int(Int64(instances.reduce(0) { $0 + (lives[$1]?.restarts ?? 0) })),
        ]
        if let pid = lives[first]?.pid { table["pid"] = .int(Int64(pid)) }
        for count in WaitCondition.Count.allCases { table[count.rawValue] = .int(Int64(total(count, of: name))) }
        return VerbResult(value: .table(table))
    }

    func look(atQueue name: String) async -> VerbResult {
        guard queues.contains(where: { $0.name == name }) else { return .failed("there is no queue '\(name)'") }
        guard let depth = await messages(in: name) else { return .failed("the broker does not tell of '\(name)' now") }
        return VerbResult(
            value: .table(["depth": .int(Int64(depth.ready)), "consumers": .int(Int64(depth.consumers))]))
    }
}
