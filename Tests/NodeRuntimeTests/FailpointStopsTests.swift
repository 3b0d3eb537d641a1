import ClusterModel
import Testing

@testable import NodeRuntime

@Suite struct FailpointStopsTests {
    @Test func onlyArmedStepsHold() {
        var stops = FailpointStops(armed: [.swapped])
        #expect(stops.arrive(.swap) {} == nil)
        #expect(stops.arrive(.swapped) {} != nil)
    }

    @Test func eachGoesOnWithItsOwnAndOnce() throws {
        var stops = FailpointStops(armed: [.swapped, .moved])
        var gone: [String] = []
        let first = try #require(stops.arrive(.swapped) { gone.append("first") })
        let second = try #require(stops.arrive(.moved) { gone.append("second") })
        #expect(first != second)
        stops.leave(second)?()
        #expect(gone == ["second"])
        #expect(stops.leave(second) == nil)
        stops.leave(first)?()
        #expect(gone == ["second", "first"])
    }
}
