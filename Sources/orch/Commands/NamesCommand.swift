import ArgumentParser
import ClusterModel
import Control
import NIOCore
import NIOPosix
import NodeRuntime
import RPC

/// `orch names`
struct NamesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "names",
        abstract: "List what the name services of a running cluster know: members, and who has which resource.",
        discussion: """
              orch names
              orch names --group peers --json
            """)

    @Option(help: "Only entries of this group.") var group: String?
    @Option(help: "So many of one service at most.") var limit = 10_000
    @OptionGroup var target: ClusterOption
    @Flag(help: "Print JSON.") var json = false

    func validate() throws { if limit < 1 { throw ValidationError("--limit is at least 1") } }

    func run() async throws {
        let cluster = try await target.connect()
        let topology = try cluster.topology()
        let services = topology.nodes.filter { $0.names != nil }
        guard !services.isEmpty else {
            await cluster.close()
            throw OrchError(
                .usage, "'\(topology.name)' has no name service", advice: "a node with names: {} is one")
        }
        var endpoints: [ServerEndpoint] = []
        for node in services {
            let answer = try await cluster.ask(.resolve(server: node.name, client: NodeLink.outside))
            guard case .endpoints(let found) = answer else {
                throw OrchError(.internalError, "the cluster answered something else")
            }
            endpoints += found
        }
        await cluster.close()
        var rows: [NameRow] = []
        for endpoint in endpoints {
            do {
                rows += try await NamesReader.list(endpoint, limit: limit).map {
                    NameRow($0, service: endpoint.instance)
                }
            } catch let status as GRPCStatus {
                throw OrchError(
                    .unavailable, "no answer from the name service \(endpoint.instance)", cause: "\(status)",
                    advice: "see whether it runs, with: orch ps")
            }
        }
        if let group { rows.removeAll { $0.group != group } }
        Terminal.standardOutput.print(json ? try JSONOutput.text(rows) : text(rows, services.count > 1))
    }

    private func text(_ rows: [NameRow], _ hasSeveral: Bool) -> String {
        guard !rows.isEmpty else { return "there are no entries" }
        let service = hasSeveral ? ["SERVICE"] : []
        var table = Table(service + ["GROUP", "KIND", "NAME", "HOLDER", "LEASE LEFT", "DESCRIPTION"])
        for row in rows {
            let words = row.description.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
            table.add(
                (hasSeveral ? [row.service] : []) + [
                    row.group, row.kind, row.name, row.holder,
                    "\(Duration.milliseconds(row.leaseLeftMilliseconds).text)", words.joined(separator: " "),
                ])
        }
        return table.text(Terminal.standardOutput)
    }
}

/// One entry of a name service.
struct NameRow: Encodable, Equatable {
    var service: String
    var group: String
    /// `member` or `resource`.
    var kind: String
    var name: String
    /// The process.
    var holder: String
    var description: [String: String]
    var leaseLeftMilliseconds: Int64

    init(_ entry: NameEntry, service: String) {
        self.service = service
        group = entry.group
        kind = entry.kind.rawValue
        name = entry.entryName
        holder = entry.holder
        description = Dictionary(entry.description.map { ($0.key, $0.value) }) { $1 }
        leaseLeftMilliseconds = entry.left / 1_000_000
    }
}
