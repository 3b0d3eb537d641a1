import Assertions
import ClusterModel
import NodeRuntime

/// The types of a topology's objects, as the judge runs them: their own methods, one after the other.
struct ScriptedModels: ObjectModels {
    let types: [ObjectType]

    init(_ topology: Topology) { types = topology.objects }

    func simulator(of type: String) -> (any ObjectSimulator)? {
        guard let type = types.first(where: { $0.name == type }), let rehearsal = try? ObjectRehearsal(type) else {
            return nil
        }
        return ScriptedSimulator(type, rehearsal)
    }
}

private final class ScriptedSimulator: ObjectSimulator {
    private let type: ObjectType
    private let rehearsal: ObjectRehearsal

    init(_ type: ObjectType, _ rehearsal: ObjectRehearsal) {
        self.type = type
        self.rehearsal = rehearsal
    }

    /// Of those that the file names; what others began with only their creators know.
    func initialFields(of object: String) -> [String: ArgumentValue]? {
        type.instances.first { $0.name == object }.map { type.state.merging($0.state) { $1 } }
    }

    func initialState(of object: String) -> [UInt8]? {
        initialFields(of: object).map { rehearsal.initialState($0) }
    }

    func run(_ method: String, arguments: [UInt8], on state: [UInt8]) -> ObjectStep? {
        guard let (state, outcome) = rehearsal.run(method, arguments: arguments, on: state, object: "rehearsal") else {
            return nil
        }
        return switch outcome {
        case .result(let bytes): ObjectStep(state: state, outcome: .result(bytes))
        case .exception(let name): ObjectStep(state: state, outcome: .exception(name))
        case .failure: ObjectStep(state: state, outcome: .failure)
        }
    }

    func arguments(of method: String, _ bytes: [UInt8]) -> [String: ArgumentValue]? {
        rehearsal.fields(of: method, bytes, isRequest: true)
    }

    func result(of method: String, _ bytes: [UInt8]) -> [String: ArgumentValue]? {
        rehearsal.fields(of: method, bytes, isRequest: false)
    }
}
