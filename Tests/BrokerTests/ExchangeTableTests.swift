import AMQP
import Testing

@testable import Broker

struct ExchangeTableTests {
    private let broker = TestBroker()

    private func binding(_ key: String, arguments: FieldTable = [:]) -> Binding {
        let vhost = broker.core.vhosts["/"]!
        let queue = MessageQueue(
            name: key, vhost: vhost, isDurable: false, isAutoDelete: false, arguments: [:], owner: nil, storeID: 0,
            mark: nil)
        let source = MessageExchange(name: "x", type: .topic, isDurable: false)
        return Binding(source: source, destination: .queue(queue), routingKey: key, arguments: arguments)
    }

    private func matches(_ table: some ExchangeTable, _ key: String, headers: FieldTable = [:]) -> Set<String> {
        var found: Set<String> = []
        table.match(RoutingInput(routingKey: key, headers: headers)) { found.insert($0.routingKey) }
        return found
    }

    @Test func directMatchesTheKeyAlone() {
        var table = DirectTable()
        let a = binding("a")
        table.insert(a)
        table.insert(binding("b"))
        #expect(matches(table, "a") == ["a"])
        #expect(matches(table, "c") == [])
        table.remove(a)
        #expect(matches(table, "a") == [])
    }

    @Test func fanoutMatchesAll() {
        var table = FanoutTable()
        let a = binding("a")
        table.insert(a)
        table.insert(binding("b"))
        #expect(matches(table, "whatever") == ["a", "b"])
        table.remove(a)
        #expect(matches(table, "a") == ["b"])
    }

    @Test(arguments: [
        ("*.orange.*", "quick.orange.rabbit", true), ("*.orange.*", "orange.rabbit", false),
        ("lazy.#", "lazy", true), ("lazy.#", "lazy.a.b.c", true), ("lazy.#", "lazier.a", false),
        ("#", "", true), ("#", "a.b", true), ("*", "", false), ("*", "a", true), ("*", "a.b", false),
        ("#.z", "z", true), ("#.z", "a.b.z", true), ("#.z", "a.z.b", false), ("a.#.b", "a.b", true),
        ("a.#.b", "a.x.y.b", true), ("a.#.#.b", "a.b", true), ("a.*.#", "a", false), ("a.*.#", "a.b", true),
        ("", "", true), ("", "a", false), ("a..b", "a..b", true), ("a.*.b", "a..b", true), ("#.*", "", false),
    ])
    func topicPatterns(pattern: String, key: String, expected: Bool) {
        var table = TopicTable()
        table.insert(binding(pattern))
        #expect(matches(table, key).isEmpty == !expected)
    }

    /// Against a matcher written the slow, obvious way.
    @Test func topicTrieAgreesWithTheObviousMatcher() {
        func obvious(_ pattern: ArraySlice<Substring>, _ key: ArraySlice<Substring>) -> Bool {
            guard let first = pattern.first else { return key.isEmpty }
            switch first {
            case "#": return obvious(pattern.dropFirst(), key) || (!key.isEmpty && obvious(pattern, key.dropFirst()))
            case "*": return !key.isEmpty && obvious(pattern.dropFirst(), key.dropFirst())
            default: return key.first == first && obvious(pattern.dropFirst(), key.dropFirst())
            }
        }
        var generator = NameGenerator(state: 7)
        func words(_ choices: [String]) -> String {
            (0..<Int.random(in: 1...5, using: &generator)).map { _ in choices.randomElement(using: &generator)! }
                .joined(separator: ".")
        }
        for _ in 0..<200 {
            var table = TopicTable()
            var bindings: [String: Binding] = [:]
            for _ in 0..<20 {
                let pattern = words(["a", "b", "*", "#"])
                guard bindings[pattern] == nil else { continue }
                bindings[pattern] = binding(pattern)
                table.insert(bindings[pattern]!)
            }
            for pattern in bindings.keys.sorted().prefix(5) { table.remove(bindings.removeValue(forKey: pattern)!) }
            for _ in 0..<20 {
                let key = words(["a", "b", "c"])
                let expected = bindings.keys.filter {
                    obvious($0.split(separator: ".")[...], key.split(separator: ".")[...])
                }
                #expect(matches(table, key) == Set(expected), "\(key)")
            }
        }
    }

    @Test func manyHashesStayCheap() {
        var table = TopicTable()
        table.insert(binding(Array(repeating: "#.a", count: 60).joined(separator: ".")))
        #expect(matches(table, Array(repeating: "a", count: 120).joined(separator: ".")).count == 1)
        #expect(matches(table, Array(repeating: "b", count: 120).joined(separator: ".")).isEmpty)
    }

    @Test func headersAllAndAny() {
        var table = HeadersTable()
        table.insert(binding("all", arguments: ["x-match": "all", "a": 1, "b": "two"]))
        table.insert(binding("any", arguments: ["x-match": "any", "a": 1, "b": "two"]))
        table.insert(binding("default", arguments: ["a": 1]))
        table.insert(binding("exists", arguments: ["c": .void]))
        table.insert(binding("x", arguments: ["x-match": "all", "x-a": 1]))
        table.insert(binding("with-x", arguments: ["x-match": "all-with-x", "x-a": 1]))
        #expect(matches(table, "", headers: ["a": 1, "b": "two"]) == ["all", "any", "default", "x"])
        #expect(matches(table, "", headers: ["a": .int32(1)]) == ["any", "default", "x"])
        #expect(matches(table, "", headers: ["b": "three", "c": 9]) == ["exists", "x"])
        #expect(matches(table, "", headers: ["x-a": 1]) == ["x", "with-x"])
    }
}
