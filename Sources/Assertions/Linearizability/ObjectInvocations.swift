import History

/// One invocation of an object, as its caller saw it.
struct ObjectOperation: Sendable {
    enum Outcome: Sendable, Equatable {
        /// It took effect at some time after its call, or never did: unknown, stopped part-way, or without an end.
        case open
        case result([UInt8])
        /// Success, but what it returned was not recorded.
        case unseen
        case exception(String)
    }

    var call: String
    /// The process that called.
    var caller: String
    var type: String
    var method: String
    var arguments: [UInt8]
    var start: Int64
    var end: Int64?
    var outcome: Outcome
}

/// The invocations of objects in a history, by object.
struct ObjectInvocations {
    /// In the order of calls, without those that were not executed.
    private(set) var operations: [String: [ObjectOperation]] = [:]
    /// Objects that somebody tried to invoke.
    private(set) var invoked: Set<String> = []
    /// By object: executions for callers that recorded nothing.
    private(set) var unrecorded: [String: Int] = [:]

    /// - Parameter name: the object, or a type for all of its objects.
    init(_ history: History, of name: String) {
        var calls: [(object: String, operation: ObjectOperation)] = []
        var index: [String: Int] = [:]
        var known: Set<String> = []
        var replies: [String: ObjectReply] = [:]
        var results: [String: (event: CallResult, time: Int64)] = [:]
        var executions: [(object: String, service: Substring, call: String)] = []
        for entry in history.events("object-invocation", "object-reply", "call-result", "execution") {
            switch entry.event {
            case .objectInvocation(let event):
                known.insert(event.call)
                guard event.object == name || event.type == name, index[event.call] == nil else { continue }
                index[event.call] = calls.count
                let operation = ObjectOperation(
                    call: event.call, caller: history.sources[entry.source].name, type: event.type,
                    method: event.method, arguments: event.arguments, start: entry.time, end: nil, outcome: .open)
                calls.append((event.object, operation))
            case .objectReply(let event): if index[event.call] != nil { replies[event.call] = event }
            case .callResult(let event):
                if index[event.call] != nil, results[event.call] == nil { results[event.call] = (event, entry.time) }
            case .execution(let event):
                let service = event.method.prefix { $0 != "/" }
                guard !event.object.isEmpty, event.object == name || service == name else { continue }
                executions.append((event.object, service, event.call))
            default: break
            }
        }
        for (object, operation) in calls {
            invoked.insert(object)
            var operation = operation
            if let result = results[operation.call] {
                guard let outcome = Self.outcome(result.event, replies[operation.call]) else { continue }
                operation.outcome = outcome
                if outcome != .open { operation.end = result.time }
            }
            operations[object, default: []].append(operation)
        }
        for execution in executions where !known.contains(execution.call) {
            unrecorded[execution.object, default: 0] += 1
        }
    }

    /// `nil`: not executed.
    private static func outcome(_ result: CallResult, _ reply: ObjectReply?) -> ObjectOperation.Outcome? {
        switch result.type {
        case .ok: reply.map { .result($0.result) } ?? .unseen
        case .fail where !result.executed: nil
        // An exception is an end like another; anything else stopped it, nobody knows where.
        case .fail: if let reply, !reply.exception.isEmpty { .exception(reply.exception) } else { .open }
        case .info, .invoke: .open
        }
    }
}
