/// A topic exchange's binding key: words between dots, `*` for one word, `#` for any number of words, none included
/// (AMQP 0-9-1 §3.1.3.3). An empty key has no words; two dots in a row have an empty word between them.
struct TopicPattern: Sendable {
    private let words: [Substring]

    init(_ text: String) { words = Self.split(text) }

    static func split(_ text: String) -> [Substring] {
        text.isEmpty ? [] : text.split(separator: ".", omittingEmptySubsequences: false)
    }

    func matches(_ key: String) -> Bool { matches(Self.split(key)) }

    /// Word by word: `reach[i]` tells whether the first i words of the key satisfy the pattern's words so far.
    func matches(_ key: [Substring]) -> Bool {
        var reach = [Bool](repeating: false, count: key.count + 1)
        reach[0] = true
        for word in words {
            if word == "#" {
                for index in key.indices where reach[index] { reach[index + 1] = true }
            } else {
                for index in key.indices.reversed() {
                    reach[index + 1] = reach[index] && (word == "*" || word == key[index])
                }
                reach[0] = false
            }
        }
        return reach[key.count]
    }
}
