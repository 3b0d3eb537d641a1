/// A value that does not fit its place in a message.
package struct ValueError: Error, Sendable, Equatable, CustomStringConvertible {
    /// From the outermost value: `request.items[2].name`. "" is the outermost value itself.
    package var path: String
    package var problem: String

    package init(path: String = "", problem: String) {
        self.path = path
        self.problem = problem
    }

    package var description: String { path.isEmpty ? problem : "\(path): \(problem)" }

    /// The same, seen from one step further out: a field's name, or `[2]`.
    func inside(_ component: String) -> ValueError {
        let joined = path.isEmpty || path.hasPrefix("[") ? component + path : "\(component).\(path)"
        return ValueError(path: component.isEmpty ? path : joined, problem: problem)
    }

    static func noField(_ name: String, in type: MessageType) -> ValueError {
        let names = type.fields.prefix(12).map(\.name).joined(separator: ", ")
        let more = type.fields.count > 12 ? ", …" : ""
        let known = names.isEmpty ? "it has none" : "its fields: \(names)\(more)"
        return ValueError(problem: "\(type.name) has no field '\(name.shortened)' (\(known))")
    }
}

extension String {
    /// Fit to be shown in an error.
    var shortened: String { utf8.count <= 60 ? self : "\(prefix(40))…" }
}

extension Schema {
    /// What a field wants, in words.
    func expectation(of field: Field) -> String {
        if let keyKind = field.keyKind { return "a map from \(keyKind.name) to \(expectation(ofElement: field))" }
        return field.isList ? "a list of \(expectation(ofElement: field))" : expectation(ofElement: field)
    }

    /// What one value of a field must be, in words.
    func expectation(ofElement field: Field) -> String {
        switch field.kind {
        case .message: tables[field.target].name
        case .enumeration: "a value of \(enums[field.target].name)"
        default: field.kind.name
        }
    }
}
