import ClusterModel
import Objects
import RPC

/// Hosts and a directory in one process, over a network that loses, repeats and reorders; everybody crashes now and then.
/// The hosts keep the rules that the directory relies on, and nothing else. Whatever goes wrong is in `faults`.
struct DirectorySimulation {
    enum Request {
        case open(OpenSession)
        case renew(RenewSession)
        case register(RegisterObjects)
        case drop(DropObjects)
        case lookup(LookupObjects)
        case claim(ClaimObject)
        case swap(SwapOwner)
        case snapshot(ObjectSnapshot)
    }

    enum Reply {
        case lease(SessionLease)
        case records(ObjectRecords)
        case ownership(OwnershipReply)
        case acknowledgement(Acknowledgement)
    }

    struct Question {
        var request: Request
        var host: Int
        var life: Int
        var tag: Int
        /// When it was first sent.
        var sentAt: Int64
    }

    enum Packet {
        case question(Question)
        case reply(Int, life: Int, tag: Int, Reply)
    }

    struct Held {
        var epoch: UInt64
        var value: Int
        /// Not while a swap or a copy may be about.
        var serves = true
    }

    struct Copy {
        var epoch: UInt64
        var value: Int
    }

    struct Host {
        let name: String
        var life = 1
        var session: UInt64 = 0
        var leaseEnd: Int64 = 0
        var number: UInt64 = 0
        var pending: [Int: Question] = [:]
        var held: [String: Held] = [:]
        /// The last epoch that it had of an object, however it ended.
        var past: [String: UInt64] = [:]
        var copies: [String: Copy] = [:]
        // On its disk:
        var store: [String: Held] = [:]
        var storedCopies: [String: Copy] = [:]
    }

    private(set) var bench: DirectoryBench
    private var random: SeededGenerator
    private(set) var hosts: [Host]
    private var network: [Packet] = []
    /// Changes not yet kept, and answers that wait for them.
    private var unsettled: [DirectoryChange] = []
    private var waiting: [Packet] = []
    private var nextTag = 0
    private var nextObject = 0
    /// What an object's state must be when it is served again.
    private var truth: [String: Int] = [:]
    private var types: [String: ObjectRecord] = [:]
    private var isQuiet = false

    private(set) var faults: [String] = []
    private(set) var grants: [String: Int] = [:]
    /// By object, from what was kept: the last word, and whether it is no more.
    private var kept: [String: ObjectRecord] = [:]
    private var removed: Set<String> = []
    private var granted: [String: (epoch: UInt64, session: UInt64)] = [:]
    private var over: Set<UInt64> = []

    init(seed: UInt64, attention: Bool) throws {
        bench = try DirectoryBench { if attention { $0.attention = 1_500 } }
        random = SeededGenerator(seed: seed, "directory")
        hosts = ["a", "b", "c", "d"].map { Host(name: $0) }
        for (index, (durable, restore)) in [
            (true, ObjectType.Restore.no), (true, .prepared), (false, .prepared), (true, .elsewhere),
            (false, .elsewhere), (false, .no),
        ].enumerated() {
            for host in 0..<2 { new("n\(index)\(hosts[host].name)", durable: durable, restore: restore) }
        }
    }

    mutating func run(steps: Int) throws {
        for _ in 0..<steps where faults.isEmpty { try step() }
        // Everybody is well from now on.
        isQuiet = true
        for _ in 0..<4_000 where faults.isEmpty { try step() }
        for (object, record) in kept where record.durable && object.hasPrefix("n") {
            let serving = hosts.filter { serves($0, object) }.map(\.name)
            if serving.count != 1 { faults.append("\(object) is served by \(serving) in the end") }
        }
    }

    // MARK: - Chance

    private mutating func chance(_ share: Double) -> Bool { Double.random(in: 0..<1, using: &random) < share }
    private mutating func pick(_ count: Int) -> Int { Int.random(in: 0..<count, using: &random) }

    private mutating func new(_ object: String, durable: Bool, restore: ObjectType.Restore, generated: Bool = false) {
        var record = ObjectRecord()
        record.object = object
        record.type = "Account"
        record.incarnation = "i"
        record.durable = durable
        record.restore = restore
        record.generated = generated
        types[object] = record
    }

