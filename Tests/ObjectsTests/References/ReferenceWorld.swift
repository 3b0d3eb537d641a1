import ClusterModel

@testable import Objects

/// How bad the world is. Milliseconds; chances are those of one step of one process.
struct ReferenceConditions {
    var loss = 0.1
    var duplicates = 0.2
    /// The longest that a message travels.
    var delay: Int64 = 150
    var crashes = 0.0
    var pauses = 0.0
    var partitions = 0.0
    var moves = 0.0
    /// That a notice goes to the wrong host.
    var strays = 0.1
    var linger: Int64 = 0
    var pinsAreKept = true
}

/// A world in one thread: two hosts and three other processes that hand references to one another, over a network that
/// loses, doubles, delays and reorders, all driven by one seed. It shares the decisions under test, `HolderList` and
/// `HeldReferences`, and nothing else. Its time goes in milliseconds; each process has a clock of its own.
final class ReferenceWorld {
    static let lease: Int64 = 1_000
    static let step: Int64 = 10
    static let slack: Int64 = 10
    private static let hosts = 2
    private static let callDeadline: Int64 = 400

    private enum Payload {
        case notice(ReferenceNotice, request: Int)
        case answers(ReferenceAnswers, request: Int, life: UInt64)
        case call(Int, ObjectReference)
        case returned(Int, life: UInt64)
        case ask(Int, life: UInt64)
        case told(Int, ObjectReference, life: UInt64)

        var carried: ObjectReference? {
            switch self {
            case .call(_, let reference), .told(_, let reference, _): reference
            case .notice, .answers, .returned, .ask: nil
            }
        }
    }

    private struct Message {
        var at: Int64
        var from: Int
        var to: Int
        var payload: Payload
    }

    private struct Request {
        var sequence: UInt64
        var objects: [String]
        var deadline: Int64
    }

    /// A reference has arrived; whoever is to get it waits until the owner knows.
    private struct Arrival {
        var reference: ObjectReference
        var ground: HeldReferences.Ground
        var deadline: Int64
        var call: (number: Int, caller: Int, life: UInt64)?
    }

    private struct Process {
        let name: String
        let clock: Int64
        var life: UInt64 = 0
        var held: HeldReferences
        var downUntil: Int64 = 0
        var pausedUntil: Int64 = 0
        var kept: [ObjectReference] = []
        var state: [ObjectReference] = []
        var requests: [Int: Request] = [:]
        var calls: [Int: (reference: ObjectReference, deadline: Int64)] = [:]
        var asks: [Int: Int64] = [:]
        var arrivals: [Arrival] = []
        /// Over for this life, until it is fully released.
        var over: Set<String> = []
    }

    private struct Object {
        let reference: ObjectReference
        var home: Int
        var list = HolderList()
        /// Nil: it is on its way to `home`, with these holders.
        var travelling: (holders: [HolderEntry], until: Int64)?
        /// Its list was lost, and is open for so long.
        var openUntil: Int64 = 0
        /// When it was last in use, or could not be collected.
        var lastHeld: Int64
    }

    private let conditions: ReferenceConditions
    private var dice: SeededGenerator
    private var now: Int64 = 0
    private var number = 0
    private var isEnding = false
    private var messages: [Message] = []
    private var processes: [Process] = []
    private var objects: [Object] = []
    /// By pair: until when nothing passes.
    private var partitions: [Int: Int64] = [:]

    private(set) var violations: [String] = []
    /// What happened, to be sure that it did.
    private(set) var counts: [String: Int] = [:]

    init(_ conditions: ReferenceConditions, seed: UInt64) {
        self.conditions = conditions
        dice = SeededGenerator(seed: seed, "references")
        for index in 0..<5 {
            let clock = Int64.random(in: -5_000...5_000, using: &dice)
            let held = HeldReferences(holder: "", incarnation: 0)
            processes.append(Process(name: "p\(index)", clock: clock, held: held))
            start(index)
        }
    }

    func run(for time: Int64 = 12_000) {
        while now < time, violations.isEmpty {
            advance()
            for index in processes.indices where isRunning(index) && chance(0.12) { act(index) }
            fault()
        }
        end()
        while now < time + 4 * Self.lease, violations.isEmpty { advance() }
        guard violations.isEmpty else { return }
        for object in objects { violations.append("\(object.reference) is left: \(object.list)") }
        for process in processes where process.held.count + process.held.groundCount > 0 {
            violations.append("\(process.name) still holds \(process.held.count) references")
        }
    }

    // MARK: - Time

    private func advance() {
        now += Self.step
        for index in processes.indices where processes[index].downUntil == now { start(index) }
        deliver()
        for index in processes.indices where isRunning(index) {
            attend(index)
            pump(index)
            serve(index)
        }
        check()
    }

