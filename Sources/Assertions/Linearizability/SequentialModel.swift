/// What an object does when its operations come one at a time: the yardstick of linearizability.
package protocol SequentialModel {
    associatedtype State: Hashable
    associatedtype Input: Hashable
    associatedtype Output: Hashable

    var initial: State { get }

    /// - Parameter output: what the operation returned; `nil`: not known, so that anything is possible.
    /// - Returns: the state after it; `nil` where it cannot have returned this in that state.
    func step(_ state: State, _ input: Input, _ output: Output?) throws(ModelFailure) -> State?

    /// Whether an operation leaves every state as it is. It may answer false for any; true makes the search short.
    func isReadOnly(_ input: Input, _ output: Output?) -> Bool

    /// About how much memory a state takes.
    func bytes(_ state: State) -> Int
}

extension SequentialModel {
    package func isReadOnly(_ input: Input, _ output: Output?) -> Bool { false }
    package func bytes(_ state: State) -> Int { MemoryLayout<State>.stride }
}

/// A model that cannot tell what an operation does: there is no verdict then.
package struct ModelFailure: Error, Equatable {
    package var reason: String

    package init(_ reason: String) { self.reason = reason }
}

/// One operation on one object, as its caller saw it. It took effect at one moment from its call to its return.
package struct ConcurrentOperation<Input: Hashable, Output: Hashable> {
    package var call: Int64
    /// `nil`: it is open. It took effect at some time after its call, or will, or never does.
    package var end: Int64?
    package var input: Input
    /// `nil`: not known; always where it is open.
    package var output: Output?

    package init(call: Int64, end: Int64?, input: Input, output: Output?) {
        self.call = call
        self.end = end.map { max($0, call) }
        self.input = input
        self.output = end == nil ? nil : output
    }
}

extension ConcurrentOperation: Sendable where Input: Sendable, Output: Sendable {}
extension ConcurrentOperation: Equatable {}
