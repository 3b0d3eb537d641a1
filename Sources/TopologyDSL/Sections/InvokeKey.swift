import ClusterModel

/// `invoke:` of a node.
enum InvokeKey {
    struct Draft: Sendable {
        var role = CallRole(service: "", method: "")
        /// As it is written: `acc-1`, `acc-$(replica)`, `orch://Account/acc-1`.
        var object = ""
        /// As it is written: `deposit` or `Account.deposit`.
        var method = ""
        var semantics: CallSemantics?
        var retry = RetryKey.Draft()
        var params: ArgumentValue?
        var expect: ArgumentValue?
    }

    static let record = Record<Draft>("invoke", "A stream of invocations of objects.", from: Draft()) {
        Key(
            "object", \.object, object, required: true,
            "The object: the name of an instance, or a reference, `orch://Account/acc-1`; a template.")
        Key(
            "method", \.method, .reference("a method such as deposit or Account.deposit"), required: true,
            "The method. With its type, `Account.deposit`, where the object is only known at run time.")
        Key(
            "with", optional: \.params, Format<ArgumentValue>.argument(.call), default: "no fields",
            "What is passed: a mapping of the method's `params`, whose texts are templates.")
        Key(
            "count", optional: \.role.count, Format<Int>.integer(1...Int.max), default: "without end",
            "How many invocations.")
        Key(
            "rate", optional: \.role.rate, Format<Rate>.rate, default: "as fast as answers come",
            "How many a second: `500/s`.")
        Key(
            "concurrency", \.role.concurrency, .integer(1...100_000), default: "1",
            "Callers at a time, each of which waits for its answer.")
        Key(
            "loop", \.role.loop, .word("a loop"), default: "closed",
            "`closed`: a caller waits for its answer before it goes on. `open`: invocations begin at `rate`.")
        Key(
            "expect", optional: \.expect, Format<ArgumentValue>.argument(.call),
            "What must come back: a value where the method returns one type, else a mapping of the fields that count. "
                + "Other replies count as unexpected.")
        Key(
            "expect_exception", optional: \.role.expectException,
            Format<String>.reference("an exception's name such as InsufficientFunds"),
            "The exception with which invocations are expected to end.")
        Key(
            "expect_status", optional: \.role.expectStatus, CallKey.status, default: "OK",
            "The gRPC status with which they are expected to end.")
        Key(
            "hold", \.role.holds, .flag, default: "false",
            "Whether references that come back are held as long as this process lives.")
        Key(
            "metadata", \.role.metadata, CallKey.metadata,
            "Metadata of each request: names in lower case, and texts, which are templates.")
        Key(
            "semantics", optional: \.semantics, Format<CallSemantics>.word("call semantics"), default: "the type's",
            "What this caller relies on. It sets `attempts` of `retry`; the object's side is its type's.")
        Key("retry", \.retry, RetryKey.record.format, "What differs from the type's `retry`.")
    } finish: { draft, entry, reading in
        if draft.role.loop == .open, !entry.has("rate") {
            reading.error("'loop: open' without 'rate': invocations begin at it", at: entry.place("loop"))
        }
        if draft.object.isEmpty, entry.has("object"), !reading.isBroken(reading.path / "object") {
            reading.error("expected an object's name, found an empty text", at: entry.place("object"))
        }
        let ends = ["expect", "expect_exception", "expect_status"].filter(entry.has)
        if draft.role.expectStatus == "OK" { draft.role.expectStatus = nil }
        if ends.count > 1, !(ends == ["expect", "expect_status"] && draft.role.expectStatus == nil) {
            reading.error(
                "'\(ends[0])' beside '\(ends[1])': an invocation ends in one way", at: entry.place(ends[1]))
        }
    }

    private static let object: Format<String> = {
        let text = Format<String>.template(.call)
        return Format("an object's name such as acc-1, or a reference", schema: text.schema, read: text.read)
    }()
}
