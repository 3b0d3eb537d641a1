import ArgumentParser
import ClusterModel
import Control

/// `orch objects`
struct ObjectsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "objects",
        abstract: "List the objects of a running cluster: their owners, and why each is alive.",
        discussion: """
              orch objects                   those with names first
              orch objects acc-1             one, with its state
              orch objects --limit 10000
            """)

    @Argument(help: "One object: its name or a reference.") var object: String?
    @Option(help: "So many at most.") var limit = 100
    @OptionGroup var target: ClusterOption
    @Flag(help: "Print JSON.") var json = false

    func validate() throws { if limit < 1 { throw ValidationError("--limit is at least 1") } }

    func run() async throws {
        let wanted = try object.map { try ObjectArgument.parse($0) }
        let cluster = try await target.connect()
        let topology = try cluster.topology()
        // One more, to know whether there are more.
        let asked = limit == .max ? limit : limit + 1
        let found = try await cluster.objects(limit: asked, object: wanted?.object)
        await cluster.close()
        var list = ObjectList(found, limit: limit)
        if let type = wanted?.type { list.keep(type: type) }
        let hosts = topology.nodes.filter { $0.host != nil }.flatMap(\.instances)
        let silent = hosts.filter { found[$0] == nil }
        if !silent.isEmpty {
            Terminal.standardError.print(
                "no answer from \(silent.joined(separator: ", ")): what they own is missing here (see orch ps)")
        }
        if let object, list.rows.isEmpty {
            throw OrchError(
                .unavailable, "no host that answered owns \(object)",
                advice: hosts.isEmpty ? "'\(topology.name)' has no hosts" : "orch objects lists those that there are")
        }
        Terminal.standardOutput.print(json ? try JSONOutput.text(list.rows) : text(list))
    }

    private func text(_ list: ObjectList) -> String {
        guard !list.rows.isEmpty else { return "there are no objects" }
        let terminal = Terminal.standardOutput
        var text = list.table.text(terminal)
        if object != nil {
            for row in list.rows { if let state = row.state { text += "\n\nstate: \(state)" } }
        }
        if list.hasMore { text += "\n… and more; --limit shows them" }
        return text
    }
}

/// Objects of several hosts as one list.
struct ObjectList {
    struct Row: Encodable, Equatable {
        var object: String
        var type: String
        var owner: String
        var epoch: UInt64
        var incarnation: String
        var phase: String
        var mailbox: Int
        var holders: [String]
        var alive: String
        var durable: Bool
        var state: String?
    }

    private(set) var rows: [Row]
    /// There are objects beyond the limit.
    let hasMore: Bool

    /// - Parameter found: by host, each with its most important objects first.
    init(_ found: [String: [ObjectDescription]], limit: Int) {
        // From each host in turn, so that none is cut off by another.
        var chosen: [Row] = []
        let hosts = found.sorted { $0.key < $1.key }
        var rank = 0
        while chosen.count < limit, hosts.contains(where: { rank < $0.value.count }) {
            for (host, descriptions) in hosts where rank < descriptions.count && chosen.count < limit {
                chosen.append(Row(descriptions[rank], owner: host))
            }
            rank += 1
        }
        rows = chosen.sorted { ($0.object, $0.owner) < ($1.object, $1.owner) }
        hasMore = found.values.reduce(0) { $0 + $1.count } > chosen.count
    }

    mutating func keep(type: String) { rows.removeAll { $0.type != type } }

    var table: Table {
        var table = Table(
            ["OBJECT", "TYPE", "OWNER", "EPOCH", "PHASE", "MAILBOX", "HOLDERS", "ALIVE"], right: [3, 5, 6])
        for row in rows {
            table.add([
                row.object, row.type, row.owner, "\(row.epoch)", row.phase, "\(row.mailbox)", "\(row.holders.count)",
                row.alive,
            ])
        }
        return table
    }
}

extension ObjectList.Row {
    init(_ description: ObjectDescription, owner: String) {
        object = description.object
        type = description.type
        self.owner = owner
        epoch = description.epoch
        incarnation = description.incarnation
        phase = description.phase
        mailbox = description.mailbox
        holders = description.holders
        alive = description.reason
        durable = description.durable
        state = description.state
    }
}
