import ArgumentParser
import ClusterModel
import Control
import Playing
import TopologyDSL

/// `orch run`
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run a script (Lua) against a running cluster.",
        discussion: """
              orch run chaos.lua
              orch run chaos.lua --cluster pubsub --seed 7

            Its functions are the steps of a scenario: wait, wait_until, fault, clear, publish, call, invoke, migrate, \
            kill, pause, resume, stop, start, restart, assert_that, status, queue, log, random. What it asserts stands in \
            the report of the run too.

            Exit codes: 0 it came to its end, 1 it failed, 65 it is no Lua, 69 the cluster ended meanwhile.
            """)

    @Argument(help: "The script.", completion: .file(extensions: ["lua"])) var script: String
    @Option(help: "What its random() follows from; the run's seed unless given.") var seed: UInt64?
    @OptionGroup var target: ClusterOption

    func run() async throws {
        let program = try VerbSyntax.script(at: script)
        let cluster = try await target.connect()
        let topology = try cluster.topology()
        let player = ScriptPlayer(program, topology: topology, seed: seed ?? cluster.status.seed) { verb, place, line in
            if case .note(let text) = verb { Terminal.standardOutput.print(text) }
            return await cluster.perform(verb, place, line)
        }
        let end = await player.run()
        await cluster.close()
        switch end {
        case .finished: return
        case .cut: throw OrchError(.unavailable, "the cluster ended before the script did")
        case .failed(let reason):
            let terminal = Terminal.standardError
            terminal.print(terminal.styled("error: ", .red, .bold) + reason)
            throw ExitCode(1)
        }
    }
}

extension RunningCluster {
    /// Does a verb there.
    func perform(_ verb: Verb, _ place: String, _ line: Int = 0, isRecorded: Bool = true) async -> VerbResult {
        do {
            switch try await reply(to: .perform(verb, step: place, line: line, isRecorded: isRecorded)) {
            case .performed(let result): return result
            case nil: return .cut
            default: return .failed("the cluster answered something else")
            }
        } catch let error as OrchError {
            return .failed(error.message)
        } catch {
            return .failed("\(error)")
        }
    }

    /// Does a verb that was typed.
    /// - Throws: `ExitCode` 1 where it failed, 2 where nobody knows, `OrchError` where the cluster ended.
    func carryOut(_ verb: Verb, _ place: String, isRecorded: Bool = true) async throws {
        let result = await perform(verb, place, isRecorded: isRecorded)
        await close()
        switch result.outcome {
        case .done: return
        case .cut: throw OrchError(.unavailable, "the cluster is not running, or ended meanwhile")
        case .failed(let reason):
            let terminal = Terminal.standardError
            terminal.print(terminal.styled("error: ", .red, .bold) + reason)
            throw ExitCode(result.isUnknown ? OrchError.Code.unknown.rawValue : 1)
        }
    }
}
