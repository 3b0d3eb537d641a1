import ClusterModel

/// The checks that concern several entries, over the finished model. Each area has its own file.
struct Checker {
    var topology: Topology
    let reading: Reading
    /// Each node as the file has it: what it serves, calls, hosts and invokes.
    let roles: [String: NodeSection.Draft]

    /// For a topology that has been checked.
    init(_ topology: Topology, _ reading: Reading) {
        self.topology = topology
        self.reading = reading
        roles = [:]
    }

    init(_ draft: TopLevel.Draft, _ reading: Reading) {
        self.reading = reading
        topology = draft.topology
        topology.services = draft.services.compactMap(\.service)
        topology.nodes = draft.nodes.map(\.node)
        topology.objects = draft.objects.map(\.type)
        roles = Dictionary(draft.nodes.map { ($0.node.name, $0) }) { first, _ in first }
    }

    mutating func run() {
        assignBrokers()
        assignServers()
        assignCalls()
        assignHosts()
        assignInvocations()
        assignFeeds()
        checkNames()
        checkServices()
        checkObjects()
        checkFeeds()
        checkGroups()
        checkReachability()
        checkRouting()
        checkEndpoints()
        checkDependencies()
        checkSteps()
        for (fault, path) in located(topology.faults, \.location, "faults") { check(fault, path) }
        for (assertion, path) in located(topology.assertions, \.location, "assertions") { check(assertion, path) }
    }

    /// Entries of a list with their paths. A broken entry of the file has no place in the model, so that places are
    /// matched, not counted.
    func located<Entry>(
        _ entries: [Entry], _ location: KeyPath<Entry, SourceLocation>, _ section: String
    ) -> [(Entry, Path)] {
        located(entries, location, at: [section])
    }

    func located<Entry>(
        _ entries: [Entry], _ location: KeyPath<Entry, SourceLocation>, at section: Path
    ) -> [(Entry, Path)] {
        var index = 0
        var result: [(Entry, Path)] = []
        for entry in entries {
            while reading.has(section / index),
                reading.location(reading.place(section / index)) != entry[keyPath: location]
            {
                index += 1
            }
            result.append((entry, section / index))
            index += 1
        }
        return result
    }

    // MARK: Words for messages

    /// "there is no node 'x', did you mean 'y'?"
    func missing(_ what: String, _ name: String, among names: [String], at span: Span) {
        let near = Suggestion.phrase(name, among: names)
        let advice: String? =
            if !near.isEmpty { nil } else if names.isEmpty { "the topology declares none" } else {
                "there \(names.count == 1 ? "is" : "are") \(names.prefix(12).listed("and"))"
            }
        reading.error("there is no \(what) '\(shortened(name))'\(near)", at: span, advice: advice)
    }
}
