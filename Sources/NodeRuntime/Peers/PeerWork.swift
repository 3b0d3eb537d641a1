import ClusterModel
import Membership

/// `send:` of a peer.
struct SendWork {
    let role: SendRole
    /// The processes that it sends to, in turn.
    let targets: [String]
    var pacer: PeerPacer
    var texts: PeerTexts
    private var turn = 0
    /// Not yet acknowledged or given up.
    var open = 0

    /// - Parameter others: of the group, without this one.
    init(_ role: SendRole, others: [String], _ values: Template.Values) throws {
        self.role = role
        targets = Self.processes(role.to, others)
        // Who would only send to itself sends nothing.
        pacer = PeerPacer(count: targets.isEmpty ? 0 : role.source.count, rate: role.source.rate)
        texts = try PeerTexts(role.source.body, size: role.source.size, values)
    }

    /// A process of that name, or those of the node.
    static func processes(_ name: String, _ others: [String]) -> [String] {
        if others.contains(name) { return [name] }
        let numbered = others.compactMap { process -> (number: Int, process: String)? in
            guard process.hasPrefix(name + "-"), let number = Int(process.dropFirst(name.count + 1)) else { return nil }
            return (number, process)
        }
        return numbered.sorted { $0.number < $1.number }.map(\.process)
    }

    var goal: Int? { targets.isEmpty ? 0 : role.source.count }
    var isDone: Bool { role.source.count == nil || (pacer.isOver && open == 0) }

    /// The next target that takes a message now; the others wait for their turn.
    mutating func nextTarget(_ messenger: Messenger) -> String? {
        for step in targets.indices {
            let target = targets[(turn + step) % targets.count]
            guard messenger.canSend(to: target) else { continue }
            turn = (turn + step + 1) % targets.count
            return target
        }
        return nil
    }
}

/// `broadcast:` of a peer.
struct BroadcastWork {
    let source: AppendSource
    var pacer: PeerPacer
    var texts: PeerTexts

    init(_ source: AppendSource, _ values: Template.Values) throws {
        self.source = source
        pacer = PeerPacer(count: source.count, rate: source.rate)
        texts = try PeerTexts(source.body, size: source.size, values)
    }

    var isDone: Bool { source.count == nil || pacer.isOver }
}

/// `find:` of a peer. With a rate, lookups begin at their time; without, each when the one before it has ended.
struct FindWork {
    /// Open at a time, at most.
    static let limit = 256

    let role: FindRole
    var pacer: PeerPacer
    var texts: PeerTexts
    var open = 0

    init(_ role: FindRole, _ values: Template.Values) throws {
        self.role = role
        pacer = PeerPacer(count: role.count, rate: role.rate)
        texts = try PeerTexts(role.what, values)
    }

    var isDone: Bool { role.count == nil || (pacer.isOver && open == 0) }
    var canBegin: Bool { open < (role.rate == nil ? 1 : Self.limit) }
}
