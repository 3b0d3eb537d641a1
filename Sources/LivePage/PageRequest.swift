/// What a browser asks of the page's server. Pure.
///
/// The server listens on the loopback interface, where any page of any site, and any program of any user, may knock: each
/// request must name the address that was printed (a site that has its own name point here does not), come from no
/// other site, and carry the token.
package enum PageRequest: Sendable, Equatable {
    case page
    /// Server-sent events: all that changes.
    case events
    /// A command, or only whether it would be understood.
    case command(checkOnly: Bool)

    /// Octets of a command.
    package static let commandLimit = 4_096
    package static let tokenHeader = "orch-token"

    package struct Head: Sendable {
        package var method: String
        /// `/events?token=…`
        package var target: String
        package var host: String?
        package var origin: String?
        /// The header's own, not the address's.
        package var token: String?

        package init(method: String, target: String, host: String?, origin: String? = nil, token: String? = nil) {
            self.method = method
            self.target = target
            self.host = host
            self.origin = origin
            self.token = token
        }
    }

    /// Why there is no answer but this.
    package struct Refusal: Error, Sendable, Equatable {
        package var status: Int
        package var text: String

        package init(_ status: Int, _ text: String) {
            self.status = status
            self.text = text
        }
    }

    /// - Parameter port: where the server listens.
    package init(_ head: Head, port: Int, token: PageToken) throws(Refusal) {
        let names = ["127.0.0.1:\(port)", "localhost:\(port)"]
        guard let host = head.host?.lowercased(), names.contains(host) else {
            throw Refusal(403, "This page is only at http://127.0.0.1:\(port)/, with the token that orch has printed.")
        }
        if let origin = head.origin, origin.lowercased() != "http://\(host)" {
            throw Refusal(403, "Pages of other sites may not ask here.")
        }
        let parts = head.target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let path = String(parts.first ?? "")
        let isPost = head.method == "POST"
        // A link or a form of another page can carry what stands in an address, but no header.
        let given = isPost ? head.token : Self.token(parts.count > 1 ? parts[1] : "")
        guard token.matches(given) else {
            throw Refusal(
                403, "The token is missing or wrong. Open the address that orch has printed; it ends with the run.")
        }
        switch (path, isPost) {
        case ("/", false): self = .page
        case ("/events", false): self = .events
        case ("/commands", true): self = .command(checkOnly: false)
        case ("/check", true): self = .command(checkOnly: true)
        case ("/", true), ("/events", true), ("/commands", false), ("/check", false):
            throw Refusal(405, "\(head.method) is not for \(path).")
        default: throw Refusal(404, "There is nothing at \(path).")
        }
        guard isPost || head.method == "GET" else { throw Refusal(405, "\(head.method) is not for \(path).") }
    }

    private static func token(_ query: Substring) -> String? {
        query.split(separator: "&").first { $0.hasPrefix("token=") }.map { String($0.dropFirst("token=".count)) }
    }
}
