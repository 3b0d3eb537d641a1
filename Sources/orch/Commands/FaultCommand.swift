import ArgumentParser
import ClusterModel
import Control
import TopologyDSL

/// `orch fault …`
struct FaultCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fault",
        abstract: "Break a running cluster, and mend it again.",
        usage: """
            orch fault <fault> [<value>] [--link LINK] [--for TIME] [--only WHAT]
            orch fault list
            orch fault clear
            orch fault rm <name> ...
            """,
        discussion: """
            \(FaultSyntax.keywords.map { "  \($0.keyword): \($0.help)" }.joined(separator: "\n"))

              orch fault drop 30%                                  on all links
              orch fault delay 50ms --link 'producer -> broker'    one way of one link
              orch fault drop 10% --link 'broker -> worker' --only deliver --for 5s
              orch fault kill '1 of worker'
              orch fault list                                      what is on and was, with counts
              orch fault clear                                     end all of them
              orch fault rm drop                                   end one, by its name
            """)

    @Argument(
        help: "A fault and its value; or list, clear, rm NAME.",
        completion: .list(FaultSyntax.keywords.map(\.keyword) + ["list", "clear", "rm"]))
    var words: [String]

    @Option(help: "Which links, and which way: 'a -> b', 'a <- b', 'a <-> b', all.") var link: String?
    @Option(name: .customLong("for"), help: "Ends by itself after this time.") var duration: String?
    @Option(help: "Which messages: publish, deliver, ack, confirm, request, reply; key=PATTERN, method=A.b, nth=7.")
    var only: [String] =
        []
    @Option(help: "When a swallowed message is settled: 1s is the default, or never.") var settle: String?
    @Option(help: "A name, for rm.") var name: String?
    @Option(help: "With delay and latency: so much more or less.") var jitter: String?
    @Option(help: "With delay: the share of messages.") var chance: String?
    @Option(help: "With reorder: how long a message waits to be overtaken.") var within: String?
    @Option(help: "With kill: TERM, INT, KILL…") var signal: String?
    @OptionGroup var target: ClusterOption
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        let cluster = try await target.connect()
        let response: Response
        switch words[0] {
        case "list": response = try await cluster.ask(.listFaults)
        case "clear": response = try await cluster.ask(.clearFaults(names: nil))
        case "rm":
            guard words.count > 1 else { throw ValidationError("rm needs the name of a fault; see orch fault list") }
            response = try await cluster.ask(.clearFaults(names: Array(words.dropFirst())))
        default:
            let spec = try FaultSyntax.parse(
                words: words, link: link, only: only, for: duration, settle: settle, name: name, jitter: jitter,
                chance: chance, within: within, signal: signal, topology: cluster.topology())
            response = try await cluster.ask(.startFault(spec))
        }
        await cluster.close()
        guard case .faults(let faults) = response else { return }
        let terminal = Terminal.standardOutput
        if json {
            terminal.print(try JSONOutput.text(faults))
        } else if faults.isEmpty {
            terminal.print(words[0] == "clear" ? "no fault was on" : "no fault is on")
        } else {
            terminal.print(FaultTable.text(faults, terminal))
        }
    }
}
