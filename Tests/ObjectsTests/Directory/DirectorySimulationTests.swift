import Testing

@Suite("Directory: simulation") struct DirectorySimulationTests {
    @Test(arguments: 1...12 as ClosedRange<UInt64>)
    func holdsWhateverIsLost(seed: UInt64) throws {
        var simulation = try DirectorySimulation(seed: seed, attention: seed % 2 == 0)
        try simulation.run(steps: 8_000)
        #expect(simulation.faults == [])
        // It was about something.
        #expect(simulation.grants["swap", default: 0] > 20)
        #expect(simulation.grants["renewal", default: 0] > 20)
        #expect(simulation.grants["store", default: 0] > 5)
    }

    @Test func allGroundsOccur() throws {
        var grants: [String: Int] = [:]
        for seed in 101...106 as ClosedRange<UInt64> {
            var simulation = try DirectorySimulation(seed: seed, attention: false)
            try simulation.run(steps: 8_000)
            #expect(simulation.faults == [])
            grants.merge(simulation.grants, uniquingKeysWith: +)
        }
        for ground in ["swap", "renewal", "store", "prepared", "snapshot"] {
            #expect(grants[ground, default: 0] > 5, "\(ground) of \(grants)")
        }
    }
}
