import ClusterModel
import DequeModule
import NIOCore
import Protobuf
import RPC
import Scripting

/// The Lua side of a node: one engine, the functions that handlers may call, and the turns that they take. It belongs to
/// the node's event loop.
final class NodeScripts {
    /// What a handler may name besides functions. Only those that its text mentions are made for a call.
    enum Parameter: String, CaseIterable {
        case request, state, metadata, node, replica, method, attempt
    }

    let context: NodeContext
    let neighbours: Neighbours
    let engine: ScriptEngine
    /// The table that all handlers of the process share.
    private let state: ScriptSharedTable
    /// Those whose slice was over, in the order of their turns.
    private var waiting: Deque<ScriptDriver> = []
    private var hasTurn = false

    /// - Parameter memory: bytes of all scripts together, with what they keep.
    init(_ context: NodeContext, limits: HandlerLimits, memory: Int = 128 << 20, neighbours: Neighbours) {
        self.context = context
        self.neighbours = neighbours
        engine = ScriptEngine(
            limits: ScriptLimits(
                memory: max(memory, limits.memory * 8), taskMemory: limits.memory,
                taskInstructions: limits.instructions),
            functions: Self.functions)
        state = engine.sharedTable()
    }

    /// - Throws: `OrchError` at the handler's place in the file.
    func handler(_ handler: ServiceHandler, limits: HandlerLimits, work: Duration) throws -> ScriptedMethod {
        let names = Parameter.allCases.filter { handler.source.contains($0.rawValue) }
        // On the first line, so that the others keep their numbers.
        let prelude = handler.source.contains("requests") ? "local function requests() return receive end " : ""
        let function = try compile(handler, prelude: prelude, parameters: names.map(\.rawValue))
        return ScriptedMethod(self, function, names, limits: limits, work: work)
    }

    /// - Throws: `OrchError` at the handler's place in the file.
    func compile(_ handler: ServiceHandler, prelude: String = "", parameters: [String]) throws -> ScriptFunction {
        do {
            return try engine.compile(prelude + handler.source, name: handler.method, parameters: parameters)
        } catch let problem as ScriptProblem {
            let line = handler.location.line + (problem.line ?? 1) - 1
            throw OrchError(
                .badTopology, "the handler of '\(handler.method)' is not Lua: \(problem.message)",
                at: SourceLocation(file: handler.location.file, line: line, column: 1))
        }
    }

    /// Writes what a handler's parameters are for one execution.
    func write(_ names: [Parameter], of run: ScriptRun, to writer: inout ScriptWriter) throws {
        let execution = run.execution
        for name in names {
            switch name {
            case .request:
                if let request = execution.request { try writer.message(request) } else { try writer.null() }
            case .state: try writer.shared(state)
            case .metadata: try writer.metadata(execution.metadata)
            case .node: try writer.string(context.plan.instance)
            case .replica: try writer.integer(Int64(context.plan.replica))
            case .method: try writer.string("\(execution.method.service).\(execution.method.name)")
            case .attempt: try writer.integer(Int64(execution.header.attempt))
            }
        }
    }

    // MARK: - Turns

    /// Lets a run go on after the others have had their turn.
    func queue(_ run: ScriptDriver) {
        waiting.append(run)
        guard !hasTurn else { return }
        hasTurn = true
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        context.eventLoop.execute { bound.value.takeTurn() }
    }

    private func takeTurn() {
        hasTurn = false
        // One each; what they queue again has its turn after the event loop's other work.
        for _ in 0..<waiting.count { waiting.popFirst()?.goOn() }
    }

    // MARK: - Functions

    private static var functions: [ScriptHostFunction] {
        [
            .waiting("sleep"), .waiting("receive"), .waiting("send"), .waiting("call"), .waiting("publish"),
            .waiting("append"),
            .waiting("invoke"), .waiting("create"),
            .waiting("store.get"), .waiting("store.put"), .waiting("store.delete"),
            .immediate("log") { try log(&$0) },
            .immediate("print") { try log(&$0) },
            .immediate("now") { try $0.results.integer(WallClock.milliseconds()) },
            .immediate("deadline") { call in
                guard let deadline = try driver(call).deadline else { return try call.results.null() }
                let left = deadline - Int64(clamping: NIODeadline.now().uptimeNanoseconds)
                try call.results.integer(max(0, left / 1_000_000))
            },
            .immediate("set_header") { try run($0).addHeader(try text($0, 0, "set_header"), $0.arguments[1]) },
            .immediate("set_trailer") { try run($0).addTrailer(try text($0, 0, "set_trailer"), $0.arguments[1]) },
        ]
    }

    private static func driver(_ call: ScriptCall) throws -> ScriptDriver {
        guard let driver = call.task.context as? ScriptDriver else { throw ScriptRaise("not in a handler") }
        return driver
    }

    private static func run(_ call: ScriptCall) throws -> ScriptRun {
        guard let run = call.task.context as? ScriptRun else { throw ScriptRaise("only services answer with metadata") }
        return run
    }

    private static func text(_ call: ScriptCall, _ position: Int, _ function: String) throws -> String {
        guard let text = call.arguments[position].text else {
            throw ScriptRaise(
                .text(
                    "\(function): argument \(position + 1) must be a text, not a \(call.arguments[position].typeName)"))
        }
        return text
    }

    private static func log(_ call: inout ScriptCall) throws {
        let words = try (0..<call.arguments.count).map { try call.arguments[$0].value(.logged).shown }
        let line = words.joined(separator: " ")
        try driver(call).scripts.context.log(line.utf8.count > 8_192 ? "\(line.prefix(8_000))…" : line)
    }
}

/// One method whose body is a script.
final class ScriptedMethod: MethodHandler {
    let scripts: NodeScripts
    let function: ScriptFunction
    let parameters: [NodeScripts.Parameter]
    let limits: HandlerLimits
    let work: Duration

    init(
        _ scripts: NodeScripts, _ function: ScriptFunction, _ parameters: [NodeScripts.Parameter],
        limits: HandlerLimits, work: Duration
    ) {
        self.scripts = scripts
        self.function = function
        self.parameters = parameters
        self.limits = limits
        self.work = work
    }

    func start(_ execution: RPC.Execution) { ScriptRun(self, execution).start() }
}

extension ScriptCopyLimits {
    static let stored = ScriptCopyLimits(values: 100_000, bytes: 4 << 20)
    fileprivate static let logged = ScriptCopyLimits(depth: 4, values: 200, bytes: 16_384)
}

extension ScriptWriter {
    /// The first value of each name; bytes under a name that ends in `-bin`.
    fileprivate mutating func metadata(_ metadata: Metadata) throws {
        var seen: Set<String> = []
        try table(fields: metadata.count) { table in
            for (name, value) in metadata where seen.insert(name).inserted {
                try table.set(name) { writer in
                    if Metadata.isBinary(name) {
                        try (metadata.binary(name) ?? []).withUnsafeBytes { try writer.bytes($0) }
                    } else {
                        try writer.string(value)
                    }
                }
            }
        }
    }
}

extension ScriptValue {
    /// As `print` would show it; tables in Lua's own notation.
    fileprivate var shown: String {
        switch self {
        case .null: "nil"
        case .bool(let value): "\(value)"
        case .integer(let value): "\(value)"
        case .number(let value): "\(value)"
        case .string(let bytes): String(decoding: bytes, as: UTF8.self)
        case .list(let items): "{\(items.map(\.shown).joined(separator: ", "))}"
        case .table(let entries): "{\(entries.map { "\($0.key.shown) = \($0.value.shown)" }.joined(separator: ", "))}"
        }
    }
}
