/// What `orch status` says of a running cluster.
public struct Status: Sendable, Decodable {
    public var cluster: String
    public var seed: UInt64
    /// `running`, `draining` and so on.
    public var phase: String
    /// Seconds since the workloads started.
    public var elapsed: Double
    public var nodes: [Node]
    public var links: [Link]
    public var faults: [Fault]

    /// What the processes of a node have done, together: `total("worker", \.processed)`.
    public func total(_ node: String, _ count: KeyPath<Progress, Int>) -> Int {
        nodes.filter { $0.node == node || $0.name == node }.reduce(0) { $0 + ($1.progress?[keyPath: count] ?? 0) }
    }

    public func node(_ process: String) -> Node? { nodes.first { $0.name == process } }

    /// Messages of a kind that all links together have passed on.
    public func total(_ kind: KeyPath<Link, Int>) -> Int { links.reduce(0) { $0 + $1[keyPath: kind] } }

    public struct Node: Sendable, Decodable {
        /// The process: `worker-2`; `node` is `worker`.
        public var name: String
        public var node: String
        public var pid: Int32?
        public var state: String
        public var restarts: Int
        /// What it has done; `nil` for one that has not said, such as a program.
        public var progress: Progress?
    }

    public struct Progress: Sendable, Decodable {
        public var published: Int
        public var confirmed: Int
        public var processed: Int
        /// Calls that have ended, and those of them that succeeded.
        public var called: Int
        public var succeeded: Int
        public var executed: Int
        /// Items appended to feeds, and items shown to watchers.
        public var appended: Int
        public var viewed: Int
    }

    public struct Link: Sendable, Decodable {
        public var link: String
        public var publishes: Int
        public var deliveries: Int
        public var requests: Int
        public var replies: Int
    }

    public struct Fault: Sendable, Decodable {
        public var fault: String
        public var name: String
        public var isActive: Bool
        public var seen: Int
        public var affected: Int
    }
}
