import ClusterModel
import Membership

/// Courses of events that a seed decides.
package enum Chaos {
    package struct Outcome: Sendable {
        package var peers: Int
        /// How long views took to become equal and right once the faults had ended; `nil`: longer than the bound.
        package var convergence: Int64?
        package var bound: Int64
        package var violations: [String]
        package var falseDeaths: Int
    }

    /// Some peers under losses, copies, delays, partitions, crashes, restarts and pauses for twenty seconds; then all
    /// of that ends, and their views have to become equal and right.
    package static func course(seed: UInt64) -> Outcome {
        var chance = SeededGenerator(seed: seed, "chaos")
        func below(_ bound: Int) -> Int { Int(chance.next() % UInt64(bound)) }
        let peers = 3 + below(7)
        let group = PeerGroup(name: "group", suspicion: 3 + below(8))
        let configuration = SwimConfiguration(group)
        var simulation = Simulation(configuration, peers: peers, seeds: [nil, 1, 2][below(3)], seed: seed)
        for index in 0..<peers where below(4) > 0 { simulation.start(index) }
        var resumes: [(time: Int64, index: Int)] = []
        while simulation.now < 20_000_000_000 {
            let index = below(peers)
            switch below(12) {
            case 0: simulation.crash(index)
            case 1, 2: simulation.start(index)
            case 3: simulation.leave(index)
            case 4, 5:
                simulation.pause(index)
                resumes.append((simulation.now + Int64(below(4_000)) * 1_000_000, index))
            case 6:
                let order = Array(0..<peers).shuffled(using: &chance)
                let cut = below(peers)
                simulation.partition([Array(order[..<cut]), Array(order[cut...])])
            case 7: simulation.cut(from: [index], to: Array(0..<peers))
            case 8: simulation.heal()
            default:
                simulation.network = .init(
                    loss: Double(below(40)) / 100, duplicates: Double(below(30)) / 100,
                    delay: 50_000...Int64(1 + below(30)) * 1_000_000)
                simulation.network.late = Double(below(10)) / 100
            }
            simulation.run(for: Int64(50 + below(1_000)) * 1_000_000)
            for resume in resumes where resume.time <= simulation.now { simulation.resume(resume.index) }
            resumes.removeAll { $0.time <= simulation.now }
        }
        simulation.heal()
        simulation.network = .init()
        for index in 0..<peers { simulation.resume(index) }
        // Those to join through are there in the end: without them, newcomers have nobody to ask.
        for index in 0..<peers where index < 2 || below(2) == 0 { simulation.start(index) }
        return finish(&simulation)
    }

    /// Losses all the time, and now and then a crash or a restart.
    package static func lossesAndCrashes(seed: UInt64) -> Outcome {
        var chance = SeededGenerator(seed: seed, "losses")
        func below(_ bound: Int) -> Int { Int(chance.next() % UInt64(bound)) }
        let peers = 5 + below(4)
        var simulation = Simulation(SwimConfiguration(PeerGroup(name: "group")), peers: peers, seed: seed)
        simulation.network = .init(loss: Double(below(40)) / 100)
        simulation.startAll()
        while simulation.now < 20_000_000_000 {
            simulation.run(for: Int64(below(2_000)) * 1_000_000)
            let index = below(peers)
            if simulation.isUp(index) { simulation.crash(index) } else { simulation.start(index) }
        }
        simulation.network = .init()
        return finish(&simulation)
    }

    /// Time for 7 peers to lose a third of all datagrams.
    package static func steadyLoss(seed: UInt64, loss: Double, suspicion: Int, seconds: Int64) -> Outcome {
        var simulation = Simulation(
            SwimConfiguration(PeerGroup(name: "group", suspicion: suspicion)), peers: 7, seed: seed)
        simulation.startAll()
        simulation.run(for: 2_000_000_000)
        simulation.network.loss = loss
        simulation.run(for: seconds * 1_000_000_000)
        simulation.network.loss = 0
        return finish(&simulation)
    }

    private static func finish(_ simulation: inout Simulation) -> Outcome {
        let bound = simulation.configuration.convergenceBound(members: simulation.count).nanoseconds
        let convergence = simulation.runUntilConverged(limit: bound)
        var violations = simulation.violations
        if !simulation.viewsAreAsTold { violations.append("a view is not what its changes told") }
        if simulation.largest > SwimConfiguration.datagramLimit {
            violations.append("a datagram of \(simulation.largest) octets")
        }
        return Outcome(
            peers: simulation.count, convergence: convergence, bound: bound, violations: violations,
            falseDeaths: simulation.falseDeaths)
    }
}

