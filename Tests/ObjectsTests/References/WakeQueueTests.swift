import ClusterModel
import Testing

@testable import Objects

@Suite struct WakeQueueTests {
    /// Beside a plain table of moments.
    @Test(arguments: 0..<UInt64(20)) func isAQueue(_ seed: UInt64) {
        var dice = SeededGenerator(seed: seed, "wake queue")
        var queue = WakeQueue()
        var model: [Int: Int64] = [:]
        for _ in 0..<400 {
            let slot = Int.random(in: 0..<20, using: &dice)
            switch Int.random(in: 0..<4, using: &dice) {
            case 0, 1:
                let moment = Int64.random(in: 0..<50, using: &dice)
                queue.set(slot, moment)
                model[slot] = moment
            case 2:
                queue.remove(slot)
                model[slot] = nil
            default:
                let now = Int64.random(in: 0..<50, using: &dice)
                let least = model.values.min()
                if let popped = queue.popDue(now) {
                    #expect(model[popped] == least && least.map { $0 <= now } == true)
                    model[popped] = nil
                } else {
                    #expect(least.map { $0 > now } ?? true)
                }
            }
            #expect(queue.next == model.values.min() && queue.count == model.count)
        }
    }
}
