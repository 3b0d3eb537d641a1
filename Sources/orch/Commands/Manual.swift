import ArgumentParser
import ClusterModel

/// `orch man`: not for people; `docs/man/orch.1` is made with it.
struct Manual: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "man", abstract: "Print the manual page, for man(1).", shouldDisplay: false)

    func run() throws {
        Terminal.standardOutput.write(
            try ManualPage.text(dump: OrchCommand._dumpHelp(), version: OrchCommand.configuration.version))
    }
}
