/// Changes that are still passed on, those that were passed on the fewest times first. A member has one entry at most;
/// a newer change of it begins anew.
struct UpdateQueue {
    struct Entry {
        var id: Int32
        /// Valid while the member's standing has the same.
        var ticket: UInt32
    }

    /// By the times that they were passed on; each is first in, first out.
    private var rounds: [[Entry]] = [[]]
    private var heads: [Int] = [0]
    private var lastTicket: UInt32 = 0
    private(set) var count = 0

    mutating func put(_ id: Int, _ table: inout MemberTable) {
        lastTicket = lastTicket == .max ? 1 : lastTicket + 1
        table.standings[id].ticket = lastTicket
        rounds[0].append(Entry(id: Int32(id), ticket: lastTicket))
        count += 1
        // Entries that newer ones have replaced wait in later rounds until their turn comes.
        if count > 2 * table.count + 256 { sweep(table) }
    }

    /// Offers entries, and counts those that were taken as passed on once more.
    /// - Parameters:
    ///   - limit: times that each is passed on.
    ///   - take: whether it has put the member's entry into a datagram; `nil` where no more fit.
    mutating func offer(limit: Int, _ table: inout MemberTable, _ take: (Int, inout MemberTable) -> Bool?) {
        guard count > 0 else { return }
        var taken: [(round: Int, entry: Entry)] = []
        var passed: [(round: Int, entry: Entry)] = []
        var isFull = false
        for round in rounds.indices where !isFull {
            while heads[round] < rounds[round].count {
                let entry = rounds[round][heads[round]]
                let isValid = table.standings[Int(entry.id)].ticket == entry.ticket
                guard isValid, round < limit else {
                    if isValid { table.standings[Int(entry.id)].ticket = 0 }
                    heads[round] += 1
                    count -= 1
                    continue
                }
                guard let isTaken = take(Int(entry.id), &table) else {
                    isFull = true
                    break
                }
                heads[round] += 1
                if isTaken { taken.append((round, entry)) } else { passed.append((round, entry)) }
            }
            if heads[round] > 32, heads[round] * 2 > rounds[round].count {
                rounds[round].removeFirst(heads[round])
                heads[round] = 0
            }
        }
        for (round, entry) in taken {
            guard round + 1 < limit else {
                table.standings[Int(entry.id)].ticket = 0
                count -= 1
                continue
            }
            if round + 1 == rounds.count {
                rounds.append([])
                heads.append(0)
            }
            rounds[round + 1].append(entry)
        }
        for (round, entry) in passed { rounds[round].append(entry) }
    }

    private mutating func sweep(_ table: MemberTable) {
        count = 0
        for round in rounds.indices {
            rounds[round] = rounds[round][heads[round]...].filter { table.standings[Int($0.id)].ticket == $0.ticket }
            heads[round] = 0
            count += rounds[round].count
        }
    }
}
