import ClusterModel
import NIOCore
import Objects
import Protobuf
import RPC
import Scripting

/// Objects whose methods are Lua. The state of a live object is a table of the engine, which its methods see as `self`
/// and change in place. What a method changed before it raised stays changed, as in any language.
final class ObjectScripts: ObjectBehaviour {
    /// What a method may name besides functions.
    static let parameters = ["self", "params", "me", "node", "method", "attempt"]

    let scripts: NodeScripts
    /// Creates objects, where this process hosts any.
    weak var host: ObjectHost?
    private var methods: [String: ScriptFunction] = [:]
    private let states: ObjectStates

    /// - Throws: `OrchError` at the place of a method that is not Lua.
    init(_ scripts: NodeScripts, types: [ObjectType]) throws {
        self.scripts = scripts
        states = try ObjectStates(scripts.engine)
        for type in types {
            for handler in type.service.handlers {
                methods["\(type.name)/\(handler.method)"] = try scripts.compile(
                    handler, parameters: Self.parameters)
            }
        }
    }

    // MARK: - State

    func make(_ type: ObjectType, state: [UInt8]?, fields: [String: ArgumentValue]) throws -> AnyObject {
        try states.make(try state.map { try StoredValue.decode($0) } ?? ObjectStates.fields(type, fields))
    }

    func encode(_ live: AnyObject) throws -> [UInt8] {
        guard let state = live as? ObjectStates.State else { return [] }
        return StoredValue.encode(try states.value(of: state))
    }

    func references(in state: [UInt8]) -> Set<ObjectReference> {
        guard let value = try? StoredValue.decode(state) else { return [] }
        return (try? ReferenceScan.references(in: Untyped(value))) ?? []
    }

    func json(_ state: [UInt8]) -> String { (try? StoredValue.decode(state))?.json ?? "" }

    // MARK: - Methods

    func start(_ invocation: Invocation) {
        guard let function = methods["\(invocation.type.name)/\(invocation.method.name)"] else {
            return invocation.fail(
                ObjectException(
                    name: "", message: "\(invocation.type.name).\(invocation.method.name) has no handler"))
        }
        ObjectRun(self, function, invocation).start()
    }
}

extension ScriptValue {
    /// A value of the topology file.
    init(_ value: ArgumentValue) {
        switch value {
        case .string(let text): self = .text(text)
        case .int(let number): self = .integer(number)
        case .double(let number): self = .number(number)
        case .bool(let flag): self = .bool(flag)
        case .null: self = .null
        case .list(let items): self = .list(items.map(ScriptValue.init))
        case .table(let table):
            self = .table(table.sorted { $0.key < $1.key }.map { ScriptEntry(.text($0.key), ScriptValue($0.value)) })
        }
    }

    /// JSON, keys in order; a text that is no UTF-8 has its odd bytes replaced, and what JSON has no number for is null.
    var json: String {
        switch self {
        case .null: "null"
        case .bool(let value): "\(value)"
        case .integer(let value): "\(value)"
        case .number(let value): value.isFinite ? "\(value)" : "null"
        case .string(let bytes): Self.quoted(String(decoding: bytes, as: UTF8.self))
        case .list(let items): "[\(items.map(\.json).joined(separator: ","))]"
        case .table(let entries):
            "{" + entries.map { "\(Self.quoted($0.key.name)):\($0.value.json)" }.joined(separator: ",") + "}"
        }
    }

    private var name: String {
        switch self {
        case .string(let bytes): String(decoding: bytes, as: UTF8.self)
        default: json
        }
    }

    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            case "\t": quoted += "\\t"
            case ..<" ":
                let hex = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
