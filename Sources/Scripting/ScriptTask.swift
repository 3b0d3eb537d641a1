internal import CLuaSupport

/// What became of a task when it was resumed.
package enum ScriptOutcome {
    /// It returned these values, which are valid until the task goes.
    case finished(ScriptStack)
    case failed(ScriptError)
    /// It waits for the host.
    case suspended(ScriptRequest)
    /// Its slice is over. Others should run before it is resumed.
    case preempted
}

/// One run of a script, with globals of its own. Letting go of it cancels it.
package final class ScriptTask {
    package let engine: ScriptEngine
    /// For host functions: on whose behalf the script runs.
    package let context: AnyObject?
    /// What `random` and `math.random` draw from; without one they are errors.
    private var random: (any RandomNumberGenerator)?

    private enum State { case ready, waiting, over }

    private var task: OpaquePointer?
    private var state = State.ready

    /// Prepares a run of `function` with the arguments that `arguments` writes.
    package init(
        _ function: ScriptFunction, context: AnyObject? = nil, random: (any RandomNumberGenerator)? = nil,
        arguments: (inout ScriptWriter) throws -> Void = { _ in }
    ) throws {
        engine = function.engine
        self.context = context
        self.random = random
        task = clua_task_new(engine.engine, function.reference)
        try write(arguments)
    }

    deinit { cancel() }

    /// Ends the task wherever it is; nothing of it runs any more, not even its to-be-closed variables. Values that were
    /// read from it become invalid. Not to be called by its own host functions.
    package func cancel() {
        guard let task else { return }
        precondition(engine.current !== self, "a task cannot be cancelled from within")
        clua_task_free(task)
        self.task = nil
        state = .over
    }

    /// Starts the task, or goes on with it after `.preempted`.
    package func resume() -> ScriptOutcome {
        precondition(state == .ready, "the task waits for an answer or is over")
        return run()
    }

    /// Goes on after `.suspended`: the host function returns what `results` writes. If that throws, the task is over.
    package func resume(returning results: (inout ScriptWriter) throws -> Void) throws -> ScriptOutcome {
        precondition(state == .waiting, "the task does not wait")
        clua_task_answer(task, false)
        try write(results)
        return run()
    }

    /// Goes on after `.suspended`: the host function raises this value.
    package func resume(raising value: ScriptValue) -> ScriptOutcome {
        precondition(state == .waiting, "the task does not wait")
        clua_task_answer(task, true)
        Self.push(error: value, to: clua_task_enter(task))
        clua_task_leave(task)
        return run()
    }

    /// Units of work done so far, to within one tick of 100.
    package var instructions: Int { task.map { Int(clamping: clua_task_instructions($0)) } ?? 0 }
    /// Bytes that it holds, garbage that is not collected yet included.
    package var memory: Int { task.map { clua_task_bytes($0) } ?? 0 }

    // MARK: Inside

    func draw() -> UInt64? { random?.next() }

    private func write(_ body: (inout ScriptWriter) throws -> Void) throws {
        guard let state = clua_task_enter(task) else { return }
        defer { clua_task_leave(task) }
        var writer = ScriptWriter(state: state)
        do {
            try body(&writer)
        } catch {
            self.state = .over  // what is on the stack is of no use
            throw error
        }
    }

    private func run() -> ScriptOutcome {
        precondition(engine.current == nil, "a host function cannot resume a task")
        engine.current = self
        let outcome = clua_task_resume(task)
        engine.current = nil
        switch outcome {
        case CLUA_FINISHED:
            state = .over
            return .finished(values)
        case CLUA_SUSPENDED:
            state = .waiting
            return .suspended(
                ScriptRequest(function: engine.functionName(clua_task_function(task)), arguments: values))
        case CLUA_PREEMPTED:
            state = .ready
            return .preempted
        default:
            state = .over
            return .failed(failure)
        }
    }

    private var values: ScriptStack {
        var count: Int32 = 0
        // Swift has the task, so it has a state.
        let state = clua_task_values(task, &count)!
        return ScriptStack(state: state, count: Int(count))
    }

    private var failure: ScriptError {
        let traceback = clua_task_traceback(task).map { String(cString: $0) } ?? ""
        switch clua_task_limit(task) {
        case CLUA_INSTRUCTION_LIMIT: return .instructionLimit(traceback: traceback)
        case CLUA_MEMORY_LIMIT: return .memoryLimit(traceback: traceback)
        default: break
        }
        let error = values[0]
        if let bytes = error.withBytes({ $0.prefix(4096).map { $0 } }) {
            return .failed(message: String(decoding: bytes, as: UTF8.self), traceback: traceback)
        }
        do {
            return .raised(try error.value(ScriptCopyLimits(values: 10_000, bytes: 1 << 20)), traceback: traceback)
        } catch {
            return .failed(message: "an error value that cannot be read: \(error)", traceback: traceback)
        }
    }

    /// Pushes one value, or, if it cannot be written, why.
    static func push(error value: ScriptValue, to state: OpaquePointer?) {
        guard let state else { return }
        let top = clua_top(state)
        var writer = ScriptWriter(state: state)
        do {
            try writer.value(value)
        } catch {
            clua_set_top(state, top)
            var text = "\(error)"
            text.withUTF8 { bytes in
                bytes.withMemoryRebound(to: CChar.self) { clua_push_string(state, $0.baseAddress, $0.count) }
            }
        }
    }
}
