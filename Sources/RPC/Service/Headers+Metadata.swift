extension CallHeader {
    /// - Throws: `Malformed` at the first entry that cannot be.
    package init(_ metadata: Metadata) throws(Malformed) {
        self.init()
        for entry in metadata.entries { try read(name: entry.name, value: entry.value) }
        try check()
    }

    /// Behind what is there already. Its values were checked when the client was made.
    package func write(to metadata: inout Metadata) {
        write { name, value in try? metadata.add(name, value) }
    }
}

extension ReplyHeader {
    /// From initial metadata and trailers alike.
    package mutating func read(_ metadata: Metadata) {
        for entry in metadata.entries { read(name: entry.name, value: entry.value) }
    }

    /// The same for many replies, so that HPACK may remember it.
    package var metadata: Metadata {
        var metadata = Metadata()
        write { name, value in try? metadata.add(name, value, repeats: true) }
        return metadata
    }
}
