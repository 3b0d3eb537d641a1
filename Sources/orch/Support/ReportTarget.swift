import ArgumentParser

/// Where an outcome goes, and in which form: `junit=FILE`, `json=FILE`, `tap=FILE`, `html=FILE`.
struct ReportTarget {
    enum Kind: String { case junit, json, tap, html }

    var kind: Kind
    var path: String

    /// - Parameter texts: the values of `--report`, each a target or a list of them.
    /// - Throws: `ValidationError`.
    static func parse(_ texts: [String]) throws -> [ReportTarget] {
        try texts.flatMap { $0.split(separator: ",", omittingEmptySubsequences: false) }.map { text in
            let parts = text.split(separator: "=", maxSplits: 1)
            guard parts.count == 2, let kind = Kind(rawValue: String(parts[0])) else {
                throw ValidationError("--report \(text): expected junit=FILE, json=FILE, tap=FILE or html=FILE")
            }
            return ReportTarget(kind: kind, path: String(parts[1]))
        }
    }
}
