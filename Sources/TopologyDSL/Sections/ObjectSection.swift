import ClusterModel

/// `objects:`
enum ObjectSection {
    struct Draft: Sendable {
        var type = ObjectType(service: Service(name: "", schema: ProtoSchema()))
        /// What the type's methods, messages and enums say; its name is the type's.
        var service = ServiceSection.Draft()
        var methods: [ObjectMethodKey.Draft] = []
    }

    static let record = Record<Draft>(
        "object type", "Objects with state, one owner each, and one invocation at a time.", from: Draft()
    ) {
        Key("state", \.type.state, .arguments(), default: "no fields", "The fields of a new object: its `self`.")
        Key("methods", \.methods, ObjectMethodKey.format, required: true, "What may be invoked, by name.")
        Key("messages", \.service.messages, ServiceSection.messages, "Messages by name, for use by methods.")
        Key("enums", \.service.enums, ServiceSection.enums, "Enums by name: `[RED, GREEN]`, or `{ RED: 0, GREEN: 5 }`.")
        Key(
            "instances", \.type.instances, InstanceKey.format,
            "Objects that are there from the start, by name. They are roots: nobody needs to refer to them.")
        Key(
            "durable", \.type.durable, .flag, default: "false",
            "Whether state and replies are in the host's store, in one commit for each invocation, and come back with "
                + "their host. Without it, objects go with their owner.")
        Key(
            "restore", \.type.restore, .word("a way to come back"), default: "no",
            "After the owner's death. `prepared`: the target of a migration goes on with the copy that it holds. "
                + "`elsewhere`: another host starts the last snapshot once the owner's lease has passed; changes since "
                + "then are gone.")
        Key(
            "snapshot", \.type.snapshot, .duration(allowsZero: false), default: "200ms",
            "With `restore: elsewhere`: the longest that a change waits for its snapshot.")
        Key(
            "follow", optional: \.type.follow, follow, default: "stays where it is",
            "An object moves to the host that makes at least this share of its invocations.")
        Key(
            "on_stop", \.type.onStop, .word("an end"), default: "end",
            "When its host is asked to stop: `end` with it, or `migrate` to another host first.")
        Key(
            "mailbox", \.type.mailbox, .integer(1...1_000_000), default: "1000",
            "Invocations that may wait for an object. Beyond it new ones are refused, not executed.")
        Key(
            "drain_timeout", \.type.drainTimeout, .duration(allowsZero: false), default: "5s",
            "How long a migration waits for the running invocation before it is given up.")
        Key(
            "tombstone", \.type.tombstone, .duration(allowsZero: false), default: "30s",
            "How long a host remembers where an object went.")
        Key(
            "lease", \.type.lease, .duration(allowsZero: false), default: "10s",
            "A process that holds references and is not heard of for so long holds them no more.")
        Key(
            "semantics", \.service.semantics, .word("call semantics"), default: "at-most-once",
            "What a caller may rely on, as for services: `maybe`, `at-least-once` or `at-most-once`.")
        Key("retry", \.service.retry, RetryKey.record.format, "When a caller sends an invocation again, and gives up.")
        Key(
            "duplicates", \.service.duplicates, DuplicatesKey.objectRecord.format,
            "The replies that an object keeps, to answer copies with. They travel with it.")
        Key("limits", \.service.limits, LimitsKey.record.format, "What one invocation may use.")
    } finish: { draft, entry, reading in
        if entry.has("snapshot"), draft.type.restore != .elsewhere, !reading.isBroken(reading.path / "restore") {
            reading.error("'snapshot' without 'restore: elsewhere': nobody would use it", at: entry.place("snapshot"))
        }
    }

    static let format = Format<[Draft]>.entries(
        of: record, of: "the names of object types", named: \.service.name,
        check: { ServiceSection.nameProblem($0, "an object type") },
        finish: { draft, span, reading in
            draft.service.methods = draft.methods.map(\.method)
            draft.service.messagePrefix = String(draft.service.name.split(separator: ".").last ?? "")
            draft.type.location = reading.location(span)
            draft.type.raises = Dictionary(draft.methods.map { ($0.method.name, $0.raises) }) { first, _ in first }
            draft.type.singles = Set(draft.methods.filter(\.isSingle).map(\.method.name))
            if var service = ServiceBuilder(draft.service, at: span, reading).service() {
                service.duplicates.durable = draft.type.durable
                draft.type.service = service
            }
            InstanceKey.complete(&draft.type, reading)
        })

    /// With half of them or less, two hosts could both have that share, and the object would go to and fro.
    private static let follow = Format<Share>.share.check { share in
        share.fraction > 0.5
            ? nil : "expected more than 50%: two hosts could both make \(share) of the invocations"
    }
}

/// An entry of `instances:` of an object type.
enum InstanceKey {
    static let record = Record<ObjectInstance>(
        "instance", "An object that is there from the start.", from: ObjectInstance(name: "", host: "")
    ) {
        Key(
            "host", \.host, .reference("a process that hosts it"), default: "the only one there is",
            "The process that creates it: `host-a`, or `host-2` of several replicas.")
        Key("state", \.state, .arguments(), default: "the type's", "Fields that differ from those of its type.")
    }

    static let format = Format<[ObjectInstance]>.entries(
        of: record, of: "names of objects", named: \.name, check: nameProblem,
        finish: { instance, span, reading in instance.location = reading.location(span) })

    /// Gives each instance all the fields of its type.
    static func complete(_ type: inout ObjectType, _ reading: Reading) {
        for (index, instance) in type.instances.enumerated() {
            let path = reading.path / "instances" / instance.name / "state"
            let isBroken = reading.isBroken(reading.path / "state") || reading.isBroken(path)
            for field in instance.state.keys.sorted() where type.state[field] == nil && !isBroken {
                let near = Suggestion.phrase(field, among: type.state.keys.sorted())
                reading.warning(
                    "'\(shortened(field))' is no field of '\(type.name)'\(near)", at: reading.keyPlace(path / field),
                    advice: near.isEmpty ? "'state' of the type names its fields" : nil)
            }
            type.instances[index].state = type.state.merging(instance.state) { $1 }
        }
    }

    /// The names that a reference can hold.
    @Sendable static func nameProblem(_ name: String) -> ValueProblem? {
        if name == "all" { return ValueProblem("'all' cannot be an object's name: assertions use the word") }
        guard NodeSelector.isName(String(name.map { $0 == "." ? "_" : $0 })) else {
            return ValueProblem("'\(shortened(name))' cannot be an object's name: expected letters, digits, _, - and .")
        }
        guard name.utf8.count <= 200 else {
            return ValueProblem("'\(shortened(name))' is longer than the 200 letters of an object's name")
        }
        return nil
    }
}
