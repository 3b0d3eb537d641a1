import NIOCore
import Protobuf
import RPC

/// What an `ObjectCluster` has on its event loop, to which this is confined: the types as the hosts describe them, the
/// client, and the references that the program holds.
final class ObjectCaller {
    typealias Completion<Value> = (Result<Value, ObjectError>) -> Void

    private let ways: ObjectWays
    private let resolver: ObjectResolver
    private let client: ObjectClient
    private let references: ReferenceKeeper
    private var schemas: [String: Schema] = [:]
    private var asked: [String: [Completion<Schema>]] = [:]
    private var lastGround: UInt64 = 0
    private var isClosed = false

    init(process: String, incarnation: String, _ ways: ObjectWays, on eventLoop: any EventLoop) {
        self.ways = ways
        resolver = ObjectResolver(ways, eventLoop: eventLoop)
        ways.resolver = resolver
        client = ObjectClient(
            process: process, incarnation: incarnation, resolver, seed: .random(in: 0...(.max)))
        // Programs of the same name are holders of their own.
        references = ReferenceKeeper(process: "\(process)-\(incarnation)", incarnation: 1, on: eventLoop)
        references.ways = ways
    }

    /// Succeeds if the directory answers.
    func greet(_ completed: @escaping Completion<Void>) {
        ways.directory.lookup([]) { result in
            completed(
                result.map { _ in }.mapError { failure in
                    .notExecuted(
                        reason: RefusalReason.unresolved.rawValue,
                        message: "the directory does not answer: \(failure). Check its address, and that it runs")
                })
        }
    }

    func close() -> EventLoopFuture<Void> {
        isClosed = true
        references.stop()
        for completed in asked.values.joined() { completed(.failure(.closed)) }
        asked = [:]
        return client.close()
    }

    // MARK: - References

    /// Tells the owner of an object that this program refers to it, and goes on when the owner knows.
    /// - Returns: what to release it by.
    func hold(_ reference: ObjectReference, _ goOn: @escaping () -> Void) -> UInt64 {
        lastGround += 1
        references.hold([reference], for: .invocation(lastGround), goOn)
        return lastGround
    }

    func release(_ ground: UInt64) { references.update(.invocation(ground), to: []) }

    // MARK: - Types

    private func schema(of type: String, _ completed: @escaping Completion<Schema>) {
        if let known = schemas[type] { return completed(.success(known)) }
        guard asked[type] == nil else {
            asked[type]?.append(completed)
            return
        }
        asked[type] = [completed]
        let hosts = ways.processes
        guard !hosts.isEmpty else { return described(type, .failure(.unimplemented("the cluster has no hosts"))) }
        var open = hosts.count
        var problems: [String] = []
        var isCertain = true
        for host in hosts {
            ways.describe(type, at: host) { [self] result in
                open -= 1
                switch result {
                case .success(let schema): described(type, .success(schema))
                case .failure(let error):
                    if error.name != "NOT_FOUND" {
                        isCertain = false
                        problems.append("\(host): \(error.message)")
                    }
                    guard open == 0 else { return }
                    let none = ObjectError.unimplemented("no host serves objects of the type '\(type)'")
                    let silent = ObjectError.notExecuted(
                        reason: RefusalReason.unresolved.rawValue,
                        message: "no host describes the type '\(type)': \(problems.joined(separator: "; "))")
                    described(type, .failure(isCertain ? none : silent))
                }
            }
        }
    }

    /// The first answer counts; another question may be open by the time of a later one.
    private func described(_ type: String, _ result: Result<Schema, ObjectError>) {
        if case .success(let schema) = result { schemas[type] = schema }
        for completed in asked.removeValue(forKey: type) ?? [] { completed(result) }
    }

    // MARK: - Invoking

    func invoke(
        _ reference: ObjectReference, _ method: String, _ parameters: RPCValue, _ options: CallOptions,
        _ completed: @escaping Completion<RPCValue>
    ) {
        guard !isClosed else { return completed(.failure(.closed)) }
        guard !references.hasExpired(reference.object) else { return completed(.failure(.expired)) }
        schema(of: reference.type) { [self] result in
            do throws(ObjectError) {
                let (type, message) = try request(reference, method, parameters, result.get())
                let passed = try references(in: message)
                // What a program passes on must be alive until the object's host holds it itself.
                lastGround += 1
                let ground = lastGround
                references.hold(passed, for: .invocation(ground)) { [self] in
                    guard !isClosed else { return completed(.failure(.closed)) }
                    client.invoke(
                        reference.object, path: type.path, message: ByteBuffer(bytes: message.encoded),
                        options: options
                    ) { [self] report in
                        // Nobody knows whether it has arrived: whoever has it now needs time to say so.
                        if case .unknown = report.outcome { references.pin(passed) }
                        if !passed.isEmpty { release(ground) }
                        completed(self.result(report, type))
                    }
                }
            } catch {
                completed(.failure(error))
            }
        }
    }

    private func request(
        _ reference: ObjectReference, _ method: String, _ parameters: RPCValue, _ schema: Schema
    ) throws(ObjectError) -> (MethodType, Message) {
        guard let type = schema.method(path: "/\(reference.type)/\(method)"), !type.clientStreaming,
            !type.serverStreaming
        else { throw .unimplemented("\(reference.type) has no method '\(method)'") }
        do {
            let value = parameters == .null ? [:] : parameters
            return (type, try Message(type.input, value.untyped, root: "parameters"))
        } catch {
            throw .malformed("\(reference.type).\(method): \(error)")
        }
    }

    private func references(in message: Message) throws(ObjectError) -> Set<ObjectReference> {
        do { return try ReferenceScan.references(in: message.untyped) } catch { throw .malformed("\(error)") }
    }

    private func result(_ report: CallReport, _ type: MethodType) -> Result<RPCValue, ObjectError> {
        if let failure = ObjectFailure(report) { return .failure(ObjectError(failure)) }
        do {
            let bytes = report.messages.first.map { Array($0.readableBytesView) } ?? []
            let value = try Message.decode(bytes, as: type.output).untyped
            // The program has a lease to make objects of what came.
            references.pin(try ReferenceScan.references(in: value))
            let isSingle = type.output.fields.map(\.name) == ["value"]
            return .success(RPCValue(isSingle ? value["value"] ?? .null : value))
        } catch {
            return .failure(.failed(message: "the result cannot be read: \(error)"))
        }
    }
}
