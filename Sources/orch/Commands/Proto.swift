import ArgumentParser
import ClusterModel
import Protobuf

/// `orch proto`
struct Proto: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print the protocol-buffer definition of a topology's services and object types.",
        discussion: """
            What it prints is for protoc, buf and every language that has gRPC:

              orch proto rpc-suma > calculator.proto
              python3 -m grpc_tools.protoc -I. --python_out=. --grpc_python_out=. calculator.proto
            """)

    @Argument(
        help: "A topology file, or the bare name of a bundled one.", completion: TopologyArgument.completion)
    var file: String
    @Option(help: "One service or object type, by its short or full name; several packages need several files.")
    var service: String?

    func run() throws {
        let (topology, _) = try TopologyArgument.load(file)
        let all = topology.services + topology.objects.map(\.service)
        let chosen = all.filter { service == nil || $0.name == service || $0.shortName == service }
        guard !chosen.isEmpty else {
            let names = all.map(\.name).joined(separator: ", ")
            throw OrchError(
                .usage,
                service.map { "'\(topology.name)' has no service '\($0)'" } ?? "'\(topology.name)' has no services",
                advice: names.isEmpty ? nil : "there is \(names)")
        }
        var merged = chosen[0].schema
        for service in chosen.dropFirst() {
            guard service.schema.package == merged.package, service.schema.files == merged.files else {
                let names = chosen.map(\.name).joined(separator: ", ")
                throw OrchError(
                    .usage, "a .proto file has one package, and these services have several: \(names)",
                    advice: "print them one by one, with --service")
            }
            merged.add(service.schema)
        }
        guard let text = try Protobuf.Schema(merged).proto(file: chosen[0].definition?.file) else {
            throw OrchError(.internalError, "\(chosen[0].name) cannot be written as a .proto file")
        }
        Terminal.standardOutput.write(text)
    }
}

extension ProtoSchema {
    /// Takes in another schema of the same package; what both have, they have alike (the topology's checks see to that).
    fileprivate mutating func add(_ other: ProtoSchema) {
        messages += other.messages.filter { message(named: $0.name) == nil }
        enums += other.enums.filter { enumeration(named: $0.name) == nil }
        services += other.services.filter { service(named: $0.name) == nil }
    }
}
