import Foundation

/// A running cluster, for the body of a test. Every function runs an `orch` command on it and throws `OrchFailure` with
/// that command's own words where it did not work, and `CancellationError` where the task was cancelled meanwhile.
public struct Cluster: Sendable {
    /// The name of its run: `pubsub-20260101-120000-1`.
    public let run: String
    public let seed: UInt64

    let process: Run
    private var orch: OrchProgram { process.orch }

    init(run: String, seed: UInt64, process: Run) {
        self.run = run
        self.seed = seed
        self.process = process
    }

    // MARK: Looking

    /// What it is like right now.
    public func status() async throws -> Status { try await process.status() }

    /// Looks again, every 20 ms, until the condition holds.
    /// - Throws: `OrchFailure` if it does not within this time; what `status` throws where the cluster is gone.
    public func wait(
        within limit: Duration = .seconds(20), isolation: isolated (any Actor)? = #isolation,
        until condition: (Status) throws -> Bool
    ) async throws {
        let clock = ContinuousClock()
        let deadline = clock.now + limit
        var last = try await status()
        while !(try condition(last)) {
            guard clock.now < deadline else {
                throw OrchFailure("the condition did not hold within \(limit)", output: "\(last)")
            }
            try await clock.sleep(for: .milliseconds(20))
            last = try await status()
        }
    }

    /// What a node (all its processes) or a process has printed so far.
    public func log(of node: String) async throws -> [String] {
        struct Line: Decodable { var line: String }
        let lines = try await orch.run(["logs", node, "--json"]).output.split(separator: "\n")
        return try lines.map { try JSONDecoder().decode(Line.self, from: Data($0.utf8)).line }
    }

    /// Judges an assertion now, or as soon as it holds. It is an answer, and does not count in the report.
    ///
    ///     let judgement = try await cluster.judge("queue: jobs", ["depth": "0"], within: .seconds(2))
    ///     #expect(judgement.holds)
    ///
    /// - Parameters:
    ///   - assertion: as a file would have it: `delivery: at-least-once`.
    ///   - options: its further keys.
    ///   - within: how long it may take to hold.
    public func judge(
        _ assertion: String, _ options: KeyValuePairs<String, String> = [:], from: String? = nil, to: String? = nil,
        within: Duration? = nil
    ) async throws -> Judgement {
        var words = ["assert", assertion] + options.map { "\($0)=\($1)" }
        if let from { words += ["--from", from] }
        if let to { words += ["--to", to] }
        if let within { words += ["--within", within.word] }
        let ending = try await orch.run(words, accepting: [0, 1, 2])
        let verdict: Report.Verdict = ending.code == 0 ? .pass : ending.code == 1 ? .fail : .unknown
        return Judgement(verdict: verdict, reason: verdict == .pass ? ending.output : ending.errors)
    }

    // MARK: Breaking

    /// Begins a fault, in the words of `orch fault`: `drop 30%`, `delay 50ms`, `partition halves peer`.
    /// - Parameters:
    ///   - link: `a -> b`, `a <- b`, `a <-> b`; all links where it is left out.
    ///   - duration: ends by itself after this time.
    ///   - only: kinds of message, or `key=…`, `method=…`, `path=…`, `nth=…`.
    ///   - name: for `clear`.
    public func fault(
        _ words: String, link: String? = nil, for duration: Duration? = nil, only: [String] = [], name: String? = nil
    ) async throws {
        var arguments = ["fault"] + words.split(separator: " ").map(String.init)
        if let link { arguments += ["--link", link] }
        if let duration { arguments += ["--for", duration.word] }
        for word in only { arguments += ["--only", word] }
        if let name { arguments += ["--name", name] }
        try await orch.run(arguments + ["--json"])
    }

    /// Ends all faults, or those of these names.
    public func clear(_ names: String...) async throws {
        try await orch.run(["fault"] + (names.isEmpty ? ["clear"] : ["rm"] + names) + ["--json"])
    }

    /// Kills processes, and returns when they are gone: `worker-2`, `1 of worker`, `label:x`.
    /// - Parameter signal: SIGKILL unless it says another: `TERM`.
    public func kill(_ nodes: String, signal: String? = nil) async throws {
        let options = signal.map { ", { signal = \(Lua.text($0)) }" } ?? ""
        try await run(script: "kill(\(Lua.text(nodes))\(options))\n")
    }

    /// Stops processes in their tracks, until `resume`.
    public func pause(_ nodes: String) async throws { try await run(script: "pause(\(Lua.text(nodes)))\n") }
    public func resume(_ nodes: String) async throws { try await run(script: "resume(\(Lua.text(nodes)))\n") }

