import Assertions
import ClusterModel

/// The scenario: its steps in order and at their times, its script, and what becomes of them.
extension Cluster {
    /// Starts the steps without a time, one after the other; beside them each of those with a time; and the script.
    func startScenario() {
        let started = ContinuousClock.now
        let steps = topology.scenario.enumerated().map { (name: "step \($0 + 1)", step: $1) }
        let inOrder = steps.filter { $0.step.at == nil }
        if !inOrder.isEmpty {
            run(isFinite: inOrder.allSatisfy { ScenarioSchedule($0.step).isFinite }) {
                for (name, step) in inOrder {
                    guard await self.play(step, name, since: .now) else { return }
                }
            }
        }
        for (name, step) in steps where step.at != nil {
            run(isFinite: ScenarioSchedule(step).isFinite) { _ = await self.play(step, name, since: started) }
        }
        if let script = topology.script { run(isFinite: true) { await self.play(script) } }
    }

    /// - Parameter isFinite: whether the run waits for it.
    private func run(isFinite: Bool, _ body: @escaping @Sendable () async -> Void) {
        if isFinite { openFaults += 1 }
        tasks.append(
            Task {
                await body()
                if isFinite { self.closedFault() }
            })
    }

    /// Whether further steps begin.
    var isPlaying: Bool { phase == .running && endRequest == nil && !scenario.hasFailed && !Task.isCancelled }

    /// All turns of a step.
    /// - Returns: whether the next step may begin.
    private func play(_ step: ScenarioStep, _ name: String, since begin: ContinuousClock.Instant) async -> Bool {
        let schedule = ScenarioSchedule(step)
        var index = 0
        while let turn = schedule.turn(index) {
            try? await Task.sleep(until: begin + turn.due, clock: .continuous)
            guard isPlaying else { return false }
            index += 1
            if case .repeat(let repetition) = turn.action {
                guard await play(repetition, name) else { return false }
                continue
            }
            let place = StepName(name, line: step.location.line)
            let result = await perform(turn.action, as: place)
            switch result.outcome {
            case .done: continue
            case .cut: return false
            case .failed(let reason):
                guard isPlaying else { return false }
                scenario.hasFailed = true
                // An assertion has its own verdict in the report.
                if case .assert = turn.action { return false }
                fail(place, turn.action.text, reason)
                return false
            }
        }
        return true
    }

    private func play(_ repetition: Verb.Repetition, _ name: String) async -> Bool {
        let begin = ContinuousClock.now
        for round in 0..<repetition.times {
            if let every = repetition.every {
                try? await Task.sleep(until: begin + every * round, clock: .continuous)
            }
            for (index, step) in repetition.steps.enumerated() {
                let label = "\(name).\(index + 1)" + (repetition.times > 1 ? " (round \(round + 1))" : "")
                guard await play(step, label, since: .now) else { return false }
            }
        }
        return true
    }

    private func play(_ script: ScenarioScript) async {
        guard let scripts = options.scripts else { return }
        let failure = await scripts.run(script, topology: topology, seed: options.seed) { verb, place, line in
            await self.perform(verb, as: StepName(place, line: line))
        }
        guard let failure, phase == .running, endRequest == nil else { return }
        scenario.hasFailed = true
        var result = AssertionResult(title: "script: \(script.name)", verdict: .fail, explanation: failure)
        result.line = script.location.line
        scenario.add(result)
        tell(.note("the script failed: \(failure)"))
    }

    private func fail(_ place: StepName, _ what: String, _ reason: String) {
        scenario.add(
            AssertionResult(
                title: "scenario: \(place.text) \(what)", verdict: .fail, line: place.line, explanation: reason))
        tell(.note("\(place.text) failed: \(what): \(reason)"))
    }

    // MARK: - Verbs

    /// Does what a verb says: for steps, scripts and commands. To add one: a case here, and a file beside this one.
    func perform(_ verb: Verb, as step: StepName) async -> VerbResult {
        let result: VerbResult =
            switch verb {
            case .wait(let time): await wait(time)
            case .waitUntil(let condition, let limit): await wait(until: condition, within: limit)
            case .fault(let spec): start(spec)
            case .clear(let name): await clear(name)
            case .publish(let message): await publish(message)
            case .call(let call): await options.callers?.call(call, folder) ?? .failed("nobody makes calls here")
            case .invoke(let call): await options.callers?.invoke(call, folder) ?? .failed("nobody makes calls here")
            case .migrate(let object, let targets): await move(object, to: targets)
            case .kill(let nodes, let signal): await takeDown(nodes, signal)
            case .pause(let nodes): pause(nodes)
            case .resume(let nodes): await resume(nodes)
            case .stop(let nodes): await stop(nodes)
            case .start(let nodes): await start(nodes)
            case .restart(let nodes): await restart(nodes)
            case .assert(let spec): await judge(spec, as: step)
            case .repeat(let repetition): await play(repetition, step.text) ? VerbResult() : .failed("a step failed")
            case .note(let text): say(text)
            case .status(let name): look(at: name)
            case .queue(let name): await look(atQueue: name)
            }
        return isEnding || phase == .draining ? .cut : result
    }

    private func say(_ text: String) -> VerbResult {
        tell(.note(text))
        return VerbResult()
    }

    /// Asks every few milliseconds, as long as the run goes on.
    /// - Returns: whether it held in time.
    func poll(within limit: Duration, every pause: Duration, _ holds: () async -> Bool) async -> Bool {
        let deadline = ContinuousClock.now + limit
        while true {
            if await holds() { return true }
            guard ContinuousClock.now < deadline, phase == .running, !Task.isCancelled else { return false }
            try? await Task.sleep(for: pause)
        }
    }
}