    private mutating func step() throws {
        bench.now += Int64(pick(20))
        if !isQuiet {
            if chance(0.002) { bench.now += Int64(pick(6_000)) }
            if chance(0.003) { try restartDirectory() }
            if chance(0.003) { crash(pick(hosts.count)) }
        }
        if chance(0.4) { try settle() }
        for _ in 0..<4 where !network.isEmpty && chance(0.9) { deliver() }
        act(pick(hosts.count))
        check()
    }

    // MARK: - Directory

    private mutating func restartDirectory() throws {
        unsettled = []
        waiting = []
        try bench.restart()
        for (object, grant) in granted where !removed.contains(object) {
            let record = bench.core.objects[object]
            let isKept = record.map { $0.epoch > grant.epoch || $0.epoch == grant.epoch && $0.session == grant.session }
            if isKept != true { faults.append("\(object): the grant of \(grant) is undone") }
        }
    }

    private mutating func settle() throws {
        try bench.keep(unsettled)
        for change in unsettled {
            switch change {
            case .putObject(let record): judge(record)
            case .removeObject(let object):
                removed.insert(object)
            case .removeSession(let session): over.insert(session)
            case .putSession(let session):
                if over.contains(session.id) { faults.append("session \(session.id) is back") }
            default: break
            }
        }
        network += waiting
        unsettled = []
        waiting = []
    }

    private mutating func judge(_ record: ObjectRecord) {
        let object = record.object
        if removed.contains(object) { faults.append("\(object) is back") }
        if let last = kept[object] {
            if record.epoch < last.epoch {
                faults.append("\(object): epoch \(last.epoch) is followed by \(record.epoch)")
            }
            if record.epoch == last.epoch, record.session != last.session {
                faults.append("\(object): epoch \(record.epoch) has two owners")
            }
            if last.standing == .gone, record != last { faults.append("\(object) was gone") }
        }
        kept[object] = record
    }

    private mutating func deliver() {
        let packet = network.remove(at: pick(network.count))
        if !isQuiet {
            if chance(0.2) { return }
            if chance(0.2) { network.append(packet) }
        }
        switch packet {
        case .question(let question): answer(question)
        case .reply(let host, let life, let tag, let reply): received(host, life: life, tag: tag, reply)
        }
    }

    private mutating func answer(_ question: Question) {
        // Clocks that step back are nothing but late.
        let now = isQuiet || !chance(0.05) ? bench.now : bench.now - Int64(pick(500))
        let reply: Reply?
        switch question.request {
        case .open(let request): reply = take(bench.core.open(request, now: now)).map { .lease($0) }
        case .renew(let request):
            let lease = take(bench.core.renew(request, now: now))
            if let lease, lease.session > 0, over.contains(lease.session) {
                faults.append("session \(lease.session) was over")
            }
            reply = lease.map { .lease($0) }
        case .register(let request): reply = take(bench.core.register(request, now: now)).map { .records($0) }
        case .lookup(let request): reply = take(bench.core.lookup(request, now: now)).map { .records($0) }
        case .drop(let request): reply = take(bench.core.drop(request, now: now)).map { .acknowledgement($0) }
        case .snapshot(let request): reply = take(bench.core.snapshot(request, now: now)).map { .acknowledgement($0) }
        case .claim(let request): reply = take(bench.core.claim(request, now: now)).map { .ownership($0) }
        case .swap(let request): reply = take(bench.core.swap(request, now: now)).map { .ownership($0) }
        }
        if let reply { waiting.append(.reply(question.host, life: question.life, tag: question.tag, reply)) }
    }

    private mutating func take<Answer>(_ answer: DirectoryAnswer<Answer>) -> Answer? {
        unsettled += answer.changes
        switch answer.result {
        case .success(let reply): return reply
        case .failure(let refusal):
            faults.append("refused: \(refusal)")
            return nil
        }
    }

    // MARK: - Hosts

