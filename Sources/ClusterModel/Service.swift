/// One entry under `services:`: what may be called, how it is answered, and what a caller may rely on.
package struct Service: Sendable, Equatable, Codable {
    /// The full name: `Calculator`, or `shop.v1.Calculator` with `package:`.
    package var name: String
    /// Its own types and its one service definition; nobody else's.
    package var schema: ProtoSchema
    /// A handler for each method that the file gives one.
    package var handlers: [ServiceHandler]
    package var semantics: CallSemantics
    package var retry: RetryPolicy
    package var duplicates: DuplicatePolicy
    package var limits: HandlerLimits
    /// Where its types were imported from; `nil` where the topology file declares them.
    package var proto: ProtoSource?
    package var location: SourceLocation

    package init(
        name: String, schema: ProtoSchema, handlers: [ServiceHandler] = [], semantics: CallSemantics = .atMostOnce,
        retry: RetryPolicy = .init(), duplicates: DuplicatePolicy = .init(), limits: HandlerLimits = .init(),
        proto: ProtoSource? = nil, location: SourceLocation = .init()
    ) {
        self.name = name
        self.schema = schema
        self.proto = proto
        self.handlers = handlers
        self.semantics = semantics
        self.retry = retry
        self.duplicates = duplicates
        self.limits = limits
        self.location = location
    }

    /// The definition, which the schema holds under the service's name.
    package var definition: ServiceDefinition? { schema.services.first { $0.name == name } }

    package func method(named method: String) -> MethodDefinition? {
        definition?.methods.first { $0.name == method }
    }

    package func handler(of method: String) -> ServiceHandler? { handlers.first { $0.method == method } }

    /// The name without its package, as people type it.
    package var shortName: String { String(name.split(separator: ".").last ?? "") }
}

/// A `.proto` file or a descriptor set, as the topology file names it: relative to that file's folder.
package struct ProtoSource: Sendable, Hashable, Codable {
    package var file: String
    /// Folders for what it imports.
    package var folders: [String]

    package init(file: String, folders: [String] = []) {
        self.file = file
        self.folders = folders
    }
}

/// The Lua body of one method.
package struct ServiceHandler: Sendable, Equatable, Codable {
    package var method: String
    package var source: String
    /// Where the first line of the source stands.
    package var location: SourceLocation

    package init(method: String, source: String, location: SourceLocation = .init()) {
        self.method = method
        self.source = source
        self.location = location
    }
}

/// What one execution of a handler may use. Beyond it, the call (and only that call) fails.
package struct HandlerLimits: Sendable, Hashable, Codable {
    /// Lua instructions.
    package var instructions: Int
    /// Bytes.
    package var memory: Int
    /// From its start, waiting included; `nil`: until the call's deadline.
    package var time: Duration?

    package init(instructions: Int = 50_000_000, memory: Int = 16 << 20, time: Duration? = nil) {
        self.instructions = instructions
        self.memory = memory
        self.time = time
    }
}

/// `serve:` — this node answers calls. A native node runs the handlers; a `command` node has a gRPC server of its own.
package struct ServeRole: Sendable, Equatable, Codable {
    /// How calls reach it.
    package enum Via: Sendable, Hashable, Codable {
        case grpc
        /// Requests are messages in this queue; replies go to the queue that `reply_to` names.
        case queue(String, broker: String)
    }

    /// What is spoken on its connections.
    package enum Speech: String, Sendable, Hashable, Codable, CaseIterable {
        case grpc, http
        /// Anything over TCP; links pass it on unread.
        case tcp
        case udp
    }

    /// Full names of services.
    package var services: [String]
    package var via: Via
    package var speaks: Speech
    /// A fixed port on loopback for programs outside the cluster (the link `outside -> NAME`).
    package var port: Int?
    /// Where a program that serves listens by itself; `nil`: on the port that `$(port)` tells it. Replicas have the
    /// ports that follow.
    package var listen: Int?
    package var tls: TLSFiles?
    /// Executions at a time; further requests wait, and then are refused.
    package var concurrency: Int
    /// What an execution takes, besides its handler.
    package var work: Duration
    /// The largest message that it takes, in bytes.
    package var maxMessage: Int

    package init(
        services: [String], via: Via = .grpc, speaks: Speech = .grpc, port: Int? = nil, listen: Int? = nil,
        tls: TLSFiles? = nil,
        concurrency: Int = 1_000, work: Duration = .zero, maxMessage: Int = 4 << 20
    ) {
        self.services = services
        self.via = via
        self.speaks = speaks
        self.port = port
        self.listen = listen
        self.tls = tls
        self.concurrency = concurrency
        self.work = work
        self.maxMessage = maxMessage
    }
}

