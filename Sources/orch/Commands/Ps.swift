import ArgumentParser
import ClusterModel
import Control

/// `orch ps`
struct Ps: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List the processes of a running cluster.",
        discussion: "With several clusters running and no --cluster, all are listed.")

    @OptionGroup var target: ClusterOption
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        let running = await RunningCluster.all().filter { target.cluster == nil || $0.matches(target.cluster!) }
        let terminal = Terminal.standardOutput
        let statuses = running.map(\.status)
        let runs = running.map(\.run.name)
        for cluster in running { await cluster.close() }
        if json {
            terminal.print(try JSONOutput.text(statuses))
            return
        }
        guard !statuses.isEmpty else {
            terminal.print("no cluster is running here")
            return
        }
        var table = Table(
            ["CLUSTER", "NODE", "ROLE", "PID", "STATE", "RESTARTS", "PORT", "PROGRESS"], right: [3, 5, 6])
        for (run, status) in zip(runs, statuses) {
            // Two of one name are told apart by their runs, which every command takes as well.
            let isAlone = statuses.count { $0.cluster == status.cluster } == 1
            for node in status.nodes {
                table.add([
                    isAlone ? status.cluster : run, node.name, node.role, node.pid.map { "\($0)" } ?? "-",
                    node.state.rawValue + (node.pid == nil && !node.detail.isEmpty ? " (\(node.detail))" : ""),
                    "\(node.restarts)", node.port.map { "\($0)" } ?? "", node.progress?.text ?? "",
                ])
            }
        }
        terminal.print(table.text(terminal))
    }
}
