import ArgumentParser
import ClusterModel
import Control
import NIOCore
import NIOPosix
import Objects
import Protobuf
import RPC

/// `orch invoke`
struct Invoke: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Invoke a method of a distributed object, wherever it is.",
        discussion: """
              orch invoke acc-1 deposit amount=5
              orch invoke orch://Account/acc-1 deposit '{"amount": 5}'
              orch invoke acc-1 deposit amount=5 --trace       attempts, redirects, and who executed it
              orch invoke acc-1 deposit amount=1 --count 10000 --concurrency 32

            Exit codes: 0 it succeeded, 1 it was executed and raised, 2 what became of it is unknown, 69 it was not \
            executed.
            """)

    @Argument(help: "The object's name, or a reference: orch://Type/id.") var object: String
    @Argument(help: "The method.") var method: String
    @Argument(help: "name=value for each parameter, or all of them as JSON.") var parameters: [String] = []
    @OptionGroup var overrides: CallOverrides
    @Option(help: "So many invocations, and numbers about them instead of replies.") var count: Int?
    @Option(help: "With --count: invocations at a time.") var concurrency = 1
    @Flag(help: "Show each attempt and what became of it.") var trace = false
    @OptionGroup var target: ClusterOption
    @Flag(help: "Print JSON on one line; with --trace and --count an object.") var json = false

    func run() async throws {
        let named = try ObjectArgument.parse(object)
        let cluster = try await target.connect()
        let topology = try cluster.topology()
        let type = try declared(named.object, named.type, in: topology)
        guard let method = try Protobuf.Schema(type.service.schema).method(path: "/\(type.name)/\(method)") else {
            let names = type.service.definition?.methods.map(\.name).joined(separator: ", ") ?? ""
            throw OrchError(.usage, "\(type.name) has no method '\(self.method)'", advice: "there is \(names)")
        }
        let places = try await OutsidePlaces.find(cluster, topology)
        await cluster.close()
        let messages = try CallRequest.messages(parameters, for: method)
        let options = try overrides.options(for: type.service)
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let session = try await loop.submit {
            NIOLoopBound(
                CallSession(try ObjectWays(places, loop).transport(to: named.object), path: method.path, options, loop),
                eventLoop: loop)
        }.get()
        if let count {
            guard count > 0, concurrency > 0 else { throw ValidationError("--count and --concurrency are at least 1") }
            let load = try await loop.flatSubmit {
                session.value.load(messages[0], count: count, concurrency: concurrency)
            }.get()
            try? await loop.flatSubmit { session.value.close() }.get()
            Terminal.standardOutput.print(json ? try JSONOutput.line(load) : load.text)
            return
        }
        let answer = try await loop.flatSubmit { session.value.call(messages[0]) }.get()
        let steps = try await loop.submit { session.value.steps }.get()
        try? await loop.flatSubmit { session.value.close() }.get()
        try CallAnswer(report: answer, steps: steps, type: method).show(trace: trace, json: json)
    }

    private func declared(_ object: String, _ typeName: String?, in topology: Topology) throws -> ObjectType {
        if let type = typeName.map(topology.objectType(named:)) ?? topology.objectType(of: object) { return type }
        let names = topology.objects.flatMap(\.instances).map(\.name).joined(separator: ", ")
        throw OrchError(
            .usage, typeName.map { "no type '\($0)'" } ?? "the file names no object '\(object)'",
            advice: names.isEmpty
                ? "'\(topology.name)' names none" : "there is \(names); others by their reference, orch://Type/id")
    }
}
