import ClusterModel

/// One value: a read returns what the last write put.
package struct RegisterModel: SequentialModel {
    package enum Input: Sendable, Hashable {
        case read
        case write(ArgumentValue)
        /// Writes `new` where the value is `expected`.
        case compareAndSwap(expected: ArgumentValue, new: ArgumentValue)
    }

    package enum Output: Sendable, Hashable {
        case value(ArgumentValue)
        case swapped(Bool)
        case written
    }

    package let initial: ArgumentValue

    package init(initial: ArgumentValue = .null) { self.initial = initial }

    package func step(_ state: ArgumentValue, _ input: Input, _ output: Output?) -> ArgumentValue? {
        switch (input, output) {
        case (.read, .value(let value)?): return value == state ? state : nil
        case (.read, _): return state
        case (.write(let value), _): return value
        case (.compareAndSwap(let expected, let new), _):
            let fits = state == expected
            if case .swapped(let swapped)? = output, swapped != fits { return nil }
            return fits ? new : state
        }
    }

    package func isReadOnly(_ input: Input, _ output: Output?) -> Bool {
        switch (input, output) {
        case (.read, _), (.compareAndSwap, .swapped(false)?): true
        case (.write, _), (.compareAndSwap, _): false
        }
    }

    package func bytes(_ state: ArgumentValue) -> Int { state.bytes }
}
