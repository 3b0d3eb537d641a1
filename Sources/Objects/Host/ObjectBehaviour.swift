import ClusterModel
import Protobuf
import RPC

/// What runs an object's methods: it knows what an object's state is. Confined to the host's event loop.
package protocol ObjectBehaviour: AnyObject {
    /// A live object.
    /// - Parameter state: as `encode` made it; nil: the type's own fields, with these in their place.
    /// - Throws: what is wrong with the state.
    func make(_ type: ObjectType, state: [UInt8]?, fields: [String: ArgumentValue]) throws -> AnyObject

    /// The whole state of a live object, for another process.
    /// - Throws: what in it cannot leave.
    func encode(_ live: AnyObject) throws -> [UInt8]

    /// References in it.
    func references(in state: [UInt8]) -> Set<ObjectReference>

    /// Fields and values, as JSON, for people and for evidence.
    func json(_ state: [UInt8]) -> String

    /// Runs a method. It ends with `finish` or `fail` of the invocation, now or later, exactly once.
    func start(_ invocation: Invocation)
}

/// An exception that a method declares, or what went wrong in it.
package struct ObjectException: Error, Sendable, Equatable {
    /// The declared name; empty: not declared, a mistake in the method.
    package var name: String
    package var message: String
    /// A line a frame, innermost first; may be empty.
    package var trace: String
    /// What stopped it part-way, if that is what happened: nobody knows what it has done.
    package var limit: RefusalReason?

    package init(name: String, message: String, trace: String = "", limit: RefusalReason? = nil) {
        self.name = name
        self.message = message
        self.trace = trace
        self.limit = limit
    }
}

/// One invocation of a method, as what runs it sees it. It goes on when its caller's transmission is gone.
package final class Invocation {
    /// Unique in the process.
    package let number: UInt64
    package let reference: ObjectReference
    package let type: ObjectType
    package let method: MethodType
    package let header: CallHeader
    package let metadata: Metadata
    package let request: Message
    /// Of the whole call, in nanoseconds of `NIODeadline`'s clock.
    package let deadline: Int64?
    package let live: AnyObject
    /// Nobody waits for a result any more, or its time is over. Not called after the end.
    package var onCancel: (() -> Void)?
    private var completed: ((Result<Message, ObjectException>) -> Void)?

    init(
        number: UInt64, reference: ObjectReference, type: ObjectType, method: MethodType, header: CallHeader,
        metadata: Metadata, request: Message, deadline: Int64?, live: AnyObject,
        completed: @escaping (Result<Message, ObjectException>) -> Void
    ) {
        self.number = number
        self.reference = reference
        self.type = type
        self.method = method
        self.header = header
        self.metadata = metadata
        self.request = request
        self.deadline = deadline
        self.live = live
        self.completed = completed
    }

    package var isOpen: Bool { completed != nil }

    package func finish(_ message: Message) { end(.success(message)) }

    package func fail(_ exception: ObjectException) { end(.failure(exception)) }

    private func end(_ result: Result<Message, ObjectException>) {
        guard let completed else { return }
        self.completed = nil
        onCancel = nil
        completed(result)
    }
}
