import ClusterModel
import Objects
import Protobuf
import Scripting

/// What a scripted method gave, as an object's caller gets it.
enum ObjectResult {
    /// - Throws: `ObjectException` for what does not fit.
    static func message(_ result: ScriptReader, of method: MethodType, _ type: ObjectType) throws(ObjectException)
        -> Message
    {
        do {
            let value = Untyped(try result.value())
            let isSingle = type.singles.contains(method.name) && value != .null
            return try Message(
                method.output, value == .null ? .table(.init()) : isSingle ? ["value": value] : value, root: "result")
        } catch {
            throw ObjectException(
                name: "", message: "what the method returned does not fit \(method.output.name): \(error)")
        }
    }

    /// What `raise(name, message)` or `error(value)` gave.
    static func exception(_ value: ScriptValue, trace: String, of method: String, _ type: ObjectType) -> ObjectException
    {
        let message = value[field: "message"]?.text ?? ""
        guard let name = value[field: "status"]?.text ?? value.text else {
            return ObjectException(name: "", message: value.json, trace: trace)
        }
        guard type.raises[method]?.contains(name) ?? false else {
            return ObjectException(
                name: "", message: "\(name): \(message) (the method does not declare it)", trace: trace)
        }
        return ObjectException(name: name, message: message, trace: trace)
    }
}
