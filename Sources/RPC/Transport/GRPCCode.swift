/// The code of a gRPC status. Open: a peer may send a number that nobody has named yet.
///
/// Source: gRPC "Status codes and their use in gRPC" (`grpc/doc/statuscodes.md`).
package struct GRPCCode: RawRepresentable, Hashable, Sendable {
    package var rawValue: UInt8

    package init(rawValue: UInt8) { self.rawValue = rawValue }

    package static let ok = GRPCCode(rawValue: 0)
    package static let cancelled = GRPCCode(rawValue: 1)
    package static let unknown = GRPCCode(rawValue: 2)
    package static let invalidArgument = GRPCCode(rawValue: 3)
    package static let deadlineExceeded = GRPCCode(rawValue: 4)
    package static let notFound = GRPCCode(rawValue: 5)
    package static let alreadyExists = GRPCCode(rawValue: 6)
    package static let permissionDenied = GRPCCode(rawValue: 7)
    package static let resourceExhausted = GRPCCode(rawValue: 8)
    package static let failedPrecondition = GRPCCode(rawValue: 9)
    package static let aborted = GRPCCode(rawValue: 10)
    package static let outOfRange = GRPCCode(rawValue: 11)
    package static let unimplemented = GRPCCode(rawValue: 12)
    package static let internalError = GRPCCode(rawValue: 13)
    package static let unavailable = GRPCCode(rawValue: 14)
    package static let dataLoss = GRPCCode(rawValue: 15)
    package static let unauthenticated = GRPCCode(rawValue: 16)

    /// The names on the wire's documents, by number.
    package static let names = [
        "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS",
        "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED",
        "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
    ]

    /// From `NOT_FOUND`, in any letter case.
    package init?(name: String) {
        guard let index = Self.names.firstIndex(of: name.uppercased()) else { return nil }
        rawValue = UInt8(index)
    }

    /// `NOT_FOUND`; `CODE_42` for a number without a name.
    package var name: String {
        Int(rawValue) < Self.names.count ? Self.names[Int(rawValue)] : "CODE_\(rawValue)"
    }
}

extension GRPCCode: CustomStringConvertible {
    package var description: String { name }
}
