internal import CLuaSupport

/// A Lua 5.4 sandbox: compiles scripts and runs tasks.
///
/// Confined to the thread or event loop that made it. Scripts see the basic functions (without `load`, `require` and the
/// like), `coroutine`, `math`, `string`, `table`, `utf8`, `random`, `raise` and the host's functions; no files, processes
/// or network. Finalizers (`__gc`) and weak tables (`__mode`) are refused by `setmetatable`; `coroutine.close` may be
/// nested five deep. Each task has globals of its own; the libraries are read-only.
package final class ScriptEngine {
    package let limits: ScriptLimits
    let engine: OpaquePointer
    private let functions: [ScriptHostFunction]
    private var names: [String: ScriptName] = [:]
    /// Which task's code is running.
    var current: ScriptTask?

    /// Longer texts are not compiled.
    package static let maximumSource = 1 << 20

    package init(limits: ScriptLimits = ScriptLimits(), functions: [ScriptHostFunction] = []) {
        self.limits = limits
        self.functions = functions
        let bounds = clua_limits(
            memory: max(limits.memory, 0), task_memory: max(limits.taskMemory, 0),
            task_instructions: UInt64(clamping: limits.taskInstructions),
            slice_instructions: UInt64(clamping: limits.sliceInstructions),
            pattern_steps: UInt64(clamping: limits.patternSteps))
        // Without memory for an engine Swift itself would stop too.
        engine = clua_engine_new(bounds, dispatch, drawRandom)!
        clua_engine_set_context(engine, Unmanaged.passUnretained(self).toOpaque())
        for (index, function) in functions.enumerated() {
            let parts = function.name.split(separator: ".", maxSplits: 1).map(String.init)
            let waits = if case .waiting = function.body { true } else { false }
            clua_engine_define(engine, parts.count == 2 ? parts[0] : nil, parts.last ?? "", Int32(index), waits)
        }
    }

    deinit { clua_engine_free(engine) }

    /// Bytes in use, garbage that is not collected yet included.
    package var memory: Int { clua_engine_bytes(engine) }

    package func collectGarbage() { clua_engine_collect(engine) }

    /// For tests: the machine seems to be out of memory for scripts after so many more allocations; nil: never.
    package func refuseAllocations(after count: Int?) { clua_engine_refuse_after(engine, Int64(count ?? -1)) }

    // MARK: Compiling

    /// Compiles a text, which becomes the body of a function with these parameters.
    ///
    /// Throws `ScriptProblem`. - Parameter name: what messages call it; its first 40 bytes.
    package func compile(_ source: String, name: String, parameters: [String] = []) throws -> ScriptFunction {
        precondition(parameters.allSatisfy(Self.isName), "a parameter is no name")
        let name = Self.chunkName(name)
        try Self.checkSize(source)
        var problem: UnsafeMutablePointer<CChar>?
        let reference = source.utf8CString.withUnsafeBufferPointer {
            clua_engine_compile(
                engine, $0.baseAddress, $0.count - 1, name, parameters.joined(separator: ","), &problem)
        }
        if let problem { throw Self.taken(problem, name: name) }
        return ScriptFunction(engine: self, reference: reference)
    }

    /// What is wrong with the text of a script, if anything, without running it.
    package static func check(_ source: String, name: String) -> ScriptProblem? {
        do {
            try checkSize(source)
        } catch {
            return error
        }
        let name = chunkName(name)
        let problem = source.utf8CString.withUnsafeBufferPointer { clua_check($0.baseAddress, $0.count - 1, name) }
        return problem.map { taken($0, name: name) }
    }

    private static func checkSize(_ source: String) throws(ScriptProblem) {
        guard source.utf8.count <= maximumSource else {
            throw ScriptProblem(line: nil, message: "a script may have at most \(maximumSource) bytes")
        }
    }

    /// Whether `text` can be the name of a parameter.
    package static func isName(_ text: String) -> Bool {
        let keywords = [
            "and", "break", "do", "else", "elseif", "end", "false", "for", "function", "goto", "if", "in", "local",
            "nil", "not", "or", "repeat", "return", "then", "true", "until", "while",
        ]
        let isWord = text.utf8.allSatisfy {
            switch $0 {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                true
            default: false
            }
        }
        return isWord && !text.isEmpty && !(text.first?.isNumber ?? true) && !keywords.contains(text)
    }

    /// Lua shortens long names; ours are short, so that messages always begin with them.
    private static func chunkName(_ name: String) -> String {
        var short = ""
        for character in name where character != "\0" && !character.isNewline {
            if short.utf8.count + character.utf8.count > 40 { break }
            short.append(character)
        }
        return short
    }

    private static func taken(_ problem: UnsafeMutablePointer<CChar>, name: String) -> ScriptProblem {
        defer { clua_free(problem) }
        return ScriptProblem(lua: String(cString: problem), name: name)
    }

    // MARK: Names and tables

    /// A name for quick reading and writing of fields, kept as long as the engine.
    package func name(_ text: String) -> ScriptName {
        if let name = names[text] { return name }
        var bytes = text
        let reference = bytes.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) { clua_engine_intern(engine, $0.baseAddress, $0.count) }
        }
        let name = ScriptName(reference: reference)
        names[text] = name
        return name
    }

    /// An empty table that tasks share by reference, if they are given it.
    package func sharedTable() -> ScriptSharedTable {
        ScriptSharedTable(engine: self, reference: clua_engine_table(engine))
    }

    // MARK: Called by scripts

    func functionName(_ index: Int32) -> String { functions[Int(index)].name }

    fileprivate func call(_ index: Int, state: OpaquePointer, arguments: Int32) -> Int32 {
        guard let current, case .immediate(let body) = functions[index].body else { return 0 }
        var call = ScriptCall(
            task: current, arguments: ScriptStack(state: state, count: Int(arguments)),
            results: ScriptWriter(state: state))
        do {
            try body(&call)
            return Int32(call.results.count)
        } catch {
            clua_set_top(state, arguments)
            ScriptTask.push(error: (error as? ScriptRaise)?.value ?? .text("\(error)"), to: state)
            return Int32(CLUA_RAISE)
        }
    }
}

private func dispatch(
    context: UnsafeMutableRawPointer?, state: OpaquePointer?, function: Int32, arguments: Int32
) -> Int32 {
    guard let context, let state else { return 0 }
    let engine = Unmanaged<ScriptEngine>.fromOpaque(context).takeUnretainedValue()
    return engine.call(Int(function), state: state, arguments: arguments)
}

private func drawRandom(context: UnsafeMutableRawPointer?, bits: UnsafeMutablePointer<UInt64>?) -> Bool {
    guard let context, let bits else { return false }
    let engine = Unmanaged<ScriptEngine>.fromOpaque(context).takeUnretainedValue()
    guard let drawn = engine.current?.draw() else { return false }
    bits.pointee = drawn
    return true
}
