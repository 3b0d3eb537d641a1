import ClusterModel
import History

/// `feed: at-most-once | at-least-once | exactly-once`: what each watcher sees of a feed, once and in order, and how soon.
struct FeedChecker {
    let judgement: Judgement
    let guarantee: Guarantee
    let feed: String?
    let to: String?
    let fresh: [LatencyBound]

    private var ledger: FeedLedger { judgement.feeds }
    private var timeline: RunTimeline { judgement.feeds.timeline }
    private var judgesLoss: Bool { guarantee != .atMostOnce }
    private var judgesRepeats: Bool { guarantee != .atLeastOnce }

    private struct Judged {
        var result: DestinationResult
        var reason: String
        var fresh: [Int64] = []
        var leftOut = 0
    }

    func result() -> AssertionResult {
        var result = AssertionResult(
            title: Assertion.feed(guarantee, feed: feed, to: to, fresh: fresh).title, verdict: .unknown, to: to)
        let feeds = ledger.feeds.values.filter { feed == nil || $0.name == feed }.sorted { $0.name < $1.name }
        let asked = to.map { judgement.topology.node(named: $0)?.instances ?? [$0] }
        var judged: [Judged] = []
        var failures: [String] = []
        for feed in feeds {
            let watchers = asked ?? ledger.watchers(of: feed.name, in: judgement.topology)
            for watcher in watchers {
                // Of several feeds, one that it was never to watch is none of its business.
                if self.feed == nil, !isWatched(feed.name, by: watcher) { continue }
                judged.append(judge(watcher, feed, named: feeds.count > 1 && self.feed == nil))
            }
            if let lost = lost(feed, &result) { failures.append(lost) }
        }
        result.destinations = judged.map(\.result)
        result.verdict = Verdict.combined(judged.map(\.result.verdict))
        result.explanation = explanation(judged, result.verdict)
        measure(judged, &result)
        if !failures.isEmpty {
            let isProven = !judgement.isIncomplete
            result.explanation = (failures + [result.explanation]).filter { !$0.isEmpty }.joined(separator: "; ")
            result.verdict = isProven ? .fail : Verdict.combined([result.verdict, .unknown])
        }
        return result
    }

    private func isWatched(_ feed: String, by watcher: String) -> Bool {
        !ledger.watches(of: watcher, feed).isEmpty
            || judgement.topology.node(ofInstance: watcher)?.watch.contains { $0.feed == feed } ?? false
    }

    /// Appends that their appenders know to have been done, and of which no server knows.
    private func lost(_ feed: FeedLedger.FeedFact, _ result: inout AssertionResult) -> String? {
        if feed.renumbered > 0 {
            result.notes.append("\(feed.name): its server gave \(counted(feed.renumbered, "number")) twice")
        }
        if feed.isDurable, feed.epochs.count > 1 {
            result.notes.append("\(feed.name) is durable, and began anew \(counted(feed.epochs.count - 1, "time"))")
        }
        guard judgesLoss, !feed.lost.isEmpty else { return nil }
        for append in feed.lost.prefix(Example.limit) {
            result.examples.append(
                Example(
                    kind: .lost, message: append.message,
                    path: [
                        timeline.step(append.time, "\(append.appender) was told that it is item \(append.item)"),
                        timeline.step(timeline.cut, "no server was seen to append it"),
                    ]))
        }
        return "\(counted(feed.lost.count, "acknowledged append")) lost"
    }

    private func explanation(_ judged: [Judged], _ verdict: Verdict) -> String {
        if judged.isEmpty {
            guard let to else { return "nobody watches \(feed ?? "any feed")" }
            return "\(to) watches \(feed.map { "no feed \($0)" } ?? "no feed")"
        }
        guard verdict != .pass else { return "" }
        let telling = judged.filter { $0.result.verdict == verdict }
        if judged.count == 1 { return telling[0].reason }
        if Set(telling.map(\.reason)).count == 1, telling.count > 1 {
            return listed(telling.map(\.result.to), separator: ", ") + ": \(telling[0].reason)"
        }
        return listed(telling.map { "\($0.result.to): \($0.reason)" })
    }

    private func measure(_ judged: [Judged], _ result: inout AssertionResult) {
        let times = judged.flatMap(\.fresh)
        let leftOut = judged.reduce(0) { $0 + $1.leftOut }
        guard !times.isEmpty else {
            guard !fresh.isEmpty, result.verdict != .fail else { return }
            result.verdict = .unknown
            if result.explanation.isEmpty { result.explanation = "no item was seen after its watcher had begun" }
            return
        }
        let account = LatencyAccount(times, leftOut: leftOut, bounds: fresh)
        result.measure = .freshness(account)
        let broken = account.values.filter { !$0.holds }.map {
            "\($0.name) from append to sight is \($0.duration.text), expected \($0.bound)"
        }
        guard !broken.isEmpty else { return }
        let reasons = (result.verdict == .fail ? [result.explanation] : []) + broken
        result.explanation = reasons.joined(separator: ", ")
        if result.verdict != .fail { result.verdict = judgement.isIncomplete ? .unknown : .fail }
    }

