import ClusterModel
import Control
import NIOCore
import Objects
import RPC

/// `directory:` — keeps who owns what.
final class DirectoryPart: ServerPart {
    private let context: NodeContext
    private let role: DirectoryRole
    private var directory: DirectoryService?

    init(_ context: NodeContext, _ role: DirectoryRole) {
        self.context = context
        self.role = role
    }

    let needsStore = true

    func services(_ store: NodeStore?, _ dispatcher: ServiceDispatcher) throws -> [ServedService] {
        var configuration = DirectoryCore.Configuration(role)
        // Of time, so that a session of a life whose store is lost is none of this one's: a thousand a millisecond.
        configuration.firstSession = UInt64(max(1, WallClock.milliseconds())) * 1_000
        let directory = try DirectoryService(configuration, store: store, on: context.eventLoop)
        directory.failpoint = { [unowned context] in context.failpoint($0, object: $1, $2) }
        directory.onFailure = { [log = context.log] in log("error: the directory's store has failed: \($0)") }
        self.directory = directory
        return [directory.served]
    }

    func start(port: Int) -> EventLoopFuture<Void> {
        context.port = port
        context.log("keeping the directory of objects")
        return context.eventLoop.makeSucceededVoidFuture()
    }

    func report(_ progress: inout Progress) {}

    func drain() {}

    let pendingCount = 0

    func stop() -> EventLoopFuture<Void> {
        directory?.stop()
        return context.eventLoop.makeSucceededVoidFuture()
    }
}
