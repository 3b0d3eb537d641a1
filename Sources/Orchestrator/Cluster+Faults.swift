import ClusterModel
import Control
import FaultInjection
import History

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Faults: on schedule and by command.
extension Cluster {
    /// Starts the file's faults: those without a time before the workloads begin, the others at their times.
    func startScheduledFaults(initial: Bool) {
        for spec in topology.faults where spec.failpoint == nil {
            let isImmediate = spec.at == nil && spec.every == nil && spec.fault.level != .process
            if isImmediate != initial { continue }
            if isImmediate, spec.duration == nil, !spec.fault.isInstant {
                _ = begin(spec)
                continue
            }
            let isAwaited = spec.every == nil && (spec.duration != nil || spec.fault.isInstant)
            if isAwaited { openFaults += 1 }
            let first = isImmediate ? begin(spec) : nil
            tasks.append(
                Task {
                    await self.schedule(spec, first: first)
                    if isAwaited { self.closedFault() }
                })
        }
    }

    func closedFault() {
        openFaults -= 1
        changed()
    }

    private func schedule(_ spec: FaultSpec, first: ActiveFault?) async {
        if first == nil, let at = spec.at { try? await Task.sleep(for: at) }
        var begun = first
        var round = 1
        repeat {
            guard !Task.isCancelled, phase == .running || phase == .ready else { return }
            let fault = begun ?? begin(spec, round: round)
            begun = nil
            round += 1
            let clock = ContinuousClock()
            let next = spec.every.map { clock.now + $0 }
            await endInTime(fault)
            if let next { try? await clock.sleep(until: next) }
        } while spec.every != nil
    }

    /// Ends a fault after its time, if it has one.
    func endInTime(_ fault: ActiveFault) async {
        guard fault.spec.duration != nil || fault.spec.fault.isInstant else { return }
        if let duration = fault.spec.duration { try? await Task.sleep(for: duration) }
        await end(fault)
    }

    // MARK: - Failpoints

    /// A process waits at a step of a migration: the fault that is meant for it begins, and then the process goes on.
    func reached(_ point: Failpoint, _ id: Int, by peer: ControlServer.Peer) {
        guard phase == .running, let spec = failpoints.take(point) else { return peer.send(.proceed(id: id)) }
        let before = lives.mapValues(\.incarnation)
        let isAwaited = spec.duration != nil || spec.fault.isInstant
        if isAwaited { openFaults += 1 }
        let fault = begin(spec)
        tasks.append(
            Task {
                await self.becomesEffective(fault, before)
                // It may be the one that was struck.
                if self.peers.values.contains(peer) { peer.send(.proceed(id: id)) }
                await self.endInTime(fault)
                if isAwaited { self.closedFault() }
            })
    }

    /// Waits until a fault that takes processes down has done so; others are in force when they have begun.
    /// - Parameter before: the lives that are to end.
    func becomesEffective(_ fault: ActiveFault, _ before: [String: Int]) async {
        switch fault.spec.fault {
        case .kill(_, let signal) where Signals.asksForTheEnd(Signals.number(signal) ?? SIGKILL): break
        case .restart: break
        default: return
        }
        let names = struck[fault.id] ?? []
        _ = await wait(for: .seconds(10)) {
            names.allSatisfy { name in self.lives[name]?.pid == nil || self.lives[name]?.incarnation != before[name] }
        }
    }

    // MARK: - On and off

    /// Turns a fault on and, where it is one of processes, carries it out.
    /// - Parameter round: of a fault that comes again, from 1; each round chooses its processes anew.
    func begin(_ spec: FaultSpec, round: Int = 1) -> ActiveFault {
        let fault = injector.start(spec)
        struck[fault.id] = targets(spec, round)
        var event = FaultChange()
        event.name = fault.name
        event.text = spec.text
        event.link = spec.place
        event.cut = cutPairs(of: spec)
        recorder.record(.fault(event))
        tell(.fault(status(of: fault, isActive: true), on: true))
        for name in struck[fault.id] ?? [] {
            switch spec.fault {
            case .kill(_, let signal): strike(name, Signals.number(signal) ?? SIGKILL)
            case .pause: pause(name)
            case .restart where lives[name]?.isAlive == true:
                tasks.append(Task { await self.stop(name, .restart) })
            default: break
            }
        }
        changed()
        return fault
    }

    /// Turns a fault off, without a trace.
    func end(_ fault: ActiveFault) async {
        guard injector.active.contains(where: { $0.id == fault.id }) else { return }
        var event = FaultChange()
        event.name = fault.name
        event.text = fault.spec.text
        event.link = fault.spec.place
        event.on = false
        event.cut = cutPairs(of: fault.spec)
        // Noted first: what passes now comes after.
        recorder.record(.fault(event))
        injector.stop(fault.id)
        tell(.fault(status(of: fault, isActive: false), on: false))
        if case .pause = fault.spec.fault { for name in struck[fault.id] ?? [] { resume(name) } }
        changed()
    }

    private func cutPairs(of spec: FaultSpec) -> [String] {
        guard case .partition(let partition) = spec.fault else { return [] }
        return topology.cutPairs(topology.cut(for: partition, seed: options.seed, words: spec.text))
    }

    /// Lifts everything, at the end of a run.
    func liftFaults() async {
        for fault in injector.active { await end(fault) }
        for (name, life) in lives where life.state == .paused { resume(name) }
    }

    /// The processes that a process fault strikes.
    private func targets(_ spec: FaultSpec, _ round: Int) -> [String] {
        switch spec.fault {
        case .kill(let nodes, _), .pause(let nodes), .restart(let nodes):
            topology.instances(nodes, seed: options.seed, for: round == 1 ? spec.text : "\(spec.text) #\(round)")
        default: []
        }
    }

    private func strike(_ name: String, _ signal: Int32) {
        guard let pid = lives[name]?.pid else { return }
        let asks = Signals.asksForTheEnd(signal)
        if signal != SIGSTOP && signal != SIGCONT { lives[name]!.ending(.fault(signal: signal, asksForTheEnd: asks)) }
        kill(-pid, signal)
    }

    private func pause(_ name: String) {
        guard let pid = lives[name]?.pid else { return }
        kill(-pid, SIGSTOP)
        lives[name]!.paused()
        note(name)
    }

    func resume(_ name: String) {
        guard let pid = lives[name]?.pid else { return }
        lives[name]!.resumed(running: phase == .running)
        // Noted first: what others hear of it comes after.
        note(name)
        kill(-pid, SIGCONT)
    }

    func status(of fault: ActiveFault, isActive: Bool) -> FaultStatus {
        let counts = fault.counts.values
        return FaultStatus(
            name: fault.name, fault: fault.spec.text,
            link: fault.spec.place, isActive: isActive,
            seen: counts.reduce(0) { $0 + $1.seen }, affected: counts.reduce(0) { $0 + $1.affected })
    }
}

extension FaultSpec {
    /// The links that it is on; a partition says itself whom it cuts, and a process fault is on none.
    var place: String {
        switch fault.level {
        case .message, .connection: link?.description ?? "all"
        case .network, .process: ""
        }
    }
}

extension Fault {
    /// It happens at one moment; only `for:` gives it a length.
    var isInstant: Bool {
        switch self {
        case .kill, .restart, .reset: true
        default: false
        }
    }
}
