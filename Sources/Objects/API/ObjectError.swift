import RPC

/// Why an invocation has no result, as the Swift API says it.
public enum ObjectError: Error, Sendable, Hashable {
    /// The method raised an exception that it declares. Executed.
    /// - trace: where, on the object's host, a line a frame; innermost first.
    case exception(name: String, message: String, trace: [String])
    /// It was executed, and ended in an error that it does not declare, or its result cannot be read.
    case failed(message: String)
    /// The object was collected, its state is lost, or it never was. For ever; not executed.
    case gone
    /// The reference was not renewed in time, and the object is collected. Not executed.
    case expired
    /// The object, or the reference, is of another type. Not executed.
    case wrongType
    /// - reason: a word (`docs/objects.md`), or the name of a gRPC code: `UNIMPLEMENTED`.
    case notExecuted(reason: String, message: String)
    /// It may have been executed. Called again, it may be executed twice.
    case unknown(reason: String, message: String)
}

extension ObjectError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .exception(let name, let message, _): message.isEmpty ? name : "\(name): \(message)"
        case .failed(let message): "the method failed: \(message)"
        case .gone, .expired: (self == .gone ? ObjectFailure.gone : .expired).description
        case .wrongType: ObjectFailure.wrongType.description
        case .notExecuted(let reason, let message): "not executed (\(reason)): \(message)"
        case .unknown(let reason, let message):
            "it may have been executed (\(reason)): \(message). Called again, it may be executed twice"
        }
    }
}

extension ObjectError {
    init(_ failure: ObjectFailure) {
        func text(_ status: GRPCStatus) -> String { status.message.isEmpty ? status.code.name : status.message }
        switch failure {
        case .exception(let name, let message, let trace):
            self = .exception(name: name, message: message, trace: trace)
        case .failed(let status): self = .failed(message: text(status))
        case .notExecuted(let status, let reason): self = .notExecuted(reason: reason, message: text(status))
        case .unknown(let status, let reason): self = .unknown(reason: reason, message: text(status))
        case .gone: self = .gone
        case .expired: self = .expired
        case .wrongType: self = .wrongType
        }
    }

    static func malformed(_ message: String) -> Self {
        .notExecuted(reason: RefusalReason.malformed.rawValue, message: message)
    }

    static func unimplemented(_ message: String) -> Self {
        .notExecuted(reason: GRPCCode.unimplemented.name, message: message)
    }

    static let closed = Self.notExecuted(reason: RefusalReason.cancelled.rawValue, message: "the cluster was closed")
}
