/// Something that is done to a running cluster: a step of `scenario:`, a function of a script, or a command.
package indirect enum Verb: Sendable, Equatable, Codable {
    case wait(Duration)
    case waitUntil(WaitCondition, within: Duration)
    case fault(FaultSpec)
    /// Ends the fault of this name; `nil`: all.
    case clear(String?)
    case publish(Publication)
    case call(Invocation)
    case invoke(Invocation)
    /// To one process after the other, where there are several and it is done again and again.
    case migrate(object: String, to: [String])
    case kill(NodeSelector, signal: String)
    case pause(NodeSelector)
    case resume(NodeSelector)
    /// Asks to end, and leaves it down.
    case stop(NodeSelector)
    case start(NodeSelector)
    case restart(NodeSelector)
    /// Judged now, or with `within:` as soon as it holds.
    case assert(AssertionSpec)
    case `repeat`(Repetition)
    case note(String)
    /// What a process, or the first of a node, is doing. For scripts.
    case status(String)
    /// How many messages and consumers a queue has. For scripts.
    case queue(String)

    /// Messages, or an item for a feed.
    package struct Publication: Sendable, Equatable, Codable {
        /// Empty for the default exchange.
        package var exchange: String
        package var key: String
        package var headers: [String: ArgumentValue]
        package var body: String
        package var persistent: Bool
        /// The broker's node; empty for a feed.
        package var broker: String
        package var feed: String?

        package init(
            exchange: String = "", key: String = "", headers: [String: ArgumentValue] = [:], body: String = "",
            persistent: Bool = false, broker: String = "", feed: String? = nil
        ) {
            self.exchange = exchange
            self.key = key
            self.headers = headers
            self.body = body
            self.persistent = persistent
            self.broker = broker
            self.feed = feed
        }
    }

    /// A call of a service, or an invocation of an object.
    package struct Invocation: Sendable, Equatable, Codable {
        /// The object; empty for a call.
        package var object: String
        /// `Calculator.suma`; of an object `deposit`.
        package var method: String
        package var with: [String: ArgumentValue]
        /// What the reply must be: of a mapping, the fields that count.
        package var expect: ArgumentValue?
        /// The node to call; `nil`: the only one that serves it.
        package var to: String?

        package init(
            object: String = "", method: String, with: [String: ArgumentValue] = [:], expect: ArgumentValue? = nil,
            to: String? = nil
        ) {
            self.object = object
            self.method = method
            self.with = with
            self.expect = expect
            self.to = to
        }
    }

    package struct Repetition: Sendable, Equatable, Codable {
        package var times: Int
        /// From the beginning of one round to that of the next; `nil`: at once.
        package var every: Duration?
        package var steps: [ScenarioStep]

        package init(times: Int, every: Duration? = nil, steps: [ScenarioStep]) {
            self.times = times
            self.every = every
            self.steps = steps
        }
    }

    /// The word that names it in files and reports.
    package var keyword: String {
        switch self {
        case .wait, .waitUntil: "wait"
        case .fault: "fault"
        case .clear: "clear"
        case .publish: "publish"
        case .call: "call"
        case .invoke: "invoke"
        case .migrate: "migrate"
        case .kill: "kill"
        case .pause: "pause"
        case .resume: "resume"
        case .stop: "stop"
        case .start: "start"
        case .restart: "restart"
        case .assert: "assert"
        case .repeat: "repeat"
        case .note: "note"
        case .status: "status"
        case .queue: "queue"
        }
    }

    /// In a line, for reports and logs.
    package var text: String {
        switch self {
        case .wait(let time): "wait \(time.text)"
        case .waitUntil(let condition, let limit): "wait until \(condition.text) within \(limit.text)"
        case .fault(let spec): "fault \(spec.text)"
        case .clear(let name): "clear \(name ?? "all")"
        case .publish(let message):
            if let feed = message.feed {
                "publish to feed \(feed)"
            } else if message.exchange.isEmpty {
                "publish to queue \(message.key)"
            } else {
                "publish to \(message.exchange)" + (message.key.isEmpty ? "" : " with key \(message.key)")
            }
        case .call(let call): "call \(call.method)"
        case .invoke(let call): "invoke \(call.object).\(call.method)"
        case .migrate(let object, let targets): "migrate \(object) to \(targets.joined(separator: ", "))"
        case .kill(let nodes, let signal): "kill \(nodes)" + (signal == "KILL" ? "" : " with \(signal)")
        case .pause(let nodes), .resume(let nodes), .stop(let nodes), .start(let nodes), .restart(let nodes):
            "\(keyword) \(nodes)"
        case .assert(let spec): "assert \(spec.assertion.title)"
        case .repeat(let repetition): "repeat \(repetition.times) times"
        case .note(let text): "note \(text)"
        case .status(let name), .queue(let name): "\(keyword) \(name)"
        }
    }
}

