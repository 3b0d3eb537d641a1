import ClusterModel
import Protobuf

/// `grpc.health.v1.Health`: the whole server is the service "". Confined to its event loop.
///
/// Source: gRPC health checking protocol (`grpc/doc/health-checking.md`).
package final class HealthService {
    package enum Status: Int32, Sendable {
        case unknown = 0
        case serving = 1
        case notServing = 2
        /// Only `Watch` says so; `Check` ends with NOT_FOUND.
        case serviceUnknown = 3
    }

    private var statuses: [String: Status] = ["": .serving]
    /// Whoever watches, and what they watch. No more than there are streams.
    private var watchers: [ObjectIdentifier: (execution: Execution, service: String)] = [:]

    package init() {}

    package func set(_ service: String, _ status: Status) {
        guard statuses[service] != status else { return }
        statuses[service] = status
        for watcher in watchers.values where watcher.service == service { send(status, to: watcher.execution) }
    }

    /// The server is about to stop: it tells all who watch, and lets go of them.
    package func shutDown() {
        for service in Array(statuses.keys) { set(service, .notServing) }
        let watchers = self.watchers
        self.watchers = [:]
        for watcher in watchers.values { watcher.execution.fail(GRPCStatus(.unavailable, "the server stops")) }
    }

    private func check(_ execution: Execution) {
        let service = name(execution)
        guard let status = statuses[service] else {
            return execution.fail(GRPCStatus(.notFound, "no service \(service)"))
        }
        execution.finish(answer(status, execution))
    }

    private func watch(_ execution: Execution) {
        let service = name(execution)
        let key = ObjectIdentifier(execution)
        watchers[key] = (execution, service)
        execution.onCancel = { [weak self] _ in self?.watchers[key] = nil }
        send(statuses[service] ?? .serviceUnknown, to: execution)
    }

    private func name(_ execution: Execution) -> String {
        if case .string(let name) = execution.request?["service"] { name } else { "" }
    }

    private func send(_ status: Status, to execution: Execution) { execution.send(answer(status, execution)) }

    private func answer(_ status: Status, _ execution: Execution) -> Message {
        var answer = Message(execution.method.output)
        // The field is the schema's own.
        try? answer.set("status", .enumeration(status.rawValue))
        return answer
    }

    func makeService() throws(SchemaError) -> ServedService {
        ServedService(
            try Schema(Self.schema), name: "grpc.health.v1.Health", duplicates: DuplicatePolicy(on: .execute),
            handlers: [
                "Check": ClosureHandler { [unowned self] in check($0) },
                "Watch": ClosureHandler { [unowned self] in watch($0) },
            ], isManagement: true)
    }

    static let schema: ProtoSchema = {
        let status = "grpc.health.v1.HealthCheckResponse.ServingStatus"
        let request = "grpc.health.v1.HealthCheckRequest"
        let response = "grpc.health.v1.HealthCheckResponse"
        return ProtoSchema(
            package: "grpc.health.v1",
            messages: [
                MessageDefinition(
                    name: request, fields: [FieldDefinition(name: "service", number: 1, type: .string)]),
                MessageDefinition(
                    name: response, fields: [FieldDefinition(name: "status", number: 1, type: .enumeration(status))]),
            ],
            enums: [
                EnumDefinition(
                    name: status,
                    values: [
                        .init("UNKNOWN", 0), .init("SERVING", 1), .init("NOT_SERVING", 2), .init("SERVICE_UNKNOWN", 3),
                    ])
            ],
            services: [
                ServiceDefinition(
                    name: "grpc.health.v1.Health",
                    methods: [
                        MethodDefinition(name: "Check", input: request, output: response),
                        MethodDefinition(name: "Watch", input: request, output: response, serverStreaming: true),
                    ])
            ])
    }()
}
