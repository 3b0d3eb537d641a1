import ArgumentParser
import ClusterModel

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// `orch`: the command line. Each subcommand is a file in `Commands/`.
struct OrchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "orch",
        abstract:
            "Runs message-driven systems from one YAML file, breaks them on purpose, and judges what was delivered.",
        discussion: """
            Start with a bundled topology:

              orch up pubsub              run it, watch it, get its verdict
              orch up -d topics           run it in the background, then:
              orch ps                     its processes
              orch fault drop 30%         lose three messages in ten on every link
              orch fault clear            and stop that
              orch down                   drain, judge, and end it

            Exit codes: 0 all assertions hold, 1 one is violated, 2 the verdict is unknown, 64 wrong usage, 65 bad \
            topology file, 69 a node or port could not be had, 70 internal error, 130 interrupted.
            """,
        version: "0.1.0",
        subcommands: [Manual.self],
        groupedSubcommands: [
            .init(name: "Beginning", subcommands: [InitCommand.self, ImportCommand.self, Doctor.self]),
            .init(
                name: "Running",
                subcommands: [
                    Up.self, Down.self, Ps.self, Status.self, PageCommand.self, Logs.self, Events.self,
                ]),
            .init(
                name: "Breaking",
                subcommands: [
                    FaultCommand.self, Kill.self, Pause.self, Resume.self, Stop.self, Start.self, Restart.self,
                ]),
            .init(
                name: "Using",
                subcommands: [
                    RunCommand.self, PublishCommand.self, Call.self, Invoke.self, ObjectsCommand.self, Migrate.self,
                    NamesCommand.self,
                ]),
            .init(name: "Judging", subcommands: [TestCommand.self, Report.self, AssertCommand.self]),
            .init(
                name: "Writing topologies",
                subcommands: [Validate.self, Schema.self, Graph.self, Export.self, Proto.self]),
            .init(name: "Alone", subcommands: [BrokerCommand.self]),
        ])

    /// Runs the command that was typed; errors are printed in our form and end the process with their code.
    static func start() async -> Never {
        do {
            var command = try parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
            quit(0)
        } catch let error as OrchError {
            Terminal.standardError.print(Terminal.standardError.styled(error))
            quit(error.code.rawValue)
        } catch {
            Self.exit(withError: error)
        }
    }
}

/// The C library's `exit`, which inside a command means something else.
private func quit(_ code: Int32) -> Never { exit(code) }
