import TopologyText

/// One process, or several: `worker-1`, `worker-2` and so on where `replicas` is given.
public struct Node: TopologyPart {
    public let section: TopologySection

    /// - Parameters:
    ///   - dependsOn: nodes that must be ready before it starts.
    ///   - env: environment variables of its processes; templates.
    ///   - labels: words to pick nodes by: `label:x`.
    ///   - ports: where the links that lead to it have their ports.
    public init(
        _ name: String, replicas: Int? = nil, restart: Restart? = nil, dependsOn: [String] = [],
        env: [String: String] = [:], labels: [String] = [], stop: Stop? = nil, inbound: Inbound? = nil,
        ports: ClosedRange<Int>? = nil, @PartsBuilder<any NodePart> _ parts: () -> [any NodePart]
    ) {
        var fields = Fields()
        let roles = parts().map(\.role)
        for key in roles.map(\.key) where !fields.entries.contains(where: { $0.key == key }) {
            fields.put(key, .oneOrMany(roles.filter { $0.key == key }.map(\.value)))
        }
        for role in roles where role.key == "command" {
            for case let extra in role.value.extras { fields.put(extra.key, extra.value) }
        }
        fields.put("inbound", inbound?.value)
        fields.text("ports", ports.map { "\($0.lowerBound)-\($0.upperBound)" })
        fields.number("replicas", replicas)
        fields.put("restart", restart?.value)
        fields.texts("depends_on", dependsOn)
        fields.dictionary("env", env)
        fields.texts("labels", labels)
        fields.put("stop", stop?.value)
        section = TopologySection("nodes", name, .mapping(fields.entries.map(\.withoutExtras)))
    }
}

/// Whether a process that ended is started again.
public struct Restart: Sendable {
    let value: TopologyValue

    public static let onFailure = Restart(value: .text("on-failure"))
    public static let always = Restart(value: .text("always"))

    /// After other ends than status 0.
    public static func onFailure(backoff: ClosedRange<Duration>? = nil, max: Int? = nil) -> Restart {
        Restart("on-failure", backoff, max)
    }

    /// Never by itself; the rest counts for restarts on purpose.
    public static func no(backoff: ClosedRange<Duration>? = nil, max: Int? = nil) -> Restart {
        Restart("no", backoff, max)
    }

    /// - Parameters:
    ///   - backoff: the wait before a restart; it doubles from the first to the second.
    ///   - max: restarts at most.
    public static func always(backoff: ClosedRange<Duration>? = nil, max: Int? = nil) -> Restart {
        Restart("always", backoff, max)
    }

    private init(value: TopologyValue) { self.value = value }

    private init(_ mode: String, _ backoff: ClosedRange<Duration>?, _ max: Int?) {
        var fields = Fields()
        fields.text("mode", mode)
        fields.put("backoff", backoff.map { .word("\($0.lowerBound.written)..\($0.upperBound.written)") })
        fields.number("max", max)
        value = .mapping(fields.entries)
    }
}

/// How a process is asked to end.
public struct Stop: Sendable {
    let value: TopologyValue

    /// - Parameters:
    ///   - signal: `TERM`, `INT`, `HUP`, `QUIT` or `KILL`.
    ///   - timeout: after that it is killed.
    public init(signal: String? = nil, timeout: Duration? = nil) {
        var fields = Fields()
        fields.text("signal", signal)
        fields.time("timeout", timeout)
        value = .mapping(fields.entries)
    }
}

/// Who may open a connection to a node.
public struct Inbound: Sendable {
    let value: TopologyValue

    public static func allow(except: [String] = []) -> Inbound { Inbound("allow", except) }
    public static func deny(except: [String] = []) -> Inbound { Inbound("deny", except) }

    private init(_ policy: String, _ except: [String]) {
        var fields = Fields()
        fields.put(policy, .word("all"))
        fields.texts("except", except)
        value = .mapping(fields.entries)
    }
}

/// The node is a program of yours; the words are templates: `$(broker.url)`.
public struct Command: NodePart {
    public let role: NodeRole

    /// - Parameters:
    ///   - folder: the working folder, from the topology file's.
    ///   - ready: when it counts as ready; at once where it is left out.
    public init(_ words: [String], in folder: String? = nil, ready: Ready? = nil) {
        var extras = Fields()
        extras.put("command", .list(words.map { .template($0) }))
        extras.template("cwd", folder)
        extras.put("ready", ready?.value)
        role = NodeRole(key: "command", value: .mapping(extras.entries))
    }
}

extension TopologyValue {
    /// What a command says beside its words.
    fileprivate var extras: [Entry] {
        guard case .mapping(let entries) = self, entries.first?.key == "command" else { return [] }
        return Array(entries.dropFirst())
    }
}

extension TopologyValue.Entry {
    fileprivate var withoutExtras: TopologyValue.Entry {
        guard key == "command", case .mapping(let entries) = value, let words = entries.first else { return self }
        return words
    }
}

/// How one knows that a program is ready.
public struct Ready: Sendable {
    let value: TopologyValue

    /// It has a consumer on a broker.
    public static let consuming = Ready(value: .word("consuming"))
    public static func consuming(timeout: Duration?, interval: Duration? = nil) -> Ready {
        Ready("consuming", .word("true"), timeout, interval)
    }

    /// A line of its output contains this text.
    public static func log(_ text: String, timeout: Duration? = nil, interval: Duration? = nil) -> Ready {
        Ready("log", .text(text), timeout, interval)
    }

    /// A GET of this URL is answered with 2xx; a template.
    public static func http(_ url: String, timeout: Duration? = nil, interval: Duration? = nil) -> Ready {
        Ready("http", .template(url), timeout, interval)
    }

    /// A connection to this `host:port` succeeds; a template.
    public static func tcp(_ address: String, timeout: Duration? = nil, interval: Duration? = nil) -> Ready {
        Ready("tcp", .template(address), timeout, interval)
    }

    /// This command ends with status 0.
    public static func exec(_ words: [String], timeout: Duration? = nil, interval: Duration? = nil) -> Ready {
        Ready("exec", .list(words.map { .template($0) }), timeout, interval)
    }

    private init(value: TopologyValue) { self.value = value }

    private init(_ key: String, _ kind: TopologyValue, _ timeout: Duration?, _ interval: Duration?) {
        var fields = Fields()
        fields.put(key, kind)
        fields.time("timeout", timeout)
        fields.time("interval", interval)
        value = .mapping(fields.entries)
    }
}
