import ClusterModel
import Protobuf
import RPC
import Synchronization

/// Objects whose methods are Swift. The state leaves an object as JSON, keys in order.
///
/// What the wire names is looked up in one place only: the table of the definition that the object was made by. A name
/// that is not there is never executed, whatever else this process has of that name.
public final class SwiftObjects: Sendable {
    private let definitions = Mutex<[String: any AnyObjectDefinition]>([:])

    public init() {}

    /// A second definition of the same type takes the place of the first, for objects that are made from then on.
    public func register<State>(_ definition: ObjectDefinition<State>) {
        definitions.withLock { $0[definition.name] = definition }
    }
}

extension SwiftObjects: ObjectBehaviour {
    package func make(_ type: ObjectType, state: [UInt8]?, fields: [String: ArgumentValue]) throws -> AnyObject {
        guard let definition = definitions.withLock({ $0[type.name] }) else {
            throw StateProblem(description: "this process has no Swift type '\(type.name)'")
        }
        return try definition.make(state: state, fields: type.state.merging(fields) { $1 })
    }

    package func encode(_ live: AnyObject) throws -> [UInt8] {
        guard let object = live as? any SwiftObject else { return [] }
        return try object.encode()
    }

    package func references(in state: [UInt8]) -> Set<ObjectReference> {
        guard let tree = try? StateTree.decode(state) else { return [] }
        return (try? ReferenceScan.references(in: tree.untyped)) ?? []
    }

    package func json(_ state: [UInt8]) -> String { String(decoding: state, as: UTF8.self) }

    package func start(_ invocation: Invocation) {
        let method = invocation.method.name
        let name = "\(invocation.type.name).\(method)"
        do throws(ObjectException) {
            guard let object = invocation.live as? any SwiftObject, object.typeName == invocation.type.name,
                let result = try run(method, of: object, invocation)
            else { throw ObjectException(name: "", message: "\(name) has no Swift method; nothing was executed") }
            let value = result.untyped
            let isSingle = invocation.type.singles.contains(method) && value != .null
            do {
                invocation.finish(
                    try Message(
                        invocation.method.output,
                        value == .null ? .table(.init()) : isSingle ? ["value": value] : value, root: "result"))
            } catch {
                throw ObjectException(
                    name: "",
                    message: "what \(name) returned does not fit \(invocation.method.output.name): \(error)")
            }
        } catch {
            invocation.fail(error)
        }
    }

    private func run(
        _ method: String, of object: any SwiftObject, _ invocation: Invocation
    ) throws(ObjectException) -> RPCValue? {
        do {
            return try object.run(method, RPCValue(invocation.request.untyped))
        } catch let raised as RaisedException {
            guard invocation.type.raises[method]?.contains(raised.name) ?? false else {
                throw ObjectException(
                    name: "", message: "\(raised.name): \(raised.message) (the method does not declare it)")
            }
            throw ObjectException(name: raised.name, message: raised.message)
        } catch {
            throw ObjectException(name: "", message: "\(error)")
        }
    }
}
