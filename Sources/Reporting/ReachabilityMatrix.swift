import ClusterModel

/// Who can open a connection to whom (of datagrams: send the first one), by the links that a topology has and the
/// `inbound:` rules on them.
package struct ReachabilityMatrix: Sendable {
    package enum Reach: String, Sendable, Equatable {
        /// It may open a connection.
        case open
        /// Only what comes back on a connection that the other has opened.
        case answers
        /// They would talk, but neither may begin.
        case closed
        /// They have nothing to say to each other.
        case none

        var mark: String {
            switch self {
            case .open: "●"
            case .answers: "○"
            case .closed: "✗"
            case .none: "·"
            }
        }
    }

    /// Two peers of which neither lets the other begin, and who can carry messages between them.
    package struct ClosedPair: Sendable, Equatable {
        package var peers: [String]
        package var through: [String]

        package init(peers: [String], through: [String]) {
            self.peers = peers
            self.through = through
        }
    }

    /// The processes, in the order of the file, and `outside` where programs from there may come in.
    package let processes: [String]
    package let closedPairs: [ClosedPair]
    private let cells: [[Reach]]

    package init(_ topology: Topology) {
        let links = topology.links
        let hasOutside = links.contains { $0.client == NodeLink.outside }
        let processes = (hasOutside ? [NodeLink.outside] : []) + topology.nodes.flatMap(\.instances)
        let nodes = processes.map { topology.node(ofInstance: $0)?.name ?? $0 }
        let connections = Set(links)
        func isPeer(_ a: Int, _ b: Int) -> Bool {
            guard let group = topology.node(named: nodes[a])?.peer?.group else { return false }
            return topology.node(named: nodes[b])?.peer?.group == group
        }
        /// Whether the first would ever want to open a connection to the second.
        func connects(_ a: Int, _ b: Int) -> Bool {
            if a == b { return false }
            return isPeer(a, b) || connections.contains(NodeLink(client: nodes[a], server: nodes[b]))
        }
        func reach(_ a: Int, _ b: Int) -> Reach {
            let there = connects(a, b)
            let back = connects(b, a)
            if there, topology.mayOpen(from: processes[a], to: processes[b]) { return .open }
            if back, topology.mayOpen(from: processes[b], to: processes[a]) { return .answers }
            return there || back ? .closed : .none
        }
        let cells = processes.indices.map { a in processes.indices.map { reach(a, $0) } }
        self.processes = processes
        self.cells = cells
        let places = Dictionary(processes.enumerated().map { ($1, $0) }) { first, _ in first }
        var pairs: [ClosedPair] = []
        for group in topology.groups {
            let members = topology.members(of: group.name).compactMap { places[$0] }
            let relays = group.relays.map { names in
                names.flatMap { topology.instances(named: $0) }.compactMap { places[$0] }
            }
            for (index, a) in members.enumerated() {
                for b in members.dropFirst(index + 1) where cells[a][b] == .closed {
                    let through = (relays ?? members).filter { relay in
                        relay != a && relay != b && members.contains(relay)
                            && [cells[a][relay], cells[b][relay]].allSatisfy { $0 == .open || $0 == .answers }
                    }
                    pairs.append(
                        ClosedPair(peers: [processes[a], processes[b]], through: through.map { processes[$0] }))
                }
            }
        }
        closedPairs = pairs
    }

    package func reach(from a: String, to b: String) -> Reach {
        guard let row = processes.firstIndex(of: a), let column = processes.firstIndex(of: b) else { return .none }
        return cells[row][column]
    }

    // MARK: - Showing

    /// A row for who begins, a column for whom it reaches. Every line ends in a line feed.
    package func text(colour: Bool) -> String {
        let ink = Ink(isOn: colour)
        guard !processes.isEmpty else { return "no processes\n" }
        // Names above the columns where they fit, numbers where they would not.
        let hasNumbers = processes.reduce(0) { $0 + $1.count + 2 } > 60
        let heads = hasNumbers ? processes.indices.map { "\($0 + 1)" } : processes
        let labels = hasNumbers ? processes.indices.map { "\($0 + 1) \(processes[$0])" } : processes
        let width = labels.map(\.count).max() ?? 0
        let columnWidth = heads.map { hasNumbers ? max(heads.last!.count, 1) : $0.count }
        func pad(_ text: String, _ width: Int) -> String {
            text + String(repeating: " ", count: max(0, width - text.count))
        }
        func centred(_ text: String, _ width: Int) -> String {
            let room = max(0, width - text.count)
            let left = hasNumbers ? room : room / 2
            return String(repeating: " ", count: left) + text + String(repeating: " ", count: room - left)
        }
        func trimmedEnd(_ line: String) -> String {
            var line = line
            while line.last == " " { line.removeLast() }
            return line
        }
        var lines = [
            trimmedEnd(
                pad("", width)
                    + zip(heads, columnWidth).map { "  " + centred($0, $1) }.joined())
        ]
        for (row, label) in labels.enumerated() {
            var line = pad(label, width)
            for column in processes.indices {
                let reach = cells[row][column]
                let mark = centred(row == column ? " " : reach.mark, columnWidth[column])
                line += "  " + ink(row == column ? .dim : reach.style, mark)
            }
            lines.append(colour ? line : trimmedEnd(line))
        }
        lines += ["", legend]
        if !closedPairs.isEmpty { lines.append("") }
        for pair in closedPairs {
            let way = pair.through.isEmpty ? "by nobody" : "through " + pair.through.joined(separator: ", ")
            let line = "\(pair.peers[0]) and \(pair.peers[1]): \(way)"
            lines.append(pair.through.isEmpty ? ink(.red, line) : line)
        }
        return lines.map { $0 + "\n" }.joined()
    }

    private var legend: String {
        let used = Set(cells.flatMap { $0 })
        var parts = ["● opens a connection"]
        if used.contains(.answers) { parts.append("○ only over one that the other has opened") }
        if used.contains(.closed) { parts.append("✗ neither may begin") }
        parts.append("· not in touch")
        return parts.joined(separator: "   ")
    }

    /// One line: `{"processes":[…],"reach":[{"from","to","reach"}],"closed":[{"peers":[…],"through":[…]}]}`; pairs that
    /// are not in touch are left out.
    package var json: String {
        var json = JSONText()
        json.object { json in
            json.key("processes")
            json.list(processes) { $0.value($1) }
            json.key("reach")
            let pairs = processes.indices.flatMap { a in processes.indices.map { (a, $0) } }
            json.list(pairs.filter { cells[$0.0][$0.1] != .none }) { json, pair in
                json.object { json in
                    json.key("from")
                    json.value(processes[pair.0])
                    json.key("to")
                    json.value(processes[pair.1])
                    json.key("reach")
                    json.value(cells[pair.0][pair.1].rawValue)
                }
            }
            json.key("closed")
            json.list(closedPairs) { json, pair in
                json.object { json in
                    json.key("peers")
                    json.list(pair.peers) { $0.value($1) }
                    json.key("through")
                    json.list(pair.through) { $0.value($1) }
                }
            }
        }
        return json.text
    }
}

extension ReachabilityMatrix.Reach {
    fileprivate var style: Ink.Style {
        switch self {
        case .open: .green
        case .answers: .yellow
        case .closed: .red
        case .none: .dim
        }
    }
}
