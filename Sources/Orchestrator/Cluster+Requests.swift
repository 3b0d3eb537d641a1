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

/// Answers to commands.
extension Cluster {
    func answer(_ request: Request, to peer: ControlServer.Peer) {
        switch request {
        case .status: peer.send(.response(.status(status)))
        case .awaitReady:
            Task {
                let isDecided = await self.wait(for: nil) { self.phase != .starting || self.failure != nil }
                if let failure = self.failure {
                    let words =
                        failure.message + (failure.cause.map { "\n  cause: \($0)" } ?? "")
                        + (failure.lastLine.map { "\n  last line: \($0)" } ?? "")
                    peer.send(.response(.failed(message: words, exitCode: failure.code.rawValue)))
                } else if isDecided {
                    peer.send(.response(.ready))
                }
            }
        case .startFault(let spec):
            guard phase == .running || phase == .ready else {
                peer.send(.response(.failed(message: "the cluster is \(phase.rawValue)", exitCode: 69)))
                return
            }
            let fault = begin(spec)
            peer.send(.response(.faults([status(of: fault, isActive: true)])))
            tasks.append(Task { await self.endInTime(fault) })
        case .resolve(let server, let client): resolve(server, for: client, peer)
        case .listFaults: peer.send(.response(.faults(faultStatuses)))
        case .clearFaults(let names): Task { await self.clear(names, peer) }
        case .migrate(let object, let target):
            if let obstacle = obstacle(toMigrationTo: target) {
                peer.send(.response(.failed(message: obstacle, exitCode: OrchError.Code.usage.rawValue)))
            } else {
                Task { peer.send(.response(.migrated(await self.migrate(object, to: target)))) }
            }
        case .holdings: Task { peer.send(.response(.holdings(await self.holdings()))) }
        case .objects(let limit, let object): Task { await self.tellObjects(limit: limit, object: object, to: peer) }
        case .perform(let verb, let step, let line, let isRecorded):
            let step = StepName(step, line: line, isRecorded: isRecorded)
            Task {
                // One that has just been told that the cluster is up may be sooner than its workloads.
                _ = await self.wait(for: self.options.startTimeout) { self.phase != .starting && self.phase != .ready }
                switch self.phase {
                case .running:
                    peer.send(.response(.performed(await self.perform(verb, as: step))))
                case .starting, .ready:
                    let code = OrchError.Code.unavailable.rawValue
                    peer.send(.response(.failed(message: "the cluster is not up yet", exitCode: code)))
                default: peer.send(.response(.performed(.cut)))
                }
            }
        case .down:
            down()
            closers.append(peer)
        }
    }

    /// Where a process (or a command, from outside) reaches each replica of a server: at a link of its own, which is
    /// opened at its first use.
    func resolve(_ server: String, for client: String, _ peer: ControlServer.Peer) {
        let instances = topology.instances(named: server)
        guard let node = topology.node(ofInstance: server), node.server?.via == .grpc, !instances.isEmpty else {
            let names = topology.servers.map(\.name).joined(separator: ", ")
            peer.send(
                .response(
                    .failed(
                        message: "no node '\(server)' serves calls" + (names.isEmpty ? "" : "; there is \(names)"),
                        exitCode: OrchError.Code.usage.rawValue)))
            return
        }
        Task {
            do {
                var endpoints: [ServerEndpoint] = []
                for instance in instances where instance != client {
                    endpoints.append(try await self.endpoint(of: instance, for: client))
                }
                peer.send(.response(.endpoints(endpoints)))
            } catch {
                peer.send(.response(.failed(message: "\(error)", exitCode: OrchError.Code.unavailable.rawValue)))
            }
        }
    }

    /// - Throws: `OrchError` where no port can be had.
    func endpoint(of instance: String, for client: String) async throws -> ServerEndpoint {
        let link = try await link(client, instance)
        if let port = serverPorts[instance] { link.lead(to: try SocketAddress(ipAddress: "127.0.0.1", port: port)) }
        return ServerEndpoint(
            instance: instance, port: link.port, tls: topology.node(ofInstance: instance)?.serve?.tls)
    }

