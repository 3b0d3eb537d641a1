import ClusterModel

/// `collected:` of an assertion.
enum CollectedKey {
    struct Draft: Sendable {
        var within = Duration.zero
        var type: String?
    }

    static let record = Record<Draft>("collected", "What is collected, and how soon.", from: Draft()) {
        Key(
            "within", \.within, .duration(allowsZero: false), required: true,
            "How soon after the last reference to it is gone.")
        Key(
            "type", optional: \.type, Format<String>.reference("an object type's name"), default: "all",
            "Objects of this type.")
    }

    static let format = Format<Draft>.either(
        Format<Duration>.duration(allowsZero: false).map { Draft(within: $0) }, or: record.format)
}
