import ArgumentParser
import ClusterModel
import Protobuf
import RPC

/// What came of a call from the command line.
struct CallAnswer {
    var report: CallReport
    var steps: [CallSession.Step]
    var type: MethodType

    private struct Content: Encodable {
        var outcome: String
        var status: String
        var message: String
        var attempts: Int
        var server: String?
        var reply: String?
        var replies: [String]
        var trace: [String]
    }

    /// Prints it.
    /// - Throws: `ExitCode` for everything but success: 1 executed with an error, 2 unknown, 69 not executed.
    func show(trace: Bool, json: Bool) throws {
        let terminal = Terminal.standardOutput
        let replies = try report.messages.map { try Message.decode(Array($0.readableBytesView), as: type.output) }
        let status = report.outcome.status
        if json, trace {
            terminal.print(
                try JSONOutput.line(
                    Content(
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
            complain("executed, with the error \(status)")
            throw ExitCode(1)
        case .unknown(_, let reason):
            complain("nobody knows whether it was executed (\(reason)): \(status)")
            throw ExitCode(2)
        case .notExecuted(_, let reason):
            complain("not executed (\(reason)): \(status)")
            throw ExitCode(OrchError.Code.unavailable.rawValue)
        }
    }

    private func complain(_ text: String) {
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
