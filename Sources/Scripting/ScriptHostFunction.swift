internal import CLuaSupport

/// A function that scripts call and the host carries out.
package struct ScriptHostFunction {
    enum Body {
        case immediate((inout ScriptCall) throws -> Void)
        case waiting
    }

    /// `name`, or `table.name`.
    let name: String
    let body: Body

    /// Carried out at once, on the spot. Arguments are in `call.arguments`, results go to `call.results`; what it throws
    /// is raised in the script (`ScriptRaise`). It must not resume a task.
    package static func immediate(_ name: String, _ body: @escaping (inout ScriptCall) throws -> Void) -> Self {
        Self(name: name, body: .immediate(body))
    }

    /// Suspends the task; the host answers when it can.
    package static func waiting(_ name: String) -> Self {
        Self(name: name, body: .waiting)
    }
}

/// One call of an immediate host function.
package struct ScriptCall {
    package let task: ScriptTask
    package let arguments: ScriptStack
    package var results: ScriptWriter
}

/// A call of a host function that waits.
package struct ScriptRequest {
    /// As given to `ScriptHostFunction.waiting`.
    package let function: String
    /// Valid until the task is resumed.
    package let arguments: ScriptStack
}
