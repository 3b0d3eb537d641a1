import NIOCore
import NIOPosix
import RPC

/// Distributed objects of a cluster, as a program outside of it invokes them.
///
/// ```swift
/// let cluster = try await ObjectCluster.connect(
///     directory: "127.0.0.1:4000", hosts: ["host-a": "127.0.0.1:4001", "host-b": "127.0.0.1:4002"])
/// let account = try await cluster.object("orch://Account/acc-1")
/// print(try await account.invoke("deposit", ["amount": 10]).int ?? 0)
/// await cluster.close()
/// ```
///
/// Where an object is, and where it goes, is not the program's business. Invocations are carried out at most once unless
/// the policy says otherwise.
public final class ObjectCluster: Sendable {
    public typealias Policy = ServiceStub.Policy

    public let policy: Policy
    private let caller: NIOLoopBound<ObjectCaller>
    private let eventLoop: any EventLoop

    private init(_ policy: Policy, _ caller: NIOLoopBound<ObjectCaller>, _ eventLoop: any EventLoop) {
        self.policy = policy
        self.caller = caller
        self.eventLoop = eventLoop
    }

    /// Connects to the directory. Hosts are connected to when they are needed.
    /// - Parameters:
    ///   - directory: `127.0.0.1:4000`, `[::1]:4000`.
    ///   - hosts: the address of every host process, by its name: `host-a`, `host-2`.
    ///   - client: a name for this program in the hosts' evidence, without `/`.
    /// - Throws: `ObjectError`.
    public static func connect(
        directory: String, hosts: [String: String], client name: String = "swift", policy: Policy = Policy()
    ) async throws(ObjectError) -> ObjectCluster {
        let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
        // Another process, or another cluster, of the same name is another caller.
        let incarnation = String(UInt64.random(in: 1...(.max)), radix: 16)
        guard CallID("\(name)/\(incarnation)/1") != nil else { throw .malformed("'\(name)' is no name for a client") }
        let address = try Self.address(directory)
        var addresses: [String: GRPCConnectionConfiguration] = [:]
        for (host, text) in hosts { addresses[host] = try Self.address(text) }
        do {
            let caller = try await eventLoop.submit { [addresses] in
                let ways = try ObjectWays(process: name, incarnation: incarnation, directory: address, on: eventLoop)
                for (host, address) in addresses { ways.add(host, at: address) }
                let caller = ObjectCaller(process: name, incarnation: incarnation, ways, on: eventLoop)
                return NIOLoopBound(caller, eventLoop: eventLoop)
            }.get()
            let cluster = ObjectCluster(policy, caller, eventLoop)
            do {
                try await cluster.ask { caller, completed in caller.greet(completed) }
                return cluster
            } catch {
                await cluster.close()
                throw error
            }
        } catch {
            throw error as? ObjectError ?? .malformed("\(error)")
        }
    }

    private static func address(_ text: String) throws(ObjectError) -> GRPCConnectionConfiguration {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]), port > 0 else {
            throw .malformed("'\(text)' is no address: write 'host:port'")
        }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        guard !host.isEmpty else { throw .malformed("'\(text)' is no address: write 'host:port'") }
        return GRPCConnectionConfiguration(host: String(host), port: Int(port))
    }

    /// An object by its reference. It is kept alive as long as the result lives.
    /// - Parameter reference: `orch://Account/acc-1`.
    /// - Throws: `ObjectError`, for a text that is no reference. Whether there is such an object, its use shows.
    public func object(_ reference: String) async throws(ObjectError) -> RemoteObject {
        guard let reference = ObjectReference(reference) else {
            throw .malformed("'\(reference)' is no reference: they look like orch://Account/acc-1")
        }
        return try await object(reference)
    }

    /// An object behind a typed front.
    /// - Parameter object: a reference, or the id alone: `acc-1`.
    /// - Throws: `ObjectError`: `wrongType` for a reference to an object of another type.
    public func object<Proxy: ObjectProxy>(
        _ object: String, as proxy: Proxy.Type = Proxy.self
    ) async throws(ObjectError) -> Proxy {
        let id = ObjectReference.isName(object) ? ObjectReference(type: Proxy.typeName, object: object) : nil
        guard let reference = id ?? ObjectReference(object) else {
            throw .malformed("'\(object)' is neither a reference nor the id of an object")
        }
        guard reference.type == Proxy.typeName else { throw .wrongType }
        return Proxy(try await self.object(reference))
    }

    private func object(_ reference: ObjectReference) async throws(ObjectError) -> RemoteObject {
        let ground = try await ask { caller, completed in
            var ground: UInt64 = 0
            var isHeld = false
            ground = caller.hold(reference) {
                isHeld = true
                if ground != 0 { completed(.success(ground)) }
            }
            if isHeld { completed(.success(ground)) }
        }
        return RemoteObject(self, reference, ground: ground)
    }

    /// Ends the invocations that run, and the connections. Objects that only this program referred to are collected.
    public func close() async {
        let caller = self.caller
        try? await eventLoop.flatSubmit { caller.value.close() }.get()
    }

    // MARK: - For objects

    func invoke(
        _ reference: ObjectReference, _ method: String, _ parameters: RPCValue, _ policy: Policy?
    ) async throws(ObjectError) -> RPCValue {
        let options = (policy ?? self.policy).options
        return try await ask { caller, completed in
            caller.invoke(reference, method, parameters, options, completed)
        }
    }

    func release(_ ground: UInt64) {
        let caller = self.caller
        eventLoop.execute { caller.value.release(ground) }
    }

    private func ask<Value: Sendable>(
        _ body: @escaping @Sendable (ObjectCaller, @escaping ObjectCaller.Completion<Value>) -> Void
    ) async throws(ObjectError) -> Value {
        let caller = self.caller
        let promise = eventLoop.makePromise(of: Result<Value, ObjectError>.self)
        eventLoop.execute { body(caller.value) { promise.succeed($0) } }
        let result: Result<Value, ObjectError>
        do {
            result = try await promise.futureResult.get()
        } catch {
            result = .failure(.closed)
        }
        return try result.get()
    }
}
