import ClusterModel
import Control

/// A running cluster, as the page sees it: what commands ask of it, and nothing else.
package protocol PageSource: Sendable {
    /// - Throws: where it is not up yet, or no more.
    func status() async throws -> ClusterStatus
    func holdings() async throws -> Holdings
    /// By the process that owns them, so many of each at most.
    func objects(limit: Int) async throws -> [String: [ObjectDescription]]
    /// Does what `orch WORDS` would do.
    func run(_ words: [String]) async -> CommandAnswer
    /// Whether `orch WORDS` would be understood; nothing is done.
    func check(_ words: [String]) async -> CommandAnswer
}

/// What a command says: what it would print, or its error.
package struct CommandAnswer: Sendable, Encodable, Equatable {
    package var isDone: Bool
    package var text: String

    package init(isDone: Bool, text: String) {
        self.isDone = isDone
        self.text = text
    }
}

/// How a run came out, for its last page.
package struct PageEnd: Sendable, Encodable, Equatable {
    /// `pass`, `fail`, `unknown`; empty where it was not judged.
    package var verdict: String
    package var exitCode: Int32
    /// The report, or the error that kept the run from it.
    package var text: String
    /// The command that makes the report for a browser.
    package var report: String

    /// Octets.
    package static let textLimit = 64 << 10

    package init(verdict: String, exitCode: Int32, text: String, report: String) {
        self.verdict = verdict
        self.exitCode = exitCode
        self.text =
            text.utf8.count > Self.textLimit
            ? String(decoding: text.utf8.prefix(Self.textLimit), as: UTF8.self) + "…" : text
        self.report = report
    }
}
