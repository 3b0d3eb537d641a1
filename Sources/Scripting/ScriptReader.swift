internal import CLuaSupport

/// Reads one value in place, without a copy. Valid only within the scope that handed it out.
package struct ScriptReader {
    package enum Kind: Sendable, Equatable {
        case null, bool, integer, number, string, table
        /// A function or coroutine.
        case other
    }

    let state: OpaquePointer
    let index: Int32

    package var kind: Kind { Kind(clua_kind_at(state, index)) }
    /// Lua's name for its type.
    package var typeName: String { String(cString: clua_type_name(state, index)) }

    package var bool: Bool? { kind == .bool ? clua_boolean_at(state, index) : nil }

    /// An integer, or a number that is one: Lua makes little difference between 3 and 3.0.
    package var integer: Int64? {
        switch kind {
        case .integer: clua_integer_at(state, index)
        case .number: Int64(exactly: clua_number_at(state, index))
        default: nil
        }
    }

    package var number: Double? {
        switch kind {
        case .integer, .number: clua_number_at(state, index)
        default: nil
        }
    }

    /// The bytes of a string; they must not be kept.
    package func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result? {
        var size = 0
        guard let bytes = clua_string_at(state, index, &size) else { return nil }
        return try body(UnsafeRawBufferPointer(start: bytes, count: size))
    }

    package var bytes: [UInt8]? { withBytes { Array($0) } }
    /// The text of a string, if it is UTF-8.
    package var text: String? { withBytes { String(validating: $0, as: UTF8.self) } ?? nil }

    // MARK: Tables

    /// How many elements a list has (`#`, without metamethods); 0 if it is no table.
    package var count: Int { kind == .table ? clua_length_at(state, index) : 0 }

    /// Reads a field; absent ones, and those of what is no table, are `.null`.
    package func field<Result>(_ name: ScriptName, _ body: (ScriptReader) throws -> Result) throws -> Result {
        try element(body) { _ = clua_get_interned(state, index, name.reference) }
    }

    package func field<Result>(_ name: String, _ body: (ScriptReader) throws -> Result) throws -> Result {
        var name = name
        return try name.withUTF8 { bytes in
            try element(body) {
                bytes.withMemoryRebound(to: CChar.self) { _ = clua_get_field(state, index, $0.baseAddress, $0.count) }
            }
        }
    }

    /// Reads element `position`, from 1.
    package func element<Result>(_ position: Int, _ body: (ScriptReader) throws -> Result) throws -> Result {
        try element(body) { _ = clua_get_index(state, index, Int64(position)) }
    }

    /// Every key and value, in Lua's order, which differs from run to run.
    package func forEachEntry(_ body: (_ key: ScriptReader, _ value: ScriptReader) throws -> Void) throws {
        guard kind == .table else { return }
        try reserve()
        let top = clua_top(state)
        defer { clua_set_top(state, top) }
        clua_push_nil(state)
        while clua_next(state, index) {
            try body(ScriptReader(state: state, index: top + 1), ScriptReader(state: state, index: top + 2))
            clua_set_top(state, top + 1)
        }
    }

    private func element<Result>(_ body: (ScriptReader) throws -> Result, push: () -> Void) throws -> Result {
        try reserve()
        let top = clua_top(state)
        defer { clua_set_top(state, top) }
        if kind == .table { push() } else { clua_push_nil(state) }
        return try body(ScriptReader(state: state, index: top + 1))
    }

    private func reserve() throws {
        guard clua_reserve(state, 4) else { throw ScriptError.unconvertible("the script's stack is full") }
    }
}

extension ScriptReader.Kind {
    init(_ kind: clua_kind) {
        self =
            switch kind {
            case CLUA_NIL: .null
            case CLUA_BOOLEAN: .bool
            case CLUA_INTEGER: .integer
            case CLUA_NUMBER: .number
            case CLUA_STRING: .string
            case CLUA_TABLE: .table
            default: .other
            }
    }
}

/// Some values of a script: the arguments of a call, the results of a task. Valid until the script goes on.
package struct ScriptStack {
    let state: OpaquePointer
    package let count: Int

    /// Lua's stacks have at most a million slots; past the top it sees nil.
    private static let pastAnyStack: Int32 = 8_000_000

    /// The value at `position`, from 0; `.null` past the end, as in Lua.
    package subscript(position: Int) -> ScriptReader {
        ScriptReader(state: state, index: position < count ? Int32(position) + 1 : Self.pastAnyStack)
    }

    /// Copies of all.
    package func values(_ limits: ScriptCopyLimits = ScriptCopyLimits()) throws -> [ScriptValue] {
        try (0..<count).map { try self[$0].value(limits) }
    }
}
