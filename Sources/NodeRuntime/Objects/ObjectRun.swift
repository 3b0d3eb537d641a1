import ClusterModel
import NIOCore
import Objects
import Protobuf
import RPC
import Scripting

/// One invocation of a scripted method. It goes on when its caller has gone: half of a method is worse than a late one.
final class ObjectRun: ScriptDriver {
    private let objects: ObjectScripts
    private let function: ScriptFunction
    private let invocation: Invocation

    init(_ objects: ObjectScripts, _ function: ScriptFunction, _ invocation: Invocation) {
        self.objects = objects
        self.function = function
        self.invocation = invocation
        super.init(objects.scripts)
    }

    override var deadline: Int64? { invocation.deadline }

    func start() {
        let limits = invocation.type.service.limits
        if let time = limits.time {
            after(time) {
                self.finish(
                    .failure(
                        ObjectException(name: "", message: "the method ran longer than \(time.text)", limit: .limit)))
            }
        }
        do {
            guard let state = invocation.live as? ObjectStates.State else { return }
            try begin(function, random: "invocation \(invocation.number)") { writer in
                try writer.shared(state.table)
                try writer.message(self.invocation.request)
                try writer.string(self.invocation.reference.description)
                try writer.string(self.scripts.context.plan.instance)
                try writer.string("\(self.invocation.type.name).\(self.invocation.method.name)")
                try writer.integer(Int64(self.invocation.header.attempt))
            }
        } catch {
            finish(
                .failure(ObjectException(name: "", message: "the parameters cannot be given to the method: \(error)")))
        }
    }

    override func answer(_ request: ScriptRequest) throws -> ScriptOutcome? {
        guard request.function == "create" else { return try super.answer(request) }
        guard let type = request.arguments[0].text else {
            throw ScriptRaise("create: the first argument must be a type's name")
        }
        guard let host = objects.host else { throw ScriptRaise("create: this process hosts no objects") }
        let fields = try request.arguments[1].value()
        guard case .table(let entries) = fields == .null ? .table([]) : fields else {
            throw ScriptRaise("create: the second argument must be a table of fields")
        }
        var values: [String: ArgumentValue] = [:]
        for entry in entries {
            guard let name = entry.key.text else { throw ScriptRaise("create: a field's name must be a text") }
            values[name] = entry.value.argument
        }
        host.create(type, fields: values) { result in
            switch result {
            case .success(let reference):
                self.received([reference]) { self.resumeLater { try $0.string(reference.description) } }
            case .failure(let exception): self.raiseLater(.text("create: \(exception.message)"))
            }
        }
        return nil
    }

    override func received(_ references: Set<ObjectReference>, _ goOn: @escaping () -> Void) {
        guard !references.isEmpty, let host = objects.host else { return goOn() }
        host.received(references, in: invocation, goOn)
    }

    override func finished(_ results: ScriptStack) {
        do throws(ObjectException) {
            finish(.success(try ObjectResult.message(results[0], of: invocation.method, invocation.type)))
        } catch {
            finish(.failure(error))
        }
    }

    override func failed(_ error: ScriptError) {
        let limits = invocation.type.service.limits
        let method = "\(invocation.type.name).\(invocation.method.name)"
        switch error {
        case .failed(let message, let trace):
            scripts.context.log("error in \(method): \(message)\n\(trace)")
            finish(.failure(ObjectException(name: "", message: message, trace: trace)))
        case .raised(let value, let trace):
            finish(
                .failure(
                    ObjectResult.exception(value, trace: trace, of: invocation.method.name, invocation.type)))
        case .instructionLimit(let trace):
            finish(
                .failure(
                    ObjectException(
                        name: "", message: "\(method) used more than \(limits.instructions) instructions", trace: trace,
                        limit: .limit)))
        case .memoryLimit(let trace):
            finish(
                .failure(
                    ObjectException(
                        name: "", message: "\(method) used more than \(limits.memory) bytes", trace: trace,
                        limit: .limit)))
        case .unconvertible(let problem): finish(.failure(ObjectException(name: "", message: problem)))
        }
    }

    private func finish(_ result: Result<Message, ObjectException>) {
        end()
        switch result {
        case .success(let message): invocation.finish(message)
        case .failure(let exception): invocation.fail(exception)
        }
    }
}

extension ScriptValue {
    /// As a topology file would have it; texts that are no UTF-8 have their odd bytes replaced.
    var argument: ArgumentValue {
        switch self {
        case .null: .null
        case .bool(let value): .bool(value)
        case .integer(let value): .int(value)
        case .number(let value): .double(value)
        case .string(let bytes): .string(String(decoding: bytes, as: UTF8.self))
        case .list(let items): .list(items.map(\.argument))
        case .table(let entries):
            .table(
                Dictionary(entries.map { ($0.key.text ?? $0.key.json, $0.value.argument) }) { $1 })
        }
    }
}
