import ClusterModel
import NIOCore
import Synchronization

/// All links of a cluster and the faults that are on. It applies message and connection faults; process faults are the
/// orchestrator's to carry out.
package final class FaultInjector: Sendable {
    private let topology: Topology
    private let seed: UInt64
    private let context: LinkContext
    private let state = Mutex(State())

    private struct State {
        var links: [LinkIdentity: Link] = [:]
        var active: [ActiveFault] = []
        var ended: [ActiveFault] = []
        var lastID = 0
    }

    package init(topology: Topology, context: LinkContext) {
        self.topology = topology
        self.context = context
        seed = context.seed
    }

    /// The link from one process to another, opened at its first use.
    /// - Parameter stampsCalls: as for `Link`; the first use decides.
    package func link(_ identity: LinkIdentity, port: Int = 0, stampsCalls: Bool = false) async throws -> Link {
        if let known = state.withLock({ $0.links[identity] }) { return known }
        let link = Link(identity: identity, context: context, stampsCalls: stampsCalls)
        try await link.open(port: port)
        let faults = state.withLock { state in
            state.links[identity] = link
            return self.faults(on: identity, state.active)
        }
        link.apply(faults)
        return link
    }

    package var links: [Link] {
        state.withLock { $0.links.values.sorted { $0.identity.description < $1.identity.description } }
    }

    /// Lets all links to a server lead to where it listens now; `nil` while it is down.
    package func lead(to server: String, _ address: SocketAddress?) {
        for link in links where link.identity.server == server { link.lead(to: address) }
    }

    // MARK: - Faults

    /// Turns a fault on. Its name is made unique: `drop`, `drop-2`.
    package func start(_ spec: FaultSpec) -> ActiveFault {
        let (fault, links, active) = state.withLock { state in
            state.lastID += 1
            let wanted = spec.name ?? spec.fault.keyword
            let taken = Set(state.active.map(\.name) + state.ended.map(\.name))
            var name = wanted
            var number = 2
            while taken.contains(name) {
                name = "\(wanted)-\(number)"
                number += 1
            }
            let fault = ActiveFault(id: state.lastID, name: name, spec: spec)
            state.active.append(fault)
            return (fault, state.links, state.active)
        }
        apply(active, to: links)
        return fault
    }

    /// Ends a fault: nothing is touched afterwards, and what it swallowed is settled.
    /// - Returns: false where it is not on.
    @discardableResult
    package func stop(_ id: Int) -> Bool {
        let change = state.withLock { state -> ([LinkIdentity: Link], [ActiveFault])? in
            guard let index = state.active.firstIndex(where: { $0.id == id }) else { return nil }
            state.ended.append(state.active.remove(at: index))
            return (state.links, state.active)
        }
        guard let (links, active) = change else { return false }
        apply(active, to: links)
        return true
    }

    package var active: [ActiveFault] { state.withLock { $0.active } }

    /// All faults of the run in the order of activation.
    package var all: [ActiveFault] { state.withLock { ($0.ended + $0.active).sorted { $0.id < $1.id } } }

    private func apply(_ active: [ActiveFault], to links: [LinkIdentity: Link]) {
        for (identity, link) in links { link.apply(faults(on: identity, active)) }
    }

    private func faults(on link: LinkIdentity, _ active: [ActiveFault]) -> LinkFaults {
        var faults = LinkFaults()
        for fault in active where fault.spec.fault.level != .process {
            func selects(toServer: Bool) -> Bool {
                topology.selects(
                    fault.spec.link, client: link.client, server: link.server, toServer: toServer, seed: seed,
                    words: fault.spec.text)
            }
            if selects(toServer: true) { faults.toServer.append(fault) }
            if selects(toServer: false) { faults.toClient.append(fault) }
        }
        return faults
    }

    package func close() async {
        for link in links { await link.close() }
    }
}
