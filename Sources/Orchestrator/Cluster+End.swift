import Assertions
import ClusterModel
import Control
import FaultInjection
import History
import Reporting

/// The end of a run: drain, stop, judge.
extension Cluster {
    // MARK: - Draining

    /// Lifts the faults, brings back what they took down, and waits until the destinations are empty.
    func drain() async {
        record(phase: .drain)
        move(to: .draining)
        for task in tasks.dropFirst(2) { task.cancel() }
        for peer in peers.values { peer.send(.drain) }
        // What was sent without asking for a confirm may still be on its way to the fault that it is due.
        for instance in plan.instances where !isInterrupted {
            let roles = topology.node(named: instance.node)?.publish ?? []
            if roles.contains(where: { $0.confirm == nil }) { _ = await survey(instance.name) }
        }
        await liftFaults()
        // Without a drain that has ended, nothing passes: what is missing may have been on its way.
        guard !isInterrupted else { return }
        for (name, life) in lives where life.isDownByFault { restart(name) }
        let clock = ContinuousClock()
        let deadline = clock.now + topology.drain
        _ = await wait(for: topology.drain) {
            self.isInterrupted || self.lives.values.allSatisfy { $0.state != .starting && $0.state != .restarting }
        }
        var before: Activity?
        var undrained = destinationNames
        while !isInterrupted {
            let activity = activity
            undrained = await notEmpty()
            // Empty twice, with nothing in between: nothing was on its way.
            if undrained.isEmpty, activity == before, activity == self.activity { break }
            if clock.now >= deadline { break }
            before = activity
            try? await Task.sleep(for: hasPrograms ? .milliseconds(150) : .milliseconds(10))
        }
        guard !isInterrupted else { return }
        record(phase: .drained, undrained: undrained)
        await noteQueues()
        await noteObjects()
    }

    /// What passes the links; where it stands still, nothing is on its way. Datagrams are no part of it: peers probe each
    /// other for ever.
    private struct Activity: Equatable {
        var counts: [LinkCounts]
        var progress: [String: Int]
    }

    private var activity: Activity {
        Activity(
            counts: injector.links.map { link in
                var counts = link.counts
                // Watchers ask again and again, and peers renew their entries: that never stands still, and says nothing.
                let server = topology.node(ofInstance: link.identity.server)
                if server?.feed != nil || server?.names != nil {
                    counts.requests = 0
                    counts.replies = 0
                }
                return counts
            },
            progress: statuses.mapValues { status in
                guard let progress = status.progress else { return 0 }
                return progress.received + progress.processed + progress.called + progress.executed
                    + progress.appended + progress.viewed + progress.talked + progress.lookups
            })
    }

    private var hasPrograms: Bool { topology.nodes.contains { $0.command != nil } }

    /// The queues with consumers in the file, and the consumers with queues of their own.
    private var destinationNames: [String] {
        var names: [String] = []
        for node in topology.nodes {
            for role in node.consume {
                if let queue = role.queue { names.append(queue) } else { names += node.instances }
            }
        }
        return names
    }

    /// What still has messages for somebody who could take them.
    private func notEmpty() async -> [String] {
        var names: [String] = []
        var surveys: [String: Survey] = [:]
        var silent: Set<String> = []
        for (queue, broker) in queues {
            guard let depth = await administrators[broker]?.depth(of: queue) else { continue }
            if depth.ready > 0, depth.consumers > 0 { names.append(queue) }
        }
        for instance in plan.instances {
            guard let node = topology.node(named: instance.node), let life = lives[instance.name] else { continue }
            if life.state == .starting || life.state == .restarting {
                names.append(instance.name)
                names += node.consume.compactMap(\.queue)
                continue
            }
            guard life.isAlive else { continue }
            let links = injector.links.filter { $0.identity.client == instance.name }
            let datagrams = injector.datagramLinks.filter { $0.identity.client == instance.name }
            let isSettled = links.allSatisfy { $0.unsettled == 0 } && datagrams.allSatisfy { $0.held == 0 }
            guard node.answersSurveys else {
                if !isSettled { names.append(instance.name) }
                continue
            }
            let survey = await survey(instance.name)
            surveys[instance.name] = survey
            if survey == nil { silent.insert(instance.name) }
            let hasQueued = !node.consume.isEmpty && survey?.queued != 0
            if !isSettled || survey == nil || survey!.unhandled > 0 || hasQueued {
                names.append(instance.name)
                names += node.consume.compactMap(\.queue)
            }
        }
        names += DrainRules(topology).undrained(surveys, silent: silent)
        return Array(Set(names)).sorted()
    }

