import NIOCore
import RPC

/// What a process does about the references that it holds: it tells their owners, and lets nobody use one whose owner
/// does not know. Confined to its event loop.
package final class ReferenceKeeper {
    /// How notices leave; both answers come on the event loop, perhaps at once.
    package protocol Ways: AnyObject {
        /// The process that owns the object: itself, another one, or `nil` where the object is gone.
        func owner(of object: String, _ located: @escaping (Result<String?, Unreachable>) -> Void)
        func refer(
            _ notice: ReferenceNotice, to process: String,
            _ completed: @escaping (Result<ReferenceAnswers, Unreachable>) -> Void)
        /// What it told of the object turned out wrong.
        func doubt(_ object: String)
    }

    /// How long an invocation waits for its references to be known to their owners. It then goes on all the same, and
    /// finds out at their use.
    private static let patience = TimeAmount.seconds(3)

    private final class Waiter {
        var missing: Set<String>
        var done: (() -> Void)?

        init(_ missing: Set<String>, _ done: @escaping () -> Void) {
            self.missing = missing
            self.done = done
        }

        func finish() {
            let done = done
            self.done = nil
            done?()
        }
    }

    package weak var ways: (any Ways)?
    /// A reference has come to be held, was released, or has expired.
    package var changed: (_ object: String, HeldReferences.ChangeKind) -> Void = { _, _ in }
    private let eventLoop: any EventLoop
    private let process: String
    private var held: HeldReferences
    private var waiters: [String: [Waiter]] = [:]
    private var timer: Scheduled<Void>?
    private var wake = Int64.max
    private var isFlushing = false
    private var isStopped = false

    /// - Parameter incarnation: greater than those of the process's earlier lives.
    package init(process: String, incarnation: UInt64, on eventLoop: any EventLoop) {
        self.process = process
        self.eventLoop = eventLoop
        held = HeldReferences(holder: process, incarnation: incarnation)
    }

    private var now: Int64 { Int64(clamping: NIODeadline.now().uptimeNanoseconds) }

    /// References that are held, or whose owners have yet to hear that they are not.
    package var count: Int { held.count }

    // MARK: - Grounds

    /// Holds references, besides those that the ground has already, and goes on when their owners know.
    package func hold(
        _ references: Set<ObjectReference>, for ground: HeldReferences.Ground, _ goOn: @escaping () -> Void
    ) {
        for reference in references { held.retain(reference, ground, now: now) }
        flush()
        let missing = references.filter { reference in
            switch held.state(of: reference.object, now: now) {
            case .unlisted, .listing: true
            default: false
            }
        }
        guard !missing.isEmpty else { return goOn() }
        let waiter = Waiter(Set(missing.map(\.object)), goOn)
        for reference in missing { waiters[reference.object, default: []].append(waiter) }
        eventLoop.assumeIsolated().scheduleTask(in: Self.patience) { waiter.finish() }
    }

    /// Makes the references the ones that are held on the ground.
    package func update(_ ground: HeldReferences.Ground, to references: Set<ObjectReference>) {
        held.update(ground, to: references, now: now)
        flush()
    }

    /// Holds references for a lease: long enough for whoever they were passed to.
    package func pin(_ references: Set<ObjectReference>) {
        guard !references.isEmpty else { return }
        held.pin(references, now: now)
        flush()
    }

    /// Whether the owner of a reference that is held has forgotten us; what is not held has no lease to lose.
    package func hasExpired(_ object: String) -> Bool { held.state(of: object, now: now) == .expired }

    package func stop() {
        isStopped = true
        timer?.cancel()
        timer = nil
    }

    // MARK: - Notices

    /// Sends what is due, and sees to it that this is done again when more is.
    private func flush() {
        guard !isFlushing, !isStopped else { return }
        isFlushing = true
        while case let notices = held.takeNotices(now: now), !notices.isEmpty {
            for notice in notices { send(notice) }
        }
        isFlushing = false
        tell()
        schedule()
    }

    private func schedule() {
        let next = held.nextWake ?? .max
        guard next != wake || timer == nil else { return }
        timer?.cancel()
        timer = nil
        wake = next
        guard next != .max else { return }
        timer = eventLoop.assumeIsolated().scheduleTask(in: .nanoseconds(max(next - now, 0))) {
            self.timer = nil
            self.flush()
        }
    }

    private func tell() {
        for change in held.takeChanges() {
            changed(change.object, change.kind)
            for waiter in waiters.removeValue(forKey: change.object) ?? [] {
                waiter.missing.remove(change.object)
                if waiter.missing.isEmpty { waiter.finish() }
            }
        }
    }

    /// To each owner its part.
    private func send(_ notice: ReferenceNotice) {
        guard let ways else { return held.failed(notice.sequence, notice.objects, now: now) }
        var parts: [String: [String]] = [:]
        var open = notice.objects.count
        for object in notice.objects {
            ways.owner(of: object) { [self] result in
                switch result {
                case .success(let owner?): parts[owner, default: []].append(object)
                case .success(nil): answered(notice, [Self.answer(object, .gone)])
                case .failure: failed(notice, [object])
                }
                open -= 1
                if open == 0 { for (owner, objects) in parts { send(notice, objects, to: owner, ways) } }
            }
        }
    }

    private func send(_ notice: ReferenceNotice, _ objects: [String], to owner: String, _ ways: any Ways) {
        var part = notice
        part.objects = objects
        ways.refer(part, to: owner) { [self] result in
            switch result {
            case .success(let reply):
                for answer in reply.answers where answer.standing == .elsewhere { ways.doubt(answer.object) }
                answered(notice, reply.answers)
            case .failure:
                for object in objects { ways.doubt(object) }
                failed(notice, objects)
            }
        }
    }

    private func answered(_ notice: ReferenceNotice, _ answers: [ReferenceAnswer]) {
        held.answered(notice.sequence, answers, now: now)
        flush()
    }

    private func failed(_ notice: ReferenceNotice, _ objects: [String]) {
        held.failed(notice.sequence, objects, now: now)
        flush()
    }

    private static func answer(_ object: String, _ standing: ReferenceAnswer.Standing) -> ReferenceAnswer {
        var answer = ReferenceAnswer()
        answer.object = object
        answer.standing = standing
        return answer
    }
}
