import ClusterModel
import Membership

/// A group of membership cores in virtual time: a network with losses, delays, copies and partitions, and processes that
/// crash, start again, and stop for a while. One seed gives one course of events. Times are nanoseconds.
///
/// Each change of a view is checked as it comes; what breaks a rule is in `violations`.
package struct Simulation {
    package struct Network {
        package var loss = 0.0
        package var duplicates = 0.0
        package var delay: ClosedRange<Int64>
        /// The share of datagrams that take far longer, up to `lateness`.
        package var late = 0.0
        package var lateness: Int64 = 500_000_000

        package init(loss: Double = 0, duplicates: Double = 0, delay: ClosedRange<Int64> = 50_000...500_000) {
            self.loss = loss
            self.duplicates = duplicates
            self.delay = delay
        }
    }

    struct Node {
        var core: SwimCore
        var life = 0
        var isUp = false
        var isPaused = false
        /// What has come while it is paused, as far as a socket keeps it.
        var inbox: [(from: Int, payload: [UInt8])] = []
        var wakeAt = Int64.max
    }

    /// How a member stands in a view, as its changes have told.
    package struct Seen {
        package var incarnation: UInt64 = 0
        package var state: MemberState?
        package var since: Int64 = 0
    }

    private static let inboxLimit = 200

    package let configuration: SwimConfiguration
    package let names: [String]
    package var network = Network()
    package private(set) var now: Int64 = 0
    package private(set) var violations: [String] = []
    /// Deaths of processes that were up.
    package private(set) var falseDeaths = 0
    package private(set) var datagrams = 0
    package private(set) var octets = 0
    package private(set) var largest = 0
    private var nodes: [Node] = []
    private var seen: [Seen]
    private let numbers: [String: Int]
    private let seeds: [[String]]
    private let seed: UInt64
    private var generator: SeededGenerator
    private var events = EventHeap()
    /// Parts that reach only themselves; all in 0: none.
    private var part: [Int]
    private var oneWay: (from: Set<Int>, to: Set<Int>) = ([], [])

    /// - Parameter seeds: the members to join through; `nil`: all.
    package init(_ configuration: SwimConfiguration, peers: Int, seeds: Int? = nil, seed: UInt64) {
        self.configuration = configuration
        self.seed = seed
        names = (1...peers).map { "peer-\($0)" }
        numbers = Dictionary(uniqueKeysWithValues: zip(names, 0..<peers))
        seen = Array(repeating: Seen(), count: peers * peers)
        part = Array(repeating: 0, count: peers)
        generator = SeededGenerator(seed: seed, "simulation")
        let entries = Array(names.prefix(seeds ?? peers))
        self.seeds = names.map { name in entries.filter { $0 != name } }
        for index in 0..<peers {
            nodes.append(
                Node(core: SwimCore(configuration, name: names[index], life: 0, seeds: [], seed: seed, now: 0)))
        }
    }

    package var count: Int { names.count }
    package var up: [Int] { nodes.indices.filter { nodes[$0].isUp } }
    package func isUp(_ index: Int) -> Bool { nodes[index].isUp }
    package func core(_ index: Int) -> SwimCore { nodes[index].core }
    package func view(of viewer: Int, on member: Int) -> Seen { seen[viewer * count + member] }

    // MARK: - What happens to processes and to the network

    package mutating func start(_ index: Int) {
        guard !nodes[index].isUp else { return }
        nodes[index].life += 1
        nodes[index].core = SwimCore(
            configuration, name: names[index], life: nodes[index].life, seeds: seeds[index], seed: seed, now: now)
        nodes[index].isUp = true
        nodes[index].isPaused = false
        nodes[index].inbox = []
        nodes[index].wakeAt = .max
        // A new process has a new view.
        for member in 0..<count { seen[index * count + member] = Seen() }
        perform(nodes[index].core.start(now: now), of: index)
    }

    package mutating func startAll() { for index in 0..<count { start(index) } }

    package mutating func crash(_ index: Int) { nodes[index].isUp = false }

    package mutating func leave(_ index: Int) {
        guard nodes[index].isUp else { return }
        perform(nodes[index].core.leave(now: now), of: index)
        nodes[index].isUp = false
    }

    package mutating func pause(_ index: Int) { nodes[index].isPaused = true }

    package mutating func resume(_ index: Int) {
        guard nodes[index].isPaused else { return }
        nodes[index].isPaused = false
        guard nodes[index].isUp else { return }
        // The timer or the socket comes first, as it happens.
        if generator.next() & 1 == 0 { tick(index) }
        let inbox = nodes[index].inbox
        nodes[index].inbox = []
        for item in inbox {
            perform(nodes[index].core.receive(item.payload, from: names[item.from], now: now), of: index)
        }
        schedule(index)
    }

    package mutating func partition(_ parts: [[Int]]) {
        for (number, members) in parts.enumerated() { for index in members { part[index] = number } }
    }

    package mutating func cut(from: [Int], to: [Int]) { oneWay = (Set(from), Set(to)) }

    package mutating func heal() {
        part = Array(repeating: 0, count: count)
        oneWay = ([], [])
    }

    /// Gives a peer a payload that nobody sent.
    package mutating func inject(_ payload: [UInt8], from: Int, to: Int) {
        guard nodes[to].isUp else { return }
        perform(nodes[to].core.receive(payload, from: names[from], now: now), of: to)
    }

    // MARK: - Time

    package mutating func run(until end: Int64) {
        while let event = events.first, event.time <= end {
            _ = events.pop()
            now = max(now, event.time)
            if let payload = event.payload {
                deliver(payload, from: Int(event.from), to: Int(event.to))
            } else {
                wake(Int(event.to), event.time)
            }
        }
        now = end
    }

    package mutating func run(for time: Int64) { run(until: now + time) }

    /// Runs until all views are equal and right.
    /// - Returns: how long that took; `nil` where the limit was not enough.
    package mutating func runUntilConverged(limit: Int64) -> Int64? {
        let start = now
        while now - start <= limit {
            if isConverged { return now - start }
            run(for: configuration.period / 2)
        }
        return nil
    }

    /// Runs until everybody who is up holds this one to be dead.
    package mutating func runUntilDetected(_ dead: Int, limit: Int64) -> Int64? {
        let start = now
        while now - start <= limit {
            if up.allSatisfy({ view(of: $0, on: dead).state == .dead }) { return now - start }
            run(for: configuration.period / 4)
        }
        return nil
    }

    /// Whether all views are equal, and hold those to be alive who are up.
    package var isConverged: Bool {
        let up = up
        guard let first = up.first else { return true }
        for viewer in up {
            for member in 0..<count {
                let entry = view(of: viewer, on: member)
                if nodes[member].isUp {
                    let own = view(of: member, on: member)
                    guard entry.state == .alive, entry.incarnation == own.incarnation else { return false }
                } else {
                    let other = view(of: first, on: member)
                    guard entry.state == nil || entry.state! >= .dead, entry.state == other.state,
                        entry.incarnation == other.incarnation
                    else { return false }
                }
            }
        }
        return true
    }

    /// Whether what the changes have told is what the cores have.
    package var viewsAreAsTold: Bool {
        up.allSatisfy { viewer in
            let view = nodes[viewer].core.view
            return view.count == (0..<count).count { self.view(of: viewer, on: $0).state != nil }
                && view.allSatisfy {
                    let entry = self.view(of: viewer, on: numbers[$0.name]!)
                    return entry.state == $0.state && entry.incarnation == $0.incarnation
                }
        }
    }

    // MARK: - Inside

    private mutating func deliver(_ payload: [UInt8], from: Int, to: Int) {
        guard nodes[to].isUp else { return }
        if nodes[to].isPaused {
            if nodes[to].inbox.count < Self.inboxLimit { nodes[to].inbox.append((from, payload)) }
            return
        }
        perform(nodes[to].core.receive(payload, from: names[from], now: now), of: to)
    }

    private mutating func wake(_ index: Int, _ time: Int64) {
        guard nodes[index].isUp, !nodes[index].isPaused, nodes[index].wakeAt == time else { return }
        tick(index)
    }

    private mutating func tick(_ index: Int) {
        nodes[index].wakeAt = .max
        perform(nodes[index].core.tick(now: now), of: index)
    }

    private mutating func schedule(_ index: Int) {
        guard let next = nodes[index].core.nextDeadline else { return }
        guard next < nodes[index].wakeAt || nodes[index].wakeAt < now else { return }
        let time = max(next, now)
        nodes[index].wakeAt = time
        events.push(Event(time: time, from: 0, to: Int32(index), payload: nil))
    }

    private mutating func perform(_ actions: [PeerAction], of index: Int) {
        for action in actions {
            switch action {
            case .send(_, let payload, let to): if let to = numbers[to] { transmit(payload, from: index, to: to) }
            case .member(let name, let incarnation, let state):
                guard let member = numbers[name] else {
                    violations.append("\(names[index]) has a member that nobody is: \(name)")
                    continue
                }
                saw(member, incarnation, state, by: index)
            default: violations.append("\(names[index]) does what is not its own: \(action)")
            }
        }
        schedule(index)
    }

    private mutating func transmit(_ payload: [UInt8], from: Int, to: Int) {
        datagrams += 1
        octets += payload.count
        largest = max(largest, payload.count)
        guard part[from] == part[to], !(oneWay.from.contains(from) && oneWay.to.contains(to)) else { return }
        let copies = chance(network.duplicates) ? 2 : 1
        for _ in 0..<copies where !chance(network.loss) {
            let width = UInt64(network.delay.upperBound - network.delay.lowerBound + 1)
            var delay = network.delay.lowerBound + Int64(generator.next() % width)
            if chance(network.late) { delay += Int64(generator.next() % UInt64(network.lateness)) }
            events.push(Event(time: now + delay, from: Int32(from), to: Int32(to), payload: payload))
        }
    }

    private mutating func chance(_ share: Double) -> Bool {
        share > 0 && Double(generator.next() >> 11) * 0x1p-53 < share
    }

    /// The rules that hold for each change of each view.
    private mutating func saw(_ member: Int, _ incarnation: UInt64, _ state: MemberState, by viewer: Int) {
        let old = view(of: viewer, on: member)
        // Made only where it is needed: there are millions of changes.
        var what: String { "\(names[viewer]) holds \(names[member]) to be \(state) in \(incarnation) at \(now)" }
        if let before = old.state {
            if incarnation < old.incarnation { violations.append("\(what): the incarnation has fallen") }
            if before >= .dead, state <= .suspect, incarnation <= old.incarnation {
                violations.append("\(what): risen from the dead")
            }
            if incarnation == old.incarnation, state <= before { violations.append("\(what): better than before") }
        }
        if viewer == member, state == .dead || state == .suspect { violations.append("\(what): itself") }
        if state == .dead, nodes[member].isUp { falseDeaths += 1 }
        seen[viewer * count + member] = Seen(incarnation: incarnation, state: state, since: now)
    }
}
