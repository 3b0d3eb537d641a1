import Assertions
import ClusterModel
import History
import Reporting

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif
#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

// Makes the evidence of a big run and judges it: what `Benchmarks/history/run` measures.

let arguments = Array(CommandLine.arguments.dropFirst())

func say(_ text: String) {
    let line = Array("\(text)\n".utf8)
    _ = write(STDERR_FILENO, line, line.count)
}

func usage() -> Never {
    say("usage: history-bench make|judge|page CASE COUNT FOLDER [FILE]")
    exit(2)
}

guard arguments.count >= 4, let count = Int(arguments[2]), count > 0, let workload = Workload(arguments[1], count)
else { usage() }
let folder = arguments[3]
let clock = ContinuousClock()
let start = clock.now

func note(_ text: String) {
    say("\((clock.now - start).text) \(text)")
}

switch arguments[0] {
case "make":
    let evidence = try EvidenceFolder(folder)
    try workload.write(to: evidence)
    note("\(evidence.recorded) events written")
case "judge":
    let history = History.read(FolderListing.files(in: folder))
    note("read")
    let results = Judge.judge(history: history, topology: workload.topology)
    note("judged")
    let report = RunReport(
        topology: workload.topology.name, seed: 1, duration: .seconds(1), assertions: results,
        objects: ObjectAccount.list(history), feeds: FeedAccount.list(history, topology: workload.topology),
        peers: PeerAccount.list(history, topology: workload.topology), problems: history.problems)
    print(report.json())
    note("reported")
case "page":
    let history = History.read(FolderListing.files(in: folder))
    let results = Judge.judge(history: history, topology: workload.topology)
    let report = RunReport(
        topology: workload.topology.name, seed: 1, duration: .seconds(1), assertions: results,
        problems: history.problems)
    let page = HTMLReport(
        run: folder, report: report.json(), topology: workload.topology,
        timeline: TimelineData(history, processes: workload.topology.nodes.flatMap(\.instances)), replay: "")
    print(page.text())
    note("page written")
default: usage()
}

enum FolderListing {
    static func files(in folder: String) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.filter { $0.hasSuffix(".events") }.sorted().map { "\(folder)/\($0)" }
    }
}
