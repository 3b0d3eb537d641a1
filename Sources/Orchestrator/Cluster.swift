import Assertions
import ClusterModel
import Control
import FaultInjection
import History
import NIOCore
import NIOPosix
import Reporting

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// One run of a topology, from its first process to its verdict.
///
/// Whatever ends it (the workloads, a person, an error), it goes through the same door: faults are lifted, queues
/// drained, processes stopped, ports closed, evidence judged.
package actor Cluster {
    let topology: Topology
    let plan: ClusterPlan
    let folder: RunFolder
    let options: ClusterOptions
    let injector: FaultInjector
    let recorder: Recorder
    let watchdog: WatchdogHandle
    let loops: LinkLoops
    var server: ControlServer?
    var lives: [String: NodeLife] = [:]
    var statuses: [String: NodeExtras] = [:]
    /// The control connection of each process that has said hello.
    var peers: [String: ControlServer.Peer] = [:]
    var administrators: [String: BrokerAdministrator] = [:]
    var brokerPorts: [String: Int] = [:]
    /// Where servers listen, by process.
    var serverPorts: [String: Int] = [:]
    /// Where programs that serve were told to listen, by process; the same in each of their lives.
    var programPorts: [String: Int] = [:]
    var phase = ClusterPhase.starting
    var failure: OrchError?
    /// Why the run ends before its workloads do.
    var endRequest: EndRequest?
    var runStarted: Int64 = 0
    var created = MonotonicClock.now()
    /// Scheduled faults, steps of the scenario and assertions `within:` a time that the run waits for.
    var openFaults = 0
    /// Faults that wait for a step of a migration.
    var failpoints: FailpointQueue
    /// The processes that each process fault has chosen, by the fault's id.
    var struck: [Int: [String]] = [:]
    /// Commands that wait for the end.
    var closers: [ControlServer.Peer] = []
    var surveys: [Int: CheckedContinuation<Survey?, Never>] = [:]
    var lastSurvey = 0
    /// What the brokers said last of their queues, and those that have not answered yet.
    var depths: [String: [QueueStatus]] = [:]
    var askedBrokers: Set<String> = []
    /// Questions about objects that are not answered yet.
    var migrations: [Int: HostPoll<MigrationAnswer>] = [:]
    var descriptions: [Int: ObjectPoll] = [:]
    var lastQuestion = 0
    /// What the scenario and its script have come to.
    var scenario = ScenarioState()
    var waiters: [Int: CheckedContinuation<Void, Never>] = [:]
    var lastWaiter = 0
    var early: [Int: AssertionResult] = [:]
    /// Whose work was not done when the run ended.
    var unfinished: [String] = []
    /// Evidence that could not be written.
    var recordingFailures: [OrchError] = []
    var tasks: [Task<Void, Never>] = []
    var processTasks: [String: Task<Void, Never>] = [:]
    private let events: AsyncStream<ClusterEvent>.Continuation
    /// What happens, for whoever shows it. Ends with the run.
    package nonisolated let happenings: AsyncStream<ClusterEvent>

    enum EndRequest: Sendable {
        /// `orch down`: in order, with drain and verdict.
        case down
        /// Ctrl-C: what is known now.
        case interrupt
    }

    /// What a process's life does not know.
    struct NodeExtras: Sendable {
        var port: Int?
        var progress: Progress?
        /// The line that its readiness waits for has come.
        var hasPrintedReadyLine = false
        /// The newest connection of the run when it was started: none of its own is older.
        var lastForeignConnection: UInt32 = 0
        /// The last lines that it has printed.
        var lastLines: [String] = []
        var lastPID: Int32 = 0
    }

    /// - Throws: `OrchError` where the run's files cannot be made.
    package init(_ topology: Topology, folder: RunFolder, options: ClusterOptions) throws {
        self.topology = topology
        self.folder = folder
        self.options = options
        plan = ClusterPlan(topology)
        failpoints = FailpointQueue(topology.faults)
        loops = try LinkLoops(threads: 2, folder: folder.evidence)
        recorder = try Recorder(
            path: "\(folder.evidence)/orchestrator.events", source: .init(kind: .orchestrator, name: "orchestrator"))
        let nonce = UInt64(truncatingIfNeeded: MonotonicClock.now()) ^ UInt64(getpid()) << 32
        injector = FaultInjector(
            topology: topology,
            context: LinkContext(seed: options.seed, nonce: StableHash(seed: nonce).value, loops: loops))
        watchdog = WatchdogHandle(executable: options.executable, mark: folder.path)
        (happenings, events) = AsyncStream.makeStream(of: ClusterEvent.self, bufferingPolicy: .bufferingNewest(10_000))
        for instance in plan.instances {
            let policy = topology.node(ofInstance: instance.name)?.restart ?? .init()
            lives[instance.name] = NodeLife(policy: policy)
            statuses[instance.name] = NodeExtras()
        }
    }

    /// Runs the topology.
    /// - Returns: the report; its exit code says how it went. An error that kept the run from its verdict is thrown
    ///   after everything has been brought down.
    package func run() async throws -> RunReport {
        do {
            try await open()
            try await bringUp()
            await runWorkloads()
        } catch let error as OrchError {
            if endRequest == nil { failure = error }
        } catch {
            failure = OrchError(.internalError, "\(error)")
        }
        if phase == .running { await drain() }
        await tearDown()
        defer { events.finish() }
        if let failure { throw failure }
        return try judge()
    }

    /// Ends the run in order: drains, judges, brings down.
    package func down() { request(.down) }

    /// Ends the run now.
    package func interrupt() { request(.interrupt) }

    private func request(_ end: EndRequest) {
        if case .interrupt? = endRequest { return }
        endRequest = end
        changed()
    }

    var isInterrupted: Bool { if case .interrupt? = endRequest { true } else { false } }

    // MARK: - Phases

    private func open() async throws {
        try folder.write(planJSON(), to: folder.plan)
        let watchdog = watchdog
        let started = AsyncStream.makeStream(of: OrchError?.self)
        tasks.append(Task { await watchdog.run { started.continuation.yield($0) } })
        for await error in started.stream {
            if let error { throw error }
            break
        }
        let server = try await ControlServer.open(path: folder.controlSocket, on: loops.group)
        self.server = server
        tasks.append(
            Task { [weak self] in
                for await happening in server.happenings { await self?.receive(happening) }
            })
        for instance in plan.instances {
            for server in instance.brokers + instance.servers { _ = try await link(instance.name, server) }
            for server in instance.datagramServers { _ = try await datagramLink(instance.name, server) }
            if topology.node(named: instance.node)?.peer != nil { try await injector.openDoorway(of: instance.name) }
        }
        for node in topology.servers {
            // Replicas have the ports that follow.
            for (index, instance) in node.instances.enumerated() {
                _ = try await link(NodeLink.outside, instance, port: node.server?.port.map { $0 + index } ?? 0)
            }
        }
        for node in topology.datagramServers {
            for (index, instance) in node.instances.enumerated() {
                let port = node.serve?.port.map { $0 + index } ?? 0
                _ = try await datagramLink(NodeLink.outside, instance, port: port)
            }
        }
        for node in topology.brokers {
            guard let port = node.broker?.port else { continue }
            for instance in node.instances {
                _ = try await injector.link(
                    LinkIdentity(client: NodeLink.outside, server: instance), port: port)
            }
        }
    }

    /// The link from one process to another. Requests to native servers are stamped: those record what they execute.
    func link(_ client: String, _ server: String, port: Int = 0) async throws -> Link {
        let node = topology.node(ofInstance: server)
        return try await injector.link(
            LinkIdentity(client: client, server: server), port: port,
            stampsCalls: node?.server != nil && node?.command == nil)
    }

    private func datagramLink(_ client: String, _ server: String, port: Int = 0) async throws -> DatagramLink {
        try await injector.datagramLink(LinkIdentity(client: client, server: server), port: port)
    }

    private func bringUp() async throws {
        // From here on there is something to look at; a start that fails earlier leaves the last run in its place.
        folder.becomeLatest()
        tell(.phase(.starting))
        startWhatCan()
        let isReady = await wait(for: options.startTimeout) {
            self.failure != nil || self.endRequest != nil
                || self.plan.instances.allSatisfy { self.isReady($0.name) }
        }
        if let failure { throw failure }
        guard endRequest == nil else { return }
        guard isReady else {
            let late = plan.instances.map(\.name).filter { !self.isReady($0) }
            throw OrchError(
                .unavailable, "not ready within \(options.startTimeout.text): \(late.joined(separator: ", "))",
                cause: late.first.flatMap { unusedLink(of: $0) },
                lastLine: late.first.flatMap { statuses[$0]?.lastLines.last },
                advice: "see \(folder.logs)")
        }
        move(to: .ready)
    }

    private func runWorkloads() async {
        guard endRequest == nil else {
            // Interrupted on the way up: nothing ran, and the verdict says so.
            move(to: .running)
            return
        }
        startScheduledFaults(initial: true)
        record(phase: .run)
        runStarted = MonotonicClock.now()
        move(to: .running)
        for instance in plan.instances { setRunning(instance.name) }
        startScheduledFaults(initial: false)
        startScenario()
        startEarlyAssertions()
        startWaitingNote()
        _ = await wait(for: options.runTime) { self.endRequest != nil || (!self.options.keep && self.isWorkDone) }
        unfinished = isWorkDone ? [] : waitedFor
    }

    func move(to phase: ClusterPhase) {
        self.phase = phase
        tell(.phase(phase))
        changed()
    }

    func record(phase: Phase.Name, undrained: [String] = []) {
        var event = Phase()
        event.name = phase
        event.undrained = undrained
        recorder.record(.phase(event))
    }

    // MARK: - Telling and waiting

    func tell(_ event: ClusterEvent) { events.yield(event) }

    /// Something that waiters may wait for has changed.
    func changed() {
        let all = waiters
        waiters = [:]
        for waiter in all.values { waiter.resume() }
    }

    /// Suspends until the condition holds.
    /// - Parameter limit: `nil` for ever.
    /// - Returns: whether it held in time.
    func wait(for limit: Duration?, _ condition: () -> Bool) async -> Bool {
        let clock = ContinuousClock()
        let deadline = limit.map { clock.now + $0 }
        while !condition() {
            if let deadline, clock.now >= deadline { return false }
            lastWaiter += 1
            let id = lastWaiter
            let alarm = deadline.map { moment in
                Task { [weak self] in
                    try? await clock.sleep(until: moment)
                    await self?.wake(id)
                }
            }
            await withCheckedContinuation { waiters[id] = $0 }
            alarm?.cancel()
        }
        return true
    }

    private func wake(_ id: Int) { waiters.removeValue(forKey: id)?.resume() }

    /// Whether every finite workload, scheduled fault and step of the scenario has ended. False for ever where there is
    /// none of them.
    private var isWorkDone: Bool {
        guard openFaults == 0 else { return false }
        let workers = workers
        return workers.isEmpty ? hasSchedule : workers.allSatisfy { $0.isDone }
    }

    /// Whose work the run waits for: nodes with finite work, or where there is none, programs.
    private var workers: [(name: String, isDone: Bool)] {
        let finite = plan.instances.filter { instance in
            topology.node(named: instance.node).map(hasFiniteWork) ?? false
        }
        if finite.isEmpty { return programsToWaitFor.map { ($0, hasEnded($0)) } }
        return finite.map { instance in
            let life = lives[instance.name]
            // One that is down for good publishes no more.
            if life?.isAlive == false, life?.state != .restarting, life?.state != .starting {
                return (instance.name, true)
            }
            return (instance.name, statuses[instance.name]?.progress?.isDone == true)
        }
    }

    /// Those of them that have not ended.
    var waitedFor: [String] { workers.filter { !$0.isDone }.map(\.name) }

    /// A server of feeds that end is at work until it has appended all of them.
    private func hasFiniteWork(_ node: Node) -> Bool {
        node.hasFiniteWork
            || (node.feed?.feeds ?? []).contains { topology.feed(named: $0)?.append?.count != nil }
    }

    /// Whether there are faults or steps that happen at their times and then are over.
    private var hasSchedule: Bool {
        topology.script != nil || topology.scenario.contains { ScenarioSchedule($0).isFinite }
            || topology.faults.contains {
                $0.failpoint == nil && $0.every == nil && ($0.duration != nil || $0.fault.isInstant)
            }
    }

    /// Where the file has no finite workload of its own, a run is over when the programs that its assertions start
    /// `from:` have ended, or where they name none, all programs but those that serve others.
    private var programsToWaitFor: [String] {
        let programs = topology.nodes.filter { $0.command != nil }
        let clients = programs.filter { $0.serve == nil }
        let commands = clients.isEmpty ? programs : clients
        let sources = topology.assertions.compactMap { spec -> String? in
            switch spec.assertion {
            case .delivery(_, let from, _, _), .routing(let from), .order(let from, _): from
            case .calls(_, let scope), .latency(let scope, _), .throughput(let scope, _), .availability(let scope, _),
                .recovery(let scope, _, _):
                scope.from
            default: nil
            }
        }
        let named = sources.flatMap { topology.instances(named: $0) }
        let chosen = programs.flatMap(\.instances).filter(named.contains)
        return chosen.isEmpty ? commands.flatMap(\.instances) : chosen
    }

    private func hasEnded(_ instance: String) -> Bool {
        guard let life = lives[instance] else { return true }
        return !life.isAlive && [.exited, .failed, .killed].contains(life.state)
    }

    private func planJSON() -> String { PlanFile.json(plan, topology: topology, seed: options.seed) }
}
