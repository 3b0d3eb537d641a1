/// What carries out a method. Called on the dispatcher's event loop.
package protocol MethodHandler: AnyObject {
    /// Begins an execution. It ends with `finish` or `fail`, now or later; until then the handler may keep it. What it
    /// does after a cancellation is ignored.
    func start(_ execution: Execution)

    /// Whether an execution that was cancelled is over at once. If not, it goes on taking up one of the server's places
    /// until the handler calls `abandon`.
    var stopsWhenCancelled: Bool { get }
}

extension MethodHandler {
    package var stopsWhenCancelled: Bool { true }
}

/// A method that answers at once.
package final class ClosureHandler: MethodHandler {
    private let body: (Execution) -> Void

    package init(_ body: @escaping (Execution) -> Void) { self.body = body }

    package func start(_ execution: Execution) { body(execution) }
}
