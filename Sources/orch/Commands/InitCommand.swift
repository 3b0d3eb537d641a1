import ArgumentParser
import ClusterModel
import Importing

extension StarterTopology.Pattern: ExpressibleByArgument {}

/// `orch init`
struct InitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Write a first topology, with comments, that passes as it is.",
        discussion: """
            \(StarterTopology.Pattern.allCases.map { "  \($0.rawValue): \($0.summary)" }.joined(separator: "\n"))

            On a terminal it asks for the pattern, unless --pattern names it; elsewhere it is pubsub. program writes \
            consumer.py beside the topology, for Python with pika.
            """)

    @Argument(help: "The topology's name; the pattern's is the default.") var name: String?
    @Option(name: .shortAndLong, help: "\(StarterTopology.Pattern.allCases.map(\.rawValue).joined(separator: ", ")).")
    var pattern: StarterTopology.Pattern?
    @Option(name: .shortAndLong, help: "How many subscribers, workers, clients, hosts, watchers or peers.") var nodes:
        Int?
    @Option(name: .shortAndLong, help: "The file; NAME.yaml is the default, - is standard output.") var output: String?
    @Flag(help: "Write over files that are there.") var force = false

    func validate() throws {
        if let name {
            let isSound = name.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x41...0x5A).contains($0 & 0xDF) || $0 == 0x2D || $0 == 0x5F
            }
            guard isSound, !name.isEmpty, name.count <= 60, !name.hasPrefix("-") else {
                throw ValidationError("'\(name)' is no name: expected letters, digits, - and _, at most 60")
            }
        }
    }

    func run() throws {
        let pattern = try self.pattern ?? ask()
        let nodes = self.nodes ?? pattern.defaultNodes
        guard (pattern.leastNodes...pattern.mostNodes).contains(nodes) else {
            throw OrchError(
                .usage, "\(nodes) \(pattern.many): expected \(pattern.leastNodes) to \(pattern.mostNodes)")
        }
        let starter = StarterTopology(pattern, name: name ?? pattern.rawValue, nodes: nodes)
        let path = output ?? "\(starter.name).yaml"
        guard path != "-" else { return Terminal.standardOutput.write(starter.text) }
        var written = [path]
        if let program = starter.program {
            let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
            let file = folder + program.name
            // Either both or none.
            if !force, NewFile.exists(path) {
                throw OrchError(.usage, "'\(path)' is there already", advice: "--force writes over it")
            }
            try NewFile.write(program.text, to: file, force: force)
            written.append(file)
        }
        try NewFile.write(starter.text, to: path, force: force)
        Terminal.standardOutput.print(
            "\(written.joined(separator: " and ")) \(written.count == 1 ? "is" : "are") written; orch up \(path) runs it"
        )
    }

    private func ask() throws -> StarterTopology.Pattern {
        let all = StarterTopology.Pattern.allCases
        guard Terminal.standardInput.isInteractive, Terminal.standardError.isInteractive else { return all[0] }
        let terminal = Terminal.standardError
        let width = all.map(\.rawValue.count).max() ?? 0
        for (index, pattern) in all.enumerated() {
            let name = pattern.rawValue + String(repeating: " ", count: width - pattern.rawValue.count)
            terminal.print("  \(index + 1)  \(terminal.styled(name, .bold))  \(pattern.summary)")
        }
        for _ in 0..<5 {
            terminal.print("Which one? [1] ", terminator: "")
            guard let line = readLine() else { throw ExitCode(OrchError.Code.interrupted.rawValue) }
            let typed = line.split(separator: " ").joined(separator: " ")
            if typed.isEmpty { return all[0] }
            if let number = Int(typed), all.indices.contains(number - 1) { return all[number - 1] }
            if let pattern = StarterTopology.Pattern(rawValue: typed) { return pattern }
            terminal.print("expected a number from 1 to \(all.count)")
        }
        throw OrchError(.usage, "no pattern was chosen", advice: "name it: orch init --pattern pubsub")
    }
}
