import ClusterModel
import Scripting

/// The states of objects whose methods are Lua: tables of an engine, which methods see as `self` and change in place.
final class ObjectStates {
    /// Of one live object.
    final class State {
        let table: ScriptSharedTable

        init(_ table: ScriptSharedTable) { self.table = table }
    }

    private let engine: ScriptEngine
    private let fill: ScriptFunction
    private let read: ScriptFunction

    init(_ engine: ScriptEngine) throws {
        self.engine = engine
        fill = try engine.compile(
            "for key, value in pairs(fields) do self[key] = value end", name: "state", parameters: ["self", "fields"])
        read = try engine.compile("return self", name: "state", parameters: ["self"])
    }

    /// - Throws: `ScriptError` for what no table can have.
    func make(_ value: ScriptValue) throws -> State {
        let state = State(engine.sharedTable())
        let task = try ScriptTask(fill) { writer in
            try writer.shared(state.table)
            try writer.value(value)
        }
        try Self.run(task) { _ in }
        return state
    }

    /// - Throws: `ScriptError` for what cannot leave the engine: a function, a table that contains itself.
    func value(of state: State) throws -> ScriptValue {
        let task = try ScriptTask(read) { try $0.shared(state.table) }
        var value = ScriptValue.null
        try Self.run(task) { value = try $0[0].value(.stored) }
        return value
    }

    /// What `self` of a new object is.
    static func fields(_ type: ObjectType, _ own: [String: ArgumentValue]) -> ScriptValue {
        let all = type.state.merging(own) { $1 }
        return .table(all.sorted { $0.key < $1.key }.map { ScriptEntry(.text($0.key), ScriptValue($0.value)) })
    }

    private static func run(_ task: ScriptTask, _ results: (ScriptStack) throws -> Void) throws {
        while true {
            switch task.resume() {
            case .finished(let stack): return try results(stack)
            case .failed(let error): throw error
            case .preempted: continue
            case .suspended: throw ScriptError.unconvertible("a state does not wait")
            }
        }
    }
}
