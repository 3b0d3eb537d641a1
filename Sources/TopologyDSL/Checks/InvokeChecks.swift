import ClusterModel

extension Checker {
    /// Fills in what nodes invoke. After `assignHosts`.
    mutating func assignInvocations() {
        for index in topology.nodes.indices {
            let node = topology.nodes[index]
            for (number, draft) in (roles[node.name]?.invoke ?? []).enumerated() {
                let path: Path = ["nodes", node.name, "invoke"] / number
                var role = draft.role
                role.object = draft.object
                role.requests = [draft.params ?? .table([:])]
                role.expect = draft.expect.map { [$0] }
                complete(&role, draft, path)
                topology.nodes[index].call.append(role)
            }
        }
    }

    private func complete(_ role: inout CallRole, _ draft: InvokeKey.Draft, _ path: Path) {
        guard !draft.method.isEmpty, !draft.object.isEmpty, !reading.isBroken(path / "object"),
            let (type, method) = invoked(draft, path)
        else { return }
        role.service = type.name
        role.method = method.name
        role.semantics = draft.semantics ?? type.service.semantics
        role.retry = draft.retry.applied(
            to: type.service.retry, role.semantics == type.service.semantics ? nil : role.semantics)
        if hosts(of: type).isEmpty, type.instances.isEmpty, !reading.isBroken(["nodes"]) {
            reading.error(
                "no node hosts '\(type.name)'", at: reading.place(path / "object"),
                advice: "a node with host: \(type.name)")
        }
        check(exception: draft.role.expectException, of: method, type, path)
        // What follows from a broken type is no news.
        if reading.isBroken(self.path(of: type.service)) { return }
        let values = ValueCheck(type.service.schema, reading)
        values.check(role.requests[0], as: method.input, path / "with")
        guard let expected = draft.expect else { return }
        let field = type.service.schema.message(named: method.output)?.field(named: "value")
        if type.singles.contains(method.name), let field, !isWhole(expected) {
            values.check(expected, field: field, path / "expect")
            role.expect = [.table(["value": expected])]
        } else {
            values.check(expected, as: method.output, path / "expect")
        }
    }

    /// `{ value: 15 }`, which may be written `15` where one type is returned.
    private func isWhole(_ expected: ArgumentValue) -> Bool {
        if case .table(let table) = expected { table.keys.elementsEqual(["value"]) } else { false }
    }

    private func check(
        exception: String?, of method: MethodDefinition, _ type: ObjectType, _ path: Path
    ) {
        guard let exception, !reading.isBroken(path / "expect_exception") else { return }
        let declared = type.raises[method.name] ?? []
        guard !declared.contains(exception), !reading.isBroken(self.path(of: type.service)) else { return }
        let near = Suggestion.phrase(exception, among: declared)
        reading.error(
            "'\(type.name).\(method.name)' does not raise '\(shortened(exception))'\(near)",
            at: reading.place(path / "expect_exception"),
            advice: !near.isEmpty
                ? nil
                : declared.isEmpty
                    ? "raises: \(shortened(exception)) of the method declares it"
                    : "it raises \(declared.prefix(12).listed("and"))")
    }

    /// The type, from the object where that is known, and its method. `nil` after an error.
    private func invoked(_ draft: InvokeKey.Draft, _ path: Path) -> (ObjectType, MethodDefinition)? {
        let object = reading.place(path / "object")
        let span = reading.place(path / "method")
        var known: ObjectType?
        if let name = (try? Template(draft.object))?.constant {
            guard let type = typeOfObject(name, at: object) else { return nil }
            known = type
        }
        let dot = draft.method.lastIndex(of: ".")
        let method = dot.map { String(draft.method[draft.method.index(after: $0)...]) } ?? draft.method
        var type = known
        if let dot {
            let written = String(draft.method[..<dot])
            guard let named = objectType(written, at: span) else { return nil }
            if let known, known.name != named.name {
                reading.error("'\(draft.object)' is an object of '\(known.name)', not of '\(named.name)'", at: span)
                return nil
            }
            type = named
        }
        guard let type else {
            let with = topology.objects.first { $0.service.method(named: method) != nil }
            reading.error(
                "'\(shortened(draft.object))' is only known at run time: expected the method with its type", at: span,
                advice: "method: \(with?.name ?? "TYPE").\(shortened(method))")
            return nil
        }
        return self.method(named: method, of: type.service, at: span).map { (type, $0) }
    }

    /// Of a name, or of a whole reference.
    private func typeOfObject(_ name: String, at span: Span) -> ObjectType? {
        let scheme = "orch://"
        guard name.hasPrefix(scheme) else { return instance(name, at: span)?.type }
        let parts = name.dropFirst(scheme.count).split(separator: "/", omittingEmptySubsequences: false).map(
            String.init)
        guard parts.count == 2, InstanceKey.nameProblem(parts[1]) == nil else {
            reading.error("expected a reference such as orch://Account/acc-1, found '\(shortened(name))'", at: span)
            return nil
        }
        guard let type = topology.objectType(named: parts[0]) else {
            missing("object type", parts[0], among: topology.objects.map(\.name), at: span)
            return nil
        }
        // Others are created at run time.
        if let other = topology.objectType(of: parts[1]), other.name != type.name {
            reading.error("'\(parts[1])' is an object of '\(other.name)', not of '\(type.name)'", at: span)
            return nil
        }
        return type
    }
}
