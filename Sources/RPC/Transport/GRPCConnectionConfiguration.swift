import NIOCore

/// Where a `GRPCConnection` leads and how far it lets the server go.
package struct GRPCConnectionConfiguration: Sendable {
    package var host: String
    package var port: Int
    /// nil: clear text.
    package var tls: ClientTLS?
    /// `:authority`; nil: `host:port`.
    package var authority: String?
    package var userAgent = "orch"
    package var limits = TransportLimits()
    package var keepalive = Keepalive()
    /// TCP, TLS and the server's SETTINGS together.
    package var connectTimeout = TimeAmount.seconds(5)
    /// Calls that wait for the server's MAX_CONCURRENT_STREAMS; one more ends at once as `neverSent`, RESOURCE_EXHAUSTED.
    package var maximumWaitingCalls = 1_024

    package init(host: String, port: Int) {
        self.host = host
        self.port = port
    }
}

/// Whom a client believes.
package struct ClientTLS: Hashable, Sendable {
    package enum Trust: Hashable, Sendable {
        case system
        /// PEM file with certificate authorities, or with the server's own self-signed certificate.
        case authorities(file: String)
        /// Anyone at all: for tests.
        case insecure
    }
    package var trust: Trust
    /// The name that the certificate must have; nil: the host connected to.
    package var serverName: String?

    package init(trust: Trust = .system, serverName: String? = nil) {
        self.trust = trust
        self.serverName = serverName
    }
}
