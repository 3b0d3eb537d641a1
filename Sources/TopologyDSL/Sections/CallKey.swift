import ClusterModel

/// `call:` of a node.
enum CallKey {
    struct Draft: Sendable {
        var role = CallRole(service: "", method: "", to: "")
        /// As it is written: `Calculator.suma`.
        var method = ""
        var semantics: CallSemantics?
        var retry = RetryKey.Draft()
        var requests: [ArgumentValue]?
    }

    static let record = Record<Draft>("call", "A stream of calls.", from: Draft()) {
        Key(
            "method", \.method, .reference("a method such as Calculator.suma"), required: true,
            "The method, with its service's name, short or full.")
        Key(
            "with", optional: \.requests, Format<[ArgumentValue]>.oneOrMany(.argument(.call)), default: "no fields",
            "The request: a mapping of its fields, whose texts are templates; where the client streams, a list of them."
        )
        Key(
            "messages", optional: \.role.messages, Format<Int>.integer(1...1_000_000), default: "those of `with`",
            "Where the client streams: how many requests a call sends; those of `with`, again and again.")
        Key(
            "count", optional: \.role.count, Format<Int>.integer(1...Int.max), default: "without end", "How many calls."
        )
        Key(
            "rate", optional: \.role.rate, Format<Rate>.rate, default: "as fast as answers come",
            "How many calls a second: `500/s`.")
        Key(
            "concurrency", \.role.concurrency, .integer(1...100_000), default: "1",
            "Callers at a time, each of which waits for its answer.")
        Key(
            "loop", \.role.loop, .word("a loop"), default: "closed",
            "`closed`: a caller waits for its answer before it calls again, and `rate` only slows it down. `open`: "
                + "calls begin at `rate`, whether or not earlier ones have ended, and late starts count as latency.")
        Key(
            "expect", optional: \.role.expect, Format<[ArgumentValue]>.oneOrMany(.argument(.call)),
            "The fields that a reply must have, templates as in `with`; where the server streams, a list. Other "
                + "replies count as unexpected.")
        Key(
            "expect_status", optional: \.role.expectStatus, status, default: "OK",
            "The gRPC status with which calls are expected to end.")
        Key(
            "to", \.role.to, .reference("a node's name"), default: "the only node that serves it", "The node to call.")
        Key(
            "replica", optional: \.role.replica, Format<Int>.integer(1...1_000), default: "all of them, in turn",
            "One replica of the node, from 1.")
        Key(
            "metadata", \.role.metadata, metadata,
            "Metadata of each request: names in lower case, and texts, which are templates.")
        Key(
            "semantics", optional: \.semantics, Format<CallSemantics>.word("call semantics"), default: "the service's",
            "What this caller relies on. It sets `attempts` of `retry`; the server's side is the service's.")
        Key("retry", \.retry, RetryKey.record.format, "What differs from the service's `retry`.")
    } finish: { draft, entry, reading in
        if draft.role.loop == .open, !entry.has("rate") {
            reading.error("'loop: open' without 'rate': calls begin at it", at: entry.place("loop"))
        }
        if let status = draft.role.expectStatus, status != "OK", entry.has("expect") {
            reading.error(
                "'expect' beside 'expect_status: \(status)': a call that fails has no reply", at: entry.place("expect"))
        }
        if draft.role.expectStatus == "OK" { draft.role.expectStatus = nil }
    }

    /// gRPC's codes, by number.
    static let statuses = [
        "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS",
        "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED",
        "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
    ]

    static let status = Format<String>.scalar(
        "a gRPC status such as NOT_FOUND", schema: ["enum": .array(statuses.map { .string($0) })]
    ) { text throws(ValueProblem) in
        let name = String(text.uppercased().map { $0 == "-" || $0 == " " ? "_" : $0 })
        guard statuses.contains(name) else {
            let near = Suggestion.phrase(name, among: statuses)
            throw ValueProblem(
                "'\(shortened(text))' is not a gRPC status\(near)",
                advice: near.isEmpty ? "they are \(statuses.listed("and"))" : nil)
        }
        return name
    }

    static let metadata = Format<[String: String]>(
        "names and texts",
        schema: ["type": ["object", "null"], "additionalProperties": ["type": ["string", "number", "boolean"]]]
    ) { node, reading in
        let table = Format<[String: String]>.dictionary(of: .template(.call))
        for pair in node.pairs ?? [] {
            if let problem = metadataProblem(pair.key) { reading.error(problem, at: pair.keySpan) }
        }
        return table.read(node, reading)
    }

    /// gRPC over HTTP/2, "Custom-Metadata".
    private static func metadataProblem(_ name: String) -> String? {
        let isSound =
            !name.isEmpty
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"),
                    UInt8(ascii: "-"), UInt8(ascii: "."):
                    true
                default: false
                }
            }
        if !isSound {
            return "'\(shortened(name))' cannot be metadata: expected lower-case letters, digits, _, - and ."
        }
        let isTaken =
            name.hasPrefix("grpc-") || name.hasPrefix("x-orch-")
            || ["te", "content-type", "user-agent", "connection", "host", "transfer-encoding"].contains(name)
        return isTaken ? "'\(name)' belongs to gRPC or to orch, and cannot be set" : nil
    }
}