extension Chaos {
    /// How long a group took; `nil`: longer than its bound.
    package struct Times: Sendable {
        /// Until all knew all, from nothing.
        package var joining: Int64?
        /// Until all knew of a crash.
        package var detection: Int64?
        /// Until all agreed, once a partition had ended.
        package var healing: Int64?
        package var falseDeaths = 0
        package var violations: [String] = []
    }

    /// A group forms through one member; that one crashes; then the others fall into two halves for eight seconds.
    package static func times(peers: Int, seed: UInt64) -> Times {
        let configuration = SwimConfiguration(PeerGroup(name: "group"))
        let detection = configuration.detectionBound(members: peers).nanoseconds
        let convergence = configuration.convergenceBound(members: peers).nanoseconds
        var simulation = Simulation(configuration, peers: peers, seeds: 1, seed: seed)
        var times = Times()
        simulation.startAll()
        times.joining = simulation.runUntilConverged(limit: convergence)
        simulation.run(for: 1_000_000_000)
        simulation.crash(0)
        times.detection = simulation.runUntilDetected(0, limit: detection)
        times.falseDeaths = simulation.falseDeaths
        simulation.partition([Array(0..<(peers + 1) / 2), Array((peers + 1) / 2..<peers)])
        simulation.run(for: 8_000_000_000)
        simulation.heal()
        times.healing = simulation.runUntilConverged(limit: convergence)
        times.violations = simulation.violations
        return times
    }

    /// A large group forms; a fiftieth of it crashes at once; a tenth is cut off for a while, at 10% loss.
    package static func large(peers: Int, seed: UInt64) -> Times {
        let configuration = SwimConfiguration(PeerGroup(name: "group"))
        let bound = configuration.convergenceBound(members: peers).nanoseconds
        var simulation = Simulation(configuration, peers: peers, seeds: 3, seed: seed)
        var times = Times()
        simulation.startAll()
        times.joining = simulation.runUntilConverged(limit: bound)
        simulation.run(for: 1_000_000_000)
        for index in 0..<peers / 50 { simulation.crash(index * 7 + 5) }
        times.detection = simulation.runUntilConverged(limit: bound)
        times.falseDeaths = simulation.falseDeaths
        simulation.network.loss = 0.1
        simulation.partition([Array(0..<peers / 10), Array(peers / 10..<peers)])
        simulation.run(for: 8_000_000_000)
        simulation.network.loss = 0
        simulation.heal()
        times.healing = simulation.runUntilConverged(limit: bound)
        times.violations = simulation.violations
        return times
    }

    /// All of a group crash together, and are started again together.
    package static func restartOfAll(seed: UInt64) -> Outcome {
        var simulation = Simulation(SwimConfiguration(PeerGroup(name: "group")), peers: 7, seed: seed)
        simulation.startAll()
        simulation.run(for: 3_000_000_000)
        for index in 0..<7 { simulation.crash(index) }
        simulation.run(for: 100_000_000)
        simulation.startAll()
        return finish(&simulation)
    }

    /// One of seven is stopped, just as it suspects another that is about to refute; and runs on.
    /// - Returns: deaths that were declared after that are in `violations`.
    package static func pause(seed: UInt64, seconds: Int64) -> Outcome {
        var simulation = Simulation(SwimConfiguration(PeerGroup(name: "group")), peers: 7, seed: seed)
        simulation.startAll()
        simulation.run(for: 3_000_000_000 + Int64(seed % 200) * 1_000_000)
        simulation.pause(4)
        while simulation.view(of: 3, on: 4).state != .suspect, simulation.now < 10_000_000_000 {
            simulation.run(for: 1_000_000)
        }
        simulation.pause(3)
        simulation.resume(4)
        simulation.run(for: seconds * 1_000_000_000)
        let before = simulation.falseDeaths
        simulation.resume(3)
        var outcome = finish(&simulation)
        if outcome.falseDeaths > before {
            outcome.violations.append("\(outcome.falseDeaths - before) deaths declared after the pause")
        }
        return outcome
    }
}
