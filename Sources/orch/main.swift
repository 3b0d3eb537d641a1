import NodeRuntime
import Orchestrator

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

// A peer that goes away is an error of a write, not the end of us.
signal(SIGPIPE, SIG_IGN)

// The two processes that people do not start come first: they are many, and want none of the command line's weight.
let words = CommandLine.arguments
if words.contains("--run-folder") { InheritedFiles.close() }
switch words.dropFirst().first {
case "node":
    func option(_ name: String) -> String? {
        words.firstIndex(of: name).flatMap { words.indices.contains($0 + 1) ? words[$0 + 1] : nil }
    }
    guard let socket = option("--socket"), let instance = option("--instance"),
        let incarnation = option("--incarnation").flatMap(Int.init)
    else {
        print("orch node is started by orch up; it is not for people")
        exit(64)
    }
    exit(await NodeProcess.run(socket: socket, instance: instance, incarnation: incarnation))
case "watchdog":
    guard words.count == 3 else {
        print("orch watchdog is started by orch up; it is not for people")
        exit(64)
    }
    Watchdog.run(mark: words[2])
default:
    await OrchCommand.start()
}