    /// Asks processes to end, and leaves them down; returns when they are.
    public func stop(_ nodes: String) async throws { try await run(script: "stop(\(Lua.text(nodes)))\n") }

    /// Starts processes that are down; returns when they are ready.
    public func start(_ nodes: String) async throws { try await run(script: "start(\(Lua.text(nodes)))\n") }
    public func restart(_ nodes: String) async throws { try await run(script: "restart(\(Lua.text(nodes)))\n") }

    // MARK: Using

    /// Publishes one message from outside the cluster; returns when the broker has confirmed it.
    public func publish(
        _ body: String, to exchange: String, key: String? = nil, headers: [String: String] = [:],
        persistent: Bool = false
    ) async throws {
        try await publish(body, ["--to", exchange] + (key.map { ["--key", $0] } ?? []), headers, persistent)
    }

    public func publish(
        _ body: String, queue: String, headers: [String: String] = [:], persistent: Bool = false
    ) async throws {
        try await publish(body, ["--queue", queue], headers, persistent)
    }

    /// Appends one item to a feed.
    public func publish(_ body: String, feed: String) async throws {
        try await publish(body, ["--feed", feed], [:], false)
    }

    private func publish(
        _ body: String, _ target: [String], _ headers: [String: String], _ persistent: Bool
    ) async throws {
        var words = ["publish"] + target
        for (name, value) in headers.sorted(by: { $0.key < $1.key }) { words += ["--header", "\(name)=\(value)"] }
        if persistent { words.append("--persistent") }
        // A body may look like an option.
        try await orch.run(words + ["--", body])
    }

    /// Calls a method of a service: `Calculator.suma`.
    /// - Parameter request: JSON: `{"a": 1, "b": 2}`.
    /// - Returns: the reply, as JSON on one line. - Throws: `OrchFailure`: its `code` is 1 for an error that the method
    ///   answered, 2 where nobody knows what became of the call, 69 where it was not executed.
    @discardableResult
    public func call(_ method: String, _ request: String = "{}", to node: String? = nil) async throws -> String {
        try await orch.run(["call", method, request, "--json"] + (node.map { ["--to", $0] } ?? [])).output
    }

    /// Invokes a method of an object: `acc-1`, or `orch://Account/acc-1`. Otherwise like `call`.
    @discardableResult
    public func invoke(_ object: String, _ method: String, _ parameters: String = "{}") async throws -> String {
        try await orch.run(["invoke", object, method, parameters, "--json"]).output
    }

    /// Moves an object to another host.
    public func migrate(_ object: String, to process: String) async throws {
        try await orch.run(["migrate", object, "--to", process, "--json"])
    }

    /// Runs a script in Lua, with the functions of docs/scenario.md.
    /// - Returns: the lines that it gave to `log`.
    /// - Throws: `OrchFailure` with its error and line, code 1.
    @discardableResult
    public func run(script: String) async throws -> [String] {
        let file = URL(fileURLWithPath: "\(orch.folder)/\(UUID().uuidString).lua")
        try script.write(to: file, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(at: file) }
        return try await orch.run(["run", file.path]).output.split(separator: "\n").map(String.init)
    }

    // MARK: Ending

    /// Drains, judges, and brings the cluster down. Asked again, it gives the same report.
    /// - Returns: the report; a violated assertion is a verdict there, and no error here.
    public func finish() async throws -> Report { try await process.finish() }

    /// Writes the finished run as a page for browsers, with every message in it.
    public func writePage(to file: String) async throws {
        try await orch.run(["report", "--html", URL(fileURLWithPath: file).path])
    }
}

/// What came of one assertion.
public struct Judgement: Sendable {
    public var verdict: Report.Verdict
    public var holds: Bool { verdict == .pass }
    /// In a sentence.
    public var reason: String
}

enum Lua {
    /// As a literal.
    static func text(_ text: String) -> String {
        "\""
            + text.unicodeScalars.map { scalar in
                switch scalar {
                case "\"", "\\": "\\\(scalar)"
                case _ where scalar.value < 0x20: "\\x" + String(scalar.value + 0x100, radix: 16).dropFirst()
                default: String(scalar)
                }
            }.joined() + "\""
    }
}

extension Duration {
    /// As commands take it, to the microsecond.
    fileprivate var word: String {
        "\(components.seconds * 1_000_000 + components.attoseconds / 1_000_000_000_000)us"
    }
}
