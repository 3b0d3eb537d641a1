import Broker
import ClusterModel
import Control
import History
import Logging
import NIOCore
import NIOPosix

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The process of one native node: says hello to its cluster, gets its plan, and does its roles' work until it is told
/// to stop, or the cluster is gone.
package enum NodeProcess {
    /// - Parameters:
    ///   - socket: the cluster's control socket.
    ///   - instance: the process's name.
    /// - Returns: the exit code.
    package static func run(socket: String, instance: String, incarnation: Int) async -> Int32 {
        let log = NodeLog()
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loop = group.next()
        do {
            let control = try await ControlClient.connect(to: socket, on: loop)
            control.send(.hello(instance: instance, incarnation: incarnation, pid: getpid()))
            return await serve(control, group, log)
        } catch {
            log("\(error)")
            return OrchError.Code.unavailable.rawValue
        }
    }

    private static func serve(_ control: ControlClient, _ group: MultiThreadedEventLoopGroup, _ log: NodeLog) async
        -> Int32
    {
        let loop = group.next()
        var broker: BrokerServer?
        var roles: NIOLoopBound<NodeRoles>?
        var reporter: RepeatedTask?
        var stopping: Task<Void, Never>?
        for await message in control.messages {
            switch message {
            case .plan(let plan):
                do {
                    if let role = plan.broker {
                        let server = try await startBroker(role, plan, group)
                        broker = server
                        control.send(.listening(port: server.port))
                    }
                    let made = try await loop.submit {
                        NIOLoopBound(try NodeRoles(plan, loop, log, control), eventLoop: loop)
                    }.get()
                    roles = made
                    try await loop.flatSubmit { made.value.prepare() }.get()
                    control.send(.ready)
                    reporter = loop.scheduleRepeatedTask(initialDelay: .milliseconds(50), delay: .milliseconds(100)) {
                        _ in made.value.report(to: control)
                    }
                } catch {
                    let message = (error as? OrchError)?.message ?? "\(error)"
                    log("error: \(message)")
                    control.send(.failed(message: message))
                    await control.close()
                    return OrchError.Code.unavailable.rawValue
                }
            case .run: if let roles { try? await loop.submit { roles.value.run() }.get() }
            case .drain: if let roles { try? await loop.submit { roles.value.drain() }.get() }
            case .response(let response):
                if let roles { try? await loop.submit { roles.value.resolved(response) }.get() }
            case .survey(let id):
                guard let roles else { continue }
                loop.flatSubmit { roles.value.survey() }.whenSuccess { control.send(.surveyed(id: id, $0)) }
            case .migrate, .describeObjects, .proceed:
                if let roles { try? await loop.submit { roles.value.asked(message) }.get() }
            case .stop:
                // What leaves in order may have to ask the cluster where others are: its answers are read meanwhile.
                guard stopping == nil else { continue }
                reporter?.cancel()
                stopping = Task { [roles, broker] in
                    if let roles {
                        try? await loop.flatSubmit { roles.value.stop() }.get()
                        try? await loop.submit { roles.value.report(to: control) }.get()
                    }
                    await broker?.shutdown()
                    await control.close()
                }
            default: break
            }
        }
        if let stopping {
            await stopping.value
            return 0
        }
        // The cluster is gone, and nobody is left to work for.
        return OrchError.Code.unavailable.rawValue
    }

    private static func startBroker(
        _ role: NodePlan.BrokerPlan, _ plan: NodePlan, _ group: MultiThreadedEventLoopGroup
    ) async throws -> BrokerServer {
        var configuration = BrokerConfiguration()
        configuration.port = role.port
        configuration.dataDirectory = role.data
        var logger = Logger(label: plan.instance) { _ in LineLogHandler() }
        logger.logLevel = .notice
        return try await BrokerServer.start(configuration: configuration, group: group, logger: logger)
    }
}

/// The roles of a process, on its event loop.
final class NodeRoles {
    private let context: NodeContext
    private var workloads: [any Workload] = []
    private var reported: Progress?

