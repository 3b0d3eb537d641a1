import ClusterModel
import Protobuf

/// Server reflection, versions `v1` and `v1alpha`: lists the services and hands out the files that describe them.
/// Confined to its event loop.
///
/// Source: gRPC server reflection protocol (`grpc/doc/server-reflection.md`).
final class ReflectionService {
    private var names: [String] = []
    private var files: [String: FileDescriptor] = [:]
    private var fileBySymbol: [String: String] = [:]

    func add(_ service: ServedService) {
        guard !names.contains(service.name) else { return }
        names.append(service.name)
        for file in service.schema.fileDescriptors(name: "\(service.name).proto") where files[file.name] == nil {
            files[file.name] = file
            for symbol in file.symbols where fileBySymbol[symbol] == nil { fileBySymbol[symbol] = file.name }
        }
    }

    func makeService(version: String) throws(SchemaError) -> ServedService {
        ServedService(
            try Schema(reflectionSchema(version: version)), name: "grpc.reflection.\(version).ServerReflection",
            duplicates: DuplicatePolicy(on: .execute),
            handlers: ["ServerReflectionInfo": ClosureHandler { [unowned self] in start($0) }], isManagement: true)
    }

    private func start(_ execution: Execution) {
        execution.onMessage = { [unowned execution, weak self] request in
            guard let self else { return }
            do throws(ValueError) {
                execution.send(try answer(request, execution.method.output))
            } catch {
                execution.fail(GRPCStatus(.internalError, "\(error)"))
            }
        }
        execution.onRequestEnd = { [unowned execution] in execution.finish() }
    }

    private func answer(_ request: Message, _ type: MessageType) throws(ValueError) -> Message {
        let untyped = request.untyped
        var fields: [String: Untyped] = ["original_request": untyped]
        if case .string(let host) = untyped["host"] { fields["valid_host"] = .string(host) }
        if case .string = untyped["list_services"], has(request, "list_services") {
            fields["list_services_response"] = ["service": .list(names.sorted().map { ["name": .string($0)] })]
        } else if case .string(let name) = untyped["file_by_filename"], has(request, "file_by_filename") {
            fields.merge(files(name, "no file \(name)")) { _, new in new }
        } else if case .string(let symbol) = untyped["file_containing_symbol"], has(request, "file_containing_symbol") {
            fields.merge(files(fileBySymbol[symbol], "no symbol \(symbol)")) { _, new in new }
        } else {
            // proto3 has no extensions of its own.
            fields["error_response"] = error(.notFound, "no extensions here")
        }
        return try Message(type, fields: fields)
    }

    private func has(_ message: Message, _ field: String) -> Bool {
        message.type.field(named: field).map { message.has($0) } ?? false
    }

    /// A file and all that it needs.
    private func files(_ name: String?, _ problem: String) -> [String: Untyped] {
        guard let name, files[name] != nil else { return ["error_response": error(.notFound, problem)] }
        var found: [FileDescriptor] = []
        var wanted = [name]
        while let next = wanted.popLast() {
            guard let file = files[next], !found.contains(where: { $0.name == next }) else { continue }
            found.append(file)
            wanted += file.dependencies
        }
        return ["file_descriptor_response": ["file_descriptor_proto": .list(found.map { .bytes($0.bytes) })]]
    }

    private func error(_ code: GRPCCode, _ message: String) -> Untyped {
        ["error_code": .int(Int64(code.rawValue)), "error_message": .string(message)]
    }
}
