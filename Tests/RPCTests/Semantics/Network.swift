import ClusterModel

@testable import RPC

/// A world in one thread: callers, servers and a network that drops, duplicates, delays and reorders, all driven by one
/// seed. It shares the decisions under test, `CallCore`, `ClientSequence` and `DuplicateTable`, and nothing else.
struct Conditions {
    var semantics = CallSemantics.atMostOnce
    var drop = 0.2
    var duplicate = 0.1
    /// Milliseconds that a transmission takes at most.
    var delay: Int64 = 400
    var replicas = 1
    var callers = 3
    var calls = 40
    var crashes = 0
    var durable = false
    var capacity = 100
    var clientLimit = 10_000
    /// A caller becomes another one, with a new incarnation, after so many calls.
    var callsPerLife = 1_000
    var retry = RetryPolicy(
        timeout: .milliseconds(100), attempts: 6, backoff: .milliseconds(5)...(.milliseconds(80)))
    /// Milliseconds that a handler takes at most.
    var work: Int64 = 150
    var keep = Duration.milliseconds(600)
}

final class World {
    struct Request {
        var call: Int
        var header: CallHeader
        var target: Int
        var timeLeft: Int64
        var connection: Int
    }

    final class Server {
        var incarnation = 1
        var isUp = true
        var table: DuplicateTable<Int, Int>
        /// What survives a crash.
        var disk: [TableChange<Int>] = []
        /// Live executions, and who waits for each.
        var running: [Int: [(Request, ReplyOrigin)]] = [:]
        init(table: DuplicateTable<Int, Int>) { self.table = table }
    }

    struct Call {
        var caller: Int
        var origin: String
        var id: CallID
        var core: CallCore
        var wakeAt: Int64?
        var outcome: CallOutcome?
        var executions = 0
        var effects = 0
    }

    let conditions: Conditions
    var random: SeededGenerator
    var now: Int64 = 0
    var servers: [Server] = []
    var calls: [Call] = []
    var sequences: [String: ClientSequence] = [:]
    /// What a caller learned on its connection to a server: a connection is `caller * 100 + server`.
    var learned: [Int: String] = [:]
    var lives: [Int: Int] = [:]
    var violations: [String] = []
    var attached = 0
    var resent = 0
    var refusals: [RefusalReason: Int] = [:]
    /// The next one last; of two at the same moment the one that was put in first.
    private var queue: [(at: Int64, run: (World) -> Void)] = []

    static let millisecond: Int64 = 1_000_000

    init(_ conditions: Conditions, seed: UInt64) {
        self.conditions = conditions
        random = SeededGenerator(seed: seed, "world")
        servers = (0..<conditions.replicas).map { World.Server(table: makeTable(["\($0).1"])) }
    }

    func makeTable(_ incarnations: Set<String>) -> DuplicateTable<Int, Int> {
        DuplicateTable(
            DuplicatePolicy(keep: conditions.keep, capacity: conditions.capacity), incarnations: incarnations,
            clients: conditions.clientLimit, refusals: 0, isDurable: conditions.durable)
    }

    func run() {
        for index in 0..<conditions.calls {
            let caller = index % conditions.callers
            after(Int64.random(in: 0...2_000, using: &random)) { $0.begin(caller: caller) }
        }
        for _ in 0..<conditions.crashes {
            let server = Int.random(in: 0..<conditions.replicas, using: &random)
            after(Int64.random(in: 100...2_500, using: &random)) { $0.crash(server) }
        }
        while let next = queue.popLast() {
            now = next.at
            next.run(self)
            for server in servers {
                if server.table.liveCount > conditions.capacity { violations.append("the table holds too much") }
                if server.table.clientCount > conditions.clientLimit { violations.append("too many clients") }
            }
        }
        for call in calls { judge(call) }
    }

    // MARK: - Callers

    private func begin(caller: Int) {
        let life = (lives[caller, default: 0]) / conditions.callsPerLife + 1
        lives[caller, default: 0] += 1
        let origin = "caller-\(caller)/\(life)"
        let sequence = sequences[origin, default: ClientSequence()].allocate()
        calls.append(
            Call(
                caller: caller, origin: origin, id: CallID(origin: origin, sequence: sequence),
                core: CallCore(conditions.semantics, conditions.retry)))
        let call = calls.count - 1
        step(call) { $0.start(now: self.now) }
    }

