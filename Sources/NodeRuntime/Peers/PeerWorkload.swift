import ClusterModel
import Control
import Membership
import NIOCore

/// `peer:` — a member of a group. It is in place as soon as its socket is and the name service, if there is one, knows of
/// it: joining goes on by itself.
final class PeerWorkload: Workload {
    private let context: NodeContext
    private let shell: PeerShell
    private let talk: (any PeerTalking)?
    private let group: String

    /// - Parameter talk: what it does beside its membership.
    init(_ context: NodeContext, _ plan: NodePlan.PeerPlan, talk: (any PeerTalking)?) throws {
        self.context = context
        self.talk = talk
        group = plan.group.name
        shell = try PeerShell(
            context.eventLoop, name: context.plan.instance, life: context.plan.incarnation, seed: context.plan.seed,
            plan: plan, recorder: context.recorder, talk: talk)
    }

    func prepare() -> EventLoopFuture<Void> {
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        return shell.bind().flatMap { port in
            bound.value.context.control.send(.listeningDatagrams(port: port))
            bound.value.shell.start()
            return bound.value.talk?.settled ?? bound.eventLoop.makeSucceededVoidFuture()
        }
    }

    func run() { shell.run() }

    func drain() { shell.drain() }

    func report(_ progress: inout Progress) {
        progress.members = shell.live.count
        talk?.report(&progress)
    }

    func survey() -> EventLoopFuture<Survey> {
        var survey = talk?.survey() ?? Survey(queued: 0)
        var hash = StableHash(seed: 0)
        for name in shell.live { hash.combine(name) }
        survey.members[group] = hash.value
        survey.suspects = Array(shell.doubted.prefix(Survey.suspectLimit))
        return context.eventLoop.makeSucceededFuture(survey)
    }

    func stop() -> EventLoopFuture<Void> {
        let dropped = shell.dropped
        if dropped.all > 0 {
            context.log(
                "datagrams dropped: \(dropped.strangers) from nobody known, \(dropped.malformed) malformed, "
                    + "\(dropped.unsent) not sent")
        }
        return shell.stop()
    }
}
