import ClusterModel
import TopologyText

/// What breaks.
extension TopologyYAML {
    func fault(_ spec: FaultSpec) -> TopologyValue {
        var fields = Fields()
        write(spec.fault, &fields)
        fields.text("link", spec.link?.description)
        fields.put("only", only(spec.only))
        fields.put("at", spec.at)
        fields.text("failpoint", spec.failpoint?.rawValue)
        fields.put("for", spec.duration)
        fields.put("every", spec.every)
        if spec.settle != .seconds(1) { fields.put("settle", spec.settle?.written ?? .word("never")) }
        fields.text("name", spec.name)
        return .mapping(fields.entries)
    }

    private func write(_ fault: Fault, _ fields: inout Fields) {
        let keyword = fault.keyword
        switch fault {
        case .drop(let share), .duplicate(let share), .corrupt(let share), .truncate(let share):
            fields.put(keyword, share)
        case .delay(let time, let jitter, let share):
            fields.put(keyword, time)
            fields.put("jitter", jitter, unless: .zero)
            fields.put("chance", share, unless: Share(1))
        case .reorder(let share, let within):
            fields.put(keyword, share)
            fields.put("within", within, unless: Fault.reorderWithin)
        case .error(let share, let status):
            fields.put(keyword, share)
            fields.put("status", status, unless: 503)
        case .latency(let time, let jitter):
            fields.put(keyword, time)
            fields.put("jitter", jitter, unless: .zero)
        case .reset, .blackhole: fields.put(keyword, true)
        case .partition(let partition): fields.put(keyword, write(partition))
        case .kill(let nodes, let signal):
            fields.text(keyword, nodes.description)
            fields.text("signal", signal, unless: "KILL")
        case .pause(let nodes), .restart(let nodes): fields.text(keyword, nodes.description)
        }
    }

    private func write(_ partition: Partition) -> TopologyValue {
        func one(_ shape: String, _ nodes: NodeSelector) -> TopologyValue {
            .mapping([.init(shape, .text(nodes.description))])
        }
        func list(_ nodes: [NodeSelector]) -> TopologyValue { .list(nodes.map { .text($0.description) }) }
        return switch partition {
        case .parts(let parts): .list(parts.map(list))
        case .oneWay(let from, let to): .mapping([.init("from", list(from)), .init("to", list(to))])
        case .halves(let nodes): one("halves", nodes)
        case .isolate(let nodes): one("isolate", nodes)
        case .bridge(let nodes): one("bridge", nodes)
        case .majorityRing(let nodes): one("majority-ring", nodes)
        }
    }

    private func only(_ filter: FaultFilter) -> TopologyValue? {
        var fields = Fields()
        fields.put("kind", Self.names(filter.kinds.map(\.rawValue)))
        fields.text("key", filter.key)
        fields.text("method", filter.method)
        fields.text("path", filter.path)
        fields.put("nth", filter.nth)
        fields.put("first", filter.first)
        if fields.entries.isEmpty { return nil }
        return fields.entries.map(\.key) == ["kind"] ? fields.entries[0].value : .mapping(fields.entries)
    }
}