    private func time(_ index: Int) -> Int64 { now + processes[index].clock }
    private func isDown(_ index: Int) -> Bool { processes[index].downUntil > now }
    private func isRunning(_ index: Int) -> Bool { !isDown(index) && processes[index].pausedUntil <= now }
    private func chance(_ probability: Double) -> Bool { Double.random(in: 0..<1, using: &dice) < probability }
    private func count(_ what: String) { counts[what, default: 0] += 1 }

    private func next() -> Int {
        number += 1
        return number
    }

    // MARK: - The network

    private func send(_ from: Int, _ to: Int, _ payload: Payload) {
        let copies = isEnding || !chance(conditions.duplicates) ? 1 : 2
        for _ in 0..<copies where isEnding || !chance(conditions.loss) {
            let delay = Int64.random(in: 0...conditions.delay / Self.step, using: &dice) * Self.step
            messages.append(Message(at: now + Self.step + delay, from: from, to: to, payload: payload))
        }
    }

    /// What comes to a process that is paused waits; what comes to one that is down, or through a partition, is lost.
    private func deliver() {
        let due = messages.filter { $0.at <= now && (isDown($0.to) || isRunning($0.to)) }.shuffled(using: &dice)
        messages.removeAll { $0.at <= now && (isDown($0.to) || isRunning($0.to)) }
        for message in due where !isDown(message.to) && !isCut(message.from, message.to) { receive(message) }
    }

    private func isCut(_ a: Int, _ b: Int) -> Bool { partitions[min(a, b) * 10 + max(a, b), default: 0] > now }

    private func receive(_ message: Message) {
        let index = message.to
        switch message.payload {
        case .notice(let notice, let request):
            let answers = answer(notice, at: index)
            send(index, message.from, .answers(answers, request: request, life: notice.incarnation))
        case .answers(let answers, let request, let life):
            guard processes[index].life == life else { return }
            if processes[index].requests[request] == nil { count("late answer") }
            // Its number is that of the notice, which the shell knows.
            processes[index].held.answered(
                processes[index].requests.removeValue(forKey: request)?.sequence ?? UInt64(request >> 32),
                answers.answers,
                now: time(index))
        case .call(let call, let reference):
            arrive(index, reference, call: (call & 0xFFFF_FFFF, message.from, UInt64(call >> 32)))
        case .returned(let call, let life):
            guard processes[index].life == life, processes[index].calls.removeValue(forKey: call) != nil else { return }
            processes[index].held.update(.invocation(UInt64(call)), to: [], now: time(index))
        case .ask(let ask, let life):
            guard let reference = usable(index).randomElement(using: &dice) else { return }
            send(index, message.from, .told(ask, reference, life: life))
            if conditions.pinsAreKept { processes[index].held.pin([reference], now: time(index)) }
            count("told")
            if chance(0.5) { drop(index, reference) }
        case .told(let ask, let reference, let life):
            guard processes[index].life == life, processes[index].asks.removeValue(forKey: ask) != nil else { return }
            arrive(index, reference, call: nil)
        }
    }

    // MARK: - Holders

    private func start(_ index: Int) {
        var timing = HeldReferences.Timing()
        timing.lease = Self.lease
        timing.pause = 30
        timing.patience = 700
        timing.linger = conditions.linger
        let old = processes[index]
        var process = Process(name: old.name, clock: old.clock, held: old.held)
        process.life = old.life + 1
        process.held = HeldReferences(holder: old.name, incarnation: process.life, timing: timing)
        processes[index] = process
        for position in objects.indices where objects[position].home == index && objects[position].travelling == nil {
            objects[position].list = HolderList(openUntil: time(index) + Self.lease)
            objects[position].openUntil = now + Self.lease
            objects[position].lastHeld = now
            count("recovered")
        }
    }

    private func usable(_ index: Int) -> [ObjectReference] {
        (processes[index].kept + processes[index].state).filter {
            processes[index].held.isUsable($0.object, now: time(index))
        }
    }

    private func act(_ index: Int) {
        let peer = (index + Int.random(in: 1..<processes.count, using: &dice)) % processes.count
        switch Int.random(in: 0..<10, using: &dice) {
        case 0, 1:
            guard index < Self.hosts, objects.count < 8 else { return }
            let reference = ObjectReference(type: "Account", object: "o\(next())")
            objects.append(Object(reference: reference, home: index, lastHeld: now))
            keep(index, reference)
            pump(index)
            count("created")
        case 2, 3, 4:
            guard let reference = usable(index).randomElement(using: &dice) else { return }
            let call = next()
            processes[index].held.retain(reference, .invocation(UInt64(call)), now: time(index))
            processes[index].calls[call] = (reference, now + Self.callDeadline)
            send(index, peer, .call(call | Int(processes[index].life) << 32, reference))
            count("call")
            // It is the call that keeps it.
            if chance(0.3) { drop(index, reference) }
        case 5, 6:
            let ask = next()
            processes[index].asks[ask] = now + 2 * Self.callDeadline
            send(index, peer, .ask(ask, life: processes[index].life))
        case 7:
            let some = usable(index).filter { _ in chance(0.5) }
            processes[index].state = some
            processes[index].held.update(.state(of: "x"), to: Set(some), now: time(index))
            note(index)
        default:
            if let reference = processes[index].kept.randomElement(using: &dice) { drop(index, reference) }
        }
    }

