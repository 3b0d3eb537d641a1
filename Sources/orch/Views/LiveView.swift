import ClusterModel
import Control
import Orchestrator

/// A picture that changes in place: nodes with their states, the progress of each workload, rates, and the faults that
/// are on. Log lines scroll above it.
actor LiveView: RunView {
    private struct Row {
        var status: NodeStatus
        /// Messages a second, from the last two looks.
        var rate = 0.0
        var counted = 0
        var lookedAt: ContinuousClock.Instant
    }

    private let terminal: Terminal
    private let topology: Topology
    private let seed: UInt64
    private let clock = ContinuousClock()
    private let started: ContinuousClock.Instant
    private var rows: [String: Row] = [:]
    private let order: [String]
    private var faults: [String: FaultStatus] = [:]
    private var phase = ClusterPhase.starting
    private var drawn = 0
    private var painter: Task<Void, Never>?
    private var pending: [String] = []
    private var isDirty = true

    init(_ terminal: Terminal, topology: Topology, seed: UInt64) {
        self.terminal = terminal
        self.topology = topology
        self.seed = seed
        started = clock.now
        order = topology.nodes.flatMap(\.instances)
    }

    func begin() {
        terminal.write("\u{1B}[?25l")
        painter = Task { [weak self] in
            while !Task.isCancelled {
                await self?.paint()
                try? await Task.sleep(for: .milliseconds(80))
            }
        }
    }

    func show(_ event: ClusterEvent) {
        isDirty = true
        switch event {
        case .phase(let phase): self.phase = phase
        case .node(let status): update(status)
        case .fault(let fault, let on): faults[fault.name] = on ? fault : nil
        case .log(let instance, let line):
            pending.append(
                terminal.styled(instance, color(of: instance)) + terminal.styled(" | ", .dim) + Terminal.tamed(line))
        case .note(let text): pending.append(text)
        }
    }

    func end() {
        painter?.cancel()
        paint()
        terminal.write("\u{1B}[?25h")
    }

    private func update(_ status: NodeStatus) {
        let count =
            status.progress.map { $0.done + $0.processed + $0.executed + $0.appended + $0.viewed + $0.talked } ?? 0
        guard var row = rows[status.name] else {
            rows[status.name] = Row(status: status, counted: count, lookedAt: clock.now)
            return
        }
        row.status = status
        let elapsed = (clock.now - row.lookedAt).inSeconds
        if elapsed >= 0.25 {
            row.rate = Double(max(0, count - row.counted)) / elapsed
            row.counted = count
            row.lookedAt = clock.now
        }
        rows[status.name] = row
    }

    // MARK: - Painting

    /// Everything goes out in one write, so that nothing flickers.
    private func paint() {
        guard isDirty || phase == .running else { return }
        isDirty = false
        var text = drawn > 0 ? "\u{1B}[\(drawn)A\r\u{1B}[J" : ""
        for line in pending { text += line + "\n" }
        pending = []
        let lines = picture
        text += lines.joined(separator: "\n") + "\n"
        drawn = lines.count
        terminal.write(text)
    }

    private var picture: [String] {
        let width = terminal.width
        let nameWidth = min(24, max(4, order.map(\.count).max() ?? 4))
        var lines: [String] = []
        let elapsed = (clock.now - started).inSeconds
        lines.append(
            cut(
                terminal.styled(topology.name, .bold) + terminal.styled("  seed \(seed)  ", .dim)
                    + phaseText + terminal.styled("  \(tenths(elapsed))s", .dim), width))
        // The picture must fit the screen, or it cannot be drawn over.
        let room = max(3, terminal.height - 6 - faults.count)
        for name in order.prefix(room) { lines.append(cut(line(name, nameWidth, width), width)) }
        if order.count > room {
            let hidden = order.dropFirst(room)
            let up = hidden.filter { [.ready, .running].contains(rows[$0]?.status.state) }.count
            lines.append(terminal.styled("  … and \(hidden.count) more, \(up) up", .dim))
        }
        for fault in faults.values.sorted(by: { $0.name < $1.name }) {
            let place = fault.link.isEmpty ? "" : " on \(fault.link)"
            lines.append(cut(terminal.styled("  ⚡ \(fault.fault)\(place)", .yellow), width))
        }
        return lines
    }

    private var phaseText: String {
        switch phase {
        case .starting: terminal.styled("starting", .yellow)
        case .ready, .running: terminal.styled("running", .green)
        case .draining: terminal.styled("draining", .cyan)
        case .stopping: terminal.styled("stopping", .cyan)
        case .ended: terminal.styled("ended", .dim)
        }
    }

    private func line(_ name: String, _ nameWidth: Int, _ width: Int) -> String {
        guard let row = rows[name] else { return terminal.styled("  ○ \(pad(name, nameWidth))  waiting", .dim) }
        let status = row.status
        var text = "  \(dot(status.state)) \(terminal.styled(pad(name, nameWidth), color(of: name)))  "
        text += pad(status.state.rawValue, 10)
        text += terminal.styled(pad(status.pid.map { "\($0)" } ?? status.detail, 9), .dim)
        if let progress = status.progress {
            text += parts(of: progress).joined(separator: "  ")
            if row.rate >= 1, status.state == .running { text += terminal.styled("  \(Int(row.rate))/s", .dim) }
        } else if let port = status.port {
            text += terminal.styled("port \(port)", .dim)
        }
        if status.restarts > 0 {
            text += terminal.styled("  \(status.restarts) restart\(status.restarts == 1 ? "" : "s")", .yellow)
        }
        return text
    }

    /// One for each kind of work that a node does: it may have several.
    private func parts(of progress: Progress) -> [String] {
        var parts: [String] = []
        if let goal = progress.goal, goal > 0 {
            parts.append(bar(Double(progress.done) / Double(goal), 20) + " \(progress.done)/\(goal)")
        } else if progress.done > 0 {
            parts.append("\(progress.done) " + (progress.called > 0 ? "called" : "published"))
        }
        if progress.executed > 0 {
            let duplicates = progress.filtered > 0 ? ", \(progress.filtered) duplicates" : ""
            parts.append("\(progress.executed) executed" + duplicates)
        }
        if progress.received > 0 || progress.processed > 0 { parts.append("\(progress.processed) processed") }
        return parts + progress.feedsAndPeers
    }

    private func dot(_ state: NodeState) -> String {
        switch state {
        case .running, .ready: terminal.styled("●", .green)
        case .starting, .restarting, .stopping: terminal.styled("◐", .yellow)
        case .paused: terminal.styled("◌", .cyan)
        case .failed, .killed: terminal.styled("✗", .red)
        case .exited: terminal.styled("●", .dim)
        case .waiting: terminal.styled("○", .dim)
        }
    }

    private func bar(_ share: Double, _ cells: Int) -> String {
        let full = Int((min(max(share, 0), 1) * Double(cells)).rounded(.down))
        return terminal.styled(String(repeating: "━", count: full), .green)
            + terminal.styled(String(repeating: "─", count: cells - full), .dim)
    }

    private func color(of name: String) -> Terminal.Style {
        let palette: [Terminal.Style] = [.cyan, .magenta, .blue, .green, .yellow]
        let node = topology.node(ofInstance: name)?.name
        return palette[(topology.nodes.firstIndex { $0.name == node } ?? 0) % palette.count]
    }

    private func pad(_ text: String, _ width: Int) -> String {
        text.count >= width ? String(text.prefix(width)) : text + String(repeating: " ", count: width - text.count)
    }

    private func tenths(_ value: Double) -> String {
        let scaled = Int(value * 10)
        return "\(scaled / 10).\(scaled % 10)"
    }

    /// Cuts after so many visible characters; escape sequences take no room.
    private func cut(_ text: String, _ width: Int) -> String {
        var visible = 0
        var result = ""
        var isEscape = false
        for character in text {
            if isEscape {
                result.append(character)
                if character == "m" { isEscape = false }
                continue
            }
            if character == "\u{1B}" {
                isEscape = true
                result.append(character)
                continue
            }
            guard visible < width - 1 else { continue }
            visible += 1
            result.append(character)
        }
        return result
    }
}