    init(_ plan: NodePlan, _ loop: any EventLoop, _ log: NodeLog, _ control: ControlClient) throws {
        let recorder = try Recorder(
            path: plan.evidence,
            source: EvidenceSource(kind: .node, name: plan.instance, incarnation: UInt32(plan.incarnation)))
        context = NodeContext(plan: plan, eventLoop: loop, recorder: recorder, log: log, control: control)
        // First: others may wait for it.
        if let role = plan.serve { workloads.append(try ServerRole(context, role)) }
        if let role = plan.feed { workloads.append(try FeedWorkload(context, role)) }
        for (index, role) in plan.publish.enumerated() {
            workloads.append(try PublisherRole(context, role, index: index))
        }
        for (index, role) in plan.consume.enumerated() {
            workloads.append(try ConsumerRole(context, role, index: index))
        }
        for (index, role) in plan.call.enumerated() {
            workloads.append(try CallerRole(context, role, index: index))
        }
        for role in plan.watch { workloads.append(WatchWorkload(context, role)) }
        for (index, role) in plan.append.enumerated() {
            workloads.append(try AppendWorkload(context, role, index: index))
        }
        if let peer = plan.peer {
            workloads.append(try PeerWorkload(context, peer, talk: PeerConversation(context, peer)))
        }
    }

    func prepare() -> EventLoopFuture<Void> {
        EventLoopFuture.andAllSucceed(workloads.map { $0.prepare() }, on: context.eventLoop)
    }

    func resolved(_ response: Response) { context.resolved(response) }

    /// What the cluster asks of objects.
    func asked(_ message: ControlMessage) {
        let objects = workloads.lazy.compactMap { $0 as? any ObjectControl }.first
        let control = context.control
        switch message {
        case .migrate(let id, let object, let target):
            guard let objects else { return control.send(.migrated(id: id, .notHere)) }
            objects.migrate(object: object, to: target) { control.send(.migrated(id: id, $0)) }
        case .describeObjects(let id, let limit, let object):
            guard let objects else { return control.send(.objects(id: id, [], more: false)) }
            objects.describe(limit: limit, object: object) { descriptions in
                let parts = descriptions.parts
                for (index, part) in parts.enumerated() {
                    control.send(.objects(id: id, part, more: index < parts.count - 1))
                }
            }
        case .proceed(let id): context.proceed(id)
        default: break
        }
    }

    func run() { for workload in workloads { workload.run() } }

    func drain() { for workload in workloads { workload.drain() } }

    /// Tells the cluster how far it is, where that has changed.
    func report(to control: ControlClient) {
        var progress = Progress()
        progress.isDone = true
        for workload in workloads { workload.report(&progress) }
        guard progress != reported else { return }
        reported = progress
        control.send(.progress(progress))
    }

    func survey() -> EventLoopFuture<Survey> {
        EventLoopFuture.whenAllSucceed(workloads.map { $0.survey() }, on: context.eventLoop).map { surveys in
            surveys.reduce(into: Survey(unhandled: 0, queued: 0)) { sum, survey in
                sum.unhandled += survey.unhandled
                if let queued = survey.queued { sum.queued? += queued } else { sum.queued = nil }
                sum.feeds.merge(survey.feeds) { max($0, $1) }
                // Of several that watch the same feed, the slowest tells.
                sum.views.merge(survey.views) { min($0, $1) }
                sum.broadcasts.merge(survey.broadcasts) { $0 ^ $1 }
                sum.members.merge(survey.members) { $0 ^ $1 }
                sum.suspects += survey.suspects
            }
        }
    }

    func stop() -> EventLoopFuture<Void> {
        EventLoopFuture.andAllComplete(workloads.map { $0.stop() }, on: context.eventLoop)
    }
}

/// A library's log lines, in the form of a node's own.
struct LineLogHandler: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.notice

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let all = metadata.merging(event.metadata ?? [:]) { $1 }
        let details = all.sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
        NodeLog()("\(event.level): \(event.message)\(details)")
    }
}
