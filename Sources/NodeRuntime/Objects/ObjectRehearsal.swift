import ClusterModel
import Objects
import Protobuf
import Scripting

/// Objects of one type that are run by themselves, one method after the other, without a cluster: what a history of
/// invocations is compared with. A method that needs anything but its object (another one, the time, chance) cannot be
/// rehearsed. Confined to one thread.
package final class ObjectRehearsal {
    package enum Outcome: Sendable, Equatable {
        /// The response message.
        case result([UInt8])
        case exception(String)
        /// An error that the type does not declare.
        case failure
    }

    private let type: ObjectType
    private let schema: Schema
    private let states: ObjectStates
    private var methods: [String: (ScriptFunction, MethodType)] = [:]

    /// - Throws: what is wrong with the type's methods.
    package init(_ type: ObjectType) throws {
        self.type = type
        schema = try Schema(type.service.schema)
        let engine = ScriptEngine(
            limits: ScriptLimits(
                memory: 512 << 20, taskMemory: type.service.limits.memory,
                taskInstructions: type.service.limits.instructions),
            functions: ["sleep", "call", "invoke", "create", "publish", "append", "now", "deadline"].map {
                ScriptHostFunction.waiting($0)
            } + [.immediate("log") { _ in }, .immediate("print") { _ in }])
        states = try ObjectStates(engine)
        for handler in type.service.handlers {
            guard let method = schema.method(path: "/\(type.name)/\(handler.method)") else { continue }
            methods[handler.method] = (
                try engine.compile(handler.source, name: handler.method, parameters: ObjectScripts.parameters), method
            )
        }
    }

    /// - Parameter fields: in place of the type's own.
    package func initialState(_ fields: [String: ArgumentValue]) -> [UInt8] {
        StoredValue.encode(ObjectStates.fields(type, fields))
    }

    /// - Returns: nil: it cannot be rehearsed.
    package func run(
        _ method: String, arguments: [UInt8], on state: [UInt8], object: String
    ) -> (state: [UInt8], outcome: Outcome)? {
        guard let (function, type) = methods[method], let request = try? Message.decode(arguments, as: type.input),
            let value = try? StoredValue.decode(state), let live = try? states.make(value)
        else { return nil }
        let chance = Chance()
        do {
            let task = try ScriptTask(function, random: chance) { writer in
                try writer.shared(live.table)
                try writer.message(request)
                try writer.string(ObjectReference(type: self.type.name, object: object).description)
                try writer.string("")
                try writer.string("\(self.type.name).\(method)")
                try writer.integer(1)
            }
            guard let outcome = finish(task, type), !chance.wasDrawn else { return nil }
            return (StoredValue.encode(try states.value(of: live)), outcome)
        } catch {
            return nil
        }
    }

    private func finish(_ task: ScriptTask, _ method: MethodType) -> Outcome? {
        while true {
            switch task.resume() {
            case .preempted: continue
            case .suspended: return nil
            case .finished(let results):
                guard let message = try? ObjectResult.message(results[0], of: method, type) else { return .failure }
                return .result(message.encoded)
            case .failed(.raised(let value, let trace)):
                let exception = ObjectResult.exception(value, trace: trace, of: method.name, type)
                return exception.name.isEmpty ? .failure : .exception(exception.name)
            case .failed: return .failure
            }
        }
    }

    /// The fields of a request, or of a response; nil: they cannot be read.
    package func fields(of method: String, _ bytes: [UInt8], isRequest: Bool) -> [String: ArgumentValue]? {
        guard let (_, type) = methods[method],
            let message = try? Message.decode(bytes, as: isRequest ? type.input : type.output),
            case .table(let fields) = ScriptValue(message.untyped).argument
        else { return nil }
        return fields
    }
}

/// Gives no chance, and knows that it was asked for some.
private final class Chance: RandomNumberGenerator {
    private(set) var wasDrawn = false

    func next() -> UInt64 {
        wasDrawn = true
        return 0
    }
}