    // MARK: - One watcher

    private func judge(_ watcher: String, _ feed: FeedLedger.FeedFact, named: Bool) -> Judged {
        let watches = ledger.watches(of: watcher, feed.name)
        let tallies = watches.map { FeedTally(feed, $0, ledger) }
        var counts = DeliveryCounts()
        counts.attempted = feed.appended
        counts.acknowledged = feed.acknowledged.count
        for tally in tallies {
            counts.owed += tally.owed
            counts.delivered += tally.seen
            counts.lost += tally.missed.count
            counts.duplicated += tally.repeated.count
            counts.unexpected += tally.unexpected.count
            counts.reordered += tally.disordered.count
            counts.lostAtMost += tally.missed.count + tally.perhapsMissed.count
            counts.duplicatedAtMost += tally.repeated.count + tally.perhapsRepeated.count
        }
        let perhaps = tallies.reduce(0) { $0 + $1.perhapsMissed.count }
        counts.processed = counts.delivered - perhaps
        counts.processedAtMost = counts.delivered
        counts.unexpectedAtMost = counts.unexpected
        let (failures, doubts) = findings(watcher, feed, watches, tallies, counts)
        var result = DestinationResult(
            to: named ? "\(watcher): \(feed.name)" : watcher,
            verdict: !failures.isEmpty ? .fail : !doubts.isEmpty ? .unknown : .pass, counts: counts)
        result.notes = notes(watches, tallies)
        result.examples = examples(watcher, feed, watches, tallies)
        return Judged(
            result: result, reason: (failures.isEmpty ? doubts : failures).joined(separator: ", "),
            fresh: tallies.flatMap(\.fresh), leftOut: tallies.reduce(0) { $0 + $1.backlog })
    }

    private func isUndrained(_ watcher: String) -> Bool {
        let node = judgement.topology.node(ofInstance: watcher)?.name
        return timeline.undrained.contains(watcher) || node.map { timeline.undrained.contains($0) } ?? false
    }

    private func findings(
        _ watcher: String, _ feed: FeedLedger.FeedFact, _ watches: [FeedLedger.Watch], _ tallies: [FeedTally],
        _ counts: DeliveryCounts
    ) -> (failures: [String], doubts: [String]) {
        var failures: [String] = []
        var doubts: [String] = []
        func find(_ count: Int, _ text: (String) -> String, isProven: Bool) {
            guard count > 0 else { return }
            let what = text(counted(count, "item"))
            if isProven { failures.append(what) } else { doubts.append("\(what) so far") }
        }
        let isWhole = !judgement.isIncomplete
        // Several ways of following one feed show the same items.
        let isOne = !watches.contains { $0.ways.count > 1 }
        if !isOne { doubts.append("it follows \(feed.name) in several ways, and what it saw does not tell them apart") }
        if judgesLoss {
            let isOver = timeline.drained != nil && !isUndrained(watcher)
            find(counts.lost, { "\($0) missed" }, isProven: isWhole && isOver)
            if counts.lost == 0 { find(counts.lostAtMost, { "\($0) may be missed" }, isProven: false) }
            if counts.owed == 0 { doubts.append(nothing(watcher, feed, watches)) }
        }
        if judgesRepeats {
            find(counts.duplicated, { "\($0) seen more than once" }, isProven: isOne)
            if counts.duplicated == 0, counts.duplicatedAtMost > 0 {
                doubts.append("\(counted(counts.duplicatedAtMost, "item")) may have been seen more than once")
            }
            if counts.delivered == 0, counts.owed > 0 || !judgesLoss { doubts.append("it has seen nothing") }
        }
        find(counts.unexpected, { "\($0) seen that nobody appended" }, isProven: isWhole)
        find(counts.reordered, { "\($0) seen after a later one" }, isProven: isWhole && isOne)
        if let silent = silent(watcher, watches) { doubts.append(silent) }
        if timeline.drained == nil { doubts.append("the run ended before its drain") }
        if judgement.isIncomplete { doubts.append(judgement.incompleteness) }
        return (failures, doubts)
    }

    /// Why it was owed nothing.
    private func nothing(_ watcher: String, _ feed: FeedLedger.FeedFact, _ watches: [FeedLedger.Watch]) -> String {
        if feed.appended == 0 { return "nothing was appended to \(feed.name)" }
        if watches.isEmpty { return "\(watcher) never began to watch \(feed.name)" }
        return "nothing was owed"
    }

