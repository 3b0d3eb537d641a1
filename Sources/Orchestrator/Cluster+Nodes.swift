import AMQPClient
import ClusterModel
import Control
import FaultInjection
import History
import NIOCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Starting, supervising and stopping processes.
extension Cluster {
    // MARK: - Readiness

    func isReady(_ instance: String) -> Bool {
        guard let life = lives[instance] else { return false }
        switch life.state {
        case .ready, .running, .paused: return true
        // A program that has done its work in order is as ready as it will be, and so is one that was ready and died.
        case .exited: return life.end == .exited(0) || life.hasBeenReady
        case .failed, .killed: return life.hasBeenReady
        default: return false
        }
    }

    /// Starts every process whose predecessors are ready.
    func startWhatCan() {
        guard phase == .starting, endRequest == nil else { return }
        for instance in plan.instances where lives[instance.name]?.state == .waiting {
            if instance.after.allSatisfy({ isReady($0) }) { start(instance.name) }
        }
    }

    private func becomeReady(_ instance: String) {
        lives[instance]?.ready()
        note(instance)
        if phase == .running { setRunning(instance) }
        if phase == .draining { peers[instance]?.send(.drain) }
        startWhatCan()
        changed()
    }

    /// Lets the workloads of a ready process begin.
    func setRunning(_ instance: String) {
        guard lives[instance]?.state == .ready else { return }
        peers[instance]?.send(.run)
        lives[instance]?.running()
        note(instance)
    }

    // MARK: - Starting

    func start(_ name: String) {
        guard let instance = plan.instances.first(where: { $0.name == name }),
            let node = topology.node(named: instance.node)
        else { return }
        lives[name]!.starting()
        statuses[name]!.progress = nil
        statuses[name]!.hasPrintedReadyLine = false
        statuses[name]!.lastLines = []
        statuses[name]!.lastForeignConnection = injector.newestConnection
        note(name)
        if let broker = node.broker, case .external(let url) = broker.engine {
            adopt(external: url, name, broker)
            return
        }
        let incarnation = lives[name]!.incarnation
        let runner: ProcessRunner
        do {
            runner = try process(node, instance, incarnation)
        } catch {
            ended(name, incarnation, .unstartable("\(error)"))
            return
        }
        let watchdog = watchdog
        // A program may print faster than anybody looks; its log file has every line.
        let (lines, printed) = AsyncStream.makeStream(of: String.self, bufferingPolicy: .bufferingNewest(50_000))
        let task = Task {
            async let reading: Void = { for await line in lines { await self.printed(name, line) } }()
            let end = await runner.run(
                started: { pid in
                    watchdog.add(group: pid)
                    await self.started(name, incarnation, pid)
                }, line: { printed.yield($0) })
            printed.finish()
            await reading
            self.ended(name, incarnation, end)
        }
        processTasks[name] = task
    }

    // MARK: - What processes do

    private func started(_ name: String, _ incarnation: Int, _ pid: Int32) {
        guard lives[name]?.incarnation == incarnation else { return }
        knows(name, pid)
        note(name)
        // The run was ended while the process was being made.
        if phase == .stopping || phase == .ended { kill(-pid, SIGKILL) }
        guard let node = topology.node(ofInstance: name), let command = node.command else { return }
        let port = programPorts[name]
        if let port, node.serve != nil { serverListens(name, port) }
        // Who serves is ready when it can be reached; nobody can ask that of a program that takes datagrams.
        let canConnect = node.serve?.speaks != .udp
        guard let probe = command.ready ?? (canConnect ? port.map({ ReadinessProbe(.tcp("127.0.0.1:\($0)")) }) : nil)
        else {
            becomeReady(name)
            return
        }
        watchReadiness(name, incarnation, probe)
    }

    private func knows(_ name: String, _ pid: Int32) {
        lives[name]!.started(pid: pid)
        statuses[name]!.lastPID = pid
    }

    private func printed(_ name: String, _ line: String) {
        statuses[name]?.lastLines.append(line)
        if let count = statuses[name]?.lastLines.count, count > 200 { statuses[name]?.lastLines.removeFirst(100) }
        tell(.log(instance: name, line: line))
        guard case .log(let text)? = topology.node(ofInstance: name)?.command?.ready?.kind, line.contains(text) else {
            return
        }
        statuses[name]?.hasPrintedReadyLine = true
    }

    func ended(_ name: String, _ incarnation: Int, _ end: NodeLife.End) {
        guard var life = lives[name], life.incarnation == incarnation else { return }
        if let pid = life.pid { watchdog.remove(group: pid) }
        peers[name] = nil
        answersNoMore(name)
        brokerIsDown(name)
        serverIsDown(name)
        injector.mesh.unregister(name)
        let wasStarting = life.state == .starting
        let decision = life.ended(end, isOver: phase == .stopping || phase == .ended)
        lives[name] = life
        note(name)
        switch decision {
        case .restart(let pause):
            Task {
                try? await Task.sleep(for: pause)
                self.restart(name)
            }
        case .stayDown:
            if case .unstartable(let why) = end, phase == .starting {
                fail(OrchError(.unavailable, "cannot start the node '\(name)'", cause: why))
            } else if wasStarting, phase == .starting, end != .exited(0), !life.wasIntended {
                let last = statuses[name]?.lastLines.suffix(3).joined(separator: "\n         ")
                fail(
                    OrchError(
                        .unavailable, "the node '\(name)' ended before it was ready (\(end.text))", cause: last,
                        advice: "its whole output is in \(folder.log(of: name))"))
            }
            startWhatCan()
        }
        changed()
    }