    /// Every named queue of the file, with its broker.
    var queues: [(name: String, broker: String)] {
        var all = topology.allQueues.map { ($0.name, $0.broker) }
        for role in topology.nodes.flatMap(\.consume) {
            if let queue = role.queue, !all.contains(where: { $0.0 == queue && $0.1 == role.broker }) {
                all.append((queue, role.broker))
            }
        }
        return all.map { (name: $0.0, broker: $0.1) }
    }

    /// `nil` where the process does not answer within a second.
    func survey(_ name: String) async -> Survey? {
        guard let peer = peers[name] else { return nil }
        lastSurvey += 1
        let id = lastSurvey
        let alarm = Task {
            try? await Task.sleep(for: .seconds(1))
            self.surveys.removeValue(forKey: id)?.resume(returning: nil)
        }
        defer { alarm.cancel() }
        return await withCheckedContinuation { continuation in
            surveys[id] = continuation
            peer.send(.survey(id: id))
        }
    }

    /// Notes the depth of every named queue, and what lies in those that nobody consumes.
    private func noteQueues() async {
        for (queue, broker) in queues {
            guard !isInterrupted, let administrator = administrators[broker],
                let depth = await administrator.depth(of: queue)
            else { continue }
            record(depth, of: queue, on: broker)
            guard depth.consumers == 0, depth.ready > 0 else { continue }
            for leftover in await administrator.leftovers(in: queue, limit: 100_000) {
                recorder.record(.leftover(leftover))
            }
        }
    }

    /// Notes the depth of one queue now, for an assertion that does not wait for the end.
    func noteDepth(of name: String) async {
        for (queue, broker) in queues where queue == name {
            guard let depth = await administrators[broker]?.depth(of: queue) else { continue }
            record(depth, of: queue, on: broker)
        }
    }

    private func record(_ depth: BrokerAdministrator.Depth, of queue: String, on broker: String) {
        var event = QueueDepth()
        event.broker = broker
        event.queue = queue
        event.ready = UInt32(clamping: depth.ready)
        event.consumers = UInt32(clamping: depth.consumers)
        recorder.record(.queueDepth(event))
    }

    // MARK: - Stopping

    /// Ends every process, closes every port. Nothing is left behind.
    func tearDown() async {
        for publisher in scenario.takePublishers() { await publisher.close() }
        move(to: .stopping)
        record(phase: .stop)
        for task in tasks.dropFirst(2) { task.cancel() }
        await liftFaults()
        let limit: Duration? = isInterrupted ? .milliseconds(700) : nil
        for layer in plan.stopLayers {
            // Who goes to a broker that is not ours takes its things along while it still can.
            await withTaskGroup(of: Void.self) { group in
                for name in layer { group.addTask { await self.stop(name, .stop, within: limit) } }
            }
            for name in layer {
                guard let role = topology.node(ofInstance: name)?.broker else { continue }
                if case .external = role.engine {
                    await administrators[name]?.close(deleting: true)
                    lives[name]?.ending(.stop)
                    _ = lives[name]?.ended(.exited(0), isOver: true)
                    note(name)
                }
            }
        }
        for task in processTasks.values { await task.value }
        await injector.close()
        for administrator in administrators.values {
            await administrator.close(deleting: false)
            if let failure = await administrator.recordingFailure { recordingFailures.append(failure) }
        }
        for continuation in surveys.values { continuation.resume(returning: nil) }
        surveys = [:]
        recordingFailures += [recorder.failure].compactMap { $0 } + (await loops.failures())
        watchdog.finish()
        for task in tasks.prefix(1) { await task.value }
        phase = .ended
    }

