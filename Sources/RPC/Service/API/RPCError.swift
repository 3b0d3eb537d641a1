/// A call that did not succeed, or an error that a handler answers with.
public struct RPCError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is known of the call (`docs/rpc.md`).
    public enum Outcome: String, Sendable, Hashable {
        case executed
        case notExecuted = "not executed"
        case unknown
    }

    /// gRPC's status code: 5 is NOT_FOUND. Never 0.
    public var code: Int
    public var message: String
    /// A serialized `google.rpc.Status`.
    public var details: [UInt8]?
    public var outcome: Outcome

    /// - Parameter code: 1 to 255; anything else is UNKNOWN (2).
    public init(code: Int, _ message: String, details: [UInt8]? = nil, outcome: Outcome = .executed) {
        self.code = (1...255).contains(code) ? code : 2
        self.message = message
        self.details = details
        self.outcome = outcome
    }

    /// - Parameter name: as gRPC names it: `NOT_FOUND`. What it does not know is UNKNOWN.
    public init(_ name: String, _ message: String, details: [UInt8]? = nil, outcome: Outcome = .executed) {
        self.init(code: Int(GRPCCode(name: name)?.rawValue ?? 2), message, details: details, outcome: outcome)
    }

    /// `NOT_FOUND`
    public var name: String { GRPCCode(rawValue: UInt8(clamping: code)).name }

    public var description: String { "\(name): \(message) (\(outcome.rawValue))" }

    init(_ status: GRPCStatus, _ outcome: Outcome) {
        self.init(code: Int(status.code.rawValue), status.message, details: status.details, outcome: outcome)
    }

    /// Nil on success.
    package init?(_ outcome: CallOutcome) {
        switch outcome {
        case .success: return nil
        case .executed(let status): self.init(status, .executed)
        case .notExecuted(let status, _): self.init(status, .notExecuted)
        case .unknown(let status, _): self.init(status, .unknown)
        }
    }

    package var status: GRPCStatus { GRPCStatus(GRPCCode(rawValue: UInt8(clamping: code)), message, details: details) }
}
