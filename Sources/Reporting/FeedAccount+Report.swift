import Assertions
import ClusterModel

/// Feeds in reports.
extension FeedAccount {
    func write(to json: inout JSONText) {
        json.object { json in
            json.key("feed")
            json.value(feed)
            json.key("watcher")
            json.value(watcher)
            json.key("way")
            json.value(way)
            for (name, value) in [
                ("watchers", watchers), ("appended", appended), ("seen", seen), ("missed", missed),
                ("repeated", repeated), ("requests", requests), ("events", events),
            ] {
                json.key(name)
                json.value(value)
            }
            if let requestsPerItem {
                json.key("requests_per_item")
                json.value(requestsPerItem)
            }
            for value in fresh { value.write(to: &json) }
        }
    }

    /// One line of words.
    var story: String {
        var parts = [
            "\(seen) seen", "\(missed) missed", "\(repeated) seen again", "\(requests) requests", "\(events) events",
        ]
        if let cost { parts.append("\(cost) requests an item") }
        if !fresh.isEmpty {
            parts.append(
                "from append to sight " + fresh.map { "\($0.name) \($0.duration.text)" }.joined(separator: ", "))
        }
        let who = watchers == 1 ? watcher : "\(watchers) of \(watcher)"
        return "\(feed) by \(way) at \(who): \(parts.joined(separator: ", "))"
    }

    var cost: String? { requestsPerItem.map { trimmed(($0 * 1_000).rounded() / 1_000) } }
}

extension TerminalReport {
    /// What each way of following a feed costs, side by side.
    var feedTable: [String] {
        guard !report.feeds.isEmpty else { return [] }
        let isSeveral = Set(report.feeds.map(\.feed)).count > 1
        let rows = report.feeds.map { account -> [String] in
            let name = isSeveral ? "\(account.watcher) (\(account.feed))" : account.watcher
            let times = ["p50", "p99"].map { name in
                account.fresh.first { $0.name == name }?.duration.short ?? "–"
            }
            return [
                name, account.way, "\(account.watchers)", "\(account.seen)", "\(account.missed)",
                "\(account.repeated)",
            ] + times + ["\(account.requests)", account.cost ?? "–"]
        }
        let header = [
            "watcher", "way", "n", "seen", "missed", "again", "p50", "p99", "requests", "an item",
        ]
        let table = TextTable(header: header, rows: rows)
        guard table.width + 4 <= width else {
            return report.feeds.flatMap { paragraph($0.story, indent: 4, .dim) }
        }
        return table.lines { row, column, text in
            if row < 0 { return ink(.dim, text) }
            guard (4...5).contains(column) else { return text }
            return rows[row][column] == "0" ? ink(.dim, text) : ink(.red, text)
        }.map { "    " + $0 }
    }
}

extension Duration {
    /// With three digits at most: `1.26ms`, `98.2us`.
    var short: String {
        let ns = Double(nanoseconds)
        guard ns > 0 else { return "0s" }
        var unit = 1.0
        while ns / unit >= 1_000 { unit *= 10 }
        return Duration.nanoseconds(Int64((ns / unit).rounded() * unit)).text
    }
}
