import ClusterModel
import History

/// What happened to the members of a group and to the network between them, in the order of time.
struct Disturbances: Sendable {
    struct Disturbance: Sendable {
        var time: Int64
        var text: String
    }

    private(set) var all: [Disturbance] = []

    /// Those before the run's own end.
    init(_ ledger: PeerLedger, members: [String]) {
        let names = Set(members)
        let timeline = ledger.timeline
        var paused: Set<String> = []
        for change in timeline.changes where names.contains(change.change.name) && change.time < timeline.cut {
            let name = change.change.name
            let text: String
            switch change.change.state {
            case _ where change.change.isEnd:
                let detail = change.change.detail
                text = "ended" + (detail.isEmpty ? "" : " (\(detail))")
            case .starting: text = "started"
            case .ready, .running:
                if paused.contains(name) {
                    text = "was resumed"
                } else if change.change.state == .ready {
                    text = "was ready"
                } else {
                    continue
                }
            case .paused: text = "was paused"
            case .stopping: text = "was asked to stop"
            default: continue
            }
            if change.change.state == .paused { paused.insert(name) } else { paused.remove(name) }
            all.append(Disturbance(time: change.time, text: "\(name) \(text)"))
        }
        for fault in ledger.network.faults {
            if fault.from < timeline.cut { all.append(Disturbance(time: fault.from, text: "\(fault.text) began")) }
            if fault.to < timeline.cut { all.append(Disturbance(time: fault.to, text: "\(fault.text) ended")) }
        }
        all.sort { $0.time < $1.time }
    }
}
