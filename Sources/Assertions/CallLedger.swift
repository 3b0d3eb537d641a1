import ClusterModel
import History

/// The calls of a history, with what callers, links and servers say of each.
struct CallLedger: Sendable {
    /// `Calculator/suma`.
    var methods = Interner<String>()
    /// Call ids without their last part: `teller-2/1`.
    var clients = Interner<String>()
    var reasons = Interner<String>()

    var calls: [CallFact] = []
    var attempts: [CallAttemptFact] = []
    var requests: [CallRequestFact] = []
    var replies: [CallReplyFact] = []
    var executions: [ExecutionFact] = []
    var duplicates: [DuplicateFact] = []
    /// Executions of calls that nobody was seen to make.
    var strangers: [Int32] = []
    /// Executions that carry nothing by which their call could be told, at servers that are reached through a queue.
    var unattributed: [Int32] = []

    var attemptsOfCall = Grouping(groups: 0, members: 0) { _ in -1 }
    var requestsOfCall = Grouping(groups: 0, members: 0) { _ in -1 }
    var repliesOfRequest = Grouping(groups: 0, members: 0) { _ in -1 }
    var executionsOfCall = Grouping(groups: 0, members: 0) { _ in -1 }
    var duplicatesOfCall = Grouping(groups: 0, members: 0) { _ in -1 }

    /// How reports name a call.
    func name(of call: Int32) -> String {
        let fact = calls[Int(call)]
        guard fact.client >= 0 else { return "request \(fact.sequence)" }
        let client = clients[fact.client]
        return fact.sequence == 0 || fact.isKeyed ? client : "\(client)/\(fact.sequence)"
    }
}

/// The number of a call id, in two parts: ids of one client differ in their last part only.
struct CallKey: Hashable {
    var client: Int32
    var sequence: UInt64

    /// `teller-2/1/42` is (`teller-2/1`, 42); what does not end in a number is kept whole.
    static func split(_ id: String) -> (client: Substring, sequence: UInt64) {
        let text = id.utf8
        guard let slash = text.lastIndex(of: UInt8(ascii: "/")) else { return (id[...], 0) }
        let digits = text[text.index(after: slash)...]
        var sequence: UInt64 = 0
        // One way to write a number: without leading zeros, and short of an overflow.
        guard digits.count <= 19, let first = digits.first, first != UInt8(ascii: "0") else { return (id[...], 0) }
        for digit in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return (id[...], 0) }
            sequence = sequence * 10 + UInt64(digit - UInt8(ascii: "0"))
        }
        return (id[..<slash], sequence)
    }
}
