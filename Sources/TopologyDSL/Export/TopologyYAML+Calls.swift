import ClusterModel
import TopologyText

/// Who serves, calls, hosts and invokes.
extension TopologyYAML {
    func serve(_ role: ServeRole) -> TopologyValue {
        var fields = Fields()
        let initial = ServeRole(services: [])
        if role.services.isEmpty {
            fields.text("speaks", role.speaks.rawValue)
        } else {
            fields.put("service", Self.names(role.services))
        }
        fields.put("port", role.port)
        fields.put("listen", role.listen)
        fields.put("via", via(role))
        if let tls = role.tls {
            var inner = Fields()
            inner.text("certificate", tls.certificate)
            inner.text("key", tls.key)
            inner.text("authority", tls.authority)
            fields.put("tls", .mapping(inner.entries))
        }
        fields.put("concurrency", role.concurrency, unless: initial.concurrency)
        fields.put("work", role.work, unless: initial.work)
        fields.put("max_message", role.maxMessage, unless: initial.maxMessage)
        return fields.entries.count == 1 ? fields.entries[0].value : .mapping(fields.entries)
    }

    private func via(_ role: ServeRole) -> TopologyValue? {
        guard case .queue(let name, let broker) = role.via else { return nil }
        let declared = topology.queues.first { $0.name == name }?.broker
        let isKnown = broker == declared || (declared == nil && broker == onlyBroker)
        if name == role.services.first, role.services.count == 1, isKnown { return .word("queue") }
        var fields = Fields()
        fields.text("queue", name)
        if !isKnown { fields.text("broker", broker) }
        return .mapping(fields.entries)
    }

    func call(_ role: CallRole) -> TopologyValue {
        var fields = Fields()
        fields.text("method", role.fullMethod)
        if role.requests != [.table([:])] {
            let requests = role.requests.map { argument($0, isTemplate: true) }
            fields.put("with", requests.isEmpty ? .list([]) : .oneOrMany(requests))
        }
        fields.put("messages", role.messages)
        pace(role, &fields)
        if let expect = role.expect {
            fields.put(
                "expect",
                expect.count == 1
                    ? argument(expect[0], isTemplate: true) : .list(expect.map { argument($0, isTemplate: true) }))
        }
        fields.text("expect_status", role.expectStatus)
        let servers = topology.nodes.filter { $0.serve?.services.contains(role.service) == true }
        if servers.map(\.name) != [role.to] { fields.text("to", role.to) }
        fields.put("replica", role.replica)
        policies(role, topology.service(named: role.service), &fields)
        return .mapping(fields.entries)
    }

    func invoke(_ role: CallRole) -> TopologyValue {
        let object = role.object ?? ""
        let type = topology.objectType(named: role.service)
        var fields = Fields()
        fields.template("object", object)
        fields.text("method", object.contains("$") ? role.fullMethod : role.method)
        if let request = role.requests.first, request != .table([:]) {
            fields.put("with", argument(request, isTemplate: true))
        }
        pace(role, &fields)
        if let expected = role.expect?.first {
            // One type that is returned may stand alone.
            if case .table(let table) = expected, table.count == 1, let value = table["value"],
                type?.singles.contains(role.method) == true, !value.isTable
            {
                fields.put("expect", argument(value, isTemplate: true))
            } else {
                fields.put("expect", argument(expected, isTemplate: true))
            }
        }
        fields.text("expect_exception", role.expectException)
        fields.text("expect_status", role.expectStatus)
        fields.put("hold", role.holds, unless: false)
        policies(role, type?.service, &fields)
        return .mapping(fields.entries)
    }

    private func pace(_ role: CallRole, _ fields: inout Fields) {
        fields.put("count", role.count)
        fields.put("rate", role.rate)
        fields.put("concurrency", role.concurrency, unless: 1)
        fields.put("loop", role.loop, unless: .closed)
    }

    /// What differs from what the service says.
    private func policies(_ role: CallRole, _ service: Service?, _ fields: inout Fields) {
        if !role.metadata.isEmpty { fields.put("metadata", dictionary(role.metadata)) }
        let semantics = service?.semantics ?? .atMostOnce
        fields.put("semantics", role.semantics, unless: semantics)
        fields.put(
            "retry",
            retry(
                role.retry,
                unless: RetryKey.Draft().applied(
                    to: service?.retry ?? .init(), role.semantics == semantics ? nil : role.semantics)))
    }

    // MARK: Objects

    func host(_ role: HostRole) -> TopologyValue {
        let initial = HostRole(types: [])
        var fields = Fields()
        if role.types != topology.objects.map(\.name) { fields.put("types", .oneOrMany(role.types.map { .text($0) })) }
        fields.put("concurrency", role.concurrency, unless: initial.concurrency)
        fields.put("work", role.work, unless: initial.work)
        return fields.entries.count == 1 && fields.entries[0].key == "types"
            ? fields.entries[0].value : .mapping(fields.entries)
    }

    func directory(_ role: DirectoryRole) -> TopologyValue {
        let initial = DirectoryRole()
        var fields = Fields()
        fields.put("lease", role.lease, unless: initial.lease)
        fields.put("margin", role.margin, unless: initial.margin)
        return .mapping(fields.entries)
    }
}

extension ArgumentValue {
    fileprivate var isTable: Bool { if case .table = self { true } else { false } }
}
