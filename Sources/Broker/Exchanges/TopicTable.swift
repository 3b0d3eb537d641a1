/// Topic exchange: keys are words between dots; in a binding `*` stands for one word, `#` for any number, none included
/// (AMQP 0-9-1 §3.1.3.3). An empty key has no words, as in RabbitMQ.
///
/// A trie of words. The number of steps is bounded by nodes times words, whatever the patterns: each node is visited
/// once for each place in the key.
struct TopicTable: ExchangeTable {
    private final class Node {
        var words: [Substring: Node] = [:]
        var star: Node?
        var hash: Node?
        var bindings: [Binding] = []

        var isEmpty: Bool { words.isEmpty && star == nil && hash == nil && bindings.isEmpty }

        func child(_ word: Substring) -> Node? {
            switch word {
            case "*": star
            case "#": hash
            default: words[word]
            }
        }

        func setChild(_ word: Substring, _ node: Node?) {
            switch word {
            case "*": star = node
            case "#": hash = node
            default: words[word] = node
            }
        }
    }

    private let root = Node()

    mutating func insert(_ binding: Binding) {
        var node = root
        for word in TopicTable.words(binding.routingKey) {
            if let child = node.child(word) {
                node = child
            } else {
                let child = Node()
                node.setChild(word, child)
                node = child
            }
        }
        node.bindings.append(binding)
    }

    mutating func remove(_ binding: Binding) {
        var path: [(parent: Node, word: Substring)] = []
        var node = root
        for word in TopicTable.words(binding.routingKey) {
            guard let child = node.child(word) else { return }
            path.append((node, word))
            node = child
        }
        node.bindings.removeAll { $0 === binding }
        while node.isEmpty, let (parent, word) = path.popLast() {
            parent.setChild(word, nil)
            node = parent
        }
    }

    func match(_ input: RoutingInput, _ visit: (Binding) -> Void) {
        struct Place: Hashable {
            var node: ObjectIdentifier
            var index: Int
        }
        let key = TopicTable.words(input.routingKey)
        var seen: Set<Place> = []
        var open: [(node: Node, index: Int)] = [(root, 0)]

        func enter(_ node: Node, _ index: Int) {
            guard seen.insert(Place(node: ObjectIdentifier(node), index: index)).inserted else { return }
            open.append((node, index))
        }

        while let (node, index) = open.popLast() {
            if let hash = node.hash {
                for rest in index...key.count { enter(hash, rest) }
            }
            guard index < key.count else {
                for binding in node.bindings { visit(binding) }
                continue
            }
            if let star = node.star { enter(star, index + 1) }
            if let child = node.words[key[index]] { enter(child, index + 1) }
        }
    }

    private static func words(_ key: String) -> [Substring] {
        key.isEmpty ? [] : key.split(separator: ".", omittingEmptySubsequences: false)
    }
}
