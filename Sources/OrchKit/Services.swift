import TopologyText

/// What a caller may rely on.
public enum Semantics: String, Sendable {
    case maybe
    case atLeastOnce = "at-least-once"
    case atMostOnce = "at-most-once"
}

/// When a caller sends a call again, and when it gives up.
public struct Retry: Sendable {
    let value: TopologyValue

    /// - Parameters:
    ///   - attempts: transmissions of one call, the first included.
    ///   - backoff: the ceiling of the random wait between attempts doubles from the first to the second.
    ///   - deadline: for the whole call.
    public init(
        timeout: Duration? = nil, attempts: Int? = nil, backoff: ClosedRange<Duration>? = nil,
        deadline: Duration? = nil
    ) {
        var fields = Fields()
        fields.time("timeout", timeout)
        fields.number("attempts", attempts)
        fields.put("backoff", backoff.map { .word("\($0.lowerBound.written)..\($0.upperBound.written)") })
        fields.time("deadline", deadline)
        value = .mapping(fields.entries)
    }
}

/// Methods that may be called. Types are written as in files: `["a": "int64", "tags": "repeated string"]`.
public struct Service: TopologyPart {
    public let section: TopologySection

    /// - Parameters:
    ///   - name: with its package, where it has one: `shop.v1.Calculator`.
    ///   - messages: messages by name; `enums` likewise: `["Colour": ["RED", "GREEN"]]`.
    ///   - options: `duplicates` and `limits`, as in files.
    public init(
        _ name: String, messages: Value? = nil, enums: Value? = nil, semantics: Semantics? = nil, retry: Retry? = nil,
        duplicates: Value? = nil, limits: Value? = nil, @PartsBuilder<Method> _ methods: () -> [Method]
    ) {
        var fields = Fields()
        fields.value("messages", messages)
        fields.value("enums", enums)
        fields.put("methods", .mapping(methods().map(\.entry)))
        fields.word("semantics", semantics)
        fields.put("retry", retry?.value)
        fields.value("duplicates", duplicates)
        fields.value("limits", limits)
        section = TopologySection("services", name, fields)
    }
}

extension Service {
    /// One that a `.proto` file or a descriptor set defines.
    /// - Parameters:
    ///   - name: the service's full name in that file.
    ///   - proto: from the topology file's folder; `protoPath` are folders for what it imports.
    ///   - handlers: Lua by method.
    public init(
        _ name: String, proto: String, protoPath: [String] = [], semantics: Semantics? = nil, retry: Retry? = nil,
        duplicates: Value? = nil, limits: Value? = nil, handlers: KeyValuePairs<String, String> = [:]
    ) {
        var fields = Fields()
        fields.text("proto", proto)
        fields.texts("proto_path", protoPath)
        if !handlers.isEmpty { fields.put("handlers", .mapping(handlers.map { .init($0, .block($1)) })) }
        fields.word("semantics", semantics)
        fields.put("retry", retry?.value)
        fields.value("duplicates", duplicates)
        fields.value("limits", limits)
        section = TopologySection("services", name, fields)
    }
}

/// What may be called, and the Lua that answers.
public struct Method: Sendable {
    public enum Stream: String, Sendable { case client, server, both }

    let entry: TopologyValue.Entry

    /// - Parameters:
    ///   - request: fields and their types, or a message's name.
    ///   - handler: Lua; it sees `request` and returns the response.
    public init(
        _ name: String, request: Value? = nil, response: Value? = nil, stream: Stream? = nil, handler: String? = nil
    ) {
        var fields = Fields()
        fields.value("request", request)
        fields.value("response", response)
        fields.word("stream", stream)
        fields.put("handler", handler.map { .block($0) })
        entry = .init(name, .mapping(fields.entries))
    }
}

/// The node answers calls of services.
public struct Serve: NodePart {
    public let role: NodeRole

