import ClusterModel
import History

/// What a run's evidence says of every message, as lanes (one a process) and arrows between them: the drawing of the HTML
/// report. Made in one pass and one sort; bounded, and says what it left out.
package struct TimelineData: Sendable {
    package enum Kind: UInt8, Sendable, CaseIterable {
        case publish, confirm, deliver, request, reply, feed, peer, lookup
    }

    /// How a hop ended, the worst last.
    package enum Outcome: UInt8, Sendable, CaseIterable {
        case arrived
        /// Late, doubled, overtaken or damaged by a fault.
        case touched
        /// It never came to its other end, or what came was a refusal.
        case lost
    }

    /// One hop of one message.
    package struct Arrow: Sendable, Equatable {
        /// Nanoseconds since the first event.
        package var start: Int64
        package var end: Int64
        /// Indices into `lanes`.
        package var from: UInt16
        package var to: UInt16
        package var kind: Kind
        package var outcome: Outcome
        /// Index into `labels`: `logs a.b`, `Counter/increment`.
        package var label: UInt32
        /// The id: `prefixes[prefix]` and, unless it is `UInt32.max`, this number after it.
        package var prefix: UInt32
        package var number: UInt32
    }

    /// From one time to another; the end is the run's where nothing ended it.
    package struct Span: Sendable, Equatable {
        package var start: Int64
        package var end: Int64
        /// `drop 30%`; the state of a process; the host of an object.
        package var text: String
        /// The link of a fault; the process; the object.
        package var about: String
    }

    package struct Mark: Sendable, Equatable {
        package var time: Int64
        package var lane: UInt16
        package var text: String
    }

    /// The most arrows that are kept: 22 bytes each in the page, before base64.
    package static let usualLimit = 300_000
    /// The most lanes; processes beyond them share the last one.
    package static let laneLimit = 1_000
    /// Spans and marks of each sort that are kept.
    package static let spanLimit = 2_000

    package internal(set) var lanes: [String] = []
    package internal(set) var labels: [String] = []
    package internal(set) var prefixes: [String] = []
    /// In the order of their starts.
    package internal(set) var arrows: [Arrow] = []
    package internal(set) var faults: [Span] = []
    package internal(set) var states: [Span] = []
    package internal(set) var owners: [Span] = []
    package internal(set) var phases: [Span] = []
    package internal(set) var marks: [Mark] = []
    package internal(set) var plots: [TimelinePlot] = []
    /// When the workloads began, and the last event, in nanoseconds since the first event.
    package internal(set) var zero: Int64 = 0
    package internal(set) var end: Int64 = 1
    /// What is not in the drawing, in words.
    package internal(set) var leftOut: [String] = []

    /// - Parameters:
    ///   - processes: the order of lanes among those that have the same part.
    ///   - limit: arrows that are kept. Beyond it, the lives of messages with trouble stay, and an even share of the
    ///     others, each whole.
    package init(_ history: History, processes: [String] = [], limit: Int = usualLimit) {
        var builder = TimelineBuilder(history, processes: processes)
        self = builder.build()
        orderLanes()
        thin(to: max(1, limit))
    }

    init() {}

    package func id(of arrow: Arrow) -> String {
        prefixes[Int(arrow.prefix)] + (arrow.number == .max ? "" : "\(arrow.number)")
    }

    // MARK: - Bounds

    private mutating func thin(to limit: Int) {
        let all = arrows.count
        guard all > limit else { return }
        struct Life: Hashable {
            var prefix: UInt32
            var number: UInt32
        }
        var troubled: Set<Life> = []
        for arrow in arrows where arrow.outcome != .arrived {
            troubled.insert(Life(prefix: arrow.prefix, number: arrow.number))
        }
        let bad = arrows.count { troubled.contains(Life(prefix: $0.prefix, number: $0.number)) }
        // Half of the room at most is for trouble, so that what it is compared with is to be seen too.
        let badRoom = max(limit / 2, limit - (all - bad))
        let badStep = UInt32(max(1, (bad + badRoom - 1) / badRoom))
        let goodRoom = max(1, limit - min(bad, badRoom))
        let goodStep = UInt32(max(1, (all - bad + goodRoom - 1) / goodRoom))
        arrows = arrows.filter { arrow in
            let life = Life(prefix: arrow.prefix, number: arrow.number)
            let step = troubled.contains(life) ? badStep : goodStep
            // Spread ids evenly, and all hops of one id alike.
            return ((arrow.number &* 0x9E37_79B1) ^ (arrow.prefix &* 0x85EB_CA6B)) >> 8 % step == 0
        }
        // Ids are not perfectly spread.
        if arrows.count > limit { arrows.removeLast(arrows.count - limit) }
        let trouble = badStep == 1 ? "every message that met trouble" : "one in \(badStep) of those that met trouble"
        leftOut.append(
            "\(arrows.count) of \(all) hops are drawn: \(trouble), and one in \(goodStep) of the others, each whole")
    }
}
