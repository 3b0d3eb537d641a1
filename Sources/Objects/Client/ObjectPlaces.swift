import NIOCore
import RPC

/// What a caller of objects asks others for. All calls come on its event loop, and so must the answers; they may come at
/// once.
package protocol ObjectPlaces: AnyObject {
    /// The way to a host process. It is asked for once a process, and shared by all objects.
    func target(for process: String, _ ready: @escaping (Result<any CallTransport, Unreachable>) -> Void)

    /// Asks the directory; nil: there is no such object. It is not asked for an object while it has not answered.
    func lookup(_ object: String, _ completed: @escaping (Result<ObjectRecord?, GRPCStatus>) -> Void)

    /// Nothing is asked for any more: closes the targets, where nobody else has them.
    func close() -> EventLoopFuture<Void>
}
