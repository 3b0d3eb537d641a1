internal import CLuaSupport

/// Hands values to a script: the arguments of a task, the results of a host function. At most 16 values, tables at most
/// 32 deep.
package struct ScriptWriter {
    package static let maximumDepth = 32
    static let maximumCount = 16

    let state: OpaquePointer
    let depth: Int
    package private(set) var count = 0

    init(state: OpaquePointer, depth: Int = 0) {
        self.state = state
        self.depth = depth
    }

    package mutating func null() throws {
        try take()
        clua_push_nil(state)
    }

    package mutating func bool(_ value: Bool) throws {
        try take()
        clua_push_boolean(state, value)
    }

    package mutating func integer(_ value: Int64) throws {
        try take()
        clua_push_integer(state, value)
    }

    package mutating func number(_ value: Double) throws {
        try take()
        clua_push_number(state, value)
    }

    package mutating func bytes(_ bytes: UnsafeRawBufferPointer) throws {
        try take()
        clua_push_string(state, bytes.assumingMemoryBound(to: CChar.self).baseAddress, bytes.count)
    }

    package mutating func string(_ value: String) throws {
        var value = value
        try value.withUTF8 { try bytes(UnsafeRawBufferPointer($0)) }
    }

    /// A table that other tasks share; not a copy.
    package mutating func shared(_ table: ScriptSharedTable) throws {
        try take()
        clua_push_interned(state, table.reference)
    }

    /// A new table with room for so many fields and elements.
    package mutating func table(
        fields: Int = 0, elements: Int = 0, _ body: (inout ScriptTableWriter) throws -> Void
    ) throws {
        guard depth < Self.maximumDepth else { throw ScriptError.unconvertible("tables within tables too deep") }
        try take()
        clua_push_table(state, Self.room(elements), Self.room(fields))
        var table = ScriptTableWriter(state: state, depth: depth + 1)
        try body(&table)
    }

    /// A copy of the value.
    package mutating func value(_ value: ScriptValue) throws {
        switch value {
        case .null: try null()
        case .bool(let value): try bool(value)
        case .integer(let value): try integer(value)
        case .number(let value): try number(value)
        case .string(let value): try value.withUnsafeBytes { try bytes($0) }
        case .list(let elements):
            try table(elements: elements.count) { table in
                for element in elements { try table.append { try $0.value(element) } }
            }
        case .table(let entries):
            try table(fields: entries.count) { table in
                for entry in entries { try table.set({ try $0.value(entry.key) }, to: { try $0.value(entry.value) }) }
            }
        }
    }

    /// More room than that is made when it is needed.
    private static func room(_ count: Int) -> Int32 { Int32(min(max(count, 0), 1 << 16)) }

    private mutating func take() throws {
        guard count < Self.maximumCount else { throw ScriptError.unconvertible("too many values") }
        count += 1
    }
}

/// Fills a table. Each closure writes one value; if it writes none, nothing is set.
package struct ScriptTableWriter {
    let state: OpaquePointer
    let depth: Int
    private var elements: Int64 = 0

    init(state: OpaquePointer, depth: Int) {
        self.state = state
        self.depth = depth
    }

    package mutating func set(_ name: ScriptName, _ value: (inout ScriptWriter) throws -> Void) throws {
        try one(value)
        clua_set_interned(state, name.reference)
    }

    package mutating func set(_ name: String, _ value: (inout ScriptWriter) throws -> Void) throws {
        try set({ try $0.string(name) }, to: value)
    }

    /// With any key; a nil or NaN one is ignored.
    package mutating func set(
        _ key: (inout ScriptWriter) throws -> Void, to value: (inout ScriptWriter) throws -> Void
    ) throws {
        try one(key)
        try one(value)
        clua_set(state)
    }

    /// Sets the next element, from 1.
    package mutating func append(_ value: (inout ScriptWriter) throws -> Void) throws {
        try one(value)
        elements += 1
        clua_set_index(state, elements)
    }

    private func one(_ value: (inout ScriptWriter) throws -> Void) throws {
        var writer = ScriptWriter(state: state, depth: depth)
        try value(&writer)
        if writer.count == 0 { clua_push_nil(state) }
        if writer.count > 1 { throw ScriptError.unconvertible("more than one value for a key") }
    }
}