    private func step(_ call: Int, _ event: (inout CallCore) -> CallCore.Action) {
        switch event(&calls[call].core) {
        case .none: break
        case .transmit(let attempt): transmit(call, attempt)
        case .finish(let outcome):
            if calls[call].outcome != nil { violations.append("finished twice") }
            calls[call].outcome = outcome
            sequences[calls[call].origin]?.ended(calls[call].id.sequence)
        }
        if let moment = calls[call].core.wakeAt {
            guard moment != calls[call].wakeAt else { return }
            calls[call].wakeAt = moment
            at(max(moment, now)) { world in
                world.calls[call].wakeAt = nil
                world.step(call) { $0.wake(now: world.now, using: &world.random) }
            }
        } else if !calls[call].core.isFinished {
            violations.append("a call that nobody wakes")
        }
    }

    private func transmit(_ call: Int, _ attempt: Int) {
        let pinned = calls[call].core.pinned.flatMap { Int($0.target) }
        let target = pinned ?? Int.random(in: 0..<conditions.replicas, using: &random)
        let connection = calls[call].caller * 100 + target
        guard servers[target].isUp || learned[connection] != nil else {
            return step(call) {
                $0.ended(attempt: attempt, .notSent(reason: "refused"), now: self.now, using: &self.random)
            }
        }
        if learned[connection] == nil { learned[connection] = incarnation(target) }
        guard
            let transmission = calls[call].core.send(
                attempt: attempt, to: "\(target)", incarnation: learned[connection], now: now)
        else { return }
        let header = CallHeader(
            id: calls[call].id, attempt: UInt32(attempt),
            acknowledged: sequences[calls[call].origin]?.acknowledged ?? 1, server: transmission.server)
        let request = Request(
            call: call, header: header, target: target, timeLeft: transmission.timeLeft, connection: connection)
        let copies = chance(conditions.drop) ? 0 : chance(conditions.duplicate) ? 2 : 1
        for _ in 0..<copies { after(latency()) { $0.arrive(request) } }
    }

    private func reply(_ request: Request, _ status: GRPCStatus, _ header: ReplyHeader) {
        guard !chance(conditions.drop) else { return }
        after(latency()) { world in
            if header.reason == RefusalReason.serverRestarted.rawValue {
                world.learned[request.connection] = header.incarnation
            }
            world.step(request.call) {
                $0.ended(
                    attempt: Int(request.header.attempt), .replied(status, header), now: world.now, using: &world.random
                )
            }
        }
    }

    // MARK: - Servers

    private func incarnation(_ target: Int) -> String { "\(target).\(servers[target].incarnation)" }

    private func arrive(_ request: Request) {
        let server = servers[request.target]
        // A link in between accepts it and finds nobody.
        guard server.isUp, let id = request.header.id else { return }
        var header = ReplyHeader(server: "s\(request.target)/\(incarnation(request.target))")
        guard conditions.semantics == .atMostOnce else { return execute(request) }
        let known = isLive(request, server)
        let admission = server.table.admit(
            id, attempt: request.header.attempt, acknowledged: request.header.acknowledged,
            server: request.header.server, deadline: now + request.timeLeft, now: now, running: request.call)
        defer { persist(server) }
        switch admission {
        case .execute:
            if known { violations.append("a live entry was forgotten") }
            execute(request)
        case .attach(let call):
            if call != request.call { violations.append("attached to another call") }
            attached += 1
            server.running[call]?.append((request, .attached))
        case .resend(let result, _):
            resent += 1
            header.reply = .saved
            reply(request, result == 0 ? .ok : GRPCStatus(.notFound), header)
        case .refuse(let reason, let outcome):
            if known { violations.append("a live entry was refused as \(reason)") }
            refusals[reason, default: 0] += 1
            header.outcome = outcome
            header.reason = reason.rawValue
            reply(request, GRPCStatus(.unavailable), header)
        }
    }

    /// Whether this life of the server runs the call; replies are looked at by `TableTests`.
    private func isLive(_ request: Request, _ server: Server) -> Bool {
        server.running[request.call] != nil && calls[request.call].outcome == nil
            && request.header.server == incarnation(request.target)
    }

    private func execute(_ request: Request) {
        let server = servers[request.target]
        calls[request.call].executions += 1
        let life = server.incarnation
        if conditions.semantics == .atMostOnce { server.running[request.call] = [(request, .executed)] }
        after(Int64.random(in: 0...conditions.work, using: &random)) { $0.complete(request, server, life) }
    }

