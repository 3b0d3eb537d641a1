import ClusterModel
import Objects
import Protobuf
import RPC

/// The types of the tests' cluster, as a topology file would declare them, and what carries them out.
enum Bank {
    struct AccountState: Codable, Sendable {
        var balance: Int64 = 0
        var partner: String?
    }

    struct LedgerState: Codable, Sendable { var lines: [String] = [] }

    static func types(mailbox: Int = 1_000, accounts: [String: String] = ["acc-1": "host-a"]) -> [ObjectType] {
        var account = type(
            "Account",
            [
                "deposit": [("amount", .int64)], "withdraw": [("amount", .int64)], "link": [("partner", .string)],
                "audit": [],
            ])
        account.raises = ["withdraw": ["InsufficientFunds"]]
        account.mailbox = mailbox
        account.instances = accounts.map { name, host in
            ObjectInstance(name: name, host: host, state: name == "acc-2" ? ["balance": .int(5)] : [:])
        }
        var ledger = type("Ledger", ["add": [("line", .string)], "audit": []])
        ledger.instances = [ObjectInstance(name: "ledger-1", host: "host-a", state: [:])]
        return [account, ledger]
    }

    /// `returns: int64` of every method.
    private static func type(_ name: String, _ methods: [String: [(String, FieldType)]]) -> ObjectType {
        var messages = [
            MessageDefinition(
                name: "\(name)Response", fields: [FieldDefinition(name: "value", number: 1, type: .int64)])
        ]
        var definitions: [MethodDefinition] = []
        for (method, fields) in methods.sorted(by: { $0.key < $1.key }) {
            messages.append(
                MessageDefinition(
                    name: "\(name)_\(method)",
                    fields: fields.enumerated().map { index, field in
                        FieldDefinition(name: field.0, number: Int32(index + 1), type: field.1)
                    }))
            definitions.append(
                MethodDefinition(name: method, input: "\(name)_\(method)", output: "\(name)Response"))
        }
        let schema = ProtoSchema(messages: messages, services: [ServiceDefinition(name: name, methods: definitions)])
        return ObjectType(service: Service(name: name, schema: schema), singles: Set(methods.keys))
    }

    /// Ledgers have `audit`, which accounts only declare.
    static func objects() -> SwiftObjects {
        let objects = SwiftObjects()
        objects.register(
            ObjectDefinition("Account", initial: AccountState())
                .method("deposit") { state, parameters in
                    state.balance += parameters["amount"]?.int ?? 0
                    return .int(state.balance)
                }
                .method("withdraw") { state, parameters in
                    let amount = parameters["amount"]?.int ?? 0
                    guard amount >= 0 else { throw RaisedException("Nonsense", "\(amount)") }
                    guard amount <= state.balance else {
                        throw RaisedException("InsufficientFunds", "\(state.balance) left")
                    }
                    state.balance -= amount
                    return .int(state.balance)
                }
                .method("link") { state, parameters in
                    state.partner = parameters["partner"]?.string
                    return 1
                })
        objects.register(
            ObjectDefinition("Ledger", initial: LedgerState())
                .method("add") { state, parameters in
                    state.lines.append(parameters["line"]?.string ?? "")
                    return .int(Int64(state.lines.count))
                }
                .method("audit") { _, _ in 7 })
        return objects
    }

    struct Account: ObjectProxy {
        static let typeName = "Account"
        let object: RemoteObject

        init(_ object: RemoteObject) { self.object = object }

        func deposit(_ amount: Int64) async throws -> Int64 {
            try await object.invoke("deposit", ["amount": .int(amount)]).int ?? 0
        }

        func withdraw(_ amount: Int64) async throws -> Int64 {
            try await object.invoke("withdraw", ["amount": .int(amount)]).int ?? 0
        }
    }

    /// A message whose first field is a number below 128.
    static func amount(_ value: UInt8) -> [UInt8] { [0x08, value] }
}
