import ClusterModel

/// Everything that a node process needs to know, sent to it when it says hello.
package struct NodePlan: Sendable, Codable {
    /// The node of the topology, and the process: `worker`, `worker-2`.
    package var node: String
    package var instance: String
    /// The process's number among its replicas, from 1.
    package var replica: Int
    package var incarnation: Int
    package var seed: UInt64
    /// The file that its evidence goes to.
    package var evidence: String
    package var broker: BrokerPlan?
    package var publish: [PublishRole]
    package var consume: [ConsumeRole]
    /// Where each broker is reached from this process: an URL that leads through its own link.
    package var endpoints: [String: String]

    package struct BrokerPlan: Sendable, Codable {
        /// 0 for any free port.
        package var port: Int
        /// Where durable things live.
        package var data: String

        package init(port: Int, data: String) {
            self.port = port
            self.data = data
        }
    }

    package init(
        node: String, instance: String, replica: Int, incarnation: Int, seed: UInt64, evidence: String,
        broker: BrokerPlan? = nil, publish: [PublishRole] = [], consume: [ConsumeRole] = [],
        endpoints: [String: String] = [:]
    ) {
        self.node = node
        self.instance = instance
        self.replica = replica
        self.incarnation = incarnation
        self.seed = seed
        self.evidence = evidence
        self.broker = broker
        self.publish = publish
        self.consume = consume
        self.endpoints = endpoints
    }
}
