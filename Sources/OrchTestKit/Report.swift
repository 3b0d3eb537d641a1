/// What a run came to: the JSON that docs/verdicts.md describes.
public struct Report: Sendable {
    public enum Verdict: String, Sendable, Decodable { case pass, fail, unknown }

    public var topology: String
    public var seed: UInt64
    public var verdict: Verdict
    /// In seconds.
    public var duration: Double
    /// What the evidence lacks.
    public var problems: [String]
    /// What did not happen as the topology says, and decides nothing.
    public var warnings: [String]
    public var nodes: [Node]
    public var faults: [Fault]
    public var assertions: [Assertion]

    /// The first assertion whose title begins like this: `delivery`, `delivery: at-least-once`.
    public func assertion(_ title: String) -> Assertion? { assertions.first { $0.title.hasPrefix(title) } }

    public struct Node: Sendable, Decodable {
        public var name: String
        /// `exited`, `killed` and so on.
        public var state: String
        public var restarts: Int
    }

    /// What a fault did.
    public struct Fault: Sendable, Decodable {
        /// `drop 30%`
        public var fault: String
        public var link: String?
        /// Messages that it could have been about, and those that it was.
        public var seen: Int
        public var affected: Int
    }

    public struct Assertion: Sendable {
        /// `delivery: at-least-once`
        public var title: String
        /// After `expect:`.
        public var verdict: Verdict
        public var from: String?
        public var to: String?
        public var explanation: String?
        public var destinations: [Destination]
        /// By name, of all destinations together; of calls, theirs.
        public var counts: [String: Int]
        /// Messages that show why it is violated, at most 10 of a kind at a destination.
        public var examples: [Example]

        /// 0 where there is none of that name: `lost`, `duplicated`.
        public func count(_ name: String) -> Int { counts[name] ?? 0 }
    }

    public struct Destination: Sendable, Decodable {
        public var to: String
        public var counts: [String: Int]
        public var examples: [Example]
    }

    /// One message (call, object, item) that went wrong.
    public struct Example: Sendable, Decodable {
        /// `lost`, `duplicated` and so on.
        public var kind: String
        /// `producer.1.17`
        public var message: String
        /// Where it was seen, in order.
        public var path: [Sight]
    }

    public struct Sight: Sendable, Decodable {
        /// Milliseconds after the workloads started.
        public var time: Double
        /// `published by producer to logs`
        public var event: String

        private enum CodingKeys: String, CodingKey {
            case time = "t_ms"
            case event
        }
    }
}

extension Report: Decodable {
    private enum CodingKeys: String, CodingKey {
        case topology, seed, verdict, problems, warnings, nodes, faults, assertions
        case duration = "duration_s"
    }

    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        topology = try values.decode(String.self, forKey: .topology)
        // A seed beyond 2^53 is a text there.
        if let number = try? values.decode(UInt64.self, forKey: .seed) {
            seed = number
        } else {
            let text = try values.decode(String.self, forKey: .seed)
            guard let number = UInt64(text) else {
                throw DecodingError.dataCorruptedError(
                    forKey: .seed, in: values, debugDescription: "the seed \(text) is no number")
            }
            seed = number
        }
        verdict = try values.decode(Verdict.self, forKey: .verdict)
        duration = try values.decode(Double.self, forKey: .duration)
        problems = try values.decodeIfPresent([String].self, forKey: .problems) ?? []
        warnings = try values.decodeIfPresent([String].self, forKey: .warnings) ?? []
        nodes = try values.decode([Node].self, forKey: .nodes)
        faults = try values.decode([Fault].self, forKey: .faults)
        assertions = try values.decode([Assertion].self, forKey: .assertions)
    }
}

extension Report.Assertion: Decodable {
    private struct Calls: Decodable { var counts: [String: Int] }

    private enum CodingKeys: String, CodingKey {
        case title = "assertion"
        case verdict, from, to, explanation, destinations, calls, examples
    }

    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        title = try values.decode(String.self, forKey: .title)
        verdict = try values.decode(Report.Verdict.self, forKey: .verdict)
        from = try values.decodeIfPresent(String.self, forKey: .from)
        to = try values.decodeIfPresent(String.self, forKey: .to)
        explanation = try values.decodeIfPresent(String.self, forKey: .explanation)
        destinations = try values.decode([Report.Destination].self, forKey: .destinations)
        let calls = try values.decodeIfPresent(Calls.self, forKey: .calls)
        counts = destinations.map(\.counts).reduce(calls?.counts ?? [:]) { $0.merging($1, uniquingKeysWith: +) }
        let own = try values.decodeIfPresent([Report.Example].self, forKey: .examples) ?? []
        examples = destinations.flatMap(\.examples) + own
    }
}
