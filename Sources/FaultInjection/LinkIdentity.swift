import ClusterModel

/// A link is named by the process that opens connections through it and the one that answers.
package struct LinkIdentity: Hashable, Sendable, CustomStringConvertible {
    package var client: String
    package var server: String

    package init(client: String, server: String) {
        self.client = client
        self.server = server
    }

    /// `producer -> broker`, client first. It is a part of the dice.
    package var description: String { "\(client) -> \(server)" }
}

/// Which way bytes go on a link.
package enum Direction: Sendable, Hashable {
    case toServer, toClient
}
