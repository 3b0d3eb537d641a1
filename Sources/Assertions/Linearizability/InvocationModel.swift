import ClusterModel

/// A model that invocations of an object are read for by the names of their methods.
protocol InvocationModel: SequentialModel {
    /// - Parameter fields: the object's own, when it is new.
    init(fields: [String: ArgumentValue])

    /// - Returns: `nil` for what has had no effect and returned nothing to judge.
    static func read(
        _ invocation: ReadInvocation
    ) throws(ModelFailure) -> (input: Input, output: Output?)?
}

/// An invocation in words.
struct ReadInvocation {
    enum Outcome: Equatable {
        case open
        case result([String: ArgumentValue])
        /// Success, but what it returned was not recorded.
        case unseen
        case exception(String)
    }

    /// `Account.deposit`, for errors.
    var name: String
    var method: String
    var arguments: [String: ArgumentValue]
    var outcome: Outcome

    /// The one argument, or the one with such a name.
    func argument(_ names: String...) throws(ModelFailure) -> ArgumentValue {
        if let name = names.first(where: { arguments[$0] != nil }) { return arguments[name]!.normalized }
        if names.contains("value"), arguments.count == 1 { return arguments.first!.value.normalized }
        let expected = names.map { "`\($0)`" }.joined(separator: " or ")
        throw ModelFailure("\(name)(\(arguments.shown)) has no argument \(expected)")
    }

    /// The one field of the result, or the one called `value`; null where there is none.
    func value(_ result: [String: ArgumentValue]) throws(ModelFailure) -> ArgumentValue {
        if let value = result.count == 1 ? result.first?.value : result["value"] { return value.normalized }
        if result.isEmpty { return .null }
        throw ModelFailure("\(name) returns {\(result.shown)}: none of these fields is `value`")
    }
}

extension [String: ArgumentValue] {
    /// What a new object holds: the field with such a name, or the one that fits.
    fileprivate func initial(_ names: [String], where fits: (ArgumentValue) -> Bool) -> ArgumentValue? {
        for name in names { if let value = self[name], fits(value) { return value } }
        let fitting = values.filter(fits)
        return fitting.count == 1 ? fitting.first : nil
    }
}

extension RegisterModel: InvocationModel {
    init(fields: [String: ArgumentValue]) {
        self.init(initial: fields.initial(["value"]) { _ in true }?.normalized ?? .null)
    }

    static func read(_ invocation: ReadInvocation) throws(ModelFailure) -> (input: Input, output: Output?)? {
        let input: Input
        switch invocation.method.lowercased() {
        case "read", "get": input = .read
        case "write", "set": input = .write(try invocation.argument("value"))
        case "cas":
            input = .compareAndSwap(
                expected: try invocation.argument("expect", "expected", "from", "old"),
                new: try invocation.argument("new", "to", "value"))
        default:
            throw ModelFailure("\(invocation.name) is no method of a register: read get write set cas")
        }
        switch (input, invocation.outcome) {
        case (_, .open), (_, .unseen): return (input, nil)
        case (.compareAndSwap, .exception): return (input, .swapped(false))
        case (_, .exception): return nil
        case (.read, .result(let result)): return (input, .value(try invocation.value(result)))
        case (.write, .result): return (input, .written)
        case (.compareAndSwap, .result(let result)):
            guard case .bool(let swapped) = try invocation.value(result) else {
                throw ModelFailure("\(invocation.name) returns {\(result.shown)}: not whether it has swapped")
            }
            return (input, .swapped(swapped))
        }
    }
}

extension CounterModel: InvocationModel {
    init(fields: [String: ArgumentValue]) {
        let names = ["value", "count", "total", "balance"]
        self.init(initial: fields.initial(names) { $0.wholeNumber != nil }?.wholeNumber ?? 0)
    }

    static func read(_ invocation: ReadInvocation) throws(ModelFailure) -> (input: Input, output: Int64?)? {
        let input: Input
        let method = invocation.method.lowercased()
        switch method {
        case "read", "get": input = .read
        default:
            let amount = try amount(invocation)
            input = .add(["decrement", "subtract", "withdraw"].contains(method) ? 0 &- amount : amount)
        }
        switch invocation.outcome {
        case .open, .unseen: return (input, nil)
        case .exception: return nil
        case .result(let result):
            let numbers = result.values.compactMap(\.wholeNumber)
            if let total = result["value"]?.wholeNumber ?? (numbers.count == 1 ? numbers[0] : nil) {
                return (input, total)
            }
            guard input != .read else {
                throw ModelFailure("\(invocation.name) returns {\(result.shown)}: not a total")
            }
            return (input, nil)
        }
    }

    private static func amount(_ invocation: ReadInvocation) throws(ModelFailure) -> Int64 {
        let numbers = invocation.arguments.values.compactMap(\.wholeNumber)
        if numbers.count == 1 { return numbers[0] }
        guard let named = invocation.arguments["amount"]?.wholeNumber else {
            if numbers.isEmpty { return 1 }
            throw ModelFailure(
                "\(invocation.name)(\(invocation.arguments.shown)) has several numbers and none is `amount`")
        }
        return named
    }
}

extension QueueModel: InvocationModel {
    init(fields: [String: ArgumentValue]) {
        let isList = { (value: ArgumentValue) in if case .list = value { true } else { false } }
        guard case .list(let items)? = fields.initial(["items", "queue"], where: isList) else {
            self.init()
            return
        }
        self.init(initial: items.map(\.normalized))
    }

    static func read(_ invocation: ReadInvocation) throws(ModelFailure) -> (input: Input, output: Output?)? {
        let input: Input
        switch invocation.method.lowercased() {
        case "enqueue", "put": input = .put(try invocation.argument("value", "item"))
        case "dequeue", "take": input = .take
        default:
            throw ModelFailure("\(invocation.name) is no method of a queue: enqueue put dequeue take")
        }
        switch (input, invocation.outcome) {
        case (_, .open), (_, .unseen): return (input, nil)
        case (.take, .exception): return (input, .empty)
        case (.put, .exception): return nil
        case (.put, .result): return (input, .put)
        case (.take, .result(let result)):
            let value = try invocation.value(result)
            return (input, value == .null ? .empty : .taken(value))
        }
    }
}