/// PEM files, relative to the topology file's folder until they are resolved.
package struct TLSFiles: Sendable, Hashable, Codable {
    package var certificate: String
    package var key: String
    /// Who signed it, for clients; `nil`: the certificate itself.
    package var authority: String?

    package init(certificate: String, key: String, authority: String? = nil) {
        self.certificate = certificate
        self.key = key
        self.authority = authority
    }
}

/// `call:` — a finite or endless stream of calls.
package struct CallRole: Sendable, Equatable, Codable {
    package enum Loop: String, Sendable, Codable, CaseIterable {
        /// `concurrency` callers, each of which waits for its answer before it calls again.
        case closed
        /// Calls begin at `rate`, whether or not earlier ones have ended.
        case open
    }

    /// The full name of the service.
    package var service: String
    package var method: String
    /// The request; several, in order, where the client streams. Texts may hold `$(seq)` and the like.
    package var requests: [ArgumentValue]
    /// Requests of one call where the client streams: the list is repeated up to this number; `nil`: just the list.
    package var messages: Int?
    /// `nil`: without end.
    package var count: Int?
    /// `nil`: as fast as answers come.
    package var rate: Rate?
    package var concurrency: Int
    package var loop: Loop
    /// Replies that differ are counted as unexpected: the fields that it gives must be as it says. Several where the
    /// server streams.
    package var expect: [ArgumentValue]?
    /// The status that calls are expected to end with, `OK` where nothing is said.
    package var expectStatus: String?
    /// `invoke:` — the declared exception that invocations are expected to end with.
    package var expectException: String?
    /// The node that serves it.
    package var to: String
    /// One of its replicas, from 1; `nil`: all of them in turn.
    package var replica: Int?
    package var via: ServeRole.Via
    /// `invoke:` — a distributed object, wherever it is: `service` is its type, and `to`, `replica` and `via` say
    /// nothing. A template: the object's name, or a whole reference.
    package var object: String?
    /// References that come back are held as long as this process lives.
    package var holds: Bool
    package var metadata: [String: String]
    // What the service says, unless the caller says otherwise.
    package var semantics: CallSemantics
    package var retry: RetryPolicy

    package init(
        service: String, method: String, requests: [ArgumentValue] = [.table([:])], messages: Int? = nil,
        count: Int? = nil, rate: Rate? = nil, concurrency: Int = 1, loop: Loop = .closed,
        expect: [ArgumentValue]? = nil, expectStatus: String? = nil, expectException: String? = nil,
        to: String = "", replica: Int? = nil,
        via: ServeRole.Via = .grpc, object: String? = nil, holds: Bool = false, metadata: [String: String] = [:],
        semantics: CallSemantics = .atMostOnce,
        retry: RetryPolicy = .init()
    ) {
        self.service = service
        self.method = method
        self.requests = requests
        self.messages = messages
        self.count = count
        self.rate = rate
        self.concurrency = concurrency
        self.loop = loop
        self.expect = expect
        self.expectStatus = expectStatus
        self.expectException = expectException
        self.to = to
        self.replica = replica
        self.via = via
        self.object = object
        self.holds = holds
        self.metadata = metadata
        self.semantics = semantics
        self.retry = retry
    }

    /// `Calculator.suma`.
    package var fullMethod: String { "\(service).\(method)" }
}