    private func clear(_ names: [String]?, _ peer: ControlServer.Peer) async {
        let active = injector.active
        let chosen = active.filter { fault in names?.contains(fault.name) ?? true }
        if let names, let unknown = names.first(where: { name in !active.contains { $0.name == name } }) {
            let list = active.map(\.name).joined(separator: ", ")
            let message = "no fault named '\(unknown)' is on" + (list.isEmpty ? "" : "; there is \(list)")
            peer.send(.response(.failed(message: message, exitCode: OrchError.Code.usage.rawValue)))
            return
        }
        for fault in chosen { await end(fault) }
        peer.send(.response(.faults(chosen.map { status(of: $0, isActive: false) })))
    }

    var faultStatuses: [FaultStatus] {
        let active = Set(injector.active.map(\.id))
        return injector.all.map { status(of: $0, isActive: active.contains($0.id)) }
    }

    /// Tells those who asked for the end how it came out.
    package func announce(exitCode: Int32) {
        for peer in closers { peer.send(.response(.ended(exitCode: exitCode))) }
    }

    package var status: ClusterStatus {
        let started = runStarted == 0 ? created : runStarted
        return ClusterStatus(
            cluster: topology.name, run: folder.path, seed: options.seed, phase: phase.rawValue, pid: getpid(),
            elapsed: Double(MonotonicClock.now() - started) / 1e9, nodes: plan.instances.map { status(of: $0.name) },
            links: injector.traffic.map { row in
                let counts = row.counts
                return LinkStatus(
                    link: row.link.description, port: row.port, connections: row.connections,
                    publishes: counts.publishes, deliveries: counts.deliveries, acks: counts.acks,
                    confirms: counts.confirms, requests: counts.requests, replies: counts.replies,
                    events: counts.events, datagrams: counts.datagrams, toServer: row.toServer,
                    toClient: row.toClient)
            },
            faults: faultStatuses)
    }

    func status(of name: String) -> NodeStatus {
        let life = lives[name]!
        let node = topology.node(ofInstance: name)!
        return NodeStatus(
            name: name, node: node.name, role: node.roleName, pid: life.pid, state: life.state,
            restarts: life.restarts, detail: life.end?.text ?? "", port: statuses[name]?.port,
            progress: statuses[name]?.progress ?? progressSeen(of: name, node))
    }

    /// What the links saw of a program, which says nothing itself.
    private func progressSeen(of name: String, _ node: Node) -> Progress? {
        guard node.command != nil else { return nil }
        var progress = Progress()
        var seen = Progress.Seen()
        for link in injector.links where link.identity.client == name {
            let counts = link.counts
            progress.published += counts.publishes
            progress.confirmed += counts.confirms
            seen.delivered += counts.deliveries
            seen.acked += counts.acks
            seen.requests += counts.requests
            seen.replies += counts.replies
        }
        progress.seen = seen
        return progress
    }
}

extension Node {
    /// What it does, in a word or two: `broker`, `publish`, `publish, consume`, `command`.
    package var roleName: String {
        var words: [String] = []
        if broker != nil { words.append("broker") }
        if !publish.isEmpty || !append.isEmpty { words.append("publish") }
        if !consume.isEmpty { words.append("consume") }
        if serve != nil, command == nil { words.append("serve") }
        if host != nil { words.append("host") }
        if directory != nil { words.append("directory") }
        if call.contains(where: { $0.object == nil }) { words.append("call") }
        if call.contains(where: { $0.object != nil }) { words.append("invoke") }
        if feed != nil { words.append("feed") }
        if !watch.isEmpty { words.append("watch") }
        if peer != nil { words.append("peer") }
        if names != nil { words.append("names") }
        if command != nil { words.append("command") }
        return words.joined(separator: ", ")
    }
}