    private func serves(_ host: Host, _ object: String) -> Bool {
        host.session > 0 && bench.now < host.leaseEnd && host.held[object]?.serves == true
    }

    private mutating func check() {
        var serving: [String: String] = [:]
        for host in hosts where host.session > 0 && bench.now < host.leaseEnd {
            for (object, held) in host.held where held.serves {
                if let other = serving.updateValue(host.name, forKey: object) {
                    faults.append("\(object) is served by \(other) and \(host.name)")
                }
                if held.value != truth[object] { faults.append("\(object) has lost something at \(host.name)") }
            }
        }
    }

    private mutating func crash(_ index: Int) {
        let old = hosts[index]
        hosts[index] = Host(name: old.name)
        hosts[index].life = old.life + 1
        hosts[index].store = old.store
        hosts[index].storedCopies = old.storedCopies
    }

    private mutating func send(_ index: Int, _ request: Request) {
        nextTag += 1
        let question = Question(
            request: request, host: index, life: hosts[index].life, tag: nextTag, sentAt: bench.now)
        hosts[index].pending[nextTag] = question
        network.append(.question(question))
    }

    private mutating func act(_ index: Int) {
        let host = hosts[index]
        if host.session == 0 {
            if host.pending.isEmpty {
                var request = OpenSession()
                request.host = host.name
                request.incarnation = "\(host.life)"
                send(index, .open(request))
            } else if chance(0.3) {
                for tag in host.pending.keys.sorted() { network.append(.question(host.pending[tag]!)) }
            }
            return
        }
        if bench.now > host.leaseEnd - 1_000, chance(0.5) { return renew(index) }
        // The oldest again: it or its answer may be lost. What is very old is given up.
        if host.pending.count > 4, let oldest = host.pending.keys.min(), let question = host.pending[oldest] {
            if chance(0.1), question.request.isGivenUpWithoutHarm { hosts[index].pending[oldest] = nil }
            network.append(.question(question))
            return
        }
        let mine = types.keys.filter { $0.hasSuffix(host.name) }.sorted()
        switch pick(isQuiet ? 6 : 12) {
        case 0, 1: renew(index)
        case 2:
            guard !host.pending.values.contains(where: \.request.isNumbered) else { return }
            var request = RegisterObjects()
            request.session = host.session
            request.number = number(index)
            request.objects = mine.filter { $0.hasPrefix("n") }.compactMap { types[$0] }
            send(index, .register(request))
        case 3, 4:
            var request = LookupObjects()
            request.objects = types.keys.sorted().filter { host.held[$0]?.serves != true }
            send(index, .lookup(request))
        case 5: for object in host.held.keys.sorted() where host.held[object]?.serves == false { doubt(index, object) }
        case 6, 7: migrate(index)
        case 8:
            guard !host.pending.values.contains(where: \.request.isNumbered), types.count < 30 else { return }
            nextObject += 1
            let object = "g\(nextObject)\(host.name)"
            new(object, durable: chance(0.5), restore: [.no, .prepared, .elsewhere][pick(3)], generated: true)
            var request = RegisterObjects()
            request.session = host.session
            request.number = number(index)
            request.objects = [types[object]!]
            send(index, .register(request))
        case 9:
            guard !host.pending.values.contains(where: \.request.isNumbered),
                let object = host.held.keys.sorted().first(where: { $0.hasPrefix("g") && serves(host, $0) })
            else { return }
            var request = DropObjects()
            request.session = host.session
            request.number = number(index)
            request.objects = [types[object]!]
            request.objects[0].epoch = host.held[object]!.epoch
            hosts[index].held[object]?.serves = false
            forget(index, object)
            send(index, .drop(request))
        default:
            for object in host.held.keys.sorted() where serves(host, object) && chance(0.5) {
                truth[object, default: 0] += 1
                hosts[index].held[object]!.value += 1
                keep(index, object)
                guard types[object]!.restore == .elsewhere else { continue }
                var request = ObjectSnapshot()
                request.session = host.session
                request.object = object
                request.epoch = host.held[object]!.epoch
                request.number = UInt64(truth[object]!)
                send(index, .snapshot(request))
            }
        }
    }

