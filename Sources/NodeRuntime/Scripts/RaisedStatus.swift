import Protobuf
import RPC
import Scripting

/// `raise(status, message, details)` as gRPC has it.
enum RaisedStatus {
    /// - Parameter schema: where the types of details are looked up.
    static func status(_ value: ScriptValue, _ schema: Schema) -> GRPCStatus {
        guard let code = code(value[field: "status"]) else {
            return GRPCStatus(.unknown, "the handler raised \(text(value))")
        }
        let message = value[field: "message"].map(text) ?? ""
        var status = GRPCStatus(code, message)
        if let details = value[field: "details"], details != .null {
            status.details = encoded(details, code, message, schema)
        }
        return status
    }

    private static func code(_ value: ScriptValue?) -> GRPCCode? {
        switch value {
        case .integer(let number)?: return UInt8(exactly: number).map { GRPCCode(rawValue: $0) }
        case .number(let number)?: return UInt8(exactly: number).map { GRPCCode(rawValue: $0) }
        case .string?: return value?.text.flatMap { GRPCCode(name: $0.uppercased()) }
        default: return nil
        }
    }

    private static func text(_ value: ScriptValue) -> String {
        switch value {
        case .string(let bytes): String(decoding: bytes, as: UTF8.self)
        case .integer(let number): "\(number)"
        case .number(let number): "\(number)"
        case .bool(let value): "\(value)"
        case .null: "nil"
        case .list, .table: "a table without a status"
        }
    }

    /// A `google.rpc.Status`. Each detail is a table that names its type under `@type`, or becomes a Struct.
    private static func encoded(
        _ details: ScriptValue, _ code: GRPCCode, _ message: String, _ schema: Schema
    ) -> [UInt8]? {
        let all = details.elements ?? [details]
        let packed = all.compactMap { any($0, schema) }
        guard let type = Schema.wellKnown.message("google.rpc.Status") else { return nil }
        let fields: Untyped = [
            "code": .int(Int64(code.rawValue)), "message": .string(message), "details": .list(packed),
        ]
        return (try? Message(type, fields))?.encoded
    }

    private static func any(_ value: ScriptValue, _ schema: Schema) -> Untyped? {
        var name = "google.protobuf.Struct"
        var value = value
        if case .table(let entries) = value, let named = value[field: "@type"]?.text {
            name = String(named.split(separator: "/").last ?? "")
            value = .table(entries.filter { $0.key != .text("@type") })
        }
        guard let type = schema.message(name), let message = try? Message(type, Untyped(value)) else { return nil }
        return ["type_url": .string("type.googleapis.com/\(name)"), "value": .bytes(message.encoded)]
    }
}