    private func keep(_ index: Int, _ reference: ObjectReference) {
        processes[index].held.retain(reference, .external, now: time(index))
        processes[index].kept.append(reference)
    }

    private func drop(_ index: Int, _ reference: ObjectReference) {
        guard let position = processes[index].kept.firstIndex(of: reference) else { return }
        processes[index].kept.remove(at: position)
        processes[index].held.release(reference, .external, now: time(index))
        note(index)
    }

    /// What is over, and what of it may be held anew, since it is fully released.
    private func note(_ index: Int) {
        for change in processes[index].held.takeChanges() {
            count("\(change.kind)")
            switch change.kind {
            case .expired, .gone: processes[index].over.insert(change.object)
            case .held, .released: break
            }
        }
        guard !processes[index].over.isEmpty else { return }
        processes[index].over = processes[index].over.filter {
            processes[index].held.state(of: $0, now: time(index)) != nil
        }
    }

    private func arrive(_ index: Int, _ reference: ObjectReference, call: (Int, Int, UInt64)?) {
        note(index)
        let ground = HeldReferences.Ground.invocation(UInt64(next()))
        processes[index].held.retain(reference, ground, now: time(index))
        processes[index].arrivals.append(
            Arrival(reference: reference, ground: ground, deadline: now + 2 * Self.callDeadline, call: call))
    }

    /// Deadlines, and what those who waited were waiting for.
    private func attend(_ index: Int) {
        let moment = time(index)
        for (call, entry) in processes[index].calls.sorted(by: { $0.key < $1.key }) where entry.deadline <= now {
            processes[index].calls[call] = nil
            if conditions.pinsAreKept { processes[index].held.pin([entry.reference], now: moment) }
            processes[index].held.update(.invocation(UInt64(call)), to: [], now: moment)
            count("unknown")
        }
        processes[index].asks = processes[index].asks.filter { $0.value > now }
        for (key, request) in processes[index].requests.sorted(by: { $0.key < $1.key }) where request.deadline <= now {
            processes[index].requests[key] = nil
            // Some shells never say.
            if chance(0.9) { processes[index].held.failed(request.sequence, request.objects, now: moment) }
        }
        var waiting: [Arrival] = []
        for arrival in processes[index].arrivals {
            let isUsable = processes[index].held.isUsable(arrival.reference.object, now: moment)
            let state = processes[index].held.state(of: arrival.reference.object, now: moment)
            guard isUsable || arrival.deadline <= now || state == .gone || state == .expired else {
                waiting.append(arrival)
                continue
            }
            if isUsable, arrival.call == nil || chance(0.5) { keep(index, arrival.reference) }
            if isUsable { count("received") }
            processes[index].held.update(arrival.ground, to: [], now: moment)
            if let call = arrival.call { send(index, call.caller, .returned(call.number, life: call.life)) }
        }
        processes[index].arrivals = waiting
        note(index)
    }

    /// The shell: notices go to the owners, as far as the process knows them.
    private func pump(_ index: Int) {
        while let wake = processes[index].held.nextWake, wake <= time(index) {
            for notice in processes[index].held.takeNotices(now: time(index)) {
                var shares: [Int: [String]] = [:]
                for object in notice.objects.sorted() {
                    let home = objects.first { $0.reference.object == object }?.home ?? 0
                    shares[chance(conditions.strays) ? 1 - home : home, default: []].append(object)
                }
                for (owner, share) in shares.sorted(by: { $0.key < $1.key }) {
                    var part = notice
                    part.objects = share
                    guard owner != index else {
                        processes[index].held.answered(
                            notice.sequence, answer(part, at: index).answers, now: time(index))
                        continue
                    }
                    let request = next() | Int(notice.sequence) << 32
                    processes[index].requests[request] = Request(
                        sequence: notice.sequence, objects: share, deadline: now + 2 * conditions.delay + 50)
                    send(index, owner, .notice(part, request: request))
                }
            }
        }
        note(index)
    }

    // MARK: - Owners

