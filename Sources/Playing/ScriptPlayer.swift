import ClusterModel
import Scripting
import TopologyDSL

/// Runs a script of verbs: what it calls becomes the verbs that a scenario's steps are, and is done by whoever runs the
/// cluster. Each run has its own Lua engine, with its limits; its `random` follows from the seed.
package actor ScriptPlayer {
    /// Does a verb for a line of the script. - Parameter place: `chaos.lua:12`.
    package typealias Perform = @Sendable (_ verb: Verb, _ place: String, _ line: Int) async -> VerbResult

    package enum End: Sendable, Equatable {
        case finished
        /// Why; it begins with the script's name and line where there is one.
        case failed(String)
        /// The run ended meanwhile.
        case cut
    }

    private let script: ScenarioScript
    private let topology: Topology
    private let seed: UInt64
    private let perform: Perform
    private let started = ContinuousClock.now

    /// A script that waits in a loop of its own runs for long; it gives way every 10,000 instructions.
    private static let limits = ScriptLimits(memory: 64 << 20, taskMemory: 32 << 20, taskInstructions: 1_000_000_000)

    package init(_ script: ScenarioScript, topology: Topology, seed: UInt64, perform: @escaping Perform) {
        self.script = script
        self.topology = topology
        self.seed = seed
        self.perform = perform
    }

    package func run() async -> End {
        let names = ScriptVerbs.names + ["now", "seconds"]
        let engine = ScriptEngine(limits: Self.limits, functions: names.map { .waiting("cluster.\($0)") })
        // Lines are counted as the file has them, of an inline text those of the topology's.
        let source = String(repeating: "\n", count: script.firstLine - 1) + ScriptPrelude.text + script.source
        do {
            let function = try engine.compile(source, name: script.name)
            let task = try ScriptTask(function, random: SeededGenerator(seed: seed, "script", script.name))
            return try await drive(task)
        } catch let problem as ScriptProblem {
            return .failed("\(script.name):\(problem.line ?? script.firstLine): \(problem.message)")
        } catch {
            return .failed("\(script.name): \(error)")
        }
    }

    private func drive(_ task: ScriptTask) async throws -> End {
        var outcome = task.resume()
        while true {
            switch outcome {
            case .finished: return .finished
            case .failed(let error): return .failed(text(of: error))
            case .preempted:
                await Task.yield()
                if Task.isCancelled { return .cut }
                outcome = task.resume()
            case .suspended(let request):
                let name = String(request.function.dropFirst("cluster.".count))
                let answer: Answer
                do {
                    answer = await self.answer(name, try request.arguments.values())
                } catch {
                    answer = .failed("\(name): \(error)")
                }
                switch answer {
                case .cut: return .cut
                case .value(let value):
                    outcome = try task.resume {
                        try $0.bool(true)
                        try $0.value(value)
                    }
                case .failed(let reason):
                    outcome = try task.resume {
                        try $0.bool(false)
                        try $0.string(reason)
                    }
                }
            }
        }
    }

    private enum Answer: Sendable {
        case value(ScriptValue)
        case failed(String)
        case cut
    }

    /// - Parameter arguments: where it was called, and what it was given.
    private func answer(_ name: String, _ arguments: [ScriptValue]) async -> Answer {
        let given = Array(arguments.dropFirst())
        switch name {
        case "now": return .value(.number((ContinuousClock.now - started).inSeconds))
        case "seconds":
            do {
                return .value(.number(try ScriptVerbs.time(given.first ?? .null).inSeconds))
            } catch {
                return .failed("\(error)")
            }
        default: break
        }
        let verb: Verb
        do throws(OrchError) {
            verb = try ScriptVerbs.verb(name, given, topology: topology)
        } catch {
            return .failed("\(name): " + [error.message, error.advice].compactMap { $0 }.joined(separator: "; "))
        }
        let place = arguments.first?.text.map(Self.place) ?? script.name
        let result = await perform(verb, place, line(of: place))
        switch result.outcome {
        case .done: return .value(ScriptValue(result.value))
        case .failed(let reason): return .failed("\(name): \(reason)")
        case .cut: return .cut
        }
    }

    /// `chaos.lua:12: ` → `chaos.lua:12`
    private static func place(_ text: String) -> String {
        var text = Substring(text)
        while text.last == " " || text.last == ":" { text.removeLast() }
        return String(text)
    }

    /// Only of an inline text is it a line of the topology file.
    private func line(of place: String) -> Int {
        guard script.firstLine > 1, let colon = place.lastIndex(of: ":") else { return 0 }
        return Int(place[place.index(after: colon)...]) ?? 0
    }

    private func text(of error: ScriptError) -> String {
        func place(_ traceback: String) -> String {
            let line = traceback.split(separator: "\n").first { $0.contains("\(script.name):") }
            return line.map { " (\($0.drop { $0 == " " || $0 == "\t" }))" } ?? ""
        }
        return switch error {
        case .failed(let message, _): message
        case .raised(let value, let traceback): "\(script.name) raised \(value)\(place(traceback))"
        case .instructionLimit(let traceback):
            "\(script.name) used more than \(Self.limits.taskInstructions) instructions\(place(traceback))"
        case .memoryLimit(let traceback):
            "\(script.name) used more than \(Self.limits.taskMemory >> 20) MiB\(place(traceback))"
        case .unconvertible(let problem): "\(script.name): \(problem)"
        }
    }
}
