import AMQP

/// Headers exchange: a binding's arguments are compared with the message's headers, all of them (`x-match: all`, the
/// default) or any (`x-match: any`); keys that begin with `x-` take part only with `all-with-x` and `any-with-x`. A
/// void argument asks for the key alone (AMQP 0-9-1 §3.1.3.4, RabbitMQ's rabbit_exchange_type_headers).
struct HeadersTable: ExchangeTable {
    private struct Rule {
        var binding: Binding
        var matchesAny: Bool
        var wanted: [(key: String, value: FieldValue)]

        init(_ binding: Binding) {
            self.binding = binding
            let mode = binding.arguments["x-match"]?.stringValue ?? "all"
            matchesAny = mode.hasPrefix("any")
            let withX = mode.hasSuffix("-with-x")
            wanted = binding.arguments.filter { $0.key != "x-match" && (withX || !$0.key.hasPrefix("x-")) }
        }

        func matches(_ headers: FieldTable) -> Bool {
            func holds(_ rule: (key: String, value: FieldValue)) -> Bool {
                guard let value = headers[rule.key] else { return false }
                return rule.value == .void || HeadersTable.equal(rule.value, value)
            }
            return matchesAny ? wanted.contains(where: holds) : wanted.allSatisfy(holds)
        }
    }

    private var rules: [ObjectIdentifier: Rule] = [:]

    mutating func insert(_ binding: Binding) { rules[ObjectIdentifier(binding)] = Rule(binding) }
    mutating func remove(_ binding: Binding) { rules[ObjectIdentifier(binding)] = nil }

    func match(_ input: RoutingInput, _ visit: (Binding) -> Void) {
        for rule in rules.values where rule.matches(input.headers) { visit(rule.binding) }
    }

    /// `x-match` must be one of the four.
    static func isValidMode(_ arguments: FieldTable) -> Bool {
        guard let mode = arguments["x-match"] else { return true }
        return ["all", "any", "all-with-x", "any-with-x"].contains(mode.stringValue)
    }

    /// Integers are equal across their types, as they are for RabbitMQ, which ignores the widths.
    private static func equal(_ a: FieldValue, _ b: FieldValue) -> Bool {
        if let left = a.intValue, let right = b.intValue { return left == right }
        if let left = a.doubleValue, let right = b.doubleValue { return left == right }
        return a == b
    }
}
