import ArgumentParser
import ClusterModel
import Control
import Orchestrator
import TopologyDSL

/// `orch fault …`
struct FaultCommand: ClusterCommand {
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
              orch fault error 20% --status 500 --only path=/feeds/*
              orch fault kill '1 of worker'
              orch fault partition halves peer --for 2s            also: isolate NAME, 'a | b'
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
    @Option(
        help:
            "Which messages: publish, deliver, ack, confirm, request, reply, event, datagram; key=PATTERN, method=A.b, path=/x, nth=7."
    )
    var only: [String] =
        []
    @Option(help: "When a swallowed message is settled: 1s is the default, or never.") var settle: String?
    @Option(help: "A name, for rm.") var name: String?
    @Option(help: "With delay and latency: so much more or less.") var jitter: String?
    @Option(help: "With delay: the share of messages.") var chance: String?
    @Option(help: "With reorder: how long a message waits to be overtaken.") var within: String?
    @Option(help: "With kill: TERM, INT, KILL…") var signal: String?
    @Option(help: "With error: the HTTP status, 503 unless said otherwise.") var status: String?
    @OptionGroup var target: ClusterOption
    @Flag(help: "Print JSON.") var json = false

    func request(_ topology: Topology) throws -> Request {
        switch words[0] {
        case "list": return .listFaults
        case "clear": return .clearFaults(names: nil)
        case "rm":
            guard words.count > 1 else { throw ValidationError("rm needs the name of a fault; see orch fault list") }
            return .clearFaults(names: Array(words.dropFirst()))
        default:
            return .startFault(
                try FaultSyntax.parse(
                    words: words, link: link, only: only, for: duration, settle: settle, name: name, jitter: jitter,
                    chance: chance, within: within, signal: signal, status: status, topology: topology))
        }
    }

    func text(_ response: Response, of run: RunFolder, on terminal: Terminal) throws -> String {
        guard case .faults(let faults) = response else {
            throw OrchError(.internalError, "the cluster answered something else")
        }
        if json { return try JSONOutput.text(faults) }
        if faults.isEmpty { return words[0] == "clear" ? "no fault was on" : "no fault is on" }
        return FaultTable.text(faults, terminal)
    }
}
