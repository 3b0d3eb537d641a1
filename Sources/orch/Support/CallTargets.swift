import ArgumentParser
import ClusterModel
import Control
import NIOCore
import NIOPosix
import Protobuf
import RPC
import TopologyDSL

/// Whom `orch call` calls, and by which rules.
struct CallTargets: Sendable {
    var method: MethodType
    var endpoints: [ServerEndpoint]
    var host: String
    var options: CallOptions

    static func find(_ command: Call) async throws -> CallTargets {
        guard let dot = command.method.lastIndex(where: { $0 == "." || $0 == "/" }) else {
            throw ValidationError("'\(command.method)' is not Service.method")
        }
        let service = String(command.method[..<dot])
        let name = String(command.method[command.method.index(after: dot)...])
        if let address = command.address { return try await outside(address, service, name, command) }
        let cluster = try await command.target.connect()
        let topology = try cluster.topology()
        let found = try declared(service, name, in: topology)
        let nodes = topology.places[found.service.name] ?? []
        let node = try command.to ?? only(nodes, found.service)
        let response = try await cluster.ask(.resolve(server: node, client: NodeLink.outside))
        await cluster.close()
        guard case .endpoints(var endpoints) = response else {
            throw OrchError(.internalError, "the cluster answered something else")
        }
        if let replica = command.replica {
            guard endpoints.indices.contains(replica - 1) else {
                throw OrchError(.usage, "'\(node)' has \(endpoints.count) replicas")
            }
            endpoints = [endpoints[replica - 1]]
        }
        return CallTargets(
            method: found.method, endpoints: endpoints, host: "127.0.0.1",
            options: try command.overrides.options(for: found.service))
    }

    /// A server that is in no cluster: what it serves is known from a file, or asked of it.
    private static func outside(
        _ address: String, _ service: String, _ name: String, _ command: Call
    ) async throws -> CallTargets {
        guard let colon = address.lastIndex(of: ":"), let port = Int(address[address.index(after: colon)...]) else {
            throw ValidationError("'\(address)' is not host:port")
        }
        let host = String(address[..<colon])
        let endpoint = ServerEndpoint(instance: address, port: port)
        if let file = command.file {
            let found = try declared(service, name, in: TopologyArgument.load(file).topology)
            return CallTargets(
                method: found.method, endpoints: [endpoint], host: host,
                options: try command.overrides.options(for: found.service))
        }
        let schema: ProtoSchema
        do {
            schema = try await Reflection.schema(of: service, host: host, port: port)
        } catch let error as RPCError {
            throw OrchError(
                .unavailable, "\(address) does not say what \(service) is", cause: "\(error)",
                advice: "name the topology that declares it, with --file")
        }
        guard let method = try Protobuf.Schema(schema).method(path: "/\(service)/\(name)") else {
            throw OrchError(.usage, "\(service) has no method '\(name)'")
        }
        let declared = Service(name: service, schema: schema, semantics: .maybe, retry: .init(timeout: .seconds(30)))
        return CallTargets(
            method: method, endpoints: [endpoint], host: host, options: try command.overrides.options(for: declared))
    }

    static func declared(
        _ service: String, _ name: String, in topology: Topology
    ) throws -> (service: Service, method: MethodType) {
        let found = topology.services.filter { $0.name == service || $0.shortName == service }
        guard let chosen = found.first, found.count == 1 else {
            let names = topology.services.map(\.name).joined(separator: ", ")
            throw OrchError(
                .usage, found.isEmpty ? "no service '\(service)'" : "several services are called '\(service)'",
                advice: names.isEmpty ? "'\(topology.name)' declares none" : "there is \(names)")
        }
        guard let method = try Protobuf.Schema(chosen.schema).method(path: "/\(chosen.name)/\(name)") else {
            let names = chosen.definition?.methods.map(\.name).joined(separator: ", ") ?? ""
            throw OrchError(.usage, "\(chosen.name) has no method '\(name)'", advice: "there is \(names)")
        }
        return (chosen, method)
    }

    static func only(_ nodes: [String], _ service: Service) throws -> String {
        if nodes.count == 1 { return nodes[0] }
        throw OrchError(
            .usage, nodes.isEmpty ? "no node serves \(service.name) over gRPC" : "several nodes serve \(service.name)",
            advice: nodes.isEmpty ? nil : "say --to, with one of \(nodes.joined(separator: ", "))")
    }
}
