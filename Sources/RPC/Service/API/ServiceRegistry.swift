import Synchronization

/// Methods that Swift code carries out, by name: registered before a node starts to serve them.
///
/// ```swift
/// ServiceRegistry.register("Calculator.suma") { request, context in
///     ["total": .int((request["a"]?.int ?? 0) + (request["b"]?.int ?? 0))]
/// }
/// ```
public final class ServiceRegistry: Sendable {
    /// Carries out one call. It runs on the node's event loop and must not block it. An `RPCError` is the method's own
    /// error; any other error is UNKNOWN. Where the call ends early (its deadline, its caller) the task is cancelled.
    public typealias Body = @Sendable (_ request: RPCValue, _ context: CallContext) async throws -> RPCValue

    /// What nodes of this process serve.
    public static let standard = ServiceRegistry()

    private let bodies = Mutex<[String: Body]>([:])

    public init() {}

    /// A second registration takes the place of the first.
    /// - Parameter method: `Calculator.suma`, with the package if there is one.
    public func register(_ method: String, _ body: @escaping Body) { bodies.withLock { $0[method] = body } }

    public static func register(_ method: String, _ body: @escaping Body) { standard.register(method, body) }

    /// What carries out the methods of a service (full name), by their names.
    package func handlers(of service: String) -> [String: any MethodHandler] {
        bodies.withLock { bodies in
            var handlers: [String: any MethodHandler] = [:]
            for (name, body) in bodies where name.hasPrefix("\(service).") {
                let method = name.dropFirst(service.count + 1)
                if !method.contains(".") { handlers[String(method)] = AsyncHandler(body) }
            }
            return handlers
        }
    }
}