    func restart(_ name: String) {
        guard phase != .stopping, phase != .ended, lives[name]?.canStart == true else { return }
        start(name)
    }

    private func fail(_ error: OrchError) {
        // What goes wrong because we are ending is no failure.
        if failure == nil, endRequest == nil { failure = error }
        changed()
    }

    /// Records and tells a process's state.
    func note(_ name: String) {
        guard let life = lives[name] else { return }
        var event = NodeChange()
        event.name = name
        event.incarnation = UInt32(life.incarnation)
        event.pid = life.pid ?? 0
        event.state = life.state
        event.detail = life.end?.text ?? ""
        event.intended = life.wasIntended
        recorder.record(.node(event))
        tell(.node(status(of: name)))
    }

    // MARK: - The control socket

    func receive(_ happening: ControlServer.Happening) {
        switch happening {
        case .gone(let peer):
            for (name, known) in peers where known == peer {
                peers[name] = nil
                answersNoMore(name)
            }
        case .message(let peer, let message): receive(message, from: peer)
        }
    }

    private func receive(_ message: ControlMessage, from peer: ControlServer.Peer) {
        switch message {
        case .hello(let name, let incarnation, let pid):
            guard let life = lives[name], life.incarnation == incarnation, life.state == .starting else { return }
            // It may speak before we have been told that it was started.
            knows(name, pid)
            peers[name] = peer
            peer.send(.plan(nodePlan(name, incarnation)))
        case .request(let request): answer(request, to: peer)
        default:
            guard let name = peers.first(where: { $0.value == peer })?.key else { return }
            receive(message, fromNode: name)
        }
    }

    private func receive(_ message: ControlMessage, fromNode name: String) {
        switch message {
        case .listening(let port):
            if topology.node(ofInstance: name)?.broker != nil {
                brokerListens(name, port)
            } else {
                serverListens(name, port)
            }
        case .listeningDatagrams(let port):
            if topology.node(ofInstance: name)?.peer != nil { injector.mesh.register(name, port: port) }
        case .request(.resolve(let server, _)): if let peer = peers[name] { resolve(server, for: name, peer) }
        case .ready: if topology.node(ofInstance: name)?.broker == nil { becomeReady(name) }
        case .progress(let progress):
            statuses[name]?.progress = progress
            tell(.node(status(of: name)))
            changed()
        case .surveyed(let id, let survey): surveys.removeValue(forKey: id)?.resume(returning: survey)
        case .migrated(let id, let answer):
            migrations[id]?.answered(name, answer)
            changed()
        case .objects(let id, let part, let more):
            descriptions[id]?.answered(name, part, more: more)
            changed()
        case .atFailpoint(let id, let point, _): if let peer = peers[name] { reached(point, id, by: peer) }
        case .failed(let message): statuses[name]?.lastLines.append(message)
        default: break
        }
    }

    // MARK: - Servers

    /// A server listens: links lead to it from now on.
    private func serverListens(_ name: String, _ port: Int) {
        serverPorts[name] = port
        statuses[name]?.port = port
        guard let address = try? SocketAddress(ipAddress: "127.0.0.1", port: port) else { return }
        injector.lead(to: name, address)
    }

    private func serverIsDown(_ name: String) {
        guard serverPorts.removeValue(forKey: name) != nil else { return }
        injector.lead(to: name, nil)
    }

    // MARK: - Brokers

    /// An embedded broker listens: it gets its declarations, and then the links lead to it.
    private func brokerListens(_ name: String, _ port: Int) {
        brokerPorts[name] = port
        statuses[name]?.port = port
        let incarnation = lives[name]?.incarnation ?? 0
        Task { await self.open(broker: name, incarnation, AMQPURL(port: port), isExternal: false, purge: false) }
    }

    private func adopt(external text: String, _ name: String, _ role: BrokerRole) {
        guard let url = AMQPURL(text) else {
            fail(
                OrchError(.badTopology, "'\(text)' is not an AMQP URL", advice: "amqp://user:password@host:port/vhost"))
            return
        }
        statuses[name]?.port = url.port
        let incarnation = lives[name]?.incarnation ?? 0
        Task { await self.open(broker: name, incarnation, url, isExternal: true, purge: role.purge) }
    }

