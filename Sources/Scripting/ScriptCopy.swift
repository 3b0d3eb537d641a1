internal import CLuaSupport

/// Bounds on a value that is copied out of the engine.
package struct ScriptCopyLimits: Sendable {
    /// Tables within tables.
    package var depth: Int
    /// Keys and values, of all tables together.
    package var values: Int
    /// Of all strings together.
    package var bytes: Int

    package init(depth: Int = ScriptWriter.maximumDepth, values: Int = 1_000_000, bytes: Int = 64 << 20) {
        self.depth = depth
        self.values = values
        self.bytes = bytes
    }
}

extension ScriptReader {
    /// A copy of the value, without metamethods. Throws `ScriptError.unconvertible` for a function, a coroutine, a table
    /// that contains itself, and what is over the limits.
    package func value(_ limits: ScriptCopyLimits = ScriptCopyLimits()) throws -> ScriptValue {
        var copy = ScriptCopy(left: limits)
        return try copy.value(self)
    }
}

private struct ScriptCopy {
    var left: ScriptCopyLimits
    /// The tables that the current one is in.
    var path: [UnsafeRawPointer] = []

    mutating func value(_ reader: ScriptReader) throws -> ScriptValue {
        left.values -= 1
        guard left.values >= 0 else { throw ScriptError.unconvertible("too many values") }
        switch reader.kind {
        case .null: return .null
        case .bool: return .bool(clua_boolean_at(reader.state, reader.index))
        case .integer: return .integer(clua_integer_at(reader.state, reader.index))
        case .number: return .number(clua_number_at(reader.state, reader.index))
        case .string: return .string(try bytes(reader))
        case .table: return try table(reader)
        case .other: throw ScriptError.unconvertible("a \(reader.typeName) cannot leave the script")
        }
    }

    private mutating func bytes(_ reader: ScriptReader) throws -> [UInt8] {
        try reader.withBytes { bytes in
            left.bytes -= bytes.count
            guard left.bytes >= 0 else { throw ScriptError.unconvertible("too many bytes") }
            return Array(bytes)
        } ?? []
    }

    private mutating func table(_ reader: ScriptReader) throws -> ScriptValue {
        guard let identity = clua_identity_at(reader.state, reader.index) else { return .null }
        guard !path.contains(identity) else { throw ScriptError.unconvertible("a table contains itself") }
        guard path.count < left.depth else { throw ScriptError.unconvertible("tables within tables too deep") }
        path.append(identity)
        defer { path.removeLast() }

        var entries: [ScriptEntry] = []
        try reader.forEachEntry { key, value in
            entries.append(ScriptEntry(try self.key(key), try self.value(value)))
        }
        entries.sort(by: ScriptEntry.isBefore)
        let isList = !entries.isEmpty && entries.indices.allSatisfy { entries[$0].key == .integer(Int64($0) + 1) }
        return isList ? .list(entries.map(\.value)) : .table(entries)
    }

    private mutating func key(_ reader: ScriptReader) throws -> ScriptValue {
        guard reader.kind != .table else { throw ScriptError.unconvertible("a table is used as a key") }
        return try value(reader)
    }
}
