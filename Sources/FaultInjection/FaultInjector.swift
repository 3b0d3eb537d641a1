import ClusterModel
import NIOCore
import Synchronization

/// All links of a cluster and the faults that are on. It applies faults on messages, connections and the network; process
/// faults are the orchestrator's to carry out.
package final class FaultInjector: Sendable {
    /// The ways between native peers.
    package let mesh: DatagramMesh
    private let topology: Topology
    private let seed: UInt64
    private let context: LinkContext
    private let state = Mutex(State())

    private struct State {
        var links: [LinkIdentity: Link] = [:]
        var datagramLinks: [LinkIdentity: DatagramLink] = [:]
        var active = FaultSet()
        var ended: [ActiveFault] = []
        var lastID = 0
    }

    package init(topology: Topology, context: LinkContext) {
        self.topology = topology
        self.context = context
        seed = context.seed
        mesh = DatagramMesh(seed: context.seed, loops: context.loops) { topology.mayOpen(from: $0, to: $1) }
    }

    // MARK: - Links

    /// The link from one process to another, opened at its first use.
    /// - Parameters:
    ///   - port: 0 takes one of the server's `ports:`, or any.
    ///   - stampsCalls: as for `Link`; the first use decides.
    /// - Throws: `OrchError` (`unavailable`) where no port can be had.
    package func link(_ identity: LinkIdentity, port: Int = 0, stampsCalls: Bool = false) async throws -> Link {
        if let known = state.withLock({ $0.links[identity] }) { return known }
        let link = Link(
            identity: identity, context: context, stampsCalls: stampsCalls, refuses: refuses(identity))
        try await openPort(port, to: identity.server, for: "the link \(identity)") { try await link.open(port: $0) }
        let kept = state.withLock { state in
            // Somebody may have been sooner.
            if let other = state.links[identity] { return other }
            state.links[identity] = link
            link.apply(state.active.on(identity))
            return link
        }
        if kept !== link { await link.close() }
        return kept
    }

    /// The same for a program that takes datagrams.
    package func datagramLink(_ identity: LinkIdentity, port: Int = 0) async throws -> DatagramLink {
        if let known = state.withLock({ $0.datagramLinks[identity] }) { return known }
        let link = DatagramLink(identity: identity, context: context, refuses: refuses(identity))
        try await openPort(port, to: identity.server, for: "the link \(identity)") { try await link.open(port: $0) }
        let kept = state.withLock { state in
            // Somebody may have been sooner.
            if let other = state.datagramLinks[identity] { return other }
            state.datagramLinks[identity] = link
            link.apply(state.active.on(identity))
            return link
        }
        if kept !== link { await link.close() }
        return kept
    }

    /// The port at which all others of its group reach a peer.
    @discardableResult
    package func openDoorway(of process: String) async throws -> Int {
        try await openPort(0, to: process, for: "the doorway of '\(process)'") {
            try await self.mesh.open(process, port: $0)
        }
    }

    private func refuses(_ link: LinkIdentity) -> Bool { !topology.mayOpen(from: link.client, to: link.server) }

    /// Opens a port: the one that is wanted, or the first that is free of those that the server's node has.
    private func openPort<Result>(
        _ port: Int, to server: String, for purpose: String, _ open: (Int) async throws -> Result
    ) async throws -> Result {
        guard port == 0, let node = topology.node(ofInstance: server), let range = node.ports else {
            return try await open(port)
        }
        var cause: String?
        for port in range {
            do { return try await open(port) } catch { cause = (error as? OrchError)?.cause ?? "\(error)" }
        }
        throw OrchError(
            .unavailable,
            "no port is free for \(purpose): 'ports: \(range.lowerBound)-\(range.upperBound)' of the node '\(node.name)'",
            at: node.location.line > 0 ? node.location : nil, cause: cause,
            advice: "every process that talks to it takes a port of its own: widen the range, or end what has its ports"
        )
    }

    package var links: [Link] {
        state.withLock { $0.links.values.sorted { $0.identity.description < $1.identity.description } }
    }

    package var datagramLinks: [DatagramLink] {
        state.withLock { $0.datagramLinks.values.sorted { $0.identity.description < $1.identity.description } }
    }

    /// Where a process reaches a server, over connections or datagrams; `nil` where it has no link to it.
    package func port(from client: String, to server: String) -> Int? {
        let identity = LinkIdentity(client: client, server: server)
        return state.withLock { $0.links[identity]?.port ?? $0.datagramLinks[identity]?.port }
    }

    /// The number of the newest connection of the run; 0 before the first.
    package var newestConnection: UInt32 { context.connectionIDs.newest }

    /// Lets all links to a server lead to where it listens now; `nil` while it is down.
    package func lead(to server: String, _ address: SocketAddress?) {
        for link in links where link.identity.server == server { link.lead(to: address) }
        for link in datagramLinks where link.identity.server == server { link.lead(to: address) }
    }

    // MARK: - What passes

    /// One link, or one direction between two peers, as people are shown it.
    package struct Traffic: Sendable {
        package var link: LinkIdentity
        package var port: Int
        package var connections: Int
        package var counts: LinkCounts
        /// The names of the faults that are on what each end sends.
        package var toServer: [String] = []
        package var toClient: [String] = []
    }

    /// All links, and of the pairs of peers that have talked those that did so most: 256 at most.
    package var traffic: [Traffic] {
        let rows =
            links.map {
                Traffic(link: $0.identity, port: $0.port, connections: $0.connections, counts: $0.counts)
            }
            + datagramLinks.map {
                Traffic(link: $0.identity, port: $0.port, connections: $0.connections, counts: $0.counts)
            }
        let doorways = mesh.doorways
        let pairs = mesh.passed.sorted { ($1.value, $0.key.description) < ($0.value, $1.key.description) }.prefix(256)
        let talks = pairs.map { pair, passed in
            var counts = LinkCounts()
            counts.datagrams = passed
            return Traffic(link: pair, port: doorways[pair.server] ?? 0, connections: 0, counts: counts)
        }
        let active = state.withLock { $0.active }
        return (rows + talks.sorted { $0.link.description < $1.link.description }).map { row in
            var row = row
            let faults = active.on(row.link)
            row.toServer = faults.toServer.map(\.name)
            row.toClient = faults.toClient.map(\.name)
            return row
        }
    }

    // MARK: - Faults

    /// Turns a fault on. Its name is made unique: `drop`, `drop-2`.
    package func start(_ spec: FaultSpec) -> ActiveFault {
        let scope = FaultScope(spec, topology: topology, seed: seed)
        return change { state in
            state.lastID += 1
            let wanted = spec.name ?? spec.fault.keyword
            let taken = Set(state.active.faults.map(\.name) + state.ended.map(\.name))
            var name = wanted
            var number = 2
            while taken.contains(name) {
                name = "\(wanted)-\(number)"
                number += 1
            }
            let fault = ActiveFault(id: state.lastID, name: name, spec: spec)
            state.active.add(fault, scope)
            return fault
        }
    }

    /// Ends a fault: nothing is touched afterwards, and what it swallowed is settled.
    /// - Returns: false where it is not on.
    @discardableResult
    package func stop(_ id: Int) -> Bool {
        change { state in
            guard let fault = state.active.remove(id) else { return false }
            state.ended.append(fault)
            return true
        }
    }

    package var active: [ActiveFault] { state.withLock { $0.active.faults } }

    /// All faults of the run in the order of activation.
    package var all: [ActiveFault] { state.withLock { ($0.ended + $0.active.faults).sorted { $0.id < $1.id } } }

    /// Changes what is on, and tells every link.
    private func change<Result: Sendable>(_ body: (inout State) -> Result) -> Result {
        // All of it under the lock, so that two changes at a time cannot overtake each other on the way to a link.
        state.withLock { state in
            let result = body(&state)
            for (identity, link) in state.links { link.apply(state.active.on(identity)) }
            for (identity, link) in state.datagramLinks { link.apply(state.active.on(identity)) }
            mesh.apply(state.active)
            return result
        }
    }

    package func close() async {
        for link in links { await link.close() }
        for link in datagramLinks { await link.close() }
        await mesh.close()
    }
}
