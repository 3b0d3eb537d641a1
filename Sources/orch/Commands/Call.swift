import ArgumentParser
import ClusterModel
import Control
import NIOCore
import NIOPosix
import Protobuf

/// `orch call`
struct Call: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Call a method of a service, on a running cluster or at an address.",
        discussion: """
              orch call Calculator.suma a=1 b=2                on the running cluster, through a link of its own
              orch call Calculator.suma '{"a": 1, "b": 2}'     the request as JSON
              orch call Calculator.suma a=1 b=2 --trace        attempts, duplicates, and who executed it
              orch call Calculator.suma a=1 --count 10000 --concurrency 32
              orch call Calculator.suma a=1 --address localhost:50051 --file rpc-suma

            Exit codes: 0 it succeeded, 1 it was executed and answered with an error, 2 what became of it is unknown, \
            69 it was not executed.
            """)

    @Argument(help: "Service.method.") var method: String
    @Argument(help: "name=value for each field, or the whole request as JSON; for a client stream several JSON texts.")
    var request: [String] = []
    @Option(help: "The node that serves it, where several do, or one of its processes.") var to: String?
    @Option(help: "One replica, from 1.") var replica: Int?
    @Option(help: "A server that is not in a cluster: host:port.") var address: String?
    @Option(help: "With --address: the topology that declares the service; without it the server is asked.")
    var file: String?
    @OptionGroup var overrides: CallOverrides
    @Option(help: "So many calls, and numbers about them instead of replies.") var count: Int?
    @Option(help: "With --count: calls at a time.") var concurrency = 1
    @Flag(help: "Show each attempt and what became of it.") var trace = false
    @OptionGroup var target: ClusterOption
    @Flag(help: "Print JSON on one line; with --trace and --count an object.") var json = false

    func run() async throws {
        let plan = try await CallTargets.find(self)
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let type = plan.method
        let messages = try CallRequest.messages(request, for: type)
        guard count == nil || !(type.clientStreaming || type.serverStreaming) else {
            throw ValidationError("--count is for methods with one request and one reply")
        }
        let options = plan.options
        let session = try await loop.submit {
            NIOLoopBound(
                CallSession(plan.endpoints, host: plan.host, path: type.path, options: options, loop), eventLoop: loop)
        }.get()
        if let count {
            guard count > 0, concurrency > 0 else { throw ValidationError("--count and --concurrency are at least 1") }
            let body = messages[0]
            let load = try await loop.flatSubmit {
                session.value.load(body, count: count, concurrency: concurrency)
            }.get()
            try? await loop.flatSubmit { session.value.close() }.get()
            Terminal.standardOutput.print(json ? try JSONOutput.line(load) : load.text)
            return
        }
        let isStreaming = type.clientStreaming || type.serverStreaming
        let answer = try await loop.flatSubmit {
            isStreaming ? session.value.stream(messages) : session.value.call(messages[0])
        }.get()
        let steps = try await loop.submit { session.value.steps }.get()
        try? await loop.flatSubmit { session.value.close() }.get()
        try CallAnswer(report: answer, steps: steps, type: type).show(trace: trace, json: json)
    }
}
