import ClusterModel

extension ArgumentValue {
    /// Whole numbers are the same whatever they are written as: Lua's 2.0 and protocol buffers' 2.
    var normalized: ArgumentValue {
        if case .double(let number) = self, let whole = Int64(exactly: number) { return .int(whole) }
        return self
    }

    var wholeNumber: Int64? {
        if case .int(let number) = normalized { return number }
        return nil
    }

    /// About how much memory it takes.
    var bytes: Int {
        let own = MemoryLayout<ArgumentValue>.stride
        return switch self {
        case .string(let text): own + text.utf8.count + 32
        case .list(let items): items.reduce(own + 32) { $0 + $1.bytes }
        case .table(let fields): fields.reduce(own + 64) { $0 + $1.key.utf8.count + 32 + $1.value.bytes }
        case .int, .double, .bool, .null: own
        }
    }

    /// As explanations show it.
    var shown: String {
        switch normalized {
        case .string(let text): "\"\(text.count > 40 ? text.prefix(39) + "…" : text[...])\""
        case .int(let number): "\(number)"
        case .double(let number): "\(number)"
        case .bool(let value): "\(value)"
        case .null: "null"
        case .list(let items):
            "[" + items.prefix(8).map(\.shown).joined(separator: ", ") + (items.count > 8 ? ", …]" : "]")
        case .table(let fields): "{\(fields.shown)}"
        }
    }
}

extension [String: ArgumentValue] {
    var shown: String {
        let all = sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value.shown)" }
        return all.prefix(8).joined(separator: ", ") + (all.count > 8 ? ", …" : "")
    }
}