    private func open(broker: String, _ incarnation: Int, _ url: AMQPURL, isExternal: Bool, purge: Bool) async {
        do {
            let administrator = try administrator(of: broker, incarnation, url)
            try await administrator.declare(topology, isExternal: isExternal, purge: purge)
            let address = try SocketAddress.makeAddressResolvingHost(url.host, port: url.port)
            guard lives[broker]?.incarnation == incarnation, lives[broker]?.state == .starting else { return }
            injector.lead(to: broker, address)
            becomeReady(broker)
        } catch let error as OrchError {
            fail(error)
        } catch {
            guard lives[broker]?.incarnation == incarnation, lives[broker]?.state == .starting else { return }
            fail(
                OrchError(
                    .unavailable, "cannot use the broker '\(broker)' at \(url.host):\(url.port)", cause: "\(error)",
                    advice: isExternal
                        ? "is it running, and are user, password and virtual host right?"
                        : "see \(folder.log(of: broker))"))
        }
    }

    private func administrator(
        of broker: String, _ incarnation: Int, _ url: AMQPURL
    ) throws -> BrokerAdministrator {
        // An embedded broker has another port in each of its lives.
        let known = administrators[broker]
        if let known, case .external? = topology.node(ofInstance: broker)?.broker?.engine { return known }
        let made = try BrokerAdministrator(
            broker: broker, url: url, loop: loops.group.next(),
            evidence: "\(folder.evidence)/declarations-\(broker).\(incarnation).events")
        administrators[broker] = made
        return made
    }

    private func brokerIsDown(_ name: String) {
        guard topology.node(ofInstance: name)?.broker != nil else { return }
        injector.lead(to: name, nil)
        brokerPorts[name] = nil
        if case .embedded? = topology.node(ofInstance: name)?.broker?.engine { administrators[name] = nil }
    }

    // MARK: - Readiness of programs

    private func watchReadiness(_ name: String, _ incarnation: Int, _ probe: ReadinessProbe) {
        Task {
            let check = ReadinessCheck(probe: probe, loop: self.loops.group.next())
            let clock = ContinuousClock()
            let deadline = clock.now + probe.timeout
            while clock.now < deadline {
                guard self.lives[name]?.incarnation == incarnation, self.lives[name]?.state == .starting else { return }
                let kind = self.filled(probe.kind, name, incarnation)
                let holds =
                    switch kind {
                    case .log: self.statuses[name]?.hasPrintedReadyLine ?? false
                    case .consuming:
                        // What an earlier life of it consumed says nothing about this one.
                        self.injector.links.contains {
                            $0.identity.client == name
                                && $0.hasConsumer(after: self.statuses[name]?.lastForeignConnection ?? 0)
                        }
                    case .http, .tcp, .exec: await check.holds(kind)
                    }
                if holds {
                    self.becomeReady(name)
                    return
                }
                try? await Task.sleep(for: probe.interval)
            }
            self.fail(
                OrchError(
                    .unavailable, "the node '\(name)' did not become ready within \(probe.timeout.text)",
                    cause: self.unusedLink(of: name), lastLine: self.statuses[name]?.lastLines.last,
                    advice: "its whole output is in \(self.folder.log(of: name))"))
        }
    }

    /// What to say of a program that has not talked to any of its brokers; `nil` for all others.
    func unusedLink(of name: String) -> String? {
        guard let instance = plan.instances.first(where: { $0.name == name }),
            let node = topology.node(named: instance.node), node.command != nil
        else { return nil }
        let links = injector.links.filter {
            $0.identity.client == name && instance.brokers.contains($0.identity.server)
        }
        guard !links.isEmpty, links.allSatisfy({ !$0.isUsed }) else { return nil }
        return Topology.unusedLink(from: name, to: links.map(\.identity.server))
    }

    private func filled(_ kind: ReadinessProbe.Kind, _ name: String, _ incarnation: Int) -> ReadinessProbe.Kind {
        guard let instance = plan.instances.first(where: { $0.name == name }) else { return kind }
        func fill(_ text: String) -> String { (try? self.fill(text, instance, incarnation)) ?? text }
        return switch kind {
        case .http(let url): .http(fill(url))
        case .tcp(let address): .tcp(fill(address))
        case .exec(let words): .exec(words.map(fill))
        case .log, .consuming: kind
        }
    }

    // MARK: - Stopping

    /// Asks a process to end, and makes it after its time to do so.
    func stop(_ name: String, _ intent: NodeLife.Intent, within limit: Duration? = nil) async {
        guard let pid = lives[name]?.pid, let node = topology.node(ofInstance: name) else {
            if intent == .stop { lives[name]?.ending(.stop) }
            return
        }
        let incarnation = lives[name]!.incarnation
        lives[name]!.ending(intent)
        note(name)
        // A stopped process cannot hear us.
        kill(-pid, SIGCONT)
        if node.command == nil, let peer = peers[name] {
            peer.send(.stop)
        } else {
            kill(-pid, Signals.number(node.stop.signal) ?? SIGTERM)
        }
        let patience = min(node.stop.timeout, limit ?? node.stop.timeout)
        func isGone() -> Bool { lives[name]?.incarnation != incarnation || lives[name]?.pid == nil }
        if await !wait(for: patience, isGone) {
            kill(-pid, SIGKILL)
            _ = await wait(for: .seconds(5), isGone)
        }
    }
}