/// `until:` of a step that waits.
package enum WaitCondition: Sendable, Equatable, Codable {
    /// What a process counts.
    package enum Count: String, Sendable, Codable, CaseIterable { case published, processed, called, viewed }

    /// All processes of the node, or this one, are in the state; `running` is where the workloads run.
    case state(String, NodeState)
    /// The processes of the node together.
    case count(String, Count, Condition)
    case queue(String, depth: Condition?, consumers: Condition?)
    /// No fault of this name is on any more.
    case faultEnded(String)
    case log(String, contains: String?, matches: String?, count: Condition)

    package var text: String {
        switch self {
        case .state(let node, let state): return "\(node) is \(state.rawValue)"
        case .count(let node, let count, let condition): return "\(count.rawValue) of \(node) is \(condition)"
        case .queue(let name, let depth, let consumers):
            let parts = [depth.map { "depth \($0)" }, consumers.map { "consumers \($0)" }].compactMap { $0 }
            return "queue \(name) has \(parts.joined(separator: " and "))"
        case .faultEnded(let name): return "fault \(name) has ended"
        case .log(let node, let contains, let matches, let count):
            let what = contains.map { "'\($0)'" } ?? "/\(matches ?? "")/"
            let often = count == Condition(.greaterOrEqual, 1) ? "" : " \(count) times"
            return "the log of \(node) has \(what)\(often)"
        }
    }
}

/// What came of a verb.
package struct VerbResult: Sendable, Equatable, Codable {
    package enum Outcome: Sendable, Equatable, Codable {
        case done
        /// Why, in a sentence.
        case failed(String)
        /// The run ended meanwhile: nothing is said.
        case cut
    }

    package var outcome: Outcome
    /// What it gives to a script: a reply, a status, a fault's name.
    package var value: ArgumentValue

    package init(_ outcome: Outcome = .done, value: ArgumentValue = .null) {
        self.outcome = outcome
        self.value = value
    }

    /// What was asked cannot be told: neither that it holds nor that it does not.
    package static func unknown(_ reason: String) -> VerbResult {
        VerbResult(.failed("unknown: \(reason)"), value: .string("unknown"))
    }
    package var isUnknown: Bool { if case .failed = outcome { value == .string("unknown") } else { false } }

    package static func failed(_ reason: String) -> VerbResult { VerbResult(.failed(reason)) }
    package static let cut = VerbResult(.cut)
}

/// One entry under `scenario:`: something that is done to the running cluster, once or again and again.
package struct ScenarioStep: Sendable, Equatable, Codable {
    package var action: Verb
    /// After the workloads have started, beside the other steps; `nil`: after the step before it.
    package var at: Duration?
    package var every: Duration?
    /// How often; only with `every`.
    package var times: Int
    package var location: SourceLocation

    package init(
        _ action: Verb, at: Duration? = nil, every: Duration? = nil, times: Int = 1, location: SourceLocation = .init()
    ) {
        self.action = action
        self.at = at
        self.every = every
        self.times = times
        self.location = location
    }
}

/// `script:` — the program, in Lua, that a run carries out.
package struct ScenarioScript: Sendable, Equatable, Codable {
    /// What its errors call it: `chaos.lua`; of an inline text the topology file's name.
    package var name: String
    package var source: String
    /// The line of `name` on which the text begins.
    package var firstLine: Int
    package var location: SourceLocation

    package init(name: String, source: String, firstLine: Int = 1, location: SourceLocation = .init()) {
        self.name = name
        self.source = source
        self.firstLine = firstLine
        self.location = location
    }
}
