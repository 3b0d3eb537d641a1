import ClusterModel

extension ScenarioForm {
    /// `call: { method: Calculator.suma, with: { a: 1, b: 2 }, expect: { total: 3 } }`
    static let call = ScenarioForm(
        "call", takes: CallStep.call.format,
        "One call from outside the cluster. It fails where it does not succeed, or its reply is not what `expect` says."
    ) { checker, step, path in
        if case .call(let call) = step.action {
            if let (service, method) = checker.method(
                call.method, at: checker.reading.place(path / "call" / "method"))
            {
                checker.check(call, of: service, method, path / "call")
            }
            if let to = call.to { _ = checker.process(to, at: checker.reading.place(path / "call" / "to")) }
        }
        return step.action
    } make: { call, _ in
        .call(call)
    }

    /// `invoke: { object: acc-1, method: deposit, with: { amount: 5 }, expect: 5 }`
    static let invoke = ScenarioForm(
        "invoke", takes: CallStep.invoke.format,
        "One invocation of an object that the file names, from outside the cluster. It fails as `call` does."
    ) { checker, step, path in
        guard case .invoke(let call) = step.action else { return step.action }
        let path = path / "invoke"
        if let named = checker.instance(call.object, at: checker.reading.place(path / "object")) {
            let text = "\(named.type.name).\(call.method)"
            if let (service, method) = checker.method(text, at: checker.reading.place(path / "method")) {
                checker.check(call, of: service, method, path)
            }
        }
        return step.action
    } make: { call, _ in
        .invoke(call)
    }
}

extension Checker {
    /// Whether what a file passes fits the method. What a script passes has come about as it ran, and is judged when it
    /// is called.
    fileprivate func check(_ call: Verb.Invocation, of service: Service, _ method: MethodDefinition, _ path: Path) {
        guard reading.source != nil, !reading.isBroken(path / "with") else { return }
        ValueCheck(service.schema, reading).check(.table(call.with), as: method.input, path / "with")
    }
}

private enum CallStep {
    static let call = Record<Verb.Invocation>("one call", "One call of a service.", from: .init(method: "")) {
        Key(
            "method", \.method, .reference("a method such as Calculator.suma"), required: true,
            "The method, with its service's name, short or full.")
        Key("with", \.with, .arguments(), default: "no fields", "The request: its fields.")
        Key(
            "expect", optional: \.expect, Format<ArgumentValue>.argument(nil), "The fields that the reply must have.")
        Key(
            "to", optional: \.to, Format<String>.reference("a node's name"), default: "the only node that serves it",
            "The node to call.")
    }

    static let invoke = Record<Verb.Invocation>(
        "one invocation", "One invocation of an object.", from: .init(method: "")
    ) {
        Key("object", \.object, .reference("an object's name"), required: true, "The object.")
        Key("method", \.method, .reference("a method such as deposit"), required: true, "The method.")
        Key("with", \.with, .arguments(), default: "no fields", "What is passed: the method's `params`.")
        Key(
            "expect", optional: \.expect, Format<ArgumentValue>.argument(nil),
            "What must come back: a value where the method returns one, else the fields that count.")
    }
}
