import ArgumentParser
import ClusterModel
import Control

/// `orch status`
struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show a running cluster at a glance: phase, nodes, links and faults.")

    @OptionGroup var target: ClusterOption
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        let cluster = try await target.connect()
        await cluster.close()
        let status = cluster.status
        let terminal = Terminal.standardOutput
        if json {
            terminal.print(try JSONOutput.text(status))
            return
        }
        terminal.print(
            "\(terminal.styled(status.cluster, .bold)): \(status.phase) for \(trimmed(status.elapsed))s, "
                + "seed \(status.seed), pid \(status.pid)\nrun \(status.run)\n")
        var nodes = Table(["NODE", "STATE", "PID", "RESTARTS", "PROGRESS"], right: [2, 3])
        for node in status.nodes {
            nodes.add([
                node.name, node.state.rawValue, node.pid.map { "\($0)" } ?? "-", "\(node.restarts)",
                node.progress?.text ?? "",
            ])
        }
        terminal.print(nodes.text(terminal) + "\n")
        // Server-sent events and datagrams are for those who have any.
        let hasEvents = status.links.contains { $0.events > 0 }
        let hasDatagrams = status.links.contains { $0.datagrams > 0 }
        var links = Table(
            ["LINK", "PORT", "CONNECTIONS", "PUBLISHES", "DELIVERIES", "ACKS", "CONFIRMS", "REQUESTS", "REPLIES"]
                + (hasEvents ? ["EVENTS"] : []) + (hasDatagrams ? ["DATAGRAMS"] : []),
            right: Set(1...10))
        for link in status.links {
            links.add(
                [
                    link.link, "\(link.port)", "\(link.connections)", "\(link.publishes)", "\(link.deliveries)",
                    "\(link.acks)", "\(link.confirms)", "\(link.requests)", "\(link.replies)",
                ] + (hasEvents ? ["\(link.events)"] : []) + (hasDatagrams ? ["\(link.datagrams)"] : []))
        }
        terminal.print(links.text(terminal))
        if !status.faults.isEmpty { terminal.print("\n" + FaultTable.text(status.faults, terminal)) }
    }
}

enum FaultTable {
    static func text(_ faults: [FaultStatus], _ terminal: Terminal) -> String {
        var table = Table(["FAULT", "NAME", "LINK", "STATE", "SEEN", "AFFECTED", "SHARE"], right: [4, 5, 6])
        for fault in faults {
            let share = fault.seen == 0 ? "" : "\(trimmed(Double(fault.affected * 1_000 / fault.seen) / 10))%"
            table.add([
                fault.fault, fault.name, fault.link, fault.isActive ? "on" : "ended", "\(fault.seen)",
                "\(fault.affected)", share,
            ])
        }
        return table.text(terminal)
    }
}
