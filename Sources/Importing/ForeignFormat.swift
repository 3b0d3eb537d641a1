import TopologyDSL

/// Whose file it is, by the keys that each of them must have.
package enum ForeignFormat: String, Sendable {
    case rabbitmq, compose, asyncapi

    /// - Throws: why the file can be none of them.
    package init(of file: YAMLFile) throws(YAMLFile.Problems) {
        if file.root["asyncapi"] != nil {
            self = .asyncapi
        } else if file.root["services"] != nil {
            self = .compose
        } else if ["rabbit_version", "exchanges", "queues"].contains(where: { file.root[$0] != nil }) {
            self = .rabbitmq
        } else {
            throw file.problem(
                "this is neither RabbitMQ's definitions, nor a compose file, nor an AsyncAPI document", at: file.root)
        }
    }

    package func run(_ file: YAMLFile) throws(YAMLFile.Problems) -> Imported {
        switch self {
        case .rabbitmq: try RabbitMQImporter.run(file, vhost: nil)
        case .compose: try ComposeImporter.run(file)
        case .asyncapi: try AsyncAPIImporter.run(file)
        }
    }
}
