/// "did you mean …?"
enum Suggestion {
    /// The candidate that is nearest to what was typed, if it is near enough to be a slip.
    static func nearest(_ typed: String, among candidates: some Sequence<String>) -> String? {
        let lowered = Array(typed.lowercased().unicodeScalars)
        guard !lowered.isEmpty, lowered.count <= 100 else { return nil }
        var best: (name: String, distance: Int)?
        for candidate in candidates.prefix(1_000) where candidate != typed && candidate.utf8.count <= 200 {
            let other = Array(candidate.lowercased().unicodeScalars)
            let shorter = min(lowered.count, other.count)
            let limit = shorter < 3 ? 0 : max(1, shorter / 3)
            let plain = lowered.filter { $0 != "-" && $0 != "_" }
            let distance =
                plain == other.filter { $0 != "-" && $0 != "_" } ? 0 : distance(lowered, other, limit: limit)
            guard distance <= limit, distance < best?.distance ?? .max else { continue }
            best = (candidate, distance)
        }
        return best?.name
    }

    /// `, did you mean 'x'?`, or nothing.
    static func phrase(_ typed: String, among candidates: some Sequence<String>) -> String {
        nearest(typed, among: candidates).map { ", did you mean '\($0)'?" } ?? ""
    }

    /// Insertions, deletions, substitutions and swaps of neighbours (optimal string alignment).
    static func distance(_ a: [Unicode.Scalar], _ b: [Unicode.Scalar], limit: Int) -> Int {
        if abs(a.count - b.count) > limit { return limit + 1 }
        var beforeLast = [Int](repeating: 0, count: b.count + 1)
        var last = Array(0...b.count)
        for i in 0..<a.count {
            var row = [i + 1]
            row.reserveCapacity(b.count + 1)
            for j in 0..<b.count {
                var cost = min(last[j + 1] + 1, row[j] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { cost = min(cost, beforeLast[j - 1] + 1) }
                row.append(cost)
            }
            beforeLast = last
            last = row
        }
        return last[b.count]
    }
}

extension Sequence<String> {
    /// `a, b or c`.
    func listed(_ word: String = "or") -> String {
        let items = Array(self)
        guard items.count > 1, let last = items.last else { return items.first ?? "" }
        return items.dropLast().joined(separator: ", ") + " \(word) \(last)"
    }
}
