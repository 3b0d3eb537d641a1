import ClusterModel
import History

/// What peers say of each other, and what they sent, broadcast and looked for.
struct PeerLedger: Sendable {
    typealias Life = FeedLedger.Life

    struct Change: Sendable {
        var time: Int64
        var group: String
        /// Whose view it is, and in which of its lives.
        var viewer: Int32
        var life: UInt32
        var member: Int32
        var incarnation: UInt64
        var status: MemberStatus

        /// The life of the member that it is about.
        var lifeOfMember: UInt32 { UInt32(truncatingIfNeeded: incarnation >> 32) }
        var isIn: Bool { status == .alive || status == .suspect }
    }

    struct Message: Sendable {
        var id: String
        var group: String
        var kind: PeerMessageKind
        var sender: Life
        var to: String
        /// `nil`: nobody was seen to send it.
        var sent: Int64?
        var result: OperationType?
        var resultTime: Int64 = 0
        var attempts = 0
        var reason = ""
    }

    struct Receipt: Sendable {
        var message: Int32
        var time: Int64
        var member: Life
        var via: String
    }

    struct Search: Sendable {
        var id: String
        var group: String
        var resource: String
        var way: LookupWay
        var asker: Life
        var start: Int64
        var result: OperationType?
        var end = Int64.max
        var holder = ""
        var hops = 0
        var messages = 0
    }

    /// A life of a process has a resource from one time to another.
    struct Sharing: Sendable {
        var holder: Life
        var from: Int64
        var to: Int64
    }

    struct ResourceKey: Hashable, Sendable {
        var group: String
        var resource: String
    }

    var timeline = RunTimeline()
    var records = ProcessRecords()
    /// Processes, members and whoever they speak of.
    var names = Interner<String>()
    var changes: [Change] = []
    var messages: [Message] = []
    var receipts: [Receipt] = []
    var searches: [Search] = []
    var sharings: [ResourceKey: [Sharing]] = [:]
    /// Lives that said goodbye, and when.
    var goodbyes: [Life: Int64] = [:]
    var network = NetworkCuts()

    init() {}

    func receipts(by message: Int) -> Grouping {
        let all = receipts
        return Grouping(groups: message, members: all.count) { all[$0].message }
    }

    /// The groups that an assertion is about.
    static func groups(_ name: String?, in topology: Topology) -> [PeerGroup] {
        topology.groups.filter { name == nil || $0.name == name }
    }
}
