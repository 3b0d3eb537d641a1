/// A number to which each operation adds, and returns the total or nothing.
package struct CounterModel: SequentialModel {
    package enum Input: Sendable, Hashable {
        case read
        case add(Int64)
    }

    package let initial: Int64

    package init(initial: Int64 = 0) { self.initial = initial }

    /// - Parameter output: the total after it.
    package func step(_ state: Int64, _ input: Input, _ output: Int64?) -> Int64? {
        let total =
            switch input {
            case .read: state
            case .add(let amount): state &+ amount
            }
        return output == nil || output == total ? total : nil
    }

    package func isReadOnly(_ input: Input, _ output: Int64?) -> Bool { input == .read }
}
