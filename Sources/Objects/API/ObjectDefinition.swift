import ClusterModel
import RPC

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A type of objects whose methods are Swift: its state and its table of methods.
///
/// ```swift
/// struct AccountState: Codable, Sendable { var balance: Int64 = 0 }
///
/// let account = ObjectDefinition("Account", initial: AccountState())
///     .method("deposit") { state, parameters in
///         state.balance += parameters["amount"]?.int ?? 0
///         return .int(state.balance)
///     }
///     .method("withdraw") { state, parameters in
///         let amount = parameters["amount"]?.int ?? 0
///         guard amount <= state.balance else { throw RaisedException("InsufficientFunds", "\(state.balance) left") }
///         state.balance -= amount
///         return .int(state.balance)
///     }
/// ```
///
/// A method runs on the host's event loop and must not block it. What it changed before it threw stays changed. A trap
/// (an overflow, an index out of range) ends the host's process.
public struct ObjectDefinition<State: Codable & Sendable>: Sendable {
    /// Carries out one invocation. Its result is the value itself where the type's `returns` is a single one, else the
    /// fields. A `RaisedException` that the type declares is raised at the caller; every other error is a mistake.
    public typealias Body = @Sendable (_ state: inout State, _ parameters: RPCValue) throws -> RPCValue

    public let name: String
    /// Of a new object; fields that the topology file gives take the place of its own.
    public let initial: State
    private(set) var methods: [String: Body] = [:]

    public init(_ name: String, initial: State) {
        self.name = name
        self.initial = initial
    }

    /// A second body of the same method takes the place of the first.
    public func method(_ name: String, _ body: @escaping Body) -> Self {
        var copy = self
        copy.methods[name] = body
        return copy
    }
}

/// An exception for the caller. The type must declare it for the method (`raises:`).
public struct RaisedException: Error, Sendable, Hashable {
    public var name: String
    public var message: String

    public init(_ name: String, _ message: String = "") {
        self.name = name
        self.message = message
    }
}

// MARK: - For `SwiftObjects`

/// A definition, whatever its state is.
protocol AnyObjectDefinition: Sendable {
    var name: String { get }
    func make(state: [UInt8]?, fields: [String: ArgumentValue]) throws -> any SwiftObject
}

/// A live object, whatever its state is.
protocol SwiftObject: AnyObject {
    /// Of its definition.
    var typeName: String { get }
    func encode() throws -> [UInt8]
    /// - Returns: nil: its type has no such method, and nothing was executed.
    func run(_ method: String, _ parameters: RPCValue) throws -> RPCValue?
}

extension ObjectDefinition: AnyObjectDefinition {
    func make(state: [UInt8]?, fields: [String: ArgumentValue]) throws -> any SwiftObject {
        guard let state else { return Live(self, try initial(fields)) }
        return Live(self, try JSONDecoder().decode(State.self, from: Data(state)))
    }

    private func initial(_ fields: [String: ArgumentValue]) throws -> State {
        guard !fields.isEmpty else { return initial }
        guard case .table(var table) = try StateTree.decode(StateTree.encode(initial)) else {
            throw StateProblem(description: "the state of \(name) has no fields")
        }
        for (field, value) in fields { table[field] = StateTree(value) }
        let state = try JSONDecoder().decode(State.self, from: Data(try StateTree.encode(StateTree.table(table))))
        // What a type does not know it does not write again.
        guard case .table(let known) = try StateTree.decode(StateTree.encode(state)) else { return state }
        for (field, value) in fields where value != .null && known[field] == nil {
            throw StateProblem(description: "the state of \(name) has no field '\(field)'")
        }
        return state
    }

    private final class Live: SwiftObject {
        private let definition: ObjectDefinition
        private var state: State

        init(_ definition: ObjectDefinition, _ state: State) {
            self.definition = definition
            self.state = state
        }

        var typeName: String { definition.name }

        func encode() throws -> [UInt8] { try StateTree.encode(state) }

        func run(_ method: String, _ parameters: RPCValue) throws -> RPCValue? {
            guard let body = definition.methods[method] else { return nil }
            return try body(&state, parameters)
        }
    }
}

/// What is wrong with a state.
struct StateProblem: Error, CustomStringConvertible {
    var description: String
}