    private mutating func renew(_ index: Int) {
        hosts[index].pending = hosts[index].pending.filter { if case .renew = $0.value.request { false } else { true } }
        var request = RenewSession()
        request.session = hosts[index].session
        send(index, .renew(request))
    }

    private mutating func number(_ index: Int) -> UInt64 {
        hosts[index].number += 1
        return hosts[index].number
    }

    private mutating func migrate(_ index: Int) {
        let host = hosts[index]
        let target = pick(hosts.count)
        let candidates = host.held.keys.sorted().filter { serves(host, $0) }
        guard target != index, hosts[target].session > 0, !candidates.isEmpty else { return }
        let object = candidates[pick(candidates.count)]
        let held = host.held[object]!
        hosts[index].held[object]!.serves = false
        if chance(0.9) {
            let copy = Copy(epoch: held.epoch, value: held.value)
            hosts[target].copies[object] = copy
            if types[object]!.durable { hosts[target].storedCopies[object] = copy }
        }
        if !isQuiet, chance(0.05) { return crash(index) }
        guard chance(0.8), hosts[target].copies[object]?.epoch == held.epoch else { return }
        var request = SwapOwner()
        request.session = host.session
        request.object = object
        request.epoch = held.epoch
        request.target = hosts[target].name
        request.targetSession = hosts[target].session
        send(index, .swap(request))
    }

    private mutating func claim(_ index: Int, _ object: String, _ epoch: UInt64, _ ground: ClaimObject.Ground) {
        var request = ClaimObject()
        request.session = hosts[index].session
        request.object = object
        request.epoch = epoch
        request.ground = ground
        request.incarnation = ground == .snapshot ? "i\(nextTag)" : ""
        send(index, .claim(request))
    }

    /// The epoch it had is used up, before it serves again.
    private mutating func doubt(_ index: Int, _ object: String) {
        claim(index, object, hosts[index].held[object]!.epoch, .renewal)
    }

    private mutating func keep(_ index: Int, _ object: String) {
        guard types[object]!.durable else { return }
        hosts[index].store[object] = hosts[index].held[object]
    }

    private mutating func forget(_ index: Int, _ object: String) {
        let epoch = hosts[index].held[object]?.epoch ?? 0
        hosts[index].past[object] = max(hosts[index].past[object] ?? 0, epoch)
        hosts[index].held[object] = nil
        hosts[index].store[object] = nil
    }

    private mutating func serve(_ index: Int, _ object: String, _ epoch: UInt64, _ value: Int) {
        // Late news.
        guard epoch > max(hosts[index].held[object]?.epoch ?? 0, hosts[index].past[object] ?? 0) else { return }
        hosts[index].held[object] = Held(epoch: epoch, value: value)
        hosts[index].past[object] = epoch
        hosts[index].copies[object] = nil
        hosts[index].storedCopies[object] = nil
        keep(index, object)
    }

    private mutating func received(_ index: Int, life: Int, tag: Int, _ reply: Reply) {
        guard hosts[index].life == life, let question = hosts[index].pending.removeValue(forKey: tag) else { return }
        switch (question.request, reply) {
        case (.open, .lease(let lease)):
            if lease.session > 0 { begin(index, lease, question.sentAt) }
        case (.renew(let request), .lease(let lease)):
            guard request.session == hosts[index].session else { return }
            if lease.session == 0 {
                over.insert(request.session)
                return begin(index, lease, 0)
            }
            hosts[index].leaseEnd = max(hosts[index].leaseEnd, question.sentAt + lease.lease)
            for record in lease.restore { claim(index, record.object, record.epoch, .snapshot) }
        case (.register(let request), .records(let reply)):
            guard request.session == hosts[index].session else { return }
            for record in reply.objects where record.session == request.session && record.standing == .owned {
                // Its value is what a new one has, if it is new; others come back by a claim.
                let isNew = hosts[index].past[record.object] == nil && record.epoch == 1
                if isNew, truth[record.object] == nil {
                    truth[record.object] = 0
                    serve(index, record.object, 1, 0)
                }
            }
        case (.lookup, .records(let reply)): for record in reply.objects { learned(index, record) }
        case (.claim(let request), .ownership(let reply)):
            guard request.session == hosts[index].session else { return }
            guard reply.granted, let record = reply.record else {
                if let record = reply.record { learned(index, record) }
                return
            }
            note(request.ground.rawValue, record)
            claimed(index, request, record)
        case (.swap(let request), .ownership(let reply)):
            guard reply.granted, let record = reply.record else { return }
            note("swap", record)
            guard hosts[index].held[request.object]?.epoch == request.epoch else { return }
            forget(index, request.object)
        case (.drop, .acknowledgement), (.snapshot, .acknowledgement): break
        default: faults.append("\(question.request) is answered with \(reply)")
        }
    }

