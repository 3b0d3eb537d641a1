import ClusterModel

/// `scenario:`
enum ScenarioSection {
    struct Draft: Sendable {
        var make: ScenarioForm.Maker?
        var options = ScenarioOptions()
        var step = ScenarioStep(.note(""))
        /// Whether a step could be made of the entry.
        var isMade = false
    }

    static let record = Record<Draft>(
        "step", "Something that is done to the running cluster: exactly one verb, and when.",
        exactlyOne: ScenarioForm.all.map(\.keyword), from: Draft()
    ) {
        ScenarioForm.all.map { Key<Draft>($0.keyword, optional: \.make, $0.format, $0.doc) }
        Key(
            "to", \.options.to, .oneOrMany(.reference("a process that hosts objects")),
            "With `migrate`: where it goes, a process, `host-b`, or a list of them, in turns. A node's name is all its "
                + "replicas.")
        Key(
            "signal", optional: \.options.signal, FaultSection.signal, default: "KILL",
            "With `kill`: the signal that kills.")
        Key(
            "at", optional: \.step.at, Format<Duration>.duration(), default: "after the step before",
            "When, after the workloads have started; beside the steps without a time, which follow one another.")
        Key(
            "every", optional: \.step.every, Format<Duration>.duration(allowsZero: false), default: "once",
            "It is done again with this period, `times` times in all.")
        Key("times", \.step.times, .integer(1...1_000_000), default: "1", "How often, with `every`.")
    } finish: { draft, entry, reading in
        let forms = ScenarioForm.all.filter { entry.has($0.keyword) }
        guard forms.count == 1, let form = forms.first else { return }
        let options = Set(ScenarioForm.all.flatMap(\.options))
        for pair in entry.node.pairs ?? [] where options.contains(pair.key) && !form.options.contains(pair.key) {
            reading.error("'\(pair.key)' does not go with \(form.keyword)", at: pair.keySpan)
        }
        for key in form.needs where !entry.has(key) {
            reading.error("'\(form.keyword)' without '\(key)'", at: entry.place(form.keyword))
        }
        if entry.has("every") != entry.has("times") {
            let (given, other) = entry.has("every") ? ("every", "times") : ("times", "every")
            reading.error("'\(given)' without '\(other)': expected both, or neither", at: entry.place(given))
        }
        guard let make = draft.make, let verb = make(draft.options) else { return }
        draft.step.action = verb
        draft.step.location = reading.location(entry.node.span)
        draft.isMade = true
    }

    static let format = Format<[ScenarioStep]>(
        "a list of steps", schema: ["anyOf": [["type": "array", "items": record.definition], ["type": "null"]]]
    ) { node, reading in
        if node.isNull { return [] }
        return Format<[Draft]>.list(of: record.format).read(node, reading)?.filter(\.isMade).map(\.step)
    }
}

/// One verb of a scenario. To add one: a case of `Verb` in ClusterModel, a file in `Scenario/`, and its entry here; and a
/// file in the orchestrator's `Scenario/`, which does it.
struct ScenarioForm: Sendable {
    /// Gives nothing where the verb is broken; that has then been said.
    typealias Maker = @Sendable (ScenarioOptions) -> Verb?
    /// Checks the verb against the whole topology, and completes it.
    typealias Check = @Sendable (Checker, ScenarioStep, Path) -> Verb

    let keyword: String
    let doc: String
    /// The further keys that it understands, besides `at`, `every` and `times`.
    let options: [String]
    /// Those of them that it cannot do without.
    let needs: [String]
    let format: Format<Maker>
    let check: Check

    /// - Parameters:
    ///   - make: gives nothing where the argument is broken, which has been said.
    init<Argument>(
        _ keyword: String, takes argument: Format<Argument>, options: [String] = [], needs: [String] = [],
        _ doc: String, check: @escaping Check = { _, step, _ in step.action },
        make: @escaping @Sendable (Argument, ScenarioOptions) -> Verb?
    ) {
        self.keyword = keyword
        self.doc = doc
        self.options = options
        self.needs = needs
        self.check = check
        format = argument.map { argument in { @Sendable options in make(argument, options) } }
    }

    static let all: [ScenarioForm] =
        [.wait, .fault, .clear, .publish, .call, .invoke, .migrate] + processes + [.assert, .repeat, .note]

    static func named(_ keyword: String) -> ScenarioForm? { all.first { $0.keyword == keyword } }
}

/// The keys that go with a verb.
struct ScenarioOptions: Sendable {
    var to: [String] = []
    var signal: String?
}
