import NIOCore

/// What a handler in Swift may know of its call.
public struct CallContext: Sendable {
    /// `client/incarnation/sequence`; nil where the client numbers no calls.
    public let callID: String?
    /// From 1.
    public let attempt: Int
    /// `Calculator/suma`
    public let method: String
    /// The client's own, in order; bytes under a `-bin` name are base64.
    public let metadata: [(name: String, value: String)]
    /// The call's own deadline, as the time that was left when it began; nil: none.
    public let timeLeft: Duration?
    private let execution: NIOLoopBound<Execution>
    private let eventLoop: any EventLoop

    init(_ execution: Execution, now: Int64) {
        callID = execution.header.id?.description
        attempt = Int(execution.header.attempt)
        method = execution.entry.name
        metadata = execution.metadata.entries.map { ($0.name, $0.value) }
        timeLeft = execution.deadline.map { .nanoseconds(max($0 - now, 0)) }
        eventLoop = execution.eventLoop
        self.execution = NIOLoopBound(execution, eventLoop: execution.eventLoop)
    }

    /// The node's store: bytes by key, at most 1 KiB a key and 1 MiB a value. What is put takes effect with the call's
    /// success, or not at all; where the service's duplicate table is durable, in one commit with the saved reply.
    ///
    /// Calls that touch the store run one after the other. Throws `RPCError` (FAILED_PRECONDITION) where the node has no
    /// store, and for what the store does not take.
    public func get(_ key: String) async throws -> [UInt8]? {
        try await use { try $0.get(Array(key.utf8)) }
    }

    public func put(_ key: String, _ value: [UInt8]) async throws {
        try await use { try $0.put(Array(key.utf8), value) }
    }

    public func delete(_ key: String) async throws {
        try await use { try $0.delete(Array(key.utf8)) }
    }

    private func use<Value: Sendable>(
        _ body: @escaping @Sendable (StoreTransaction) throws -> Value
    ) async throws -> Value {
        let promise = eventLoop.makePromise(of: Value.self)
        let execution = self.execution
        eventLoop.execute {
            guard execution.value.isOpen else { return promise.fail(CancellationError()) }
            guard let store = execution.value.store else {
                return promise.fail(RPCError("FAILED_PRECONDITION", "this node has no store"))
            }
            store.acquire(ended: { promise.fail(CancellationError()) }) {
                do {
                    promise.succeed(try body(store))
                } catch let error as StoreTransaction.Misuse {
                    promise.fail(RPCError("FAILED_PRECONDITION", "\(error)"))
                } catch {
                    promise.fail(error)
                }
            }
        }
        return try await promise.futureResult.get()
    }
}
