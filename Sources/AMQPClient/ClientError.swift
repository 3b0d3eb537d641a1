import AMQP

/// Why a connection or channel of ours ended, or a call failed.
package enum ClientError: Error, Sendable, Equatable, CustomStringConvertible {
    /// No connection could be made.
    case unreachable(String)
    /// The peer's words do not fit the protocol.
    case protocolViolation(String)
    /// The broker closed the channel.
    case channelClosed(code: UInt16, text: String)
    /// The broker closed the connection.
    case connectionClosed(code: UInt16, text: String)
    /// The connection broke.
    case disconnected
    /// We closed it ourselves.
    case closed

    package var description: String {
        switch self {
        case .unreachable(let why): "cannot connect: \(why)"
        case .protocolViolation(let what): "protocol violation: \(what)"
        case .channelClosed(let code, let text): "channel closed by the broker: \(code) \(text)"
        case .connectionClosed(let code, let text): "connection closed by the broker: \(code) \(text)"
        case .disconnected: "connection lost"
        case .closed: "closed"
        }
    }
}