    /// - Parameters:
    ///   - port: on 127.0.0.1, for programs outside the cluster.
    ///   - listen: with a `Command`: the port on which it listens by itself.
    ///   - queue: calls come as messages through this queue; so called after the service with `viaQueue`.
    ///   - concurrency: executions at a time.
    ///   - work: what an execution takes besides its handler.
    ///   - maxMessage: the largest message that it takes, in bytes.
    public init(
        _ services: String..., port: Int? = nil, listen: Int? = nil, viaQueue: Bool = false, queue: String? = nil,
        broker: String? = nil, tls: TLS? = nil, concurrency: Int? = nil, work: Duration? = nil, maxMessage: Int? = nil
    ) {
        var fields = Fields()
        fields.texts("service", services)
        fields.number("port", port)
        fields.number("listen", listen)
        if let queue {
            var via = Fields()
            via.text("queue", queue)
            via.text("broker", broker)
            fields.mapping("via", via)
        } else if viaQueue {
            fields.text("via", "queue")
        }
        fields.mapping("tls", tls?.fields)
        fields.number("concurrency", concurrency)
        fields.time("work", work)
        fields.number("max_message", maxMessage)
        role = NodeRole(key: "serve", value: .mapping(fields.entries))
    }
}

/// PEM files, from the topology file's folder.
public struct TLS: Sendable {
    let fields: Fields

    /// - Parameter authority: who signed the certificate, for clients; the certificate itself where it is left out.
    public init(certificate: String, key: String, authority: String? = nil) {
        var fields = Fields()
        fields.text("certificate", certificate)
        fields.text("key", key)
        fields.text("authority", authority)
        self.fields = fields
    }
}

/// The program of the node takes connections without declared services.
public struct Speaks: NodePart {
    public enum Language: String, Sendable { case grpc, http, tcp, udp }

    public let role: NodeRole

    /// - Parameters:
    ///   - port: on 127.0.0.1, for programs outside the cluster.
    ///   - listen: the port on which it listens by itself; otherwise it is told one, by `$(port)`.
    public init(_ language: Language, port: Int? = nil, listen: Int? = nil) {
        var fields = Fields()
        fields.word("speaks", language)
        fields.number("port", port)
        fields.number("listen", listen)
        role = NodeRole(key: "protocol", value: .mapping(fields.entries))
    }
}

/// How a stream of calls goes on: each caller waits for its answer, or calls begin at their rate.
public enum Loop: String, Sendable { case closed, open }

/// The node calls a method. Texts in requests are templates.
public struct Call: NodePart {
    public let role: NodeRole

    /// - Parameters:
    ///   - method: `Calculator.suma`.
    ///   - request: a mapping of fields; where the client streams, a list of them.
    ///   - messages: where the client streams: requests of one call.
    ///   - expect: the fields that a reply must have.
    ///   - to: the node, where several serve it; `replica` is one of its processes, from 1.
    public init(
        _ method: String, with request: Value? = nil, messages: Int? = nil, count: Int? = nil, rate: Rate? = nil,
        concurrency: Int? = nil, loop: Loop? = nil, expect: Value? = nil, expectStatus: String? = nil,
        to: String? = nil, replica: Int? = nil, metadata: [String: String] = [:], semantics: Semantics? = nil,
        retry: Retry? = nil
    ) {
        var fields = Fields()
        fields.text("method", method)
        fields.value("with", request, isTemplate: true)
        fields.number("messages", messages)
        fields.number("count", count)
        fields.rate("rate", rate)
        fields.number("concurrency", concurrency)
        fields.word("loop", loop)
        fields.value("expect", expect, isTemplate: true)
        fields.text("expect_status", expectStatus)
        fields.text("to", to)
        fields.number("replica", replica)
        fields.dictionary("metadata", metadata)
        fields.word("semantics", semantics)
        fields.put("retry", retry?.value)
        role = NodeRole(key: "call", value: .mapping(fields.entries))
    }
}
