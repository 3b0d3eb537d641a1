import NIOCore

/// What a `GRPCServer` listens on and how far it lets anyone go.
package struct GRPCServerConfiguration: Sendable {
    package var host = "127.0.0.1"
    /// 0: any free port.
    package var port = 0
    /// nil: HTTP/2 in clear text with prior knowledge.
    package var tls: ServerTLS?
    package var limits = TransportLimits()
    package var keepalive = Keepalive()
    /// Further connections are closed as soon as they are accepted.
    package var maximumConnections = 4_096
    /// From connect to the client's SETTINGS, TLS included.
    package var handshakeTimeout = TimeAmount.seconds(10)
    /// A connection without calls for this long is told to go away; nil: never.
    package var idleTimeout: TimeAmount?

    package init() {}
}

/// A server's certificate and key, as PEM files.
package struct ServerTLS: Hashable, Sendable {
    package var certificateFile: String
    package var keyFile: String

    package init(certificateFile: String, keyFile: String) {
        self.certificateFile = certificateFile
        self.keyFile = keyFile
    }
}
