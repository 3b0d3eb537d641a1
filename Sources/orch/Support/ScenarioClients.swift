import ClusterModel
import Control
import History
import NIOCore
import NIOPosix
import NodeRuntime
import Objects
import Orchestrator
import Playing
import Protobuf
import RPC

/// Runs scripts beside the cluster.
struct PlayedScripts: ScenarioScripts {
    func run(
        _ script: ScenarioScript, topology: Topology, seed: UInt64,
        perform: @escaping @Sendable (_ verb: Verb, _ place: String, _ line: Int) async -> VerbResult
    ) async -> String? {
        let end = await ScriptPlayer(script, topology: topology, seed: seed, perform: perform).run()
        if case .failed(let reason) = end { return reason }
        return nil
    }
}

/// Calls and invocations from outside, each over connections of its own, as `orch call` and `orch invoke` make them; they
/// are evidence, as those of a node are. All run on one event loop.
struct OutsideCallers: ScenarioCallers {
    private let loop: any EventLoop
    /// Made with the first call.
    private let witness: NIOLoopBoundBox<InvocationWitness?>

    init() {
        loop = MultiThreadedEventLoopGroup.singleton.next()
        witness = .makeEmptyBox(eventLoop: loop)
    }

    func call(_ call: Verb.Invocation, _ run: RunFolder) async -> VerbResult {
        await answer {
            let cluster = try await RunningCluster.connect(to: run)
            let topology = try cluster.topology()
            let dot = call.method.lastIndex { $0 == "." || $0 == "/" } ?? call.method.startIndex
            let found = try CallTargets.declared(
                String(call.method[..<dot]), String(call.method[dot...].dropFirst()), in: topology)
            let node = try call.to ?? CallTargets.only(topology.places[found.service.name] ?? [], found.service)
            let response = try await cluster.ask(.resolve(server: node, client: NodeLink.outside))
            await cluster.close()
            guard case .endpoints(let endpoints) = response else {
                throw OrchError(.internalError, "the cluster answered something else")
            }
            let options = CallOptions(semantics: found.service.semantics, retry: found.service.retry)
            return try await perform(call, found.method, run) { loop in
                CallSession(endpoints, host: "127.0.0.1", path: found.method.path, options: options, loop)
            }
        }
    }

    func invoke(_ invocation: Verb.Invocation, _ run: RunFolder) async -> VerbResult {
        await answer {
            let cluster = try await RunningCluster.connect(to: run)
            let topology = try cluster.topology()
            guard let type = topology.objectType(of: invocation.object) else {
                throw OrchError(.usage, "the file names no object '\(invocation.object)'")
            }
            guard
                let method = try Protobuf.Schema(type.service.schema).method(
                    path: "/\(type.name)/\(invocation.method)")
            else { throw OrchError(.usage, "\(type.name) has no method '\(invocation.method)'") }
            let places = try await OutsidePlaces.find(cluster, topology)
            await cluster.close()
            let options = CallOptions(semantics: type.service.semantics, retry: type.service.retry)
            return try await perform(invocation, method, run) { loop in
                CallSession(
                    try ObjectWays(places, loop).transport(to: invocation.object), path: method.path, options, loop)
            }
        }
    }

    private func answer(_ body: () async throws -> VerbResult) async -> VerbResult {
        do {
            return try await body()
        } catch let error as OrchError {
            return .failed([error.message, error.advice].compactMap { $0 }.joined(separator: "; "))
        } catch {
            return .failed("\(error)")
        }
    }

    private func perform(
        _ call: Verb.Invocation, _ method: MethodType, _ run: RunFolder,
        _ open: @escaping @Sendable (any EventLoop) throws -> CallSession
    ) async throws -> VerbResult {
        guard !method.clientStreaming, !method.serverStreaming else {
            return .failed(
                "\(method.service).\(method.name) is a stream: steps call methods with one request and one reply")
        }
        let request: [UInt8]
        do {
            let fields = Untyped(.table(call.with))
            request = try Message(method.input, fields, rules: .script, root: "request").encoded
        } catch {
            return .failed("\(error)")
        }
        let session = try await loop.submit {
            let session = try open(loop)
            session.evidence = (try recording(in: run), call.object.isEmpty ? nil : call.object)
            return NIOLoopBound(session, eventLoop: loop)
        }.get()
        let report = try await loop.flatSubmit { session.value.call(request) }.get()
        try? await loop.flatSubmit { session.value.close() }.get()
        guard case .success = report.outcome else {
            return .failed("\(report.outcome.words): \(report.outcome.status)")
        }
        let reply = try Message.decode(
            report.messages.first.map { Array($0.readableBytesView) } ?? [], as: method.output)
        var value = ArgumentValue(reply.untyped)
        // What an object's method returns as one value is the field `value` of its response.
        if !call.object.isEmpty, case .table(let fields) = value, fields.count == 1, let single = fields["value"] {
            value = single
        }
        if let expect = call.expect, !value.matches(expect) {
            return .failed("expected \(expect.words), and the reply was \(value.words)")
        }
        return VerbResult(value: value)
    }

    /// On the event loop.
    private func recording(in run: RunFolder) throws -> InvocationWitness {
        if let known = witness.value { return known }
        let made = InvocationWitness(
            try Recorder(
                path: "\(run.evidence)/outside.events", source: EvidenceSource(kind: .node, name: NodeLink.outside)))
        witness.value = made
        return made
    }
}

extension Untyped {
    fileprivate init(_ value: ArgumentValue) {
        self =
            switch value {
            case .string(let text): .string(text)
            case .int(let number): .int(number)
            case .double(let number): .double(number)
            case .bool(let flag): .bool(flag)
            case .null: .null
            case .list(let items): .list(items.map { Untyped($0) })
            case .table(let entries):
                .table(Table(entries.sorted { $0.key < $1.key }.map { ($0.key, Untyped($0.value)) }))
            }
    }
}

extension ArgumentValue {
    fileprivate init(_ value: Untyped) {
        self =
            switch value {
            case .null: .null
            case .bool(let flag): .bool(flag)
            case .int(let number): .int(number)
            case .uint(let number): .double(Double(number))
            case .double(let number): .double(number)
            case .string(let text): .string(text)
            case .bytes(let bytes): .string(String(decoding: bytes, as: UTF8.self))
            case .list(let items): .list(items.map { ArgumentValue($0) })
            case .table(let table):
                .table(
                    Dictionary(table.entries.map { ($0.key, ArgumentValue($0.value)) }) { first, _ in first })
            }
    }

    /// Whether it has all that is expected; numbers are compared as numbers, whole ones exactly.
    fileprivate func matches(_ expected: ArgumentValue) -> Bool {
        switch (self, expected) {
        case (.table(let fields), .table(let wanted)):
            wanted.allSatisfy { name, value in fields[name].map { $0.matches(value) } ?? (value == .null) }
        case (.list(let items), .list(let wanted)):
            items.count == wanted.count && zip(items, wanted).allSatisfy { $0.matches($1) }
        case (.int, .int): self == expected
        default: self == expected || (number != nil && number == expected.number)
        }
    }

    private var number: Double? {
        switch self {
        case .int(let number): Double(number)
        case .double(let number): number
        default: nil
        }
    }

    fileprivate var words: String {
        switch self {
        case .string(let text): "'\(text)'"
        case .int(let number): "\(number)"
        case .double(let number): trimmed(number)
        case .bool(let flag): "\(flag)"
        case .null: "null"
        case .list(let items): "[\(items.map(\.words).joined(separator: ", "))]"
        case .table(let entries):
            "{ \(entries.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value.words)" }.joined(separator: ", ")) }"
        }
    }
}
