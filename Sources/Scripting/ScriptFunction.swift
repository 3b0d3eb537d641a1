internal import CLuaSupport

/// A compiled script, for any number of tasks of its engine.
package final class ScriptFunction {
    let engine: ScriptEngine
    let reference: Int32

    init(engine: ScriptEngine, reference: Int32) {
        self.engine = engine
        self.reference = reference
    }

    deinit { clua_engine_release(engine.engine, reference) }
}

/// The name of a field, kept by the engine so that reading and writing it costs no conversion.
package struct ScriptName {
    let reference: Int32
}

/// A table that lives as long as this object and that tasks share by reference, unlike everything else that they get.
/// What tasks store in it is bounded only by the engine's memory.
package final class ScriptSharedTable {
    let engine: ScriptEngine
    let reference: Int32

    init(engine: ScriptEngine, reference: Int32) {
        self.engine = engine
        self.reference = reference
    }

    deinit { clua_engine_release(engine.engine, reference) }
}