    private func answer(_ notice: ReferenceNotice, at index: Int) -> ReferenceAnswers {
        var answers = ReferenceAnswers()
        for object in notice.objects {
            var answer = ReferenceAnswer()
            answer.object = object
            answer.lease = Self.lease
            if let position = objects.firstIndex(where: { $0.reference.object == object }) {
                if objects[position].home == index, objects[position].travelling == nil {
                    answer.standing =
                        objects[position].list.notice(notice, now: time(index), lease: Self.lease).standing
                } else {
                    answer.standing = .elsewhere
                }
            } else {
                answer.standing = .gone
            }
            count("\(notice.kind) \(answer.standing)")
            answers.answers.append(answer)
        }
        return answers
    }

    private func serve(_ index: Int) {
        for position in objects.indices.reversed() where objects[position].home == index {
            if let travelling = objects[position].travelling {
                guard travelling.until <= now else { continue }
                objects[position].list = HolderList(travelling.holders, now: time(index), slack: Self.slack)
                objects[position].travelling = nil
                objects[position].lastHeld = now
                count("moved")
            }
            if let expiry = objects[position].list.nextExpiry, expiry <= time(index) {
                for change in objects[position].list.expire(now: time(index)) { count("\(change.kind)") }
            }
            guard objects[position].list.isEmpty(now: time(index)) else { continue }
            let reference = objects[position].reference
            objects.remove(at: position)
            count("collected")
            // Paused ones, too: they go by their clock as soon as they run.
            for other in processes.indices
            where !isDown(other) && processes[other].held.isUsable(reference.object, now: time(other)) {
                violations.append("at \(now): \(reference) is collected, and p\(other) may use it")
            }
        }
    }

    // MARK: - Faults

    private func fault() {
        for index in processes.indices where !isDown(index) {
            if chance(conditions.crashes) {
                processes[index].downUntil = now + Self.step * Int64.random(in: 1...150, using: &dice)
                count("crash")
            }
            if chance(conditions.pauses) {
                processes[index].pausedUntil = now + Self.step * Int64.random(in: 1...250, using: &dice)
            }
            if chance(conditions.partitions) {
                let peer = (index + Int.random(in: 1..<processes.count, using: &dice)) % processes.count
                partitions[min(index, peer) * 10 + max(index, peer)] =
                    now + Self.step * Int64.random(in: 1...250, using: &dice)
            }
        }
        for position in objects.indices where objects[position].travelling == nil && chance(conditions.moves) {
            let source = objects[position].home
            guard isRunning(source) else { continue }
            let until = now + Self.step * Int64.random(in: 1...30, using: &dice)
            objects[position].travelling = (objects[position].list.transfer(now: time(source)), until)
            objects[position].home = 1 - source
        }
    }

    /// The network heals; one holder is dead and stays so, the others let go of everything.
    private func end() {
        isEnding = true
        partitions = [:]
        for index in processes.indices {
            processes[index].pausedUntil = 0
            if isDown(index) { processes[index].downUntil = now + Self.step }
            for reference in processes[index].kept {
                processes[index].held.release(reference, .external, now: time(index))
            }
            processes[index].kept = []
            processes[index].state = []
            processes[index].held.update(.state(of: "x"), to: [], now: time(index))
            note(index)
        }
        // What is being handed over is not taken.
        messages.removeAll { $0.payload.carried != nil }
        for index in processes.indices {
            for arrival in processes[index].arrivals {
                processes[index].held.update(arrival.ground, to: [], now: time(index))
            }
            processes[index].arrivals = []
            processes[index].asks = [:]
        }
        processes[4].downUntil = .max
        processes[4].held = HeldReferences(holder: "", incarnation: 0)
    }

    // MARK: - What must be so

    private func check() {
        let carried = Set(messages.compactMap(\.payload.carried))
        for position in objects.indices {
            let object = objects[position]
            let id = object.reference.object
            let isReachable = isRunning(object.home) && object.travelling == nil
            var isInUse = !isReachable || carried.contains(object.reference)
            for index in processes.indices where !isDown(index) {
                switch processes[index].held.state(of: id, now: time(index)) {
                case .listed?:
                    isInUse = true
                    guard object.travelling == nil, !isDown(object.home), object.openUntil <= now else { break }
                    let isListed = object.list.holders(now: time(object.home)).contains {
                        $0.holder == processes[index].name && $0.incarnation == processes[index].life
                    }
                    if !isListed { violations.append("at \(now): p\(index) may use \(id), and is not listed") }
                case .unlisted?, .listing?: isInUse = true
                case .expired?, .gone?, nil: break
                }
            }
            if isInUse { objects[position].lastHeld = now }
            let bound = Self.lease + conditions.delay + Self.slack + 3 * Self.step
            if now - objects[position].lastHeld > bound {
                violations.append("at \(now): \(id) is not collected, last held at \(object.lastHeld): \(object.list)")
            }
        }
        for index in processes.indices where !isDown(index) {
            for object in processes[index].over.sorted()
            where processes[index].held.isUsable(object, now: time(index)) {
                violations.append("at \(now): p\(index) uses \(object) again, which was over")
            }
        }
    }
}