    private mutating func note(_ what: String, _ record: ObjectRecord) {
        grants[what, default: 0] += 1
        if record.epoch > granted[record.object]?.epoch ?? 0 {
            granted[record.object] = (record.epoch, record.session)
        }
    }

    private mutating func begin(_ index: Int, _ lease: SessionLease, _ sentAt: Int64) {
        hosts[index].session = lease.session
        hosts[index].leaseEnd = sentAt + lease.lease
        // What it owned it owns no more; what is durable is in its store.
        hosts[index].held = [:]
        hosts[index].pending = [:]
    }

    private mutating func learned(_ index: Int, _ record: ObjectRecord) {
        let host = hosts[index]
        let object = record.object
        if record.epoch == 0 || record.standing == .gone { return }
        if let held = host.held[object] {
            if record.epoch > held.epoch, record.session != host.session { forget(index, object) }
            return
        }
        let copy = host.copies[object] ?? host.storedCopies[object]
        switch record.standing {
        case .owned where record.session == host.session:
            // The target of a swap that it hears of from here.
            if let copy, copy.epoch + 1 == record.since { serve(index, object, record.epoch, copy.value) }
        case .orphaned where record.owner == host.name && record.durable:
            if stored(host, record) != nil { claim(index, object, record.epoch, .store) }
        case .orphaned where record.restore == .prepared:
            if host.copies[object]?.epoch == record.epoch { claim(index, object, record.epoch, .prepared) }
        default: break
        }
    }

    /// The state of an object that this host owned, as its disk has it.
    private func stored(_ host: Host, _ record: ObjectRecord) -> Int? {
        let object = record.object
        if let stored = host.store[object], stored.epoch >= record.since { return stored.value }
        if let copy = host.storedCopies[object] ?? host.copies[object], copy.epoch + 1 == record.since {
            return copy.value
        }
        // Registered by a life of its host that never came to serve it: it starts from the beginning.
        return record.since == 1 && truth[object] == nil ? 0 : nil
    }

    private mutating func claimed(_ index: Int, _ request: ClaimObject, _ record: ObjectRecord) {
        let host = hosts[index]
        let object = record.object
        switch request.ground {
        case .renewal:
            guard let held = host.held[object], held.epoch == request.epoch else { return }
            serve(index, object, record.epoch, held.value)
        case .store:
            guard let value = stored(host, record) else { return }
            if truth[object] == nil { truth[object] = 0 }
            serve(index, object, record.epoch, value)
        case .prepared:
            guard let copy = host.copies[object], copy.epoch == request.epoch else { return }
            serve(index, object, record.epoch, copy.value)
        case .snapshot:
            guard record.epoch > host.past[object] ?? 0 else { return }
            // What came after the snapshot is lost. If this is late news, somebody else may have gone on.
            if bench.core.objects[object]?.epoch == record.epoch { truth[object] = 0 }
            serve(index, object, record.epoch, 0)
        }
    }
}

extension DirectorySimulation.Request {
    fileprivate var isNumbered: Bool {
        switch self {
        case .register, .drop: true
        default: false
        }
    }

    /// What nobody waits for need not be answered.
    fileprivate var isGivenUpWithoutHarm: Bool {
        switch self {
        case .open, .claim, .swap: false
        default: true
        }
    }
}
