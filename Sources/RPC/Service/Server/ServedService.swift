import ClusterModel
import Protobuf

/// One service as a server offers it.
package struct ServedService {
    package var schema: Schema
    /// Full name.
    package var name: String
    package var duplicates: DuplicatePolicy
    /// By the method's name; a method without one answers UNIMPLEMENTED.
    package var handlers: [String: any MethodHandler]
    /// Health, reflection and the like: no evidence, no limit of concurrency, and there until the very end.
    package var isManagement: Bool

    package init(
        _ schema: Schema, name: String, duplicates: DuplicatePolicy = .init(), handlers: [String: any MethodHandler],
        isManagement: Bool = false
    ) {
        self.schema = schema
        self.name = name
        self.duplicates = duplicates
        self.handlers = handlers
        self.isManagement = isManagement
    }
}

/// A service in a dispatcher, with its memory of calls.
final class ServiceState {
    let name: String
    /// Whether calls that have an id are filtered.
    let filters: Bool
    let isDurable: Bool
    let isManagement: Bool
    var table: DuplicateTable<Execution, SavedReply>
    /// Completed, and not yet on disk.
    var committing: [CallID: Execution] = [:]

    init(_ service: ServedService, incarnations: Set<String>, hasStore: Bool) {
        name = service.name
        isManagement = service.isManagement
        filters = service.duplicates.on == .resendReply
        isDurable = service.duplicates.durable && hasStore && filters
        table = DuplicateTable(service.duplicates, incarnations: incarnations, isDurable: isDurable)
    }
}

/// A method in a dispatcher.
final class ServedMethod {
    let type: MethodType
    /// As a gRPC path without its first slash.
    let name: String
    let handler: any MethodHandler
    let service: ServiceState

    init(_ type: MethodType, _ handler: any MethodHandler, _ service: ServiceState) {
        self.type = type
        self.handler = handler
        self.service = service
        name = "\(type.service)/\(type.name)"
    }

    /// A stream's messages are not kept: its duplicates get no answer.
    var isStreaming: Bool { type.clientStreaming || type.serverStreaming }
}
