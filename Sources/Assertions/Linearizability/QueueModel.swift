import ClusterModel

/// First in, first out; what is taken from an empty queue is nothing.
package struct QueueModel: SequentialModel {
    package enum Input: Sendable, Hashable {
        case put(ArgumentValue)
        case take
    }

    package enum Output: Sendable, Hashable {
        case taken(ArgumentValue)
        case empty
        case put
    }

    package let initial: [ArgumentValue]

    package init(initial: [ArgumentValue] = []) { self.initial = initial }

    package func step(_ state: [ArgumentValue], _ input: Input, _ output: Output?) -> [ArgumentValue]? {
        switch (input, output) {
        case (.put(let value), _): state + [value]
        case (.take, .taken(let value)?): state.first == value ? Array(state.dropFirst()) : nil
        case (.take, .empty?): state.isEmpty ? state : nil
        case (.take, _): Array(state.dropFirst())
        }
    }

    package func isReadOnly(_ input: Input, _ output: Output?) -> Bool { input == .take && output == .empty }

    package func bytes(_ state: [ArgumentValue]) -> Int { state.reduce(32) { $0 + $1.bytes } }
}
