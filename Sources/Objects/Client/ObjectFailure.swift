import RPC

/// Why an invocation has no result.
package enum ObjectFailure: Error, Sendable, Equatable {
    /// The method raised an exception that it declares.
    /// - trace: where, on the object's host, a line a frame; innermost first.
    case exception(name: String, message: String, trace: [String])
    /// It was executed, and ended in an error that it does not declare.
    case failed(GRPCStatus)
    /// - reason: a word (`RefusalReason`, a code's name), or what the transport says.
    case notExecuted(GRPCStatus, reason: String)
    case unknown(GRPCStatus, reason: String)
    // Not executed either:
    /// Its state is lost, it was collected, or it never was. For ever.
    case gone
    /// The reference was not renewed in time, and the object is collected.
    case expired
    /// The object is not of the type that the reference says.
    case wrongType

    /// Nil for a success.
    package init?(_ report: CallReport) {
        switch report.outcome {
        case .success: return nil
        case .executed(let status):
            guard let name = report.trailers[ObjectHeader.exception] ?? report.initialMetadata[ObjectHeader.exception]
            else {
                self = .failed(status)
                return
            }
            let trace = report.trailers.binary(ObjectHeader.trace) ?? report.initialMetadata.binary(ObjectHeader.trace)
            self = .exception(
                name: name, message: status.message,
                trace: String(decoding: trace ?? [], as: UTF8.self).split(separator: "\n").map(String.init))
        case .notExecuted(let status, let reason):
            switch RefusalReason(rawValue: reason) {
            case .gone: self = .gone
            case .expired: self = .expired
            case .wrongType: self = .wrongType
            default: self = .notExecuted(status, reason: reason)
            }
        case .unknown(let status, let reason): self = .unknown(status, reason: reason)
        }
    }
}

/// What happened and what to do; which object it was is the caller's to say.
extension ObjectFailure: CustomStringConvertible {
    package var description: String {
        switch self {
        case .exception(let name, let message, _): message.isEmpty ? name : "\(name): \(message)"
        case .failed(let status): "the method failed: \(status)"
        case .notExecuted(let status, let reason):
            "not executed (\(reason)): \(Self.text(status))"
        case .unknown(let status, let reason):
            "it may have been executed (\(reason)): \(Self.text(status)). Called again, it may be executed twice"
        case .gone:
            "the object is gone: it was collected, its owner died with its state, or it never was. Not executed"
        case .expired:
            "the reference was not renewed in time, and the object is collected. Not executed: ask for another object"
        case .wrongType: "the object is of another type than the reference says. Not executed: check the reference"
        }
    }

    private static func text(_ status: GRPCStatus) -> String {
        status.message.isEmpty ? status.code.name : status.message
    }
}
