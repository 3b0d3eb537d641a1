import Scripting

/// What a script came to when nothing but time slices interrupted it.
enum Ended: Equatable {
    case values([ScriptValue])
    case failed(ScriptError)
    case suspended(String)

    var text: String? {
        guard case .values(let values) = self else { return nil }
        return values.first?.text
    }

    var error: ScriptError? {
        guard case .failed(let error) = self else { return nil }
        return error
    }

    var message: String {
        guard case .failed(.failed(let message, _)) = self else { return "no message: \(self)" }
        return message
    }

    var isInstructionLimit: Bool {
        guard case .failed(.instructionLimit) = self else { return false }
        return true
    }

    var isMemoryLimit: Bool {
        guard case .failed(.memoryLimit) = self else { return false }
        return true
    }
}

struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}

extension ScriptTask {
    /// Runs it to its end, or to where it waits. Adds its slices to `slices`.
    func end(slices: inout Int) throws -> Ended {
        while true {
            slices += 1
            switch resume() {
            case .preempted: continue
            case .finished(let values): return .values(try values.values())
            case .failed(let error): return .failed(error)
            case .suspended(let request): return .suspended(request.function)
            }
        }
    }

    func end() throws -> Ended {
        var slices = 0
        return try end(slices: &slices)
    }
}

extension ScriptEngine {
    func run(_ source: String, seed: UInt64? = nil) throws -> Ended {
        let function = try compile(source, name: "test")
        return try ScriptTask(function, random: seed.map { SplitMix(state: $0) }).end()
    }
}

func run(_ source: String, _ limits: ScriptLimits = ScriptLimits()) throws -> Ended {
    try ScriptEngine(limits: limits).run(source)
}

/// Few instructions, so that a test that hits the limit is quick.
let shortLimits = ScriptLimits(taskMemory: 4 << 20, taskInstructions: 200_000)
