/// What scripts may use. Every limit that is hit ends the task that hit it, and no other.
package struct ScriptLimits: Sendable, Equatable {
    /// Bytes of all tasks of an engine together, with the engine's own 50 KB or so.
    package var memory: Int
    /// Bytes that one task may hold.
    package var taskMemory: Int
    /// What one task may do in all, in Lua instructions. Work inside one instruction or library function counts too:
    /// 64 bytes allocated or 4 steps of a pattern count as one.
    package var taskInstructions: Int
    /// After so many instructions a task gives way to others.
    package var sliceInstructions: Int
    /// Steps that one call of `string.find`, `match`, `gmatch` or `gsub` may take, besides 8 a byte of the subject.
    package var patternSteps: Int

    package init(
        memory: Int = 128 << 20, taskMemory: Int = 16 << 20, taskInstructions: Int = 10_000_000,
        sliceInstructions: Int = 10_000, patternSteps: Int = 1_000_000
    ) {
        self.memory = memory
        self.taskMemory = taskMemory
        self.taskInstructions = taskInstructions
        self.sliceInstructions = sliceInstructions
        self.patternSteps = patternSteps
    }
}
