import NIOCore
import Protobuf

/// Carries out unary calls with an `async` closure, on the event loop.
final class AsyncHandler: MethodHandler {
    private let body: ServiceRegistry.Body

    init(_ body: @escaping ServiceRegistry.Body) { self.body = body }

    /// A task that is cancelled runs until it looks.
    var stopsWhenCancelled: Bool { false }

    func start(_ execution: Execution) {
        guard !execution.method.clientStreaming, !execution.method.serverStreaming, let request = execution.request
        else {
            return execution.fail(
                GRPCStatus(.unimplemented, "a streaming method cannot be registered"), outcome: .notExecuted)
        }
        let now = Int64(clamping: NIODeadline.now().uptimeNanoseconds)
        let context = CallContext(execution, now: now)
        let eventLoop = execution.eventLoop
        let bound = NIOLoopBound(execution, eventLoop: eventLoop)
        let body = self.body
        let argument = RPCValue(request.untyped)
        let task = Task(executorPreference: EventLoopTasks(eventLoop)) {
            let result: Result<RPCValue, any Error>
            do { result = .success(try await body(argument, context)) } catch { result = .failure(error) }
            eventLoop.execute { end(bound.value, result) }
        }
        execution.onCancel = { _ in task.cancel() }
    }
}

private func end(_ execution: Execution, _ result: Result<RPCValue, any Error>) {
    defer { execution.abandon() }
    guard execution.isOpen else { return }
    switch result {
    case .success(let value):
        do throws(ValueError) {
            execution.finish(try Message(execution.method.output, value.untyped, root: "response"))
        } catch {
            execution.fail(GRPCStatus(.internalError, "\(error)"))
        }
    case .failure(let error as RPCError): execution.fail(error.status)
    case .failure(let error): execution.fail(GRPCStatus(.unknown, "\(error)"))
    }
}
