import ClusterModel
import Control
import Orchestrator

/// Lines, for files and pipes: one a change, in the order of time.
actor PlainView: RunView {
    private let terminal: Terminal
    private let clock = ContinuousClock()
    private let started: ContinuousClock.Instant
    private var states: [String: NodeState] = [:]
    private let width: Int

    init(_ terminal: Terminal, topology: Topology) {
        self.terminal = terminal
        started = clock.now
        width = topology.nodes.flatMap(\.instances).map(\.count).max() ?? 8
    }

    func show(_ event: ClusterEvent) {
        switch event {
        case .phase(.running): line("running")
        case .phase(.draining): line("draining")
        case .phase(.stopping): line("stopping")
        case .phase: break
        case .node(let node):
            guard states[node.name] != node.state else { return }
            states[node.name] = node.state
            guard let text = text(for: node) else { return }
            line("\(pad(node.name))  \(text)")
        case .log(let instance, let text): line("\(pad(instance)) | \(text)")
        case .fault(let fault, let on):
            let place = fault.link.isEmpty ? "" : " on \(fault.link)"
            let counts = on || fault.seen == 0 ? "" : " (\(fault.affected) of \(fault.seen) messages)"
            line("fault \(fault.fault)\(place) \(on ? "on" : "off")\(counts)")
        case .note(let text): line(text)
        }
    }

    func end() {}

    private func text(for node: NodeStatus) -> String? {
        switch node.state {
        case .ready:
            "ready" + (node.pid.map { " (pid \($0))" } ?? "") + (node.port.map { " on port \($0)" } ?? "")
        case .paused: "paused"
        case .failed, .killed, .restarting: "\(node.state.rawValue) (\(node.detail))"
        case .exited: node.detail.isEmpty || node.detail == "exit 0" ? "exited" : "exited (\(node.detail))"
        case .waiting, .starting, .running, .stopping: nil
        }
    }

    private func pad(_ name: String) -> String { name + String(repeating: " ", count: max(0, width - name.count)) }

    private func line(_ text: String) {
        let elapsed = clock.now - started
        let milliseconds = elapsed.nanoseconds / 1_000_000
        let seconds = "\(milliseconds / 1_000)"
        let rest = "\(milliseconds % 1_000)"
        let padded = String(repeating: "0", count: 3 - rest.count) + rest
        terminal.print("[\(String(repeating: " ", count: max(0, 4 - seconds.count)))\(seconds).\(padded)] \(text)")
    }
}