    /// A life that was to watch and never began.
    private func silent(_ watcher: String, _ watches: [FeedLedger.Watch]) -> String? {
        guard !watches.isEmpty, !watches.contains(where: \.isProgram) else { return nil }
        if watches.contains(where: { $0.began == nil }) { return "what it saw does not tell from where it began" }
        guard let last = ledger.records[watcher].last, last.isAlive(at: timeline.cut), last.ready < timeline.draining,
            !watches.contains(where: { $0.life.incarnation >= last.incarnation })
        else { return nil }
        return "after its last start it never began to watch"
    }

    private func notes(_ watches: [FeedLedger.Watch], _ tallies: [FeedTally]) -> [String] {
        var notes: [String] = []
        let late = tallies.reduce(0) { $0 + $1.late }
        if late > 0 {
            notes.append("\(counted(late, "item")) appended after the drain began and not seen by its end: not judged")
        }
        if watches.contains(where: \.isProgram) {
            notes.append("a program: what passed its link counts as seen; the order in which it took it is not known")
        }
        if watches.count > 1 { notes.append("\(watches.count) lives, each judged by itself") }
        return notes
    }

    // MARK: - Examples

    private func examples(
        _ watcher: String, _ feed: FeedLedger.FeedFact, _ watches: [FeedLedger.Watch], _ tallies: [FeedTally]
    ) -> [Example] {
        var examples: [Example] = []
        let isProven = timeline.drained != nil && !isUndrained(watcher) && !judgement.isIncomplete
        for (watch, tally) in zip(watches, tallies) {
            func show(_ kind: Example.Kind, _ places: [FeedTally.Place]) {
                let shown = examples.count { $0.kind == kind }
                for place in places.prefix(max(0, Example.limit - shown)) {
                    examples.append(example(kind, place, feed, watch))
                }
            }
            if judgesLoss {
                show(isProven ? .lost : .undecided, tally.missed)
                show(.undecided, tally.perhapsMissed)
            }
            if judgesRepeats {
                show(.duplicated, tally.repeated)
                show(.undecided, tally.perhapsRepeated)
            }
            show(.reordered, tally.disordered)
            for view in tally.unexpected.prefix(max(0, Example.limit - examples.count { $0.kind == .unexpected })) {
                examples.append(
                    Example(
                        kind: .unexpected, message: "\(feed.name) \(view.number)",
                        path: [
                            timeline.step(view.time, "seen by \(watcher)"),
                            timeline.step(view.time, "no server was seen to append it"),
                        ]))
            }
        }
        return examples
    }

    private func example(
        _ kind: Example.Kind, _ place: FeedTally.Place, _ feed: FeedLedger.FeedFact, _ watch: FeedLedger.Watch
    ) -> Example {
        let epoch = feed.epochs[place.epoch]
        var steps: [Example.Step] = []
        var appended = watch.began ?? timeline.begin
        if let index = epoch.index(of: place.number) {
            let item = epoch.items[index]
            appended = item.time
            let id = item.message.isEmpty ? "" : " (\(item.message))"
            steps.append(timeline.step(item.time, "appended at \(item.life.process) as item \(place.number)\(id)"))
        }
        let who = watch.life.process
        if let began = watch.began {
            let how = watch.isProgram ? "got its first item" : "began to watch, after item \(watch.after)"
            steps.append(timeline.step(began, "\(who) \(how)"))
        }
        // What it saw next to it, and every time that it saw the item itself.
        let word = watch.isProgram ? "passed to" : "seen by"
        if let before = watch.views.last(where: { $0.number < place.number && $0.time >= epoch.first }) {
            steps.append(timeline.step(before.time, "item \(before.number) \(word) \(who)"))
        }
        for view in watch.views where view.number == place.number && view.time >= appended {
            let whole = view.isCertain ? "" : ", perhaps not whole"
            steps.append(timeline.step(view.time, "item \(view.number) \(word) \(who)\(whole)"))
        }
        if let after = watch.views.first(where: { $0.number > place.number && $0.time >= appended }) {
            steps.append(timeline.step(after.time, "item \(after.number) \(word) \(who)"))
        }
        for process in [who] + (epoch.items.first.map { [$0.life.process] } ?? []) {
            for life in ledger.records[process] where life.to >= appended && life.to < timeline.cut {
                let how = life.end.map { $0.detail.isEmpty ? $0.state.rawValue : $0.detail } ?? "started again"
                steps.append(timeline.step(life.to, "\(process) ended (\(how))"))
            }
        }
        return Example(kind: kind, message: "\(feed.name) \(place.number)", path: PathWriter.ordered(steps))
    }
}
