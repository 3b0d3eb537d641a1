import ClusterModel

/// `converged:` and `detected:` of an assertion: a group, and how soon.
enum GroupBoundKey {
    struct Draft: Sendable {
        var group = ""
        /// `nil`: stands beside it.
        var within: Duration?
    }

    static let record = Record<Draft>("bound", "Which peers, and how soon.", from: Draft()) {
        Key("group", \.group, name, required: true, "The group.")
        Key(
            "within", optional: \.within, Format<Duration>.duration(allowsZero: false), default: "that beside it",
            "How soon.")
    }

    private static let name = Format<String>.reference("a group's name")

    static let format = Format<Draft>.either(name.map { Draft(group: $0) }, or: record.format)
}
