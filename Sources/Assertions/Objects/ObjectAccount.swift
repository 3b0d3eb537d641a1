import ClusterModel
import History

/// How long objects stood still, or stayed after their last reference.
package struct ObjectTimesAccount: Sendable, Equatable {
    package enum Kind: Sendable { case pause, collection }

    package var kind: Kind
    /// Migrations that ended at their target; objects that were collected.
    package var measured: Int
    /// p50, p99, max; empty where nothing was measured.
    package var values: [LatencyAccount.Value]
    /// Migrations that were given up, and the longest.
    package var abandoned: Int
    package var longestAbandoned: Duration?

    package init(
        kind: Kind, measured: Int, values: [LatencyAccount.Value] = [], abandoned: Int = 0,
        longestAbandoned: Duration? = nil
    ) {
        self.kind = kind
        self.measured = measured
        self.values = values
        self.abandoned = abandoned
        self.longestAbandoned = longestAbandoned
    }

    init(_ kind: Kind, _ nanoseconds: [Int64], abandoned: [Int64] = []) {
        self.init(
            kind: kind, measured: nanoseconds.count, abandoned: abandoned.count,
            longestAbandoned: abandoned.max().map { .nanoseconds($0) })
        let sorted = nanoseconds.sorted()
        guard !sorted.isEmpty else { return }
        values = [LatencyBound.Measure.percentile(50), .percentile(99), .maximum].map {
            .init(
                name: LatencyBound($0, .less, .zero).name,
                duration: .nanoseconds(LatencyAccount.measure($0, of: sorted)))
        }
    }
}

/// What a report says of one object that was not collected.
package struct ObjectAccount: Sendable, Equatable {
    package var object: String
    package var type: String
    /// The process that served it last.
    package var owner: String
    package var epoch: UInt64
    /// Those that ended at their target.
    package var migrations: Int
    package var executions: Int
    /// JSON, as its owner answered at the end; `nil`: nobody did.
    package var state: String?

    package init(
        object: String, type: String = "", owner: String = "", epoch: UInt64 = 0, migrations: Int = 0,
        executions: Int = 0, state: String? = nil
    ) {
        self.object = object
        self.type = type
        self.owner = owner
        self.epoch = epoch
        self.migrations = migrations
        self.executions = executions
        self.state = state
    }

    /// At most so many are in a report.
    package static let limit = 1_000

    /// The objects of a run, in the order in which they were first seen.
    package static func list(_ history: History) -> [ObjectAccount] {
        var accounts: [ObjectAccount] = []
        var index: [String: Int] = [:]
        var collected: Set<Int> = []
        func number(_ object: String) -> Int {
            if let known = index[object] { return known }
            index[object] = accounts.count
            accounts.append(ObjectAccount(object: object))
            return accounts.count - 1
        }
        for entry in history.events("object-change", "execution", "object-state") {
            switch entry.event {
            case .objectChange(let event) where !event.object.isEmpty:
                let number = number(event.object)
                accounts[number].type = event.type
                if event.change == .collected { collected.insert(number) }
                guard event.change.begins, event.epoch >= accounts[number].epoch else { continue }
                accounts[number].epoch = event.epoch
                if history.sources.indices.contains(entry.source) {
                    accounts[number].owner = history.sources[entry.source].name
                }
                if event.change == .activated { accounts[number].migrations += 1 }
            case .execution(let event) where !event.object.isEmpty:
                accounts[number(event.object)].executions += 1
            case .objectState(let event) where !event.object.isEmpty:
                let number = number(event.object)
                accounts[number].type = event.type
                accounts[number].owner = event.host
                accounts[number].epoch = event.epoch
                accounts[number].state = event.state
            default: break
            }
        }
        return accounts.indices.lazy.filter { !collected.contains($0) }.prefix(limit).map { accounts[$0] }
    }
}
