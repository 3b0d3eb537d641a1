import TopologyText

/// Objects of one type, which have state, one owner each, and one invocation at a time.
public struct ObjectType: TopologyPart {
    public enum Restore: String, Sendable { case no, prepared, elsewhere }

    /// What a host does with its objects when it is asked to stop.
    public enum OnStop: String, Sendable { case end, migrate }

    public let section: TopologySection

    /// - Parameters:
    ///   - state: the fields of a new object.
    ///   - messages, enums: types for use by methods.
    ///   - snapshot: with `restore: .elsewhere`: the longest that a change waits for its snapshot.
    ///   - follow: moves to the host that makes at least this share of the invocations.
    ///   - mailbox: invocations that may wait for an object.
    public init(
        _ name: String, state: Value? = nil, messages: Value? = nil, enums: Value? = nil, durable: Bool = false,
        restore: Restore? = nil, snapshot: Duration? = nil, follow: Share? = nil, onStop: OnStop? = nil,
        mailbox: Int? = nil, drainTimeout: Duration? = nil, tombstone: Duration? = nil, lease: Duration? = nil,
        semantics: Semantics? = nil, retry: Retry? = nil, duplicates: Value? = nil, limits: Value? = nil,
        instances: [Instance] = [], @PartsBuilder<ObjectMethod> _ methods: () -> [ObjectMethod]
    ) {
        var fields = Fields()
        fields.value("state", state)
        fields.value("messages", messages)
        fields.value("enums", enums)
        fields.put("methods", .mapping(methods().map(\.entry)))
        fields.put("instances", instances.isEmpty ? nil : .mapping(instances.map(\.entry)))
        fields.flag("durable", durable)
        fields.word("restore", restore)
        fields.time("snapshot", snapshot)
        fields.share("follow", follow)
        fields.word("on_stop", onStop)
        fields.number("mailbox", mailbox)
        fields.time("drain_timeout", drainTimeout)
        fields.time("tombstone", tombstone)
        fields.time("lease", lease)
        fields.word("semantics", semantics)
        fields.put("retry", retry?.value)
        fields.value("duplicates", duplicates)
        fields.value("limits", limits)
        section = TopologySection("objects", name, fields)
    }
}

/// What may be invoked, and the Lua that runs: it sees the object's fields in `self`, and `params`.
public struct ObjectMethod: Sendable {
    let entry: TopologyValue.Entry

    /// - Parameters:
    ///   - params: fields and their types, or a message's name; `returns` is one type, or fields.
    ///   - raises: the exceptions that callers are told of by name.
    public init(
        _ name: String, params: Value? = nil, returns: Value? = nil, raises: [String] = [], handler: String
    ) {
        var fields = Fields()
        fields.value("params", params)
        fields.value("returns", returns)
        fields.texts("raises", raises)
        fields.put("handler", .block(handler))
        entry = .init(name, .mapping(fields.entries))
    }
}

/// An object that is there from the start.
public struct Instance: Sendable {
    let entry: TopologyValue.Entry

    /// - Parameters:
    ///   - host: the process that creates it; not needed where there is only one.
    ///   - state: fields that differ from those of its type.
    public init(_ name: String, host: String? = nil, state: Value? = nil) {
        var fields = Fields()
        fields.text("host", host)
        fields.value("state", state)
        entry = .init(name, .mapping(fields.entries))
    }
}

/// The node is a server of objects: of these types, or of all.
public struct Host: NodePart {
    public let role: NodeRole

    public init(_ types: String..., concurrency: Int? = nil, work: Duration? = nil) {
        var fields = Fields()
        fields.texts("types", types)
        fields.number("concurrency", concurrency)
        fields.time("work", work)
        role = NodeRole(key: "host", value: .mapping(fields.entries))
    }
}

/// The node keeps who owns which object.
public struct Directory: NodePart {
    public let role: NodeRole

    /// - Parameters:
    ///   - lease: how long a host may serve without hearing from the directory.
    ///   - margin: what the directory waits beyond it.
    public init(lease: Duration? = nil, margin: Duration? = nil) {
        var fields = Fields()
        fields.time("lease", lease)
        fields.time("margin", margin)
        role = NodeRole(key: "directory", value: .mapping(fields.entries))
    }
}

/// The node invokes an object, wherever it is. Texts are templates.
public struct Invoke: NodePart {
    public let role: NodeRole

    /// - Parameters:
    ///   - object: a name, or a reference: `orch://Account/acc-1`.
    ///   - method: `deposit`; with its type, `Account.deposit`, where the object is only known at run time.
    ///   - expect: what must come back.
    ///   - hold: whether references that come back are held as long as this process lives.
    public init(
        _ object: String, _ method: String, with params: Value? = nil, count: Int? = nil, rate: Rate? = nil,
        concurrency: Int? = nil, loop: Loop? = nil, expect: Value? = nil, expectException: String? = nil,
        expectStatus: String? = nil, hold: Bool = false, metadata: [String: String] = [:],
        semantics: Semantics? = nil, retry: Retry? = nil
    ) {
        var fields = Fields()
        fields.template("object", object)
        fields.text("method", method)
        fields.value("with", params, isTemplate: true)
        fields.number("count", count)
        fields.rate("rate", rate)
        fields.number("concurrency", concurrency)
        fields.word("loop", loop)
        fields.value("expect", expect, isTemplate: true)
        fields.text("expect_exception", expectException)
        fields.text("expect_status", expectStatus)
        fields.flag("hold", hold)
        fields.dictionary("metadata", metadata)
        fields.word("semantics", semantics)
        fields.put("retry", retry?.value)
        role = NodeRole(key: "invoke", value: .mapping(fields.entries))
    }
}
