import ClusterModel
import TopologyText

/// Services and object types.
extension TopologyYAML {
    func service(_ service: Service) -> TopologyValue {
        var fields = Fields()
        let methods = service.definition?.methods ?? []
        let byMethod = service.handlers.map(\.method)
        // Handlers stand in their methods where that is their order.
        let isInline = service.proto == nil && byMethod == methods.map(\.name).filter(byMethod.contains)
        if let proto = service.proto {
            fields.text("proto", proto.file)
            fields.put("proto_path", Self.names(proto.folders))
        } else {
            let types = TypeWriter(service.schema, methods: methods, prefix: "")
            types.declarations(&fields)
            fields.put(
                "methods",
                .mapping(
                    methods.map { method in
                        var inner = Fields()
                        inner.put("request", types.request(of: method))
                        inner.put("response", types.response(of: method))
                        inner.text("stream", stream(method))
                        if isInline { inner.put("handler", service.handler(of: method.name).map { .block($0.source) }) }
                        return .init(method.name, .mapping(inner.entries))
                    }))
        }
        if !isInline, !service.handlers.isEmpty {
            fields.put("handlers", .mapping(service.handlers.map { .init($0.method, .block($0.source)) }))
        }
        fields.put("semantics", service.semantics, unless: .atMostOnce)
        fields.put("retry", retry(service.retry, unless: RetryKey.Draft().applied(to: .init(), service.semantics)))
        fields.put("duplicates", duplicates(service.duplicates, under: service.semantics, isObject: false))
        fields.put("limits", limits(service.limits))
        return .mapping(fields.entries)
    }

    private func stream(_ method: MethodDefinition) -> String? {
        switch (method.clientStreaming, method.serverStreaming) {
        case (false, false): nil
        case (true, false): "client"
        case (false, true): "server"
        case (true, true): "both"
        }
    }

    // MARK: Policies

    func retry(_ policy: RetryPolicy, unless initial: RetryPolicy) -> TopologyValue? {
        var fields = Fields()
        fields.put("timeout", policy.timeout, unless: initial.timeout)
        fields.put("attempts", policy.attempts, unless: initial.attempts)
        if policy.backoff != initial.backoff {
            fields.put("backoff", policy.backoff == .zero...(.zero) ? .word("none") : policy.backoff.written)
        }
        if policy.deadline != initial.deadline { fields.put("deadline", policy.deadline) }
        return fields.entries.isEmpty ? nil : .mapping(fields.entries)
    }

    private func duplicates(
        _ policy: DuplicatePolicy, under semantics: CallSemantics, isObject: Bool
    ) -> TopologyValue? {
        let initial = DuplicatesKey.Draft().policy(under: semantics)
        var fields = Fields()
        if !isObject { fields.put("on", policy.on, unless: initial.on) }
        fields.put("keep", policy.keep, unless: initial.keep)
        fields.put("capacity", policy.capacity, unless: initial.capacity)
        fields.put("bytes", policy.bytes, unless: initial.bytes)
        if !isObject { fields.put("durable", policy.durable, unless: initial.durable) }
        return fields.entries.isEmpty ? nil : .mapping(fields.entries)
    }

    private func limits(_ limits: HandlerLimits) -> TopologyValue? {
        let initial = HandlerLimits()
        var fields = Fields()
        fields.put("instructions", limits.instructions, unless: initial.instructions)
        fields.put("memory", limits.memory, unless: initial.memory)
        fields.put("time", limits.time)
        return fields.entries.isEmpty ? nil : .mapping(fields.entries)
    }

    // MARK: Objects

    func objectType(_ type: ObjectType) -> TopologyValue {
        let initial = ObjectType(service: type.service)
        let service = type.service
        let methods = service.definition?.methods ?? []
        let types = TypeWriter(service.schema, methods: methods, prefix: service.shortName)
        var fields = Fields()
        fields.put("state", arguments(type.state))
        types.declarations(&fields)
        fields.put(
            "methods",
            .mapping(
                methods.map { method in
                    var inner = Fields()
                    inner.put("params", types.request(of: method))
                    inner.put(
                        "returns",
                        type.singles.contains(method.name) ? types.single(of: method) : types.response(of: method))
                    inner.put("raises", Self.names(type.raises[method.name] ?? []))
                    inner.put("handler", service.handler(of: method.name).map { .block($0.source) })
                    return .init(method.name, .mapping(inner.entries))
                }))
        if !type.instances.isEmpty {
            fields.put("instances", .mapping(type.instances.map { .init($0.name, instance($0, of: type)) }))
        }
        fields.put("durable", type.durable, unless: initial.durable)
        fields.put("restore", type.restore, unless: initial.restore)
        if type.restore == .elsewhere { fields.put("snapshot", type.snapshot, unless: initial.snapshot) }
        fields.put("follow", type.follow)
        fields.put("on_stop", type.onStop, unless: initial.onStop)
        fields.put("mailbox", type.mailbox, unless: initial.mailbox)
        fields.put("drain_timeout", type.drainTimeout, unless: initial.drainTimeout)
        fields.put("tombstone", type.tombstone, unless: initial.tombstone)
        fields.put("lease", type.lease, unless: initial.lease)
        fields.put("semantics", service.semantics, unless: .atMostOnce)
        fields.put("retry", retry(service.retry, unless: RetryKey.Draft().applied(to: .init(), service.semantics)))
        fields.put("duplicates", duplicates(service.duplicates, under: service.semantics, isObject: true))
        fields.put("limits", limits(service.limits))
        return .mapping(fields.entries)
    }

    private func instance(_ instance: ObjectInstance, of type: ObjectType) -> TopologyValue {
        var fields = Fields()
        let hosts = topology.nodes.filter { $0.host?.types.contains(type.name) == true }.flatMap(\.instances)
        if hosts != [instance.host] { fields.text("host", instance.host) }
        fields.put("state", arguments(instance.state.filter { type.state[$0.key] != $0.value }))
        return .mapping(fields.entries)
    }
}
