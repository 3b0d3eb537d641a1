/// Who a peer is, in what it says to the others.
package struct TalkIdentity: Sendable, Equatable {
    /// The process.
    package var name: String
    /// From 1; higher than that of any life of the process before. It is a part of every id, so that nobody takes the
    /// words of a process that has restarted for copies of its earlier ones.
    package var life: UInt64
    /// The other processes of the group. Words of and for anybody else are ignored, so that nothing that comes can make a
    /// table grow beyond the group.
    package var others: Set<String>
    /// Of every choice that is left to chance.
    package var seed: UInt64

    package init(name: String, life: UInt64, others: some Sequence<String>, seed: UInt64) {
        self.name = name
        self.life = max(life, 1)
        self.others = Set(others).subtracting([name])
        self.seed = seed
    }

    func isOfGroup(_ process: String) -> Bool { process == name || others.contains(process) }

    /// The id of a message, a broadcast or a lookup in the evidence: `peer-1/1/m42`.
    static func id(_ origin: String, _ life: UInt64, _ letter: Character, _ number: UInt64) -> String {
        "\(origin)/\(life)/\(letter)\(number)"
    }
}
