import ArgumentParser
import ClusterModel
import Control
import Orchestrator

/// A command that asks a running cluster one thing and prints what it answers. The live page carries out what is clicked
/// there as one of these, so that it does what the same words do in a shell, and says the same.
protocol ClusterCommand: AsyncParsableCommand {
    var target: ClusterOption { get }

    /// - Throws: what is wrong with what was typed.
    func request(_ topology: Topology) throws -> Request
    /// What is printed.
    /// - Throws: what the cluster could not do.
    func text(_ response: Response, of run: RunFolder, on terminal: Terminal) throws -> String
}

extension ClusterCommand {
    func run() async throws {
        let cluster = try await target.connect()
        do {
            let text = try await ask(cluster, for: Terminal.standardOutput)
            if !text.isEmpty { Terminal.standardOutput.print(text) }
        } catch let failure as VerbFailure {
            let terminal = Terminal.standardError
            terminal.print(terminal.styled("error: ", .red, .bold) + failure.reason)
            throw ExitCode(1)
        }
    }

    /// Asks, and closes the connection.
    func ask(_ cluster: RunningCluster, for terminal: Terminal) async throws -> String {
        let response: Response
        do {
            response = try await cluster.ask(request(cluster.topology()))
        } catch {
            await cluster.close()
            throw error
        }
        await cluster.close()
        return try text(response, of: cluster.run, on: terminal)
    }
}

/// A verb was understood, and failed.
struct VerbFailure: Error {
    var reason: String
}

extension VerbResult {
    /// - Throws: `VerbFailure`, or `OrchError` where the cluster ended.
    func check() throws {
        switch outcome {
        case .done: return
        case .cut: throw OrchError(.unavailable, "the cluster is not running, or ended meanwhile")
        case .failed(let reason): throw VerbFailure(reason: reason)
        }
    }
}
