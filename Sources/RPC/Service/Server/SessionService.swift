import ClusterModel
import Protobuf

/// `/orch.v1.Session/Open`: an empty message in, an empty one out; the trailers tell who answers (`x-orch-server`), as
/// all trailers here do. Clients ask before their first at-most-once call on a connection.
package enum SessionService {
    static let schema = ProtoSchema(
        package: "orch.v1",
        services: [
            ServiceDefinition(
                name: "orch.v1.Session",
                methods: [
                    MethodDefinition(name: "Open", input: "google.protobuf.Empty", output: "google.protobuf.Empty")
                ])
        ])

    package static func make() throws(SchemaError) -> ServedService {
        ServedService(
            try Schema(schema), name: "orch.v1.Session", duplicates: DuplicatePolicy(on: .execute),
            handlers: ["Open": ClosureHandler { $0.finish(Message($0.method.output)) }], isManagement: true)
    }
}
