import Testing
import TopologySamples

@testable import TopologyDSL

/// The tables of `docs/topology.md` are made from the description that reads files; between
/// `<!-- keys: NAME -->` and `<!-- end -->` nothing else may stand. `ORCH_UPDATE=1 swift test` writes them.
@Suite struct ReferenceTests {
    static let tables: [String: String] = [
        "topology": TopLevel.record.table, "exchange": ExchangeSection.record.table, "queue": QueueSection.record.table,
        "service": ServiceSection.record.table, "method": MethodKey.record.table, "retry": RetryKey.record.table,
        "duplicates": DuplicatesKey.record.table, "limits": LimitsKey.record.table, "serve": ServeKey.record.table,
        "via": ServeKey.viaRecord.table, "tls": ServeKey.tlsRecord.table, "call": CallKey.record.table,
        "binding": BindingKey.record.table, "node": NodeSection.record.table, "broker": BrokerKey.record.table,
        "publish": PublishKey.record.table, "confirm": PublishKey.confirmRecord.table,
        "consume": ConsumeKey.record.table, "fail": ConsumeKey.failRecord.table, "ready": ReadyKey.record.table,
        "restart": RestartKey.record.table, "stop": StopKey.record.table, "fault": FaultSection.record.table,
        "object type": ObjectSection.record.table, "object method": ObjectMethodKey.record.table,
        "instance": InstanceKey.record.table, "object duplicates": DuplicatesKey.objectRecord.table,
        "host": HostKey.record.table, "directory": DirectoryKey.record.table, "invoke": InvokeKey.record.table,
        "feed": FeedSection.record.table, "append": AppendKey.record.table, "group": GroupSection.record.table,
        "feed server": FeedKey.record.table, "watch": WatchKey.record.table, "peer": PeerKey.record.table,
        "send": PeerKey.sendRecord.table, "broadcast": PeerKey.broadcastRecord.table,
        "find": PeerKey.findRecord.table, "names": NamesKey.record.table, "inbound": InboundKey.record.table,
        "protocol": ProtocolKey.record.table, "partition": PartitionKey.record.table,
        "bound": GroupBoundKey.record.table,
        "step": ScenarioSection.record.table, "collected": CollectedKey.record.table,
        "only": OnlyKey.record.table, "assertion": AssertionSection.record.table,
        "later": """
        top level \(later(TopLevel.record)); `consume` \(later(ConsumeKey.record)); faults \
        \(later(FaultSection.record))
        """,
    ]

    private static func later<Owner>(_ record: Record<Owner>) -> String {
        record.keys.filter { $0.later != nil }.map { "`\($0.name)`" }.joined(separator: " ")
    }

    @Test func docsHoldEveryKey() throws {
        let path = repository + "/docs/topology.md"
        let current = contents(of: path)
        var result = ""
        var rest = current[...]
        var seen: Set<String> = []
        while let start = rest.firstRange(of: "<!-- keys: ") {
            let nameEnd = try #require(rest[start.upperBound...].firstRange(of: " -->\n"))
            let name = String(rest[start.upperBound..<nameEnd.lowerBound])
            let end = try #require(rest[nameEnd.upperBound...].firstRange(of: "<!-- end -->"))
            let table = try #require(Self.tables[name], "no table called \(name)")
            result += rest[..<nameEnd.upperBound] + "\n\(table)\n\n<!-- end -->"
            rest = rest[end.upperBound...]
            seen.insert(name)
        }
        result += rest
        #expect(seen == Set(Self.tables.keys))
        if isUpdating { write(result, to: path) } else { #expect(current == result) }
    }
}

extension Record {
    fileprivate var table: String {
        var lines = ["| key | holds | default | what |", "| --- | --- | --- | --- |"]
        for key in keys where key.later == nil {
            let cells = ["`\(key.name)`", key.expected, key.isRequired ? "required" : key.initial ?? "", key.doc]
            lines.append("| \(cells.map(Self.escaped).joined(separator: " | ")) |")
        }
        return lines.joined(separator: "\n")
    }

    private static func escaped(_ cell: String) -> String {
        cell.split(separator: "|", omittingEmptySubsequences: false).joined(separator: "\\|")
    }
}
