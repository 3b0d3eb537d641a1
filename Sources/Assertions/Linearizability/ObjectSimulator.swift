import ClusterModel

/// What the judge must know of the types of objects, and cannot: how their messages are written, and what their methods do.
package protocol ObjectModels: Sendable {
    /// Asked once for each object that is judged; one thread at a time uses the answer.
    /// - Returns: `nil`: there is no such type, or its methods cannot be run here.
    func simulator(of type: String) -> (any ObjectSimulator)?
}

/// One object of a type, run by itself. What it does depends on nothing but what it is handed.
package protocol ObjectSimulator: AnyObject {
    /// The fields of `self` when the object is new; `nil`: not known.
    func initialFields(of object: String) -> [String: ArgumentValue]?

    /// The same, as `run` takes it.
    func initialState(of object: String) -> [UInt8]?

    /// Runs one method. Equal states should have equal bytes: where they have not, judging takes longer.
    /// - Returns: `nil`: this method cannot be run here (it calls another object, say), and there is no verdict.
    func run(_ method: String, arguments: [UInt8], on state: [UInt8]) -> ObjectStep?

    /// The fields of a request message, with all that have a default; a field that may be absent and is, is null.
    /// - Returns: `nil`: they cannot be read.
    func arguments(of method: String, _ bytes: [UInt8]) -> [String: ArgumentValue]?

    /// The fields of a response message, likewise.
    func result(of method: String, _ bytes: [UInt8]) -> [String: ArgumentValue]?
}

/// What an invocation does to an object.
package struct ObjectStep: Sendable, Equatable {
    package enum Outcome: Sendable, Equatable {
        /// The response message.
        case result([UInt8])
        /// The name of a declared exception.
        case exception(String)
        /// It fails with an error that the type does not declare.
        case failure
    }

    package var state: [UInt8]
    package var outcome: Outcome

    package init(state: [UInt8], outcome: Outcome) {
        self.state = state
        self.outcome = outcome
    }
}