    private func complete(_ request: Request, _ server: Server, _ life: Int) {
        guard server.isUp, server.incarnation == life, let id = request.header.id else { return }
        calls[request.call].effects += 1
        // A third of the methods fail, which is a result like any other.
        let result = request.call % 3 == 0 ? 1 : 0
        var waiting: [(Request, ReplyOrigin)] = [(request, .executed)]
        if conditions.semantics == .atMostOnce {
            server.table.completed(id, result, bytes: 10, now: now)
            waiting = server.running.removeValue(forKey: request.call) ?? []
            persist(server)
        }
        for (request, origin) in waiting {
            let header = ReplyHeader(
                server: "s\(request.target)/\(incarnation(request.target))", reply: origin,
                outcome: result == 0 ? nil : .executed)
            reply(request, result == 0 ? .ok : GRPCStatus(.notFound), header)
        }
    }

    private func crash(_ index: Int) {
        let server = servers[index]
        guard server.isUp else { return }
        server.isUp = false
        server.running = [:]
        // Some callers notice; others sit behind a link that keeps their connection.
        for caller in 0..<conditions.callers where chance(0.5) {
            learned[caller * 100 + index] = nil
            for call in calls.indices where calls[call].caller == caller && calls[call].outcome == nil {
                guard calls[call].core.pinned?.target == "\(index)" else { continue }
                step(call) { $0.ended(attempt: 1, .lost(reason: "lost"), now: self.now, using: &self.random) }
            }
        }
        after(Int64.random(in: 10...400, using: &random)) { world in
            server.isUp = true
            server.incarnation += 1
            let lives = world.conditions.durable ? 1...server.incarnation : server.incarnation...server.incarnation
            server.table = world.makeTable(Set(lives.map { "\(index).\($0)" }))
            world.recover(server)
        }
    }

    // MARK: - The disk

    private func persist(_ server: Server) {
        let changes = server.table.takeChanges(now: now)
        if !conditions.durable, !changes.isEmpty { violations.append("a journal that nobody asked for") }
        server.disk += changes
    }

    private func recover(_ server: Server) {
        var clients: [String: TableChange<Int>] = [:]
        var kept: [CallID: TableChange<Int>] = [:]
        for change in server.disk {
            switch change {
            case .client(let origin, _, _): clients[origin] = change
            case .forgotten(let origin): clients[origin] = nil
            case .saved(let id, _, _, _), .refused(let id, _, _, _): kept[id] = change
            case .removed(let id): kept[id] = nil
            }
        }
        for change in clients.values { server.table.restore(change, now: now) }
        for change in kept.values { server.table.restore(change, now: now) }
    }

    // MARK: - Judgement

    private func judge(_ call: Call) {
        guard let outcome = call.outcome else { return violations.append("\(call.id) never ended") }
        let counted = conditions.durable ? call.effects : call.executions
        func claim(_ holds: Bool, _ words: String) {
            if !holds { violations.append("\(call.id): \(outcome) with \(counted) executions: \(words)") }
        }
        if conditions.semantics == .atMostOnce { claim(counted <= 1, "at most once") }
        if conditions.semantics == .maybe, conditions.duplicate == 0 { claim(counted <= 1, "one transmission") }
        switch outcome {
        case .success, .executed: claim(counted >= 1, "it was executed")
        case .notExecuted: claim(counted == 0, "it was not executed")
        case .unknown: break
        }
    }

    // MARK: -

    private func chance(_ share: Double) -> Bool { Double.random(in: 0..<1, using: &random) < share }

    /// Mostly short, sometimes as long as the network may take.
    private func latency() -> Int64 {
        chance(0.8)
            ? Int64.random(in: 0...20, using: &random) : Int64.random(in: 0...conditions.delay, using: &random)
    }

    private func after(_ milliseconds: Int64, _ run: @escaping (World) -> Void) {
        at(now + milliseconds * World.millisecond, run)
    }

    private func at(_ moment: Int64, _ run: @escaping (World) -> Void) {
        var low = 0
        var high = queue.count
        while low < high {
            let middle = (low + high) / 2
            if queue[middle].at >= moment { low = middle + 1 } else { high = middle }
        }
        // Before those of the same moment, for the end comes first.
        while low > 0, queue[low - 1].at == moment { low -= 1 }
        queue.insert((moment, run), at: low)
    }
}
