/// How a call ended: the code, a message for people, and details for programs.
package struct GRPCStatus: Hashable, Sendable, Error {
    package var code: GRPCCode
    /// Any Unicode text; percent-encoded on the wire.
    package var message: String
    /// A serialized `google.rpc.Status` (`grpc-status-details-bin`).
    package var details: [UInt8]?

    package init(_ code: GRPCCode, _ message: String = "", details: [UInt8]? = nil) {
        self.code = code
        self.message = message
        self.details = details
    }

    package static let ok = GRPCStatus(.ok)

    package var isOK: Bool { code == .ok }
}

extension GRPCStatus: CustomStringConvertible {
    package var description: String { message.isEmpty ? code.name : "\(code.name): \(message)" }
}
