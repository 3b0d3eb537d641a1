import ClusterModel

/// `host:` of a node.
enum HostKey {
    struct Draft: Sendable {
        /// As they are written; `nil`: all of the file.
        var types: [String]?
        var role = HostRole(types: [])
    }

    private static let names = Format<[String]>.oneOrMany(.reference("an object type's name"))

    static let record = Record<Draft>("host", "It is a server of objects.", from: Draft()) {
        Key("types", optional: \.types, names, default: "all of the file", "The object types: one or a list.")
        Key(
            "concurrency", \.role.concurrency, .integer(1...100_000), default: "1000",
            "Invocations at a time, of all its objects together. Those of one object follow one another anyway.")
        Key("work", \.role.work, .duration(), default: "0", "What an invocation takes, besides its method.")
    }

    static let format = Format<Draft>(
        "the name of an object type, a list of them, or a mapping",
        schema: ["anyOf": .array([names.schema, record.format.schema])]
    ) { node, reading in
        if node.pairs != nil || node.isNull { return record.read(node, reading) }
        return names.read(node, reading).map { Draft(types: $0) }
    }
}

/// `directory:` of a node.
enum DirectoryKey {
    static let record = Record<DirectoryRole>("directory", "It keeps who owns what.", from: DirectoryRole()) {
        Key(
            "lease", \.lease, .duration(allowsZero: false), default: "2s",
            "How long a host may serve its objects without hearing from the directory.")
        Key(
            "margin", \.margin, .duration(), default: "200ms",
            "What the directory waits beyond a lease before it gives an object to another host.")
    }
}
