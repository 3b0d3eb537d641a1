import ClusterModel
import NIOCore
import Objects
import Protobuf
import RPC
import Scripting

/// One run of a script, from its start to its end: gives it what it waits for, whatever it is a part of. Subclasses say
/// what its functions mean where it runs, and what comes of its end.
class ScriptDriver {
    let scripts: NodeScripts
    private(set) var task: ScriptTask?
    private(set) var isOver = false
    private var alarms: [Scheduled<Void>] = []

    init(_ scripts: NodeScripts) { self.scripts = scripts }

    var eventLoop: any EventLoop { scripts.context.eventLoop }

    // MARK: - For subclasses

    /// Of what it runs for, in nanoseconds of `NIODeadline`'s clock.
    var deadline: Int64? { nil }

    /// A function that only some scripts have.
    /// - Returns: what became of the script where it could go on at once.
    func answer(_ request: ScriptRequest) throws -> ScriptOutcome? {
        throw ScriptRaise(.text("\(request.function) is not for this script"))
    }

    func finished(_ results: ScriptStack) {}

    func failed(_ error: ScriptError) {}

    /// References that have come to the script: it holds them until its end.
    func received(_ references: Set<ObjectReference>, _ goOn: @escaping () -> Void) { goOn() }

    /// It is over, in whatever way.
    func ended() {}

    // MARK: - From its start to its end

    /// - Parameter stream: names what its `random` draws from.
    func begin(
        _ function: ScriptFunction, random stream: String, arguments: (inout ScriptWriter) throws -> Void
    ) throws {
        let plan = scripts.context.plan
        let task = try ScriptTask(
            function, context: self,
            random: SeededGenerator(seed: plan.seed, plan.instance, "\(plan.incarnation)", stream), arguments: arguments
        )
        self.task = task
        drive(task.resume())
    }

    /// Its turn, after its slice was over.
    func goOn() {
        guard !isOver, let task else { return }
        drive(task.resume())
    }

    /// Nothing of it runs any more.
    func end() {
        guard !isOver else { return }
        isOver = true
        for alarm in alarms { alarm.cancel() }
        alarms = []
        // The script may be on the stack right now, in a function of ours; it is let go of once it has come back.
        let task = task
        self.task = nil
        if let task { eventLoop.assumeIsolated().execute { task.cancel() } }
        ended()
    }

    func after(_ time: Duration, _ action: @escaping () -> Void) {
        alarms.append(
            eventLoop.assumeIsolated().scheduleTask(in: .nanoseconds(time.nanoseconds)) {
                if !self.isOver { action() }
            })
    }

    // MARK: - What the script does

    /// Carries out what the script asks for, as long as the answer is there at once.
    private func drive(_ outcome: ScriptOutcome) {
        var next: ScriptOutcome? = outcome
        while let outcome = next, !isOver {
            next = nil
            switch outcome {
            case .finished(let results): finished(results)
            case .failed(let error): failed(error)
            case .preempted: scripts.queue(self)
            case .suspended(let request): next = reply(to: request)
            }
        }
    }

    private func reply(to request: ScriptRequest) -> ScriptOutcome? {
        do {
            switch request.function {
            case "sleep":
                after(try Self.time(request.arguments[0])) { self.resumeLater() }
                return nil
            case "call":
                guard let name = request.arguments[0].text else {
                    throw ScriptRaise("call: the first argument must be a method's name")
                }
                call(name, try request.arguments[1].value())
                return nil
            case "invoke":
                try invoke(request.arguments)
                return nil
            case "publish": return try publish(request.arguments)
            case "append":
                try append(request.arguments)
                return nil
            default: return try answer(request)
            }
        } catch let error as ScriptRaise {
            return task?.resume(raising: error.value)
        } catch {
            return task?.resume(raising: .text("\(request.function): \(error)"))
        }
    }

    /// The script goes on with these results.
    func resume(_ results: (inout ScriptWriter) throws -> Void = { _ in }) -> ScriptOutcome? {
        guard !isOver, let task else { return nil }
        do {
            return try task.resume(returning: results)
        } catch {
            failed(.unconvertible("\(error)"))
            return nil
        }
    }

    func resumeLater(_ results: (inout ScriptWriter) throws -> Void = { _ in }) {
        if let outcome = resume(results) { drive(outcome) }
    }

    func raiseLater(_ value: ScriptValue) {
        guard !isOver, let task else { return }
        drive(task.resume(raising: value))
    }

    /// Milliseconds, or a text with its unit.
    private static func time(_ argument: ScriptReader) throws -> Duration {
        if let milliseconds = argument.number, milliseconds >= 0, milliseconds <= 86_400_000 {
            return .nanoseconds(Int64(milliseconds * 1e6))
        }
        let units = ["us": 1e3, "ms": 1e6, "s": 1e9, "m": 60e9]
        if let text = argument.text, let unit = text.firstIndex(where: \.isLetter), let number = Double(text[..<unit]),
            let size = units[String(text[unit...])], number >= 0, number * size <= 86_400e9
        {
            return .nanoseconds(Int64(number * size))
        }
        throw ScriptRaise("sleep: milliseconds, or a text such as \"200ms\", up to a day")
    }

    // MARK: - Others

    private func call(_ method: String, _ request: ScriptValue) {
        scripts.neighbours.call(method, Untyped(request)) { result in
            switch result {
            case .success(let reply): self.resumeLater { try $0.message(reply) }
            case .failure(let error):
                self.raiseLater(
                    .fields([
                        "status": .text(error.status.code.name), "message": .text(error.status.message),
                        "outcome": .text(error.outcome),
                    ]))
            }
        }
    }

    private func invoke(_ arguments: ScriptStack) throws {
        guard let reference = arguments[0].text, let method = arguments[1].text else {
            throw ScriptRaise("invoke: the arguments are a reference, a method's name and its parameters")
        }
        scripts.neighbours.objects.invoke(reference, method, Untyped(try arguments[2].value())) { result in
            switch result {
            case .success(let reply):
                self.received((try? ReferenceScan.references(in: reply)) ?? []) {
                    self.resumeLater { try $0.untyped(reply) }
                }
            case .failure(let failure):
                self.raiseLater(
                    .fields([
                        "status": .text(failure.name), "message": .text(failure.message),
                        "outcome": .text(failure.outcome),
                    ]))
            }
        }
    }

    private func append(_ arguments: ScriptStack) throws {
        guard let feed = arguments[0].text, let body = arguments[1].bytes else {
            throw ScriptRaise("append: the arguments are a feed's name and a text")
        }
        scripts.neighbours.append(feed: feed, body: body) { result in
            switch result {
            case .success(let number): self.resumeLater { try $0.integer(Int64(clamping: number)) }
            case .failure(let problem): self.raiseLater(.text("append: \(problem.text)"))
            }
        }
    }

    private func publish(_ arguments: ScriptStack) throws -> ScriptOutcome? {
        func text(_ position: Int) throws -> String {
            let argument = arguments[position]
            if argument.kind == .null { return "" }
            guard let text = argument.text else {
                throw ScriptRaise(.text("publish: argument \(position + 1) must be a text"))
            }
            return text
        }
        scripts.neighbours.publish(
            exchange: try text(0), key: try text(1), body: arguments[2].bytes ?? [],
            headers: ScriptHeaders.table(try arguments[3].value())
        ) { problem in
            if let problem { self.raiseLater(.text("publish: \(problem)")) } else { self.resumeLater() }
        }
        return nil
    }
}
