import ArgumentParser
import ClusterModel
import Control
import NIOCore
import NIOPosix
import Protobuf
import RPC

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
    @Option(help: "How long one attempt waits.") var timeout: String?
    @Option(help: "Transmissions of one call at most.") var attempts: Int?
    @Option(help: "maybe, at-least-once or at-most-once, in place of what the service declares.") var semantics: String?
    @Option(help: "gRPC metadata: name=value.") var metadata: [String] = []
    @Option(help: "So many calls, and numbers about them instead of replies.") var count: Int?
    @Option(help: "With --count: calls at a time.") var concurrency = 1
    @Flag(help: "Show each attempt and what became of it.") var trace = false
    @OptionGroup var target: ClusterOption
    @Flag(help: "Print JSON on one line; with --trace and --count an object.") var json = false

    func run() async throws {
        let plan = try await CallTargets.find(self)
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let type = plan.method
        let messages = try messages(type)
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
        try show(answer, steps, type)
    }

    // MARK: - The request

    private func messages(_ type: MethodType) throws -> [[UInt8]] {
        let isJSON = request.first?.first == "{" || request.first?.first == "["
        do {
            if isJSON {
                guard type.clientStreaming || request.count == 1 else {
                    throw ValidationError("\(type.service).\(type.name) takes one request")
                }
                return try request.map { try Message(type.input, json: $0, root: "request").encoded }
            }
            var fields = Untyped.Table()
            for word in request {
                guard let sign = word.firstIndex(of: "=") else {
                    throw ValidationError("'\(word)' is neither name=value nor JSON")
                }
                let text = String(word[word.index(after: sign)...])
                let isNested = text.hasPrefix("{") || text.hasPrefix("[")
                fields.append(String(word[..<sign]), isNested ? try Untyped(json: text) : .string(text))
            }
            return [try Message(type.input, .table(fields), rules: .template, root: "request").encoded]
        } catch let error as ValueError {
            throw OrchError(.usage, "\(error)")
        }
    }

    // MARK: - The answer

    private struct Answer: Encodable {
        var outcome: String
        var status: String
        var message: String
        var attempts: Int
        var server: String?
        var reply: String?
        var replies: [String]
        var trace: [String]
    }

    private func show(_ report: CallReport, _ steps: [CallSession.Step], _ type: MethodType) throws {
        let terminal = Terminal.standardOutput
        let replies = try report.messages.map { try Message.decode(Array($0.readableBytesView), as: type.output) }
        let status = report.outcome.status
        if json, trace {
            terminal.print(
                try JSONOutput.line(
                    Answer(
                        outcome: report.outcome.words, status: status.code.name, message: status.message,
                        attempts: report.attempts, server: report.header.server, reply: report.header.reply?.rawValue,
                        replies: replies.map { $0.json(defaults: true) }, trace: steps.map(\.text))))
        } else {
            if trace {
                for step in steps {
                    terminal.print(
                        terminal.styled(step.time.leftPadded(to: 10), .dim) + "  "
                            + terminal.styled(step.text, step.style))
                }
                let by = report.header.server.map { " by \($0)" } ?? ""
                let how = report.header.reply.map { " (\($0.rawValue) reply)" } ?? ""
                terminal.print("outcome: \(report.outcome.words)\(by)\(how), \(report.attempts) attempts")
            }
            for reply in replies { terminal.print(reply.json(indented: !json, defaults: true)) }
        }
        switch report.outcome {
        case .success: return
        case .executed:
            complain("executed, with the error \(status)", report)
            throw ExitCode(1)
        case .unknown(_, let reason):
            complain("nobody knows whether it was executed (\(reason)): \(status)", report)
            throw ExitCode(2)
        case .notExecuted(_, let reason):
            complain("not executed (\(reason)): \(status)", report)
            throw ExitCode(OrchError.Code.unavailable.rawValue)
        }
    }

    private func complain(_ text: String, _ report: CallReport) {
        let terminal = Terminal.standardError
        terminal.print(terminal.styled("error: ", .red, .bold) + text)
        for detail in StatusDetails.texts(report.outcome.status.details) { terminal.print("  \(detail)") }
    }
}

extension CallOutcome {
    var words: String {
        switch self {
        case .success: "success"
        case .executed: "executed, with an error"
        case .notExecuted: "not executed"
        case .unknown: "unknown"
        }
    }
}

extension String {
    fileprivate func leftPadded(to width: Int) -> String { String(repeating: " ", count: max(0, width - count)) + self }
}

/// `grpc-status-details-bin` for people.
enum StatusDetails {
    static func texts(_ bytes: [UInt8]?) -> [String] {
        guard let bytes, let type = Protobuf.Schema.wellKnown.message("google.rpc.Status"),
            let status = try? Message.decode(bytes, as: type), case .list(let details)? = status["details"]
        else { return [] }
        return details.compactMap { if case .message(let detail) = $0 { detail.json() } else { nil } }
    }
}