    /// Closes the control socket, after the last answer.
    package func close() async {
        await server?.close()
        try? await loops.group.shutdownGracefully()
    }

    // MARK: - Judging

    /// Reads the evidence and judges it.
    func judge() throws -> RunReport {
        var history = History.read(folder.evidenceFiles)
        history.problems += recordingFailures.map(\.message)
        var results = Judge.judge(history: history, topology: topology, logs: logLines(), models: options.models)
        for (index, result) in early where index < results.count { results[index] = result }
        results += scenario.results
        let nodes = plan.instances.map { instance in
            let life = lives[instance.name]!
            return RunReport.Node(
                name: instance.name, pid: statuses[instance.name]?.lastPID ?? 0, state: life.state,
                restarts: life.restarts, detail: life.end?.text ?? "")
        }
        let faults = injector.all.map { fault in
            RunReport.Fault(
                fault: fault.spec.text,
                link: fault.spec.place,
                kinds: fault.counts.mapValues { .init(seen: $0.seen, affected: $0.affected) })
        }
        let started = runStarted == 0 ? created : runStarted
        return RunReport(
            topology: topology.name, seed: options.seed,
            duration: .nanoseconds(MonotonicClock.now() - started), nodes: nodes, faults: faults, assertions: results,
            objects: ObjectAccount.list(history), feeds: FeedAccount.list(history, topology: topology),
            peers: PeerAccount.list(history, topology: topology), problems: history.problems,
            waitedFor: unfinished,
            warnings: failpoints.warnings + faultWarnings + scenario.warnings, interrupted: isInterrupted)
    }

    /// Of faults that did nothing; a run that was cut short had no time for them.
    private var faultWarnings: [String] {
        guard !isInterrupted else { return [] }
        var warnings = FaultWarnings(planned: runStarted == 0 ? [] : topology.faults)
        for fault in injector.all { warnings.add(fault) }
        return warnings.texts
    }

    /// The lines of the logs, where an assertion asks for them.
    func logLines() -> [String: [String]] {
        let asks = topology.assertions.contains { if case .log = $0.assertion { true } else { false } }
        return asks ? allLogLines() : [:]
    }

    func allLogLines() -> [String: [String]] {
        var lines: [String: [String]] = [:]
        for instance in plan.instances {
            lines[instance.name] = FolderListing.lines(of: folder.log(of: instance.name))
        }
        return lines
    }

    // MARK: - Assertions with `within:`

    /// Watches the assertions that may be decided before the end.
    func startEarlyAssertions() {
        for (index, spec) in topology.assertions.enumerated() {
            guard let limit = spec.within else { continue }
            openFaults += 1
            tasks.append(
                Task {
                    await self.watch(index, spec, limit)
                    self.openFaults -= 1
                    self.changed()
                })
        }
    }

    private func watch(_ index: Int, _ spec: AssertionSpec, _ limit: Duration) async {
        let clock = ContinuousClock()
        let deadline = clock.now + limit
        while !Task.isCancelled {
            if case .queue(let queue, _, _) = spec.assertion { await noteDepth(of: queue) }
            let (files, causes) = (folder.evidenceOfEffects, folder.evidenceOfCauses)
            let logs = logLines()
            let topology = topology
            let models = options.models
            let result = await Task.detached {
                Judge.judgeNow(
                    spec, history: History.read(files, then: causes), topology: topology, logs: logs, models: models)
            }.value
            early[index] = result
            if result.outcome == .pass || clock.now >= deadline { return }
            try? await Task.sleep(for: .milliseconds(100))
        }
    }
}
