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
        for status in statuses {
            for node in status.nodes {
                table.add([
                    status.cluster, node.name, node.role, node.pid.map { "\($0)" } ?? "-",
                    node.state.rawValue + (node.pid == nil && !node.detail.isEmpty ? " (\(node.detail))" : ""),
                    "\(node.restarts)", node.port.map { "\($0)" } ?? "", node.progress?.text ?? "",
                ])
            }
        }
        terminal.print(table.text(terminal))
    }
}

extension Progress {
    /// `412/1000 published, 400 confirmed`, `1234 processed`, `80/100 calls, 79 succeeded`, `80 executed`.
    var text: String {
        var parts: [String] = []
        let of = goal.map { "/\($0)" } ?? ""
        let isCaller = called > 0 || callsInFlight > 0
        if isCaller {
            parts.append("\(published + called)\(of) " + (published > 0 ? "published and called" : "calls"))
            parts.append("\(succeeded) succeeded")
        } else if published > 0 || goal != nil {
            parts.append("\(published)\(of) published")
        }
        if confirmed > 0 { parts.append("\(confirmed) confirmed") }
        if failed > 0 { parts.append("\(failed) given up") }
        if uncertain > 0 { parts.append("\(uncertain) unknown") }
        if executed > 0 { parts.append("\(executed) executed") }
        if filtered > 0 { parts.append("\(filtered) duplicates") }
        if received > 0 { parts.append("\(processed) processed") }
        return parts.joined(separator: ", ")
    }
}
