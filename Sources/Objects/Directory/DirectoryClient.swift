import ClusterModel
import NIOCore
import Protobuf
import RPC

/// Asks the directory, again and again until it answers or the time given is over. Confined to its event loop.
package final class DirectoryClient {
    package typealias Completion<Reply> = (Result<Reply, DirectoryFailure>) -> Void

    /// How long a lookup waits, if nothing else is said.
    package static let lookupTime = Duration.seconds(2)
    /// As good as for ever.
    private static let untilAnswered = Duration.seconds(86_400)
    private static let attemptTime = Duration.milliseconds(250)
    private static let backoff = Duration.milliseconds(10)...(.milliseconds(250))

    private let client: RPCClient
    private let schema: Schema
    private lazy var changes = RegistrationQueue(self)

    /// - Parameter client: of calls to the directory's node, and nobody else.
    package init(_ client: RPCClient) throws(SchemaError) {
        self.client = client
        schema = try DirectoryMethod.schema()
    }

    package func open(_ request: OpenSession, within time: Duration, _ completed: @escaping Completion<SessionLease>) {
        ask(.open, request, within: time, completed)
    }

    /// - Parameter time: at most what is left of the lease.
    package func renew(session: UInt64, within time: Duration, _ completed: @escaping Completion<SessionLease>) {
        var request = RenewSession()
        request.session = session
        ask(.renew, request, within: time, completed)
    }

    /// Registrations and drops leave in the order in which they were asked for, one request at a time and several of them
    /// in one.
    /// - Parameter completed: a record for each, in their order; `fenced`: the session is over.
    package func register(
        _ objects: [ObjectRecord], session: UInt64, within time: Duration,
        _ completed: @escaping Completion<ObjectRecords>
    ) {
        changes.append(.register, objects, session: session, within: time, completed)
    }

    package func drop(
        _ objects: [ObjectRecord], session: UInt64, within time: Duration,
        _ completed: @escaping Completion<Acknowledgement>
    ) {
        changes.append(.drop, objects, session: session, within: time) { result in
            completed(
                result.map { records in
                    var acknowledgement = Acknowledgement()
                    acknowledgement.fenced = records.fenced
                    return acknowledgement
                })
        }
    }

    package func claim(
        _ request: ClaimObject, within time: Duration, _ completed: @escaping Completion<OwnershipReply>
    ) {
        ask(.claim, request, within: time, completed)
    }

    /// - Parameter time: nil: until it is answered.
    package func swap(
        _ request: SwapOwner, within time: Duration? = nil, _ completed: @escaping Completion<OwnershipReply>
    ) {
        ask(.swap, request, within: time ?? Self.untilAnswered, completed)
    }

    /// A record for each, in their order; at most `DirectoryCore.perRequest`.
    package func lookup(
        _ objects: [String], within time: Duration = lookupTime, _ completed: @escaping Completion<ObjectRecords>
    ) {
        var request = LookupObjects()
        request.objects = objects
        ask(.lookup, request, within: time, completed)
    }

    package func snapshot(
        _ request: ObjectSnapshot, within time: Duration, _ completed: @escaping Completion<Acknowledgement>
    ) {
        ask(.snapshot, request, within: time, completed)
    }

    package func fetchSnapshot(
        of object: String, within time: Duration, _ completed: @escaping Completion<ObjectSnapshot>
    ) {
        var request = FetchSnapshot()
        request.object = object
        ask(.fetch, request, within: time, completed)
    }

    package func list(
        after object: String = "", within time: Duration = lookupTime, _ completed: @escaping Completion<ObjectRecords>
    ) {
        var request = ListObjects()
        request.after = object
        ask(.list, request, within: time, completed)
    }

    func ask<Request: WireMessage, Reply: WireMessage>(
        _ method: DirectoryMethod, _ request: Request, within time: Duration, _ completed: @escaping Completion<Reply>
    ) {
        // An attempt that is late is still good; the number of attempts sets no bound, time does.
        let retry = RetryPolicy(
            timeout: min(Self.attemptTime, time), attempts: .max, backoff: Self.backoff, deadline: time)
        let wire = WireClient(client, schema, service: DirectoryMethod.service, retry: retry)
        wire.ask(method.rawValue, request) { (result: Result<Reply, WireFailure>) in
            completed(result.mapError { DirectoryFailure(method, $0) })
        }
    }
}

/// There is no answer of the directory, or a refusal.
package struct DirectoryFailure: Error, Sendable, Equatable, CustomStringConvertible {
    package var method: DirectoryMethod
    package var status: GRPCStatus
    /// Whether ownership may have changed (`DirectoryMethod.decidesOwnership`).
    package var isInDoubt: Bool

    init(_ method: DirectoryMethod, _ failure: WireFailure) {
        self.method = method
        status = failure.status
        isInDoubt = method.decidesOwnership && !failure.isCertain
    }

    package var description: String {
        "\(method.rawValue): \(status)\(isInDoubt ? " (it may have been done all the same)" : "")"
    }
}
