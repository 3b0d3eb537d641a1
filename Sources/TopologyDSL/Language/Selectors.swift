import ClusterModel

extension NodeSelector {
    /// `worker`, `worker-2`, `2 of worker`, `50% of worker`, `label:x`. Whether there is such a node is checked later.
    package static func parse(_ text: String) throws(ValueProblem) -> NodeSelector {
        let expected = "expected a node, as in worker, worker-2, 2 of worker, 50% of worker or label:x"
        let words = text.split { $0 == " " || $0 == "\t" }.map(String.init)
        if words.count == 1, words[0].hasPrefix("label:") {
            let label = String(words[0].dropFirst("label:".count))
            guard !label.isEmpty else { throw ValueProblem("'label:' without a label: \(expected)") }
            return .label(label)
        }
        if words.count == 1, isName(words[0]) { return .named(words[0]) }
        guard words.count == 3, words[1] == "of", isName(words[2]) else {
            throw ValueProblem("\(expected), found '\(shortened(text))'")
        }
        if words[0].hasSuffix("%") { return .share(try Units.share(words[0]), of: words[2]) }
        guard let count = Int(words[0]), count > 0 else {
            throw ValueProblem(
                "expected a count or a share before 'of', as in 2 of worker, found '\(shortened(words[0]))'")
        }
        return .count(count, of: words[2])
    }

    /// Letters, digits, `_` and `-`.
    static func isName(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }
}

extension LinkSelector {
    /// `a -> b` (what a sends to b), `a <- b`, `a <-> b`, `all`. Whether they talk is checked later.
    package static func parse(_ text: String) throws(ValueProblem) -> LinkSelector {
        if trim(text) == "all" { return .all }
        for arrow in ["<->", "->", "<-"] {
            guard let found = text.firstRange(of: arrow) else { continue }
            let left = try NodeSelector.parse(String(trim(text[..<found.lowerBound])))
            let right = try NodeSelector.parse(String(trim(text[found.upperBound...])))
            return switch arrow {
            case "->": .oneWay(left, right)
            case "<-": .oneWay(right, left)
            default: .bothWays(left, right)
            }
        }
        throw ValueProblem(
            "expected a link such as 'producer -> broker', 'a <- b', 'a <-> b' or 'all', found '\(shortened(text))'")
    }
}

extension Format where Value == NodeSelector {
    static var nodes: Format {
        .scalar(
            "a node, as in worker, worker-2, 2 of worker, 50% of worker or label:x", schema: ["type": "string"]
        ) { text throws(ValueProblem) in try NodeSelector.parse(text) }
    }
}

extension Format where Value == LinkSelector {
    static var link: Format {
        .scalar(
            "a link such as 'producer -> broker' or 'all'",
            schema: ["type": "string", "examples": ["producer -> broker", "worker <- broker", "a <-> b", "all"]]
        ) { text throws(ValueProblem) in try LinkSelector.parse(text) }
    }
}
